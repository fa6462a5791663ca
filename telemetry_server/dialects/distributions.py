"""Foreign histograms as distributions, as `totals` knows them: min and max may be None."""

from collections.abc import Sequence
from itertools import pairwise

from telemetry_server.schemas.metric import MAX_BOUNDS
from telemetry_server.writing.totals import Distribution

MAX_COUNT = 2**53
MAX_VALUE = 1e308


class Unfit(ValueError):  # noqa: N818 - what the point is
    """A data point that is not taken, and why."""


def distribution(
    count: int,
    sum_: float | None,
    bounds: Sequence[float],
    counts: Sequence[int],
    least: float | None = None,
    most: float | None = None,
) -> Distribution:
    """counts: of each bucket, the last above every bound; none where they are not known. Raises Unfit."""
    if not 0 <= count < MAX_COUNT:
        raise Unfit("A count is at most 2^53.")
    if sum_ is None and count:
        raise Unfit("A histogram without a sum has no mean.")
    if len(bounds) > MAX_BOUNDS:
        raise Unfit(f"A histogram has at most {MAX_BOUNDS} bounds.")
    if any(low >= high for low, high in pairwise(bounds)):
        raise Unfit("The bounds of a histogram rise.")
    if counts and sum(counts) != count:
        raise Unfit("The buckets of a histogram add up to its count.")
    total = sum_ or 0.0
    known = [each for each in (total, least, most) if each is not None]
    if not all(abs(each) <= MAX_VALUE for each in (*known, *bounds)):  # of NaN this is false, too
        raise Unfit("The numbers of a histogram are finite.")
    if count:
        mean = total / count
        slack = 1e-9 * max(map(abs, known))
        if (least is not None and mean < least - slack) or (most is not None and mean > most + slack):
            raise Unfit("The mean of a histogram lies between its min and max.")
    return {"count": count, "sum": total, "min": least, "max": most, "bounds": list(bounds), "counts": list(counts)}


def mean(seen: Distribution) -> float:
    """Of nothing 0."""
    return float(seen["sum"] / seen["count"]) if seen["count"] else 0.0
