"""The body of a structured request for time series, with its limits."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from marshmallow import RAISE, Schema, ValidationError, fields, validates_schema

from nlq.question import Function, TagFilter, Unit
from telemetry_server import instants
from telemetry_server.dialects.fitting import fit_key, text_of
from telemetry_server.schemas import parameters
from telemetry_server.schemas.fields import TAG_KEY, TAG_VALUE, Instant, JsonSchema, Name, check_number

MAX_METRICS = 16
MAX_FILTERS = 32
MAX_VALUES = 256
MAX_GROUPS = 8
MAX_PERIODS = 12
MAX_QUESTIONS = 32
MAX_ROWS = 1000
MIN_PERCENT: Final = 1e-6

INTERVALS: Final[dict[str, Unit]] = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}
FUNCTIONS: Final[dict[str, Function]] = {
    "count": "count",
    "sum": "sum",
    "avg": "avg",
    "average": "avg",
    "mean": "avg",
    "min": "min",
    "max": "max",
    "percentile": "percentile",
    "stddev": "stddev",
    "variance": "variance",
    "first": "first",
    "latest": "latest",
}


class OneOf(fields.Field[str]):
    """One of some words, in any case."""

    def __init__(self, words: Mapping[str, object], **options: Any) -> None:
        super().__init__(**options)
        self.words = words
        self.json_schema = {"type": "string", "enum": list(words)}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        lower = value.lower() if isinstance(value, str) else None
        if lower not in self.words:
            raise ValidationError(f"Must be one of {', '.join(self.words)}.")
        return str(lower)


class Names(fields.Field[tuple[str, ...]]):
    """A list of metric names, none of them twice."""

    json_schema: ClassVar[JsonSchema] = {
        "type": "array",
        "minItems": 1,
        "maxItems": MAX_METRICS,
        "uniqueItems": True,
        "items": Name.json_schema,
    }

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not 1 <= len(value) <= MAX_METRICS:
            raise ValidationError(f"Must be a list of 1 to {MAX_METRICS} metric names.")
        return _each(value, Name().deserialize)


class Keys(fields.Field[tuple[str, ...]]):
    """A list of tag keys, none of them twice."""

    json_schema: ClassVar[JsonSchema] = {
        "type": "array",
        "maxItems": MAX_GROUPS,
        "uniqueItems": True,
        "items": {"type": "string"},
    }

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or len(value) > MAX_GROUPS:
            raise ValidationError(f"Must be a list of at most {MAX_GROUPS} tag keys.")
        return _each(value, _key)


class Filters(fields.Field[tuple[TagFilter, ...]]):
    """Tag keys, each with a value or a list of values, one of which must hold."""

    json_schema: ClassVar[JsonSchema] = {
        "type": "object",
        "maxProperties": MAX_FILTERS,
        "additionalProperties": {
            "type": ["string", "number", "boolean", "array"],
            "minItems": 1,
            "maxItems": MAX_VALUES,
            "items": {"type": ["string", "number", "boolean"]},
        },
    }

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[TagFilter, ...]:
        if not isinstance(value, dict) or len(value) > MAX_FILTERS:
            raise ValidationError(f"Must be an object of at most {MAX_FILTERS} tag keys.")
        found: dict[str, TagFilter] = {}
        wrong: dict[Any, Any] = {}
        for given, wanted in value.items():
            try:
                key, values = _key(given), _values(wanted)
                if key in found:
                    raise ValidationError(f"The same tag key as another one: {key}.")  # noqa: TRY301
                found[key] = TagFilter(key, values)
            except ValidationError as error:
                wrong[given] = error.messages
        if wrong:
            raise ValidationError(wrong)
        return tuple(found.values())


class Percent(fields.Field[float]):
    """Above 0, up to 100."""

    json_schema: ClassVar[JsonSchema] = {"type": "number", "minimum": MIN_PERCENT, "maximum": 100}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> float:
        percent = check_number(value)
        if not MIN_PERCENT <= percent <= 100:
            raise ValidationError("Must be above 0, and at most 100.")
        return percent


class AnalyticsRangeSchema(Schema):
    """`to_date` is included to its second; without it, the range ends now."""

    class Meta:
        unknown = RAISE

    from_date = Instant(required=True)
    to_date = Instant(load_default=None, allow_none=True)

    @validates_schema
    def _ordered(self, data: dict[str, Any], **_: Any) -> None:
        if data["from_date"] > instants.now():
            raise ValidationError("Lies in the future: only the past is recorded.", "from_date")
        if data["to_date"] and data["from_date"] > data["to_date"]:
            raise ValidationError("Must not lie before from_date.", "to_date")


class AnalyticsAggregationSchema(Schema):
    """The percentile belongs to the type of that name."""

    class Meta:
        unknown = RAISE

    type = OneOf(FUNCTIONS, required=True)
    percentile = Percent(load_default=None, allow_none=True)

    @validates_schema
    def _complete(self, data: dict[str, Any], **_: Any) -> None:
        if data["type"] == "percentile" and data["percentile"] is None:
            raise ValidationError("Missing: which percentile?", "percentile")
        if data["type"] != "percentile" and data["percentile"] is not None:
            raise ValidationError("Goes with the type percentile alone.", "percentile")


class AnalyticsComparisonSchema(Schema):
    """Periods as long as the range, which end where it, or the one after, begins."""

    class Meta:
        unknown = RAISE

    type = OneOf({"previous_period": None}, load_default="previous_period")
    periods = parameters.Limit(MAX_PERIODS, load_default=1)


class AnalyticsSchema(Schema):
    """The body of a request."""

    class Meta:
        unknown = RAISE

    metrics = Names(required=True)
    time_range = fields.Nested(AnalyticsRangeSchema, required=True)
    interval = OneOf(INTERVALS, load_default=None, allow_none=True)
    filters = Filters(load_default=(), allow_none=True)
    group_by = Keys(load_default=(), allow_none=True)
    aggregation = fields.Nested(AnalyticsAggregationSchema, load_default=None, allow_none=True)
    comparison = fields.Nested(AnalyticsComparisonSchema, load_default=None, allow_none=True)
    limit = parameters.Limit(MAX_ROWS, load_default=MAX_ROWS)

    @validates_schema
    def _bounded(self, data: dict[str, Any], **_: Any) -> None:
        if data["comparison"] and len(data["metrics"]) * data["comparison"]["periods"] > MAX_QUESTIONS:
            raise ValidationError(f"Metrics times periods must be at most {MAX_QUESTIONS}.", "comparison")


def _each(items: list[Any], check: Any) -> tuple[str, ...]:
    """Each item as checked. Raises ValidationError with what is wrong by place."""
    found: dict[str, None] = {}
    wrong: dict[Any, Any] = {}
    for place, item in enumerate(items):
        try:
            checked = check(item)
            if checked in found:
                raise ValidationError("Said twice.")  # noqa: TRY301
            found[checked] = None
        except ValidationError as error:
            wrong[place] = error.messages
    if wrong:
        raise ValidationError(wrong)
    return tuple(found)


def _key(given: object) -> str:
    key = fit_key(given) if isinstance(given, str) else ""
    if not TAG_KEY.fullmatch(key):
        raise ValidationError("Must be a tag key of 1 to 100 characters.")
    return key


def _values(wanted: object) -> tuple[str, ...]:
    if not isinstance(wanted, list):
        return (_value(wanted),)
    if not 1 <= len(wanted) <= MAX_VALUES:
        raise ValidationError(f"Must be 1 to {MAX_VALUES} values.")
    wrong: dict[Any, Any] = {}
    found: dict[str, None] = {}
    for place, item in enumerate(wanted):
        try:
            found[_value(item)] = None
        except ValidationError as error:
            wrong[place] = error.messages
    if wrong:
        raise ValidationError(wrong)
    return tuple(sorted(found))


def _value(item: object) -> str:
    text = text_of(item)
    if text is None or not TAG_VALUE.fullmatch(text):
        raise ValidationError("Must be text of 1 to 200 characters, a number or a boolean.")
    return text
