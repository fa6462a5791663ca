"""What belongs to cycles: both of two, how much of a range, and whether there is any."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from nlq.question import MIDNIGHT, Cycle, TimeRange
from nlq.timeline import to_wall

MAX_MEASURED: Final = timedelta(days=366)  # what is added up day by day
TYPICAL: Final = "all of those times read together"  # as is told of `on a typical Sunday`
NIGHTS: Final = "the night of a day read as the one that follows it"
_DAY = timedelta(days=1)
_TWICE = timedelta(days=15)  # the least that holds every stretch of a week twice: clocks may skip one


def joined(first: Cycle, second: Cycle) -> Cycle | None:
    """What belongs to both, where that is one cycle: the days of both, and the clock of the only one that says it."""
    days = first.weekdays or second.weekdays
    if first.weekdays and second.weekdays:
        days = tuple(day for day in first.weekdays if day in second.weekdays)
        if not days:
            return None
    clocked = second if _all_day(first) else first
    one_clock = _all_day(first) or _all_day(second) or (first.start, first.end) == (second.start, second.end)
    return replace(clocked, weekdays=days) if one_clock else None


def either(*cycles: Cycle) -> tuple[Cycle, ...]:
    """What belongs to any of the cycles, told by what is left of the week without them: none where that is nothing."""
    rest: dict[tuple[time, time], list[int]] = {}
    for day in range(7):
        reached = MIDNIGHT
        for start, end in sorted(_stretches(day, cycles)):
            if start > reached:
                rest.setdefault((reached, start), []).append(day)
            reached = max(reached, end)
        if reached < time.max:
            rest.setdefault((reached, MIDNIGHT), []).append(day)
    return tuple(Cycle(() if len(days) == 7 else tuple(days), *stretch, negated=True) for stretch, days in rest.items())


def _stretches(day: int, cycles: Sequence[Cycle]) -> Iterator[tuple[time, time]]:
    """What of the weekday belongs to the cycles; its end is `time.max`."""
    for cycle in cycles:
        today = not cycle.weekdays or day in cycle.weekdays
        yesterday = not cycle.weekdays or (day - 1) % 7 in cycle.weekdays
        if today:
            yield cycle.start, cycle.end if cycle.start < cycle.end else time.max
        if yesterday and not _all_day(cycle) and cycle.end <= cycle.start:
            yield MIDNIGHT, cycle.end


def a_day_on(cycle: Cycle) -> Cycle:
    """The same on the days behind: Monday's night is early on Tuesday."""
    return replace(cycle, weekdays=tuple(sorted((day + 1) % 7 for day in cycle.weekdays)))


def _all_day(cycle: Cycle) -> bool:
    return cycle.start == cycle.end == MIDNIGHT


def is_long(time: TimeRange) -> bool:
    """Longer than a day, an hour that clocks repeat included: it may have several of a time of day."""
    return time.start is None or time.end is None or time.end - time.start > timedelta(hours=25)


def elapsed(time: TimeRange, during: Sequence[Cycle], zone: ZoneInfo) -> timedelta:
    """How much of the range belongs to all of the cycles. ValueError where a side of the range is open."""
    if time.start is None or time.end is None:
        raise ValueError("a range with an open side has no length")
    if not during:
        return time.end - time.start
    stretches = pairwise(_edges(time.start, time.end, during, zone))
    meant = (end - start for start, end in stretches if _all_hold(during, to_wall(start, zone)))
    return sum(meant, timedelta())


def never(time: TimeRange, during: Sequence[Cycle], zone: ZoneInfo) -> bool:
    """Whether no moment of the range belongs to all of the cycles. A range that is open at its end is long enough."""
    if not during or time.end is None:
        return False
    start = max(time.end - _TWICE, time.start or time.end - _TWICE)
    while start < time.end:  # a day at a time: most often the first few tell
        end = start + min(_DAY, time.end - start)
        if elapsed(TimeRange(start, end), during, zone):
            return False
        start = end
    return True


def _all_hold(during: Sequence[Cycle], wall: datetime) -> bool:
    return all(_in_stretch(cycle, wall) != cycle.negated for cycle in during)


def _in_stretch(cycle: Cycle, wall: datetime) -> bool:
    clock, today = wall.time(), not cycle.weekdays or wall.weekday() in cycle.weekdays
    if _all_day(cycle) or cycle.start < cycle.end:
        return today and (_all_day(cycle) or cycle.start <= clock < cycle.end)
    yesterday = not cycle.weekdays or (wall.weekday() - 1) % 7 in cycle.weekdays
    return (today and clock >= cycle.start) or (yesterday and clock < cycle.end)


def _edges(start: datetime, end: datetime, during: Sequence[Cycle], zone: ZoneInfo) -> Iterator[datetime]:
    """`start`, `end`, and in between all instants at which what belongs to a cycle may begin or end, in order."""
    clocks = {MIDNIGHT, *(cycle.start for cycle in during), *(cycle.end for cycle in during)}
    shown = {
        datetime.combine(day, clock.replace(fold=fold), zone).astimezone(UTC)
        for day in _days(start.astimezone(zone).date(), end.astimezone(zone).date())
        for clock in clocks
        for fold in (0, 1)
    }
    edges = [start, *sorted(edge for edge in shown if start < edge < end), end]
    for edge, following in pairwise(edges):
        yield edge
        if edge.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
            yield _clock_change(edge, following, zone)
    yield end


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _DAY


def _clock_change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The second between the two from which on the zone's offset is that at `high`."""
    after = high.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)
