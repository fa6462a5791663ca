"""Rows as lines: CSV (RFC 4180) or NDJSON, and which of them a client takes.

In CSV a cell of text that a spreadsheet would run as a formula begins with an apostrophe, as spreadsheets themselves
write such text.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from telemetry_server.http import wire
from telemetry_server.http.accept import preferred

Form = Literal["json", "csv", "ndjson"]
CSV: Final = "text/csv"
NDJSON: Final = "application/x-ndjson"
CONTENT_TYPES: Final[dict[Form, str]] = {
    "json": "application/json",
    "csv": f"{CSV}; charset=utf-8; header=present",
    "ndjson": NDJSON,
}
_FORMS: Final[dict[str, Form]] = {
    "application/json": "json",
    CSV: "csv",
    NDJSON: "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def form_of(accept: str, default: Form) -> Form:
    """The form that an Accept header wants most; the default where it names none of them."""
    return preferred(accept, _FORMS, default)


def whole(form: Form, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """All that there is."""
    return head(form, columns) + lines(form, columns, rows)


def lines(form: Form, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """The rows, a line each; in CSV without the line of names. A column that a row lacks is empty."""
    if form == "csv":
        return _csv([_cell(row.get(column)) for column in columns] for row in rows)
    return b"".join([wire.encode(row) + b"\n" for row in rows])


def head(form: Form, columns: Sequence[str]) -> bytes:
    """What comes before the lines: in CSV the names of the columns."""
    return _csv([[_cell(column) for column in columns]]) if form == "csv" else b""


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(errors="replace")


def _cell(value: Any) -> Any:
    """Numbers and text as they are, nothing as an empty cell, all else as JSON."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return wire.encode(value).decode()
