"""Calendar arithmetic: instants, durations and calendar units in a zone.

Two kinds of step. Seconds, minutes and hours are elapsed time: they are counted in UTC. Days and longer are
read off the wall calendar of the zone: a day later is the same wall time on the next date, whatever the
clocks did between; a month later is the same day of the month, or the month's last day where there is none.
A wall time that does not exist (clocks forward) is the instant at which it was skipped; one that exists twice
(clocks back) is the first.

Everything here raises OverflowError or ValueError for times outside the years 1 to 9999.
"""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from nlq.question import TimeRange, Unit

SECONDS: Final[dict[Unit, int]] = {"second": 1, "minute": 60, "hour": 3600}
DAYS: Final[dict[Unit, int]] = {"day": 1, "week": 7}
MONTHS: Final[dict[Unit, int]] = {"month": 1, "quarter": 3, "year": 12}


class Span(Struct, frozen=True):
    """A stretch of time that a phrase names, `[start, end)` in UTC; a side is None where it is open.

    exact: named by its start, as `15:00` or `3 hours ago` is: where it ends a range, the range ends with its
    start. Anything else (a day, a month) is part of a range that ends with it.
    """

    start: datetime | None
    end: datetime | None
    exact: bool = False


class Duration(Struct, frozen=True):
    """A length of time; `unit` is the finest that was said."""

    months: int = 0
    days: int = 0
    seconds: float = 0.0
    unit: Unit = "second"

    @classmethod
    def of(cls, count: float, unit: Unit) -> "Duration":
        """`count` units. Parts of a day, week, hour and so on are exact; parts of a month are ValueError."""
        if unit in SECONDS:
            return cls(seconds=count * SECONDS[unit], unit=unit)
        if unit in DAYS:
            days, rest = divmod(count * DAYS[unit], 1)
            return cls(days=int(days), seconds=rest * 86400, unit=unit)
        months = count * MONTHS[unit]
        if months != int(months):
            raise ValueError("no part of a month has a fixed length")
        return cls(months=int(months), unit=unit)

    def __add__(self, other: "Duration") -> "Duration":
        finest = min(self.unit, other.unit, key=_ORDER.index)
        return Duration(self.months + other.months, self.days + other.days, self.seconds + other.seconds, finest)

    def __neg__(self) -> "Duration":
        return Duration(-self.months, -self.days, -self.seconds, self.unit)

    @property
    def is_whole(self) -> bool:
        """Whether it goes down to whole ones of its unit: `1 day 5 hours` does, `half an hour` does not."""
        if self.unit in SECONDS:
            return self.seconds % SECONDS[self.unit] == 0
        if self.unit in DAYS:
            return not self.seconds and self.days % DAYS[self.unit] == 0
        return not (self.days or self.seconds) and self.months % MONTHS[self.unit] == 0

    def __bool__(self) -> bool:
        return bool(self.months or self.days or self.seconds)


_ORDER: Final[list[Unit]] = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"]


class Shift(Struct, frozen=True):
    """Where a second range lies, told from the first: `the day before`, `the same hour last week`.

    duration: how far back; None: as far as the first range is long. adjacent: the second is the stretch of that
    length which ends where the first begins. Else the second is the first, moved back; where the first begins with a
    `unit` that was named (`the same hour`), it is the whole of that unit.
    """

    duration: Duration | None
    adjacent: bool = False
    unit: Unit | None = None

    def apply(self, time_range: TimeRange, zone: ZoneInfo) -> TimeRange:
        """The second range. ValueError where the first has no start, or no length."""
        if time_range.start is None:
            raise ValueError("nothing comes before a range without a start")
        if self.duration is None:
            return self._as_long(time_range, zone)
        start = moved(time_range.start, -self.duration, zone)
        if self.adjacent:
            return TimeRange(start, time_range.start)
        if self.unit is not None:
            whole = unit_at(start, self.unit, zone)
            if whole.start == start:
                return TimeRange(whole.start, whole.end)
        return TimeRange(start, time_range.end and moved(time_range.end, -self.duration, zone))

    def _as_long(self, time_range: TimeRange, zone: ZoneInfo) -> TimeRange:
        """What clocks show, that is: a week is as long as another, whether or not they are changed in it."""
        if time_range.start is None or time_range.end is None:
            raise ValueError("a range without an end has no length")
        start, end = (to_wall(side, zone) for side in (time_range.start, time_range.end))
        return TimeRange(to_utc(start - (end - start), zone), time_range.start)


def wall(year: int, month: int = 1, day: int = 1) -> datetime:
    """The start of a day, naive. ValueError where there is no such day."""
    return datetime.combine(date(year, month, day), time())


def to_utc(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which clocks in `zone` show the naive `wall` time."""
    return wall.replace(tzinfo=zone).astimezone(UTC)


def to_wall(instant: datetime, zone: ZoneInfo) -> datetime:
    """What clocks in `zone` show at `instant`, naive."""
    return instant.astimezone(zone).replace(tzinfo=None)


def add_months(wall: datetime, months: int) -> datetime:
    """The same day of the month and time of day, `months` on; the last day of a month that is too short."""
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError("year out of range")
    return wall.replace(year=year, month=month + 1, day=min(wall.day, calendar.monthrange(year, month + 1)[1]))


def moved(instant: datetime, duration: Duration, zone: ZoneInfo) -> datetime:
    """`instant` and `duration`: months first, then days, both on the wall calendar, then elapsed seconds."""
    if duration.months or duration.days:
        wall = add_months(to_wall(instant, zone), duration.months) + timedelta(days=duration.days)
        instant = to_utc(wall, zone)
    return instant + timedelta(seconds=duration.seconds)


def floor(wall: datetime, unit: Unit) -> datetime:
    """The start of the calendar unit that holds `wall`. Weeks start on Monday."""
    if unit == "second":
        return wall.replace(microsecond=0)
    if unit == "minute":
        return wall.replace(second=0, microsecond=0)
    if unit == "hour":
        return wall.replace(minute=0, second=0, microsecond=0)
    day = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1)
    return day.replace(day=1, month=1)


def unit_at(instant: datetime, unit: Unit, zone: ZoneInfo, offset: int = 0) -> Span:
    """The calendar unit that holds `instant`, or the one that is `offset` units on."""
    if unit in SECONDS:
        start = floor(instant.astimezone(zone), unit).astimezone(UTC)
        step = timedelta(seconds=SECONDS[unit])
        return Span(start + offset * step, start + (offset + 1) * step)
    start = floor(to_wall(instant, zone), unit)
    return wall_span(add_units(start, unit, offset), add_units(start, unit, offset + 1), zone)


def add_units(wall: datetime, unit: Unit, count: int) -> datetime:
    """The wall time `count` units on. The result is naive, as `wall` is: no clock change is in between."""
    if unit in SECONDS:
        return wall + timedelta(seconds=SECONDS[unit] * count)
    if unit in DAYS:
        return wall + timedelta(days=DAYS[unit] * count)
    return add_months(wall, MONTHS[unit] * count)


def wall_span(start: datetime, end: datetime, zone: ZoneInfo, *, exact: bool = False) -> Span:
    """The span between two naive wall times of `zone`."""
    return Span(to_utc(start, zone), to_utc(end, zone), exact)


def rolled(now: datetime, duration: Duration, zone: ZoneInfo) -> Span:
    """The `duration` up to now; the one from now on where it is negative."""
    edge = moved(now, -duration, zone)
    return Span(min(edge, now), max(edge, now))
