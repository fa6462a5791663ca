"""The metric document, alone and in batches."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from marshmallow import (
    RAISE,
    Schema,
    ValidationError,
    fields,
    missing,
    post_load,
    validate,
    validates,
    validates_schema,
)

import nlq
from telemetry_server import instants
from telemetry_server.errors import MAX_FAULTS, Fault, Invalid
from telemetry_server.metric import DEFAULT_TYPE
from telemetry_server.schemas import faults, plain
from telemetry_server.schemas.fields import HexId, Instant, JsonSchema, MetricType, Name, Number, Tags, check_number
from telemetry_server.schemas.plain import MAX_AHEAD

MAX_BATCH = 10_000
MAX_BOUNDS = 200
MAX_COUNT = 2**53 - 1  # what a double holds exactly
_CHUNK = 200


def check_count(value: object) -> int:
    """A whole number, not negative. Raises ValidationError."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_COUNT:
        raise ValidationError("Must be a whole number, not negative.")
    return value


class Numbers(fields.Field[list[float]]):
    """A list of finite numbers."""

    json_schema: ClassVar[JsonSchema] = {"type": "array", "items": Number.json_schema, "maxItems": MAX_BOUNDS + 1}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[float]:
        if not isinstance(value, list) or len(value) > MAX_BOUNDS + 1:
            raise ValidationError(f"Must be a list of at most {MAX_BOUNDS + 1} numbers.")
        return [check_number(item) for item in value]


class Count(fields.Field[int]):
    """A whole number, not negative."""

    json_schema: ClassVar[JsonSchema] = {"type": "integer", "minimum": 0, "maximum": MAX_COUNT}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        return check_count(value)


class Counts(fields.Field[list[int]]):
    """A list of counts."""

    json_schema: ClassVar[JsonSchema] = {"type": "array", "items": Count.json_schema, "maxItems": MAX_BOUNDS + 1}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[int]:
        if not isinstance(value, list) or len(value) > MAX_BOUNDS + 1:
            raise ValidationError(f"Must be a list of at most {MAX_BOUNDS + 1} whole numbers.")
        return [check_count(item) for item in value]


class DistributionSchema(Schema):
    """What a histogram or summary saw.

    counts[i] documents lie in (bounds[i - 1], bounds[i]]; the last of counts lies above every bound.
    """

    class Meta:
        unknown = RAISE

    count = Count(required=True)
    sum = Number(required=True)
    min = Number(required=True)
    max = Number(required=True)
    bounds = Numbers(load_default=list)
    counts = Counts(load_default=list)

    @validates_schema
    def _consistent(self, data: dict[str, Any], **_: Any) -> None:
        wrong: dict[str, list[str]] = {}
        if data["count"] < 1:
            wrong["count"] = ["Must be at least 1."]
        if data["min"] > data["max"]:
            wrong["min"] = ["Must not exceed max."]
        elif data["count"] >= 1 and not _within(data["sum"] / data["count"], data["min"], data["max"]):
            wrong["sum"] = ["The mean, sum / count, must lie between min and max."]
        if any(low >= high for low, high in zip(data["bounds"], data["bounds"][1:], strict=False)):
            wrong["bounds"] = ["Must rise."]
        if (data["bounds"] or data["counts"]) and len(data["counts"]) != len(data["bounds"]) + 1:
            wrong["counts"] = ["Must have one more item than bounds."]
        elif data["counts"] and sum(data["counts"]) != data["count"]:
            wrong["counts"] = ["Must add up to count."]
        if wrong:
            raise ValidationError(wrong)


class MetricSchema(Schema):
    """The metric document of POST, PUT and batches. retention: how old a timestamp may be."""

    class Meta:
        unknown = RAISE

    id = HexId()
    name = Name(required=True)
    type = MetricType(load_default=DEFAULT_TYPE)
    value = Number()
    tags = Tags(load_default=())
    timestamp = Instant()
    distribution = fields.Nested(DistributionSchema)

    def __init__(self, retention: timedelta) -> None:
        super().__init__()
        self.retention = retention

    @validates("timestamp")
    def _kept(self, value: Any, data_key: str) -> None:  # noqa: ARG002 - marshmallow's call
        now = instants.now()
        if value < now - self.retention:
            raise ValidationError(f"Older than the retention of {self.retention.days} days.")
        if value > now + MAX_AHEAD:
            raise ValidationError("More than a day ahead.")

    @validates_schema
    def _complete(self, data: dict[str, Any], **_: Any) -> None:
        distribution = data.get("distribution")
        if distribution is None:
            if "value" not in data and data["type"] != "event":
                raise ValidationError("Missing data for required field.", "value")
            return
        if data["type"] not in nlq.DISTRIBUTED:
            raise ValidationError("Only a histogram or summary has one.", "distribution")
        mean = distribution["sum"] / distribution["count"]
        if "value" in data and not math.isclose(data["value"], mean, rel_tol=1e-9, abs_tol=1e-12):
            raise ValidationError("Must be the distribution's mean, or be left out.", "value")

    @post_load
    def _fill(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        distribution = data.get("distribution")
        if distribution is not None:
            data["value"] = distribution["sum"] / distribution["count"]
        elif "value" not in data:
            data["value"] = 1.0
        return data


class ReplacementSchema(MetricSchema):
    """The body of PUT: all but the id."""

    class Meta(MetricSchema.Meta):
        exclude = ("id",)


class PatchSchema(ReplacementSchema):
    """The body of PATCH, to be described; MetricForms.merge reads it."""

    def on_bind_field(self, _: str, field: fields.Field[Any]) -> None:
        field.required, field.allow_none, field.load_default = False, True, missing


class BatchSchema(Schema):
    """The body of a batch, to be described; MetricForms.batch reads it, letting other requests run."""

    class Meta:
        unknown = RAISE

    metrics = fields.List(
        fields.Nested(lambda: MetricSchema(timedelta())), required=True, validate=validate.Length(1, MAX_BATCH)
    )


class MetricForms:
    """Every way in which metrics come in, for one retention."""

    def __init__(self, retention: timedelta) -> None:
        self._new = MetricSchema(retention)
        self._change = ReplacementSchema(retention)

    def one(self, raw: object, now: datetime | None = None) -> dict[str, Any]:
        """The body of POST /metrics. now: where the caller has just looked."""
        accepted = plain.accept(raw, now or instants.now(), self._new.retention)
        return faults.load(self._new, raw) if accepted is None else accepted

    def replacement(self, raw: object) -> dict[str, Any]:
        """The body of PUT: all but the id."""
        return faults.load(self._change, raw)

    def merge(self, current: Mapping[str, Any], raw: object) -> dict[str, Any]:
        """The whole document after the merge patch `raw` (RFC 7396): null takes a field away."""
        if not isinstance(raw, dict) or not raw:
            raise Invalid([Fault("", "Must be an object with at least one field.")])
        merged = {key: value for key, value in current.items() if key != "id"} | raw
        if "distribution" in raw and "value" not in raw and raw["distribution"] is not None:
            del merged["value"]
        known = self._change.fields  # of others even a null is refused
        return self.replacement({key: value for key, value in merged.items() if value is not None or key not in known})

    async def batch(self, raw: object) -> list[dict[str, Any]]:
        """The body of POST /v1/metrics. Lets other requests run between chunks."""
        if not isinstance(raw, dict):
            raise Invalid([Fault("", "Must be an object.")])
        wrong = [Fault(f"/{faults.escape(key)}", "Unknown field.") for key in raw if key != "metrics"]
        items = raw.get("metrics")
        if not isinstance(items, list) or not items:
            raise Invalid([*wrong, Fault("/metrics", "Must be a list of at least one metric.")])
        if len(items) > MAX_BATCH:
            raise Invalid([*wrong, Fault("/metrics", f"At most {MAX_BATCH} metrics.")])
        loaded: list[dict[str, Any]] = []
        async for index, item in self.each(items):
            if isinstance(item, Invalid):
                wrong += [Fault(f"/metrics/{index}{fault.pointer}", fault.detail) for fault in item.faults]
                if len(wrong) > MAX_FAULTS:
                    break
            else:
                loaded.append(item)
        if wrong:
            raise Invalid(wrong)
        return loaded

    async def each(self, items: Iterable[object]) -> AsyncIterator[tuple[int, dict[str, Any] | Invalid]]:
        """Each item by its place, as the fields of a metric, or what is wrong with it. Lets other requests run."""
        now = instants.now()
        for index, item in enumerate(items):
            if index % _CHUNK == _CHUNK - 1:
                await asyncio.sleep(0)
                now = instants.now()
            try:
                yield index, self.one(item, now)
            except Invalid as error:
                yield index, error


def _within(value: float, low: float, high: float) -> bool:
    slack = 1e-9 * max(abs(low), abs(high))
    return low - slack <= value <= high + slack
