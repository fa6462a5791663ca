"""Totals: what a stream has counted since it began, and what came to it between two of them.

An amount is a number, or a distribution: {count, sum, min, max, bounds, counts} of which min and max may be None.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import inf
from typing import Any

Distribution = dict[str, Any]
Amount = int | float | Distribution


@dataclass(frozen=True, slots=True)
class Total:
    """What a stream had counted at an instant.

    stream: 24 hex digits, of a series from one start on. fields: of a valid metric; what it counts is in `amount`.
    started_at: since when it counts; None where that is unknown.
    """

    stream: str
    fields: Mapping[str, Any]
    amount: Amount
    started_at: datetime | None

    @property
    def at(self) -> datetime:
        at: datetime = self.fields["timestamp"]
        return at


def difference(before: Amount | None, after: Amount) -> Amount | None:
    """What came between; None where no value did. A total that fell began anew, so that all of it came."""
    if before is None:
        return after if not isinstance(after, dict) or after["count"] else None
    if isinstance(before, dict) and isinstance(after, dict):
        return _came(before, after)
    if isinstance(before, dict) or isinstance(after, dict):
        raise TypeError("A stream counts numbers or distributions.")
    return after - before if after >= before else after


def complete(seen: Distribution, low: float | None = None, high: float | None = None) -> Distribution:
    """`seen` with its min and max, where unknown the narrowest that its buckets allow within `low` and `high`."""
    bounds, counts, mean = seen["bounds"], seen["counts"], seen["sum"] / seen["count"]
    filled = [place for place, count in enumerate(counts) if count]
    above = [bounds[filled[0] - 1]] if filled and filled[0] > 0 else []
    below = [bounds[filled[-1]]] if filled and filled[-1] < len(bounds) else []
    least = max(above + [low] * (low is not None), default=bounds[0] if filled else mean)
    most = min(below + [high] * (high is not None), default=bounds[-1] if filled else mean)
    return seen | {
        "min": min(least, mean) if seen["min"] is None else seen["min"],
        "max": max(most, mean) if seen["max"] is None else seen["max"],
    }


def _came(before: Distribution, after: Distribution) -> Distribution | None:
    count = after["count"] - before["count"]
    if count < 0:
        return complete(after)
    if count == 0:
        return None
    bounds, counts = after["bounds"], []
    earlier = _rebinned(before["bounds"], before["counts"], bounds) if bounds else None
    if earlier is not None:
        counts = [new - old for new, old in zip(after["counts"], earlier, strict=True)]
    if any(each < 0 for each in counts) or not counts:
        bounds, counts = [], []  # count and sum are right all the same
    seen = {"count": count, "sum": after["sum"] - before["sum"], "min": None, "max": None}
    return complete(seen | {"bounds": bounds, "counts": counts}, after["min"], after["max"])


def _rebinned(bounds: Sequence[float], counts: Sequence[int], wanted: Sequence[float]) -> list[int] | None:
    """The counts between the `wanted` bounds; None where a bucket lies in several of those."""
    if list(bounds) == list(wanted) and counts:
        return list(counts)
    rebinned = [0] * (len(wanted) + 1)
    for (low, high), count in zip(pairwise((-inf, *bounds, inf)), counts, strict=False):
        if not count:
            continue
        place = bisect_left(wanted, high)
        if place and low < wanted[place - 1]:
            return None
        rebinned[place] += count
    return rebinned if sum(rebinned) == sum(counts) and counts else None
