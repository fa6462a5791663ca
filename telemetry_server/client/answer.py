"""What the server answers, typed. A field that a newer server adds is no error."""

from typing import Any, Literal

import msgspec

Chart = Literal["number", "bar", "line", "table", "boolean"]


class Column(msgspec.Struct, frozen=True):
    """type: string, number, boolean, time (RFC 3339) or tags (a list of strings)."""

    name: str
    type: str


class Word(msgspec.Struct, frozen=True):
    """One word of a prompt, its place in it, and how it was read."""

    text: str
    start: int
    end: int
    role: str


class Answer(msgspec.Struct, frozen=True):
    """The answer to a prompt.

    reading: the question as it was understood; assumptions: what was taken for granted; rows: cells in the order of the
    columns; truncated: there are more rows; chart: what they are best drawn as; pipeline: as MongoDB ran it.
    """

    prompt: str
    reading: str
    question: dict[str, Any]
    words: tuple[Word, ...]
    assumptions: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: list[list[Any]]
    truncated: bool
    chart: str
    collection: str = "metrics"
    pipeline: list[dict[str, Any]] = []
    reads: dict[str, int] | None = None

    @property
    def zone(self) -> str:
        """The IANA zone that was asked in."""
        return str(self.question.get("zone", "UTC"))

    def to_pandas(self) -> Any:
        """The rows as a pandas DataFrame; times are aware, in the zone that was asked in.

        Raises ImportError where pandas is not installed.
        """
        try:
            import pandas as pd  # noqa: PLC0415 - where it is installed
        except ImportError:
            raise ImportError("to_pandas needs what is not installed: pip install pandas") from None
        frame = pd.DataFrame(self.rows, columns=[column.name for column in self.columns])
        for column in self.columns:
            if column.type == "time":
                times = pd.to_datetime(frame[column.name], utc=True, format="ISO8601")
                frame[column.name] = times.dt.tz_convert(self.zone)
            elif column.type == "number":
                frame[column.name] = pd.to_numeric(frame[column.name])
        return frame


class Completion(msgspec.Struct, frozen=True):
    """A prompt that begins as it was typed, and the role of its last word."""

    text: str
    role: str


class Completions(msgspec.Struct, frozen=True):
    completions: tuple[Completion, ...]


class Lines(msgspec.Struct, frozen=True):
    """An answer as text; truncated: there are more rows."""

    text: str
    truncated: bool
