"""The parameters of GET /query and GET /query/complete, and the body of POST /query."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from marshmallow import RAISE, Schema, ValidationError, fields, validates_schema

import nlq
from telemetry_server.schemas import faults, parameters
from telemetry_server.schemas.fields import CONTROL, Instant, JsonSchema

MAX_PROMPT_LENGTH = 512
MAX_ROWS = 1000
MAX_ZONE_LENGTH = 64
_YEARS = range(1970, 9999)  # calendars need room on both sides


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question as it was typed. `now`: None for the present; `previous`: the question that it follows."""

    text: str
    now: datetime | None
    zone: str
    limit: int | None
    previous: nlq.Question | None


@dataclass(frozen=True, slots=True)
class Prefix:
    """A question as far as it is typed. `now`: None for the present."""

    text: str
    now: datetime | None
    zone: str


class PromptText(fields.Field[str]):
    """What was typed.

    begun: in part, or not at all so far.
    """

    def __init__(self, *, begun: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.begun = begun
        self.json_schema = {"type": "string", "minLength": int(not begun), "maxLength": MAX_PROMPT_LENGTH}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("Must be a string.")
        if not value.strip() and not self.begun:
            raise ValidationError("Must not be empty.")
        if len(value) > MAX_PROMPT_LENGTH:
            raise ValidationError(f"At most {MAX_PROMPT_LENGTH} characters.")
        if CONTROL.search(value):
            raise ValidationError("Must not hold control characters.")
        return value


class Clock(Instant):
    """The instant as of which a prompt is read."""

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> datetime:
        at = super()._deserialize(value, *args, **options)
        if at.year not in _YEARS:
            raise ValidationError(f"Must lie in the years {_YEARS[0]} to {_YEARS[-1]}.")
        return at


class Zone(fields.Field[str]):
    """An IANA time zone."""

    json_schema: ClassVar[JsonSchema] = {"type": "string", "maxLength": MAX_ZONE_LENGTH}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        try:
            if not isinstance(value, str) or not value.isascii() or len(value) > MAX_ZONE_LENGTH:
                raise ValueError  # noqa: TRY301
            return ZoneInfo(value).key
        except (ValueError, OSError, KeyError):
            raise ValidationError("Must be an IANA time zone, such as Europe/Berlin.") from None


class Previous(fields.Field[nlq.Question]):
    """The `question` of an earlier answer."""

    json_schema = nlq.Question

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> nlq.Question:
        try:
            return nlq.question_from(value)
        except ValueError as error:
            raise ValidationError(f"Not the question of an answer: {error}") from None


class AskSchema(Schema):
    """The parameters of GET /query."""

    class Meta:
        unknown = RAISE

    prompt = PromptText(required=True, metadata={"examples": ["top 5 events today"]})
    now = Clock(load_default=None)
    tz = Zone(load_default="UTC")
    limit = parameters.Limit(MAX_ROWS, load_default=None)


class CompleteSchema(Schema):
    """The parameters of GET /query/complete."""

    class Meta:
        unknown = RAISE

    prefix = PromptText(begun=True, load_default="")
    now = Instant(load_default=None)
    tz = Zone(load_default="UTC")


class AskWithContextSchema(AskSchema):
    """The body of POST /query.

    question: of an answer, perhaps changed, in the place of a prompt; its reading is then the prompt.
    """

    prompt = PromptText(metadata={"examples": ["top 5 events today"]})
    question = Previous(load_default=None, allow_none=True)
    context = Previous(load_default=None, allow_none=True)

    @validates_schema
    def _one(self, data: dict[str, Any], **_: Any) -> None:
        """A prompt, or a question, which needs no context."""
        if data["question"] is None and "prompt" not in data:
            raise ValidationError("Missing data for required field.", "prompt")
        if data["question"] is not None and ("prompt" in data or data["context"] is not None):
            raise ValidationError("Stands for the prompt and its context: give no others.", "question")


_ASK, _ASK_WITH_CONTEXT, _COMPLETE = AskSchema(), AskWithContextSchema(), CompleteSchema()


def from_parameters(pairs: Iterable[tuple[str, str]]) -> Prompt:
    """Read the query parameters. Raises Invalid."""
    return _prompt(faults.load(_ASK, parameters.once(pairs)))


def from_body(raw: object) -> Prompt:
    """Read the body. Raises Invalid."""
    return _prompt(faults.load(_ASK_WITH_CONTEXT, raw))


def prefix_from_parameters(pairs: Iterable[tuple[str, str]]) -> Prefix:
    """Read the query parameters of a prompt that is being typed. Raises Invalid."""
    values = faults.load(_COMPLETE, parameters.once(pairs))
    return Prefix(values["prefix"], values["now"], values["tz"])


def _prompt(values: dict[str, Any]) -> Prompt:
    question = values.get("question")
    text = values["prompt"] if question is None else nlq.describe(question)
    return Prompt(text, values["now"], values["tz"], values["limit"], values.get("context"))
