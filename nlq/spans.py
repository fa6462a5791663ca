"""Half-open spans of time, `(start, end)`, and the hours and days of UTC that they are made of."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

Span = tuple[datetime, datetime]

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def floor(instant: datetime, width: timedelta) -> datetime:
    """The start of the unit that `instant` is in."""
    return _EPOCH + (instant - _EPOCH) // width * width


def ceiling(instant: datetime, width: timedelta) -> datetime:
    """The first start of a unit that is not before `instant`."""
    return _EPOCH - (_EPOCH - instant) // width * width


def joined(starts: Iterable[datetime], width: timedelta) -> list[Span]:
    """The units that begin then, as few spans as possible, in order."""
    spans: list[Span] = []
    for start in sorted(starts):
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], start + width)
        else:
            spans.append((start, start + width))
    return spans


def without(spans: Iterable[Span], holes: Sequence[Span]) -> list[Span]:
    """What is left of spans; both are in order, and none overlaps another of its kind."""
    left: list[Span] = []
    for start, end in spans:
        for hole_start, hole_end in holes:
            if hole_start < end and start < hole_end:
                if start < hole_start:
                    left.append((start, hole_start))
                start = hole_end  # noqa: PLW2901  the rest goes on from there
        if start < end:
            left.append((start, end))
    return left


def whole(spans: Iterable[Span], width: timedelta) -> list[Span]:
    """The whole units that lie in each span."""
    inside = ((ceiling(start, width), floor(end, width)) for start, end in spans)
    return [(start, end) for start, end in inside if start < end]


def cut(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    """What of the spans lies between two instants."""
    inside = ((max(first, start), min(last, end)) for first, last in spans)
    return [(first, last) for first, last in inside if first < last]
