"""Histograms, explicit and exponential -> distributions, of which min and max may be None."""

import math
from collections.abc import Iterable, Sequence

from opentelemetry.proto.metrics.v1.metrics_pb2 import ExponentialHistogramDataPoint, HistogramDataPoint

from telemetry_server.dialects.distributions import MAX_VALUE, Unfit, distribution
from telemetry_server.schemas.metric import MAX_BOUNDS
from telemetry_server.writing.totals import Distribution

_LEAST_SCALE, _MOST_SCALE = -10, 20


def explicit(point: HistogramDataPoint) -> Distribution:
    """Of explicit bounds. Raises Unfit."""
    bounds, counts = list(point.explicit_bounds), list(point.bucket_counts)
    if counts and len(counts) != len(bounds) + 1:
        raise Unfit("A histogram has one more bucket than bounds.")
    if not counts or not bounds:
        bounds, counts = [], []
    return _distribution(point, bounds, counts)


def exponential(point: ExponentialHistogramDataPoint) -> Distribution:
    """Of exponential buckets, as coarse as it takes to have at most MAX_BOUNDS bounds. Raises Unfit.

    Our buckets hold their upper bound; those of negative values hold their lower one, so a value at a bound of those
    is told in the next bucket.
    """
    scale = point.scale
    if not _LEAST_SCALE <= scale <= _MOST_SCALE:
        raise Unfit(f"An exponential histogram has a scale from {_LEAST_SCALE} to {_MOST_SCALE}.")
    above = _cells(point.positive.offset, point.positive.bucket_counts)
    below = _cells(point.negative.offset, point.negative.bucket_counts)
    while _width(above) + _width(below) > MAX_BOUNDS - 3:
        above, below, scale = _coarser(above), _coarser(below), scale - 1
    if point.zero_threshold < 0 or not math.isfinite(point.zero_threshold):
        raise Unfit("A zero threshold is a number, not negative.")
    buckets: list[tuple[float, int]] = []  # of each its upper bound, and count
    if below:
        buckets.append((-_edge(max(below) + 1, scale), 0))
        buckets += [(-_edge(place, scale), below.get(place, 0)) for place in range(max(below), min(below) - 1, -1)]
    buckets.append((point.zero_threshold, point.zero_count))
    if above:
        if (first := _edge(min(above), scale)) > point.zero_threshold:
            buckets.append((first, 0))
        buckets += [(_edge(place + 1, scale), above.get(place, 0)) for place in range(min(above), max(above) + 1)]
    return _distribution(point, [bound for bound, _ in buckets], [*(count for _, count in buckets), 0])


def _distribution(
    point: HistogramDataPoint | ExponentialHistogramDataPoint, bounds: Sequence[float], counts: Sequence[int]
) -> Distribution:
    return distribution(
        point.count,
        point.sum if point.HasField("sum") else None,
        bounds,
        counts,
        point.min if point.HasField("min") else None,
        point.max if point.HasField("max") else None,
    )


def _cells(offset: int, counts: Iterable[int]) -> dict[int, int]:
    return {place: count for place, count in enumerate(counts, offset) if count}


def _width(cells: dict[int, int]) -> int:
    return max(cells) - min(cells) + 1 if cells else 0


def _coarser(cells: dict[int, int]) -> dict[int, int]:
    merged: dict[int, int] = {}
    for place, count in cells.items():
        merged[place >> 1] = merged.get(place >> 1, 0) + count
    return merged


def _edge(place: int, scale: int) -> float:
    """The lower bound of a bucket; the same number however fine the scale, so that coarser bounds are among finer."""
    power = place * 2.0**-scale
    return MAX_VALUE if power >= 1023 else 2.0 ** max(power, -1074.0)
