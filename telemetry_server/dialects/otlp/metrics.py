"""An export request -> metric documents, and the running totals that are to become some."""

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    DataPointFlags,
    Metric,
    NumberDataPoint,
    SummaryDataPoint,
)

from telemetry_server.dialects.distributions import MAX_COUNT, Unfit, mean
from telemetry_server.dialects.fitting import fit_name
from telemetry_server.dialects.otlp import attributes, buckets
from telemetry_server.dialects.translation import Item, Translation
from telemetry_server.writing.totals import Amount, Distribution, complete

MAX_POINTS = 10_000
_DELTA = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
_CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
_NO_VALUE = DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def translated(request: ExportMetricsServiceRequest) -> Translation:
    """All data points of a request; each that is not taken is rejected by itself."""
    done = Translation()
    for resource_metrics in request.resource_metrics:
        resource = attributes.of_resource(resource_metrics.resource.attributes, done.told)
        origin = _digest(_sorted(resource_metrics.resource.attributes))
        for scope_metrics in resource_metrics.scope_metrics:
            scope = scope_metrics.scope
            within = _digest((origin, scope.name.encode(), scope.version.encode(), *_sorted(scope.attributes)))
            for metric in scope_metrics.metrics:
                _translate(metric, within, resource, done)
    return done


def _translate(metric: Metric, within: bytes, resource: Mapping[str, str], done: Translation) -> None:
    kind = metric.WhichOneof("data")
    if kind is None:
        return
    data = getattr(metric, kind)
    name = fit_name(metric.name)
    identity = _digest((within, metric.name.encode(), metric.unit.encode(), kind.encode()))
    for point in data.data_points:
        place, done.points = done.points, done.points + 1
        if point.flags & _NO_VALUE:
            continue
        try:
            if done.points > MAX_POINTS:
                raise Unfit(f"A request holds at most {MAX_POINTS} data points.")  # noqa: TRY301 - as all others
            if not point.time_unix_nano:
                raise Unfit("A data point has a time.")  # noqa: TRY301
            document = {
                "name": name,
                "tags": attributes.of_point(point.attributes, resource, done.told),
                "timestamp": point.time_unix_nano // 1_000_000,
            }
            series = _digest((identity, *_sorted(point.attributes)))
            done.items += [_item(place, series, document, part, point) for part in _KINDS[kind](data, point)]
        except Unfit as unfit:
            done.rejected[place] = f"{name[:200]}: {unfit}"


@dataclass(frozen=True, slots=True)
class _Part:
    """One metric of a data point: its type, and its amount, of which `running` says that it is a total."""

    type: str
    amount: Amount
    running: bool = False
    suffix: str = ""
    tag: str | None = None


def _item(place: int, series: bytes, document: dict[str, Any], part: _Part, point: Any) -> Item:
    document = {**document, "name": document["name"] + part.suffix, "type": part.type}
    if part.tag is not None:
        document["tags"] = [*document["tags"], part.tag]
    amount = part.amount
    document["value"] = mean(amount) if isinstance(amount, dict) else amount
    if part.running:
        begun = point.start_time_unix_nano
        known = 0 < begun < point.time_unix_nano  # at the very start a total is of an unknown past
        started_at = _EPOCH + timedelta(milliseconds=begun // 1_000_000) if known else None
        return Item(place, document, _id(series, begun.to_bytes(8, "big")), amount, started_at)
    if isinstance(amount, dict):
        document["distribution"] = complete(amount)
    own = f"{part.suffix} {part.tag}".encode()
    return Item(place, document, _id(series, own, point.SerializeToString(deterministic=True)))


def _gauge(_: Any, point: NumberDataPoint) -> Iterator[_Part]:
    yield _Part("gauge", _number(point))


def _sum(data: Any, point: NumberDataPoint) -> Iterator[_Part]:
    value = _number(point)
    running = _is_running(data)
    if data.is_monotonic and value < 0:
        raise Unfit("A monotonic sum is not negative.")
    yield _Part("counter" if data.is_monotonic or not running else "gauge", value, running and data.is_monotonic)


def _histogram(read: Callable[[Any], Distribution]) -> Callable[[Any, Any], Iterator[_Part]]:
    def parts(data: Any, point: Any) -> Iterator[_Part]:
        running = _is_running(data)
        seen = read(point)
        if running or seen["count"]:
            yield _Part("histogram", seen, running)

    return parts


def _summary(_: Any, point: SummaryDataPoint) -> Iterator[_Part]:
    """The count and sum of all there was, and each quantile of what was last, as a gauge of its own."""
    if point.count >= MAX_COUNT or not math.isfinite(point.sum):
        raise Unfit("The count and sum of a summary are finite.")
    seen: Distribution = {"count": point.count, "sum": point.sum, "min": None, "max": None, "bounds": [], "counts": []}
    yield _Part("summary", seen, running=True)
    for each in point.quantile_values:
        if math.isfinite(each.value):  # of nothing seen lately it is NaN
            yield _Part("gauge", each.value, suffix=".quantile", tag=f"quantile:{each.quantile:g}")


_KINDS: dict[str, Callable[[Any, Any], Iterator[_Part]]] = {
    "gauge": _gauge,
    "sum": _sum,
    "histogram": _histogram(buckets.explicit),
    "exponential_histogram": _histogram(buckets.exponential),
    "summary": _summary,
}


def _number(point: NumberDataPoint) -> int | float:
    kind = point.WhichOneof("value")
    if kind is None:
        raise Unfit("A data point has a value.")
    value: int | float = getattr(point, kind)
    if not math.isfinite(value):
        raise Unfit("A value is a finite number.")
    return value


def _is_running(data: Any) -> bool:
    if data.aggregation_temporality not in (_DELTA, _CUMULATIVE):
        raise Unfit("The aggregation temporality is delta or cumulative.")
    return bool(data.aggregation_temporality == _CUMULATIVE)


def _sorted(pairs: Iterable[Any]) -> list[bytes]:
    return sorted(pair.SerializeToString(deterministic=True) for pair in pairs)


def _digest(parts: Iterable[bytes]) -> bytes:
    made = hashlib.blake2b(digest_size=16)
    for part in parts:
        made.update(len(part).to_bytes(8, "big"))
        made.update(part)
    return made.digest()


def _id(*parts: bytes) -> str:
    return _digest(parts)[:12].hex()
