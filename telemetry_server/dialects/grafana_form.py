"""The bodies of Grafana's JSON data source, with their limits. Fields of no use here are passed over."""

from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema

from nlq.question import TagFilter
from telemetry_server.dialects.fitting import text_of
from telemetry_server.schemas.fields import CONTROL, TAG_KEY, TAG_VALUE, Flag, JsonSchema
from telemetry_server.schemas.prompt import MAX_PROMPT_LENGTH, MAX_ZONE_LENGTH, Clock

MAX_TARGETS: Final = 26
MAX_FILTERS: Final = 32
MAX_POINTS: Final = 10_000
MAX_INTERVAL_MS: Final = 366 * 86_400_000
OPERATORS: Final = {"=": False, "!=": True}
TABLE: Final = "table"


def _printable(text: str) -> None:
    if CONTROL.search(text):
        raise ValidationError("Must not hold control characters.")


class PromptText(fields.String):
    """A prompt; empty in a panel that is new."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=[validate.Length(max=MAX_PROMPT_LENGTH), _printable], allow_none=True, **options)


class Bounded(fields.Field[float]):
    """A number; what is out of bounds is taken to the nearest bound."""

    def __init__(self, least: float, most: float, **options: Any) -> None:
        super().__init__(allow_none=True, **options)
        self.least, self.most = least, most
        self.json_schema = {"type": "number"}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValidationError("Must be a number.")
        return float(min(max(value, self.least), self.most))


class Zone(fields.Field[str]):
    """The dashboard's time zone; that of a browser is not known here, and read as UTC."""

    json_schema: ClassVar[JsonSchema] = {"type": "string"}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str) or not value.isascii() or len(value) > MAX_ZONE_LENGTH:
            raise ValidationError("Must be a time zone.")
        try:
            return ZoneInfo("UTC" if value in ("", "browser", "utc") else value).key
        except (ValueError, OSError, KeyError):
            raise ValidationError("Must be a time zone.") from None


class Form(Schema):
    class Meta:
        unknown = EXCLUDE


class GrafanaRangeSchema(Form):
    """The range of the dashboard."""

    start = Clock(data_key="from", required=True)
    end = Clock(data_key="to", required=True)

    @validates_schema
    def _ordered(self, data: dict[str, Any], **_: Any) -> None:
        if data["start"] >= data["end"]:
            raise ValidationError("Must lie after from.", "to")


class GrafanaFilterSchema(Form):
    """An ad hoc filter."""

    key = fields.String(required=True, validate=validate.Regexp(f"(?:{TAG_KEY.pattern})$", error="Must be a tag key."))
    operator = fields.String(required=True, validate=validate.OneOf(list(OPERATORS)))
    value = fields.Raw(required=True)

    @validates_schema
    def _scalar(self, data: dict[str, Any], **_: Any) -> None:
        text = text_of(data["value"])
        if text is None or not TAG_VALUE.fullmatch(text):
            raise ValidationError("Must be text of 1 to 200 characters, a number or a boolean.", "value")


class GrafanaTargetSchema(Form):
    """One query of a panel. type: `table`, or anything else for time series where they can be."""

    target = PromptText(load_default="")
    ref_id = fields.String(data_key="refId", load_default="", validate=validate.Length(max=100))
    type = fields.String(load_default="", allow_none=True)
    hide = Flag(load_default=False)


class GrafanaQuerySchema(Form):
    """What a panel asks."""

    range = fields.Nested(GrafanaRangeSchema, required=True)
    interval_ms = Bounded(1, MAX_INTERVAL_MS, data_key="intervalMs", load_default=1.0)
    max_points = Bounded(1, MAX_POINTS, data_key="maxDataPoints", load_default=1000.0)
    targets = fields.List(fields.Nested(GrafanaTargetSchema), required=True, validate=validate.Length(max=MAX_TARGETS))
    filters = fields.List(
        fields.Nested(GrafanaFilterSchema),
        data_key="adhocFilters",
        load_default=list,
        validate=validate.Length(max=MAX_FILTERS),
    )
    timezone = Zone(load_default="UTC")


class GrafanaAnnotationSchema(Form):
    """An annotation of a dashboard."""

    name = fields.String(load_default="", allow_none=True)
    query = PromptText(required=True)


class GrafanaAnnotationsSchema(Form):
    """What a dashboard asks for its annotations."""

    range = fields.Nested(GrafanaRangeSchema, required=True)
    annotation = fields.Nested(GrafanaAnnotationSchema, required=True)
    timezone = Zone(load_default="UTC")


class GrafanaSearchSchema(Form):
    """What is typed so far in a query."""

    target = PromptText(load_default="")


class GrafanaMetricsSchema(Form):
    """What is chosen so far in a query."""

    metric = PromptText(load_default="")


class GrafanaVariableSchema(Form):
    """The prompt of a variable."""

    payload = fields.Nested(GrafanaSearchSchema, required=True)


class GrafanaTagSchema(Form):
    """The tag key whose values are asked for."""

    key = fields.String(required=True, validate=validate.Length(max=100))


def filters(given: list[dict[str, Any]]) -> tuple[TagFilter, ...]:
    """The ad hoc filters, as conditions on tags."""
    found = (TagFilter(each["key"], (str(text_of(each["value"])),), OPERATORS[each["operator"]]) for each in given)
    return tuple(dict.fromkeys(found))
