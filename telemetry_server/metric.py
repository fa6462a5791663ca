"""Metric: one stored document, and the forms it takes."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict, get_args

import msgspec

from telemetry_server import instants
from telemetry_server.metric_filter import MetricFilter

Type = Literal["counter", "gauge", "timer", "meter", "histogram", "summary", "event"]
TYPES: tuple[str, ...] = get_args(Type)
DEFAULT_TYPE = "gauge"
COLUMNS = ("id", "name", "type", "value", "tags", "timestamp", "distribution")  # of metrics as lines


class DistributionDocument(TypedDict):
    """What a histogram or summary saw: counts[i] in (bounds[i - 1], bounds[i]]; the last above every bound."""

    count: int
    sum: float
    min: float
    max: float
    bounds: list[float]
    counts: list[int]


class MetricDocument(TypedDict):
    """A metric as clients see it."""

    id: str
    name: str
    type: Type
    value: float
    tags: list[str]
    timestamp: instants.Text
    distribution: NotRequired[DistributionDocument]


class Metric(msgspec.Struct, frozen=True):
    """One metric.

    id: 24 hex digits. tags: sorted, distinct. timestamp: aware, UTC, whole milliseconds.
    distribution: {count, sum, min, max, bounds, counts}, of a histogram or summary; `value` is then its mean.
    """

    id: str
    name: str
    type: str
    value: float
    tags: tuple[str, ...]
    timestamp: datetime
    distribution: dict[str, Any] | None = None

    @property
    def series(self) -> tuple[str, str, tuple[str, ...]]:
        """What tells one series from another."""
        return self.name, self.type, self.tags

    def to_wire(self) -> dict[str, Any]:
        """The document as clients see it, ready for JSON."""
        wire: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "type": self.type,
            "value": self.value,
            "tags": list(self.tags),
            "timestamp": instants.render(self.timestamp),
        }
        if self.distribution is not None:
            wire["distribution"] = self.distribution
        return wire

    def fulfils(self, where: MetricFilter) -> bool:
        """Whether all conditions hold, as they would in MongoDB."""
        return (
            (where.name is None or self.name == where.name)
            and set(where.tags) <= set(self.tags)
            and (where.type is None or self.type == where.type)
            and (where.start is None or self.timestamp >= where.start)
            and (where.end is None or self.timestamp < where.end)
            and (where.least is None or self.value >= where.least)
            and (where.most is None or self.value <= where.most)
        )

    def keys(self) -> Iterator[str]:
        """What a change of this metric touches, for the caches: any list, its name, each of its tags."""
        yield "*"
        yield f"n:{self.name}"
        for tag in self.tags:
            yield f"t:{tag}"


def build(fields: Mapping[str, Any], metric_id: str, now: datetime) -> Metric:
    """The metric that validated `fields` describe; `now` where they say no timestamp."""
    return Metric(
        id=metric_id,
        name=fields["name"],
        type=fields["type"],
        value=fields["value"],
        tags=fields["tags"],
        timestamp=fields.get("timestamp", now),
        distribution=fields.get("distribution"),
    )


def same_content(stored: Metric, fields: Mapping[str, Any]) -> bool:
    """Whether `stored` is what `fields` describe. A timestamp that they leave out is not compared."""
    return stored == build(fields, stored.id, stored.timestamp)


def etag(wire: bytes) -> str:
    """A strong ETag: a hash of the document as sent."""
    return f'"{hashlib.blake2b(wire, digest_size=12).hexdigest()}"'
