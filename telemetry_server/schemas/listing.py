"""The parameters of GET /metrics, and of the routes below a metric's name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import msgspec
from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from telemetry_server import instants
from telemetry_server.errors import Fault, Invalid
from telemetry_server.metric_filter import Cursor, MetricFilter
from telemetry_server.schemas import faults, parameters
from telemetry_server.schemas.fields import HEX_ID, Instant, JsonSchema, MetricType, Name, Number, check_tag

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
MAX_TAG_FILTERS = 32
MAX_EXPORT = 1_000_000_000
AS_JSON = "filters"


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed, from where, and how much of it."""

    where: MetricFilter
    after: Cursor | None
    limit: int


@dataclass(frozen=True, slots=True)
class Export:
    """What is exported, from where, how much of it (None: all), and in which form (None: as Accept says)."""

    where: MetricFilter
    after: Cursor | None
    limit: int | None
    form: Literal["csv", "ndjson"] | None


class Text(Number):
    """A number written as text, or a JSON number."""

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> float:
        return super()._deserialize(parameters.number(value) if isinstance(value, str) else value, *args, **options)


class TagFilter(fields.Field[tuple[str, ...]]):
    """Tags that must all hold: separated by commas, or a list, or an object of keys and values."""

    json_schema: ClassVar[JsonSchema] = {
        "type": ["string", "array", "object"],
        "minItems": 1,
        "maxItems": MAX_TAG_FILTERS,
        "items": {"type": "string"},
        "minProperties": 1,
        "maxProperties": MAX_TAG_FILTERS,
        "additionalProperties": {"type": "string"},
    }

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...]:
        if isinstance(value, str):
            value = value.split(",")
        elif isinstance(value, dict):
            value = [f"{key}:{item}" if isinstance(item, str) else None for key, item in value.items()]
        if not isinstance(value, list):
            raise ValidationError("Must be text, a list of strings, or an object of strings.")
        if not 1 <= len(value) <= MAX_TAG_FILTERS:
            raise ValidationError(f"Must be 1 to {MAX_TAG_FILTERS} tags.")
        return tuple(sorted({check_tag(tag) for tag in value}))


class Position(fields.Field[Cursor]):
    """A cursor that a list gave."""

    json_schema: ClassVar[JsonSchema] = {"type": "string"}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Cursor:
        try:
            return Cursor.decode(value if isinstance(value, str) else "")
        except ValueError:
            raise ValidationError("Not a cursor that a list gave.") from None


class Line(Position):
    """A cursor; or the timestamp and the id of the last metric that was read, with a comma between."""

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Cursor:
        at, comma, metric_id = value.rpartition(",") if isinstance(value, str) else ("", "", "")
        if not comma:
            return super()._deserialize(value, *args, **options)
        if not HEX_ID.fullmatch(metric_id):
            raise ValidationError("Must be a timestamp, a comma and an id.")
        try:
            return Cursor(instants.parse(at), metric_id.lower())
        except ValueError as error:
            raise ValidationError(str(error)) from None


class RangeSchema(Schema):
    """A time range, and tags."""

    class Meta:
        unknown = RAISE

    tags = TagFilter(load_default=())
    start = Instant(data_key="from", load_default=None)
    end = Instant(data_key="to", load_default=None)

    @validates_schema
    def _ordered(self, data: dict[str, Any], **_: Any) -> None:
        if data["start"] and data["end"] and data["start"] > data["end"]:
            raise ValidationError("Must not lie before from.", "to")


class FilterSchema(RangeSchema):
    """All filters of a list. `as_json`: the parameter that holds the same ones as one JSON object."""

    as_json = AS_JSON
    name = Name(load_default=None)
    type = MetricType(load_default=None)
    least = Text(data_key="min", load_default=None)
    most = Text(data_key="max", load_default=None)


class ListSchema(FilterSchema):
    """The parameters of GET /metrics."""

    limit = parameters.Limit(MAX_LIMIT, load_default=DEFAULT_LIMIT)
    after = Position(data_key="cursor", load_default=None)


class ExportSchema(ListSchema):
    """The filters of a list, without its bounds."""

    limit = parameters.Limit(MAX_EXPORT, load_default=None)
    after = Line(data_key="cursor", load_default=None)
    form = fields.String(data_key="format", load_default=None, validate=validate.OneOf(("csv", "ndjson")))


class RecentSchema(Schema):
    """The parameters of GET /metrics/{name}."""

    class Meta:
        unknown = RAISE

    limit = parameters.Limit(MAX_LIMIT, load_default=DEFAULT_LIMIT)


_FILTER, _LIST, _EXPORT, _RANGE, _RECENT = FilterSchema(), ListSchema(), ExportSchema(), RangeSchema(), RecentSchema()
SPAN = RangeSchema(exclude=("tags",))


def listing(pairs: Iterable[tuple[str, str]]) -> Listing:
    """Read the parameters of a list; `filters` holds the same ones as one JSON object. Raises Invalid."""
    fields = faults.load(_LIST, _spread(parameters.once(pairs)))
    after, limit = fields.pop("after"), fields.pop("limit")
    return Listing(MetricFilter(**fields), after, limit)


def exporting(pairs: Iterable[tuple[str, str]]) -> Export:
    """Read the parameters of an export. Raises Invalid."""
    fields = faults.load(_EXPORT, _spread(parameters.once(pairs)))
    after, limit, form = fields.pop("after"), fields.pop("limit"), fields.pop("form")
    return Export(MetricFilter(**fields), after, limit, form)


def filters(pairs: Iterable[tuple[str, str]]) -> MetricFilter:
    """Read the filters of a list alone. Raises Invalid."""
    return MetricFilter(**faults.load(_FILTER, _spread(parameters.once(pairs))))


def within(pairs: Iterable[tuple[str, str]], name: str) -> MetricFilter:
    """Read `from`, `to` and `tags` for one metric name. Raises Invalid."""
    return MetricFilter(name=name, **faults.load(_RANGE, parameters.once(pairs)))


def span(pairs: Iterable[tuple[str, str]]) -> MetricFilter:
    """Read `from` and `to` alone. Raises Invalid."""
    return MetricFilter(**faults.load(SPAN, parameters.once(pairs)))


def recent(pairs: Iterable[tuple[str, str]]) -> int:
    """Read `limit`. Raises Invalid."""
    return int(faults.load(_RECENT, parameters.once(pairs))["limit"])


def _spread(values: dict[str, Any]) -> dict[str, Any]:
    text = values.pop(AS_JSON, None)
    if text is None:
        return values
    try:
        filters = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Invalid([Fault(f"/{AS_JSON}", "Must be a JSON object.")]) from None
    if not isinstance(filters, dict):
        raise Invalid([Fault(f"/{AS_JSON}", "Must be a JSON object.")])
    twice = [Fault(f"/{faults.escape(key)}", "Given in filters too.") for key in filters if key in values]
    if twice:
        raise Invalid(twice)
    return filters | values
