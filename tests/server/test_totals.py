"""What came between two totals."""

from typing import Any

import pytest

from telemetry_server.writing.totals import complete, difference


def seen(count: int, total: float, bounds: list[float], counts: list[int], **extremes: float) -> dict[str, Any]:
    return {"count": count, "sum": total, "min": None, "max": None, "bounds": bounds, "counts": counts} | extremes


@pytest.mark.parametrize(
    ("before", "after", "came"),
    [(None, 5, 5), (5, 8, 3), (5, 5, 0), (5, 2, 2), (2**62, 2**62 + 1, 1), (None, 0, 0)],
)
def test_numbers(before: int | None, after: int, came: int) -> None:
    """The difference, exact for whole numbers; all of a total that fell."""
    assert difference(before, after) == came


def test_distributions() -> None:
    """Bucket by bucket; the extremes are as narrow as the buckets allow."""
    came = difference(seen(3, 6.0, [1, 2, 4], [1, 1, 1, 0]), seen(6, 14.0, [1, 2, 4], [1, 2, 3, 0], min=0.5, max=3.5))
    assert came == seen(3, 8.0, [1, 2, 4], [0, 1, 2, 0], min=1, max=3.5)


def test_nothing_came() -> None:
    """Of a distribution to which no value came there is none, nor of an empty one."""
    same = seen(3, 6.0, [2], [2, 1])
    assert difference(same, same) is None
    assert difference(None, seen(0, 0.0, [2], [0, 0])) is None


def test_coarser_buckets() -> None:
    """Buckets that were merged since are merged before they are taken away."""
    came = difference(seen(4, 8.0, [0, 1, 2, 4], [0, 1, 1, 2, 0]), seen(6, 30.0, [0, 1, 4, 16], [0, 1, 3, 2, 0]))
    assert came == seen(2, 22.0, [0, 1, 4, 16], [0, 0, 0, 2, 0], min=4, max=16)


def test_other_buckets() -> None:
    """Where buckets cannot be told apart, count and sum stand without them."""
    came = difference(seen(4, 8.0, [3], [2, 2]), seen(6, 18.0, [2, 5], [1, 3, 2]))
    assert came == seen(2, 10.0, [], [], min=5.0, max=5.0)


def test_fallen_distribution() -> None:
    """A count that fell began anew."""
    assert difference(seen(4, 8.0, [3], [2, 2]), seen(1, 1.0, [3], [1, 0])) == seen(1, 1.0, [3], [1, 0], min=1.0, max=3)


@pytest.mark.parametrize(
    ("given", "extremes"),
    [
        (seen(2, 6.0, [], []), (3.0, 3.0)),
        (seen(2, 6.0, [1, 5], [0, 2, 0]), (1, 5)),
        (seen(2, 1.0, [1, 5], [2, 0, 0]), (0.5, 1)),
        (seen(2, 20.0, [1, 5], [0, 0, 2]), (5, 10.0)),
        (seen(2, 20.0, [1, 5], [0, 0, 2], min=6, max=14), (6, 14)),
    ],
)
def test_extremes(given: dict[str, Any], extremes: tuple[float, float]) -> None:
    """Unknown extremes are told so that the mean lies between them; known ones stay."""
    completed = complete(given)
    assert (completed["min"], completed["max"]) == extremes
