"""What comes again and again: Tuesdays, Marches, the 5th, third quarters, noons.

A phrase such as `Tuesday` names no time until it is known which one is meant. A pattern yields all of them; the
caller picks: the latest that has begun, the one inside another range, the first after another.

All times here are naive wall times; ranges are half-open pairs `(start, end)`.
"""

import calendar
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from nlq.portions import DAY, Around, Fraction, Part, Walls
from nlq.question import Cycle, TimeRange
from nlq.timeline import add_units, to_utc, to_wall, wall

HOUR = 3600

# As far as patterns are looked for: a year within what the calendar has.
_FIRST_DAY = wall(2)
_LAST_DAY = wall(9998)


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A stretch of a day, in seconds from its midnight; `end` may reach into the next day, or begin there.

    exact: named by its start alone, as `15:00` is. A `bare` hour (`between 3 and 5`) may be before or after
    noon; a `marked` one was said to be am or pm.
    """

    start: int
    end: int
    exact: bool = True
    bare: bool = False
    marked: bool = False

    def on(self, day: date) -> Walls:
        """The stretch that belongs to `day`."""
        midnight = datetime.combine(day, time())
        return midnight + timedelta(seconds=self.start), midnight + timedelta(seconds=self.end)

    def at(self, start: int) -> "TimeOfDay":
        """As long, but from `start` on, and no longer in doubt."""
        return replace(self, start=start, end=start + self.end - self.start, bare=False, marked=True)

    def fitted(self, part: "TimeOfDay") -> "TimeOfDay":
        """This time, moved behind noon where it is bare and only so lies in `part` of the day."""
        late = self.start + 12 * HOUR
        return self.at(late) if self.bare and self.start < part.start <= late < part.end else self

    def latest(self, now: datetime) -> Walls:
        """The latest that has begun."""
        walls = self.on(now.date())
        while walls[0] > now:
            walls = walls[0] - DAY, walls[1] - DAY
        return walls


class Pattern(ABC):
    """The base of all calendar patterns. `starting` is all that a pattern must define."""

    __slots__ = ()

    @property
    def reach(self) -> timedelta:
        """A time within which the pattern nearly always comes again."""
        return 366 * DAY

    @property
    def exact(self) -> bool:
        """Named by its start, as a time of day is."""
        return False

    @abstractmethod
    def starting(self, low: datetime, high: datetime) -> Iterator[Walls]:
        """Those with `low <= start < high`, in order."""

    def latest(self, now: datetime) -> Walls | None:
        """The latest that has begun."""
        return self._last(now, lambda walls: walls[0] <= now)

    def past(self, now: datetime) -> Walls | None:
        """The latest that is over."""
        return self._last(now, lambda walls: walls[1] <= now)

    def before(self, end: datetime) -> Walls | None:
        """The latest that begins before `end`."""
        return self._last(end, lambda walls: walls[0] < end)

    def after(self, start: datetime) -> Walls | None:
        """The first that begins after `start`."""
        for low, high in _windows(self.reach):
            for walls in self.starting(_moved(start, low), _moved(start, high)):
                if walls[0] > start:
                    return walls
        return None

    def within(self, start: datetime, end: datetime) -> Walls | None:
        """The one that begins in `[start, end)`; None where there is none, or more than one."""
        found = self.starting(start, end)
        first = next(found, None)
        return first if next(found, None) is None else None

    def _last(self, now: datetime, accepts: Callable[[Walls], bool]) -> Walls | None:
        for low, high in _windows(self.reach):
            found = [walls for walls in self.starting(_moved(now, -high), _moved(now, DAY - low)) if accepts(walls)]
            if found:
                return found[-1]
        return None


def _windows(reach: timedelta) -> Iterator[tuple[timedelta, timedelta]]:
    """Ever wider stretches: leap days come every 8 years at the latest, a Sunday the 29th of February in 40."""
    low = timedelta()
    for factor in (1, 2, 9, 41):
        yield low, factor * reach
        low = factor * reach


def _moved(moment: datetime, by: timedelta) -> datetime:
    """`moment + by`, or as far as the calendar goes."""
    try:
        return moment + by
    except OverflowError:
        return _LAST_DAY if by > timedelta() else _FIRST_DAY


def _months(low: datetime, high: datetime) -> Iterator[tuple[int, int]]:
    year, month = low.year, low.month
    while (year, month) <= (high.year, high.month):
        yield year, month
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


@dataclass(frozen=True, slots=True)
class Preceding:
    """`last Monday`, beside another Monday: the one before it."""

    pattern: Pattern

    def apply(self, time_range: TimeRange, zone: ZoneInfo) -> TimeRange:
        """The second range. ValueError where the first is none of the pattern, or the first of all."""
        start, end = (side and to_wall(side, zone) for side in (time_range.start, time_range.end))
        same = start and end and next(self.pattern.starting(start, end), None)
        walls = self.pattern.before(start) if start else None
        if not same or not walls or same[0] != start or (end and end > same[1]):
            raise ValueError("the first range is none of these")
        return TimeRange(to_utc(walls[0], zone), to_utc(walls[1], zone))


@dataclass(frozen=True, slots=True)
class Days(Pattern):
    """Single days: by month and day (`March 3`), day of the month (`the 5th`), weekday (0 is Monday), or all."""

    month: int | None = None
    day: int | None = None
    weekday: int | None = None

    @property
    def reach(self) -> timedelta:
        if self.day is None:
            return 7 * DAY
        wide = 366 if self.month else 31
        return wide * (1 if self.weekday is None else 7) * DAY

    def starting(self, low: datetime, high: datetime) -> Iterator[Walls]:
        for day in self._days(low, high):
            start = datetime.combine(day, time())
            if low <= start < high and (self.weekday is None or day.weekday() == self.weekday):
                yield start, start + DAY

    def _days(self, low: datetime, high: datetime) -> Iterator[date]:
        if self.day is None:
            step = 1 if self.weekday is None else 7
            day = low.date() + timedelta(days=0 if self.weekday is None else (self.weekday - low.weekday()) % 7)
            while day <= high.date():
                yield day
                day += step * DAY
            return
        years = range(low.year, high.year + 1)
        months = ((year, self.month) for year in years) if self.month else _months(low, high)
        for year, month in months:
            if self.day <= 28 or self.day <= calendar.monthrange(year, month)[1]:
                yield date(year, month, self.day)


@dataclass(frozen=True, slots=True)
class Weekends(Pattern):
    """Saturday and Sunday."""

    @property
    def reach(self) -> timedelta:
        return 7 * DAY

    def starting(self, low: datetime, high: datetime) -> Iterator[Walls]:
        for start, end in Days(weekday=5).starting(low, high):
            yield start, end + DAY


@dataclass(frozen=True, slots=True)
class Stretches(Pattern):
    """The stretches of a cycle, each on its day."""

    cycle: Cycle

    @property
    def reach(self) -> timedelta:
        return 7 * DAY

    def starting(self, low: datetime, high: datetime) -> Iterator[Walls]:
        cycle = self.cycle
        for midnight, _ in Days().starting(_moved(low, -DAY), high):
            start, end = (datetime.combine(midnight, clock) for clock in (cycle.start, cycle.end))
            if low <= start < high and (not cycle.weekdays or midnight.weekday() in cycle.weekdays):
                yield start, end if start < end else end + DAY


@dataclass(frozen=True, slots=True)
class Months(Pattern):
    """`count` months from the month `first` on: a month, quarter or half of every year."""

    first: int
    count: int = 1

    def starting(self, low: datetime, high: datetime) -> Iterator[Walls]:
        for year in range(low.year, high.year + 1):
            start = wall(year, self.first)
            if low <= start < high:
                yield start, add_units(start, "month", self.count)


@dataclass(frozen=True, slots=True)
class EveryMonth(Pattern):
    """All months."""

    def starting(self, low: datetime, high: datetime) -> Iterator[Walls]:
        for year, month in _months(low, high):
            start = wall(year, month)
            if low <= start < high:
                yield start, add_units(start, "month", 1)


@dataclass(frozen=True, slots=True)
class Weeks(Pattern):
    """Week `number` of every year, as ISO 8601 counts them: week 1 is the one with the year's first Thursday."""

    number: int

    def starting(self, low: datetime, high: datetime) -> Iterator[Walls]:
        for year in range(low.year, high.year + 2):
            try:
                start = datetime.combine(date.fromisocalendar(year, self.number, 1), time())
            except ValueError:  # few years have a week 53
                continue
            if low <= start < high:
                yield start, start + 7 * DAY


@dataclass(frozen=True, slots=True)
class Timed(Pattern):
    """A time of day on each of a pattern's days: `Monday at 9`."""

    days: Pattern
    time: TimeOfDay

    @property
    def reach(self) -> timedelta:
        return self.days.reach

    @property
    def exact(self) -> bool:
        return self.time.exact

    def starting(self, low: datetime, high: datetime) -> Iterator[Walls]:
        for start, _ in self.days.starting(_moved(low, -2 * DAY), high):
            walls = self.time.on(start.date())
            if low <= walls[0] < high:
                yield walls


@dataclass(frozen=True, slots=True)
class DaysOfMonth(Pattern):
    """From one day of a month to another: `July 13 to 15`."""

    month: int
    first: int
    last: int

    def starting(self, low: datetime, high: datetime) -> Iterator[Walls]:
        for start, _ in Days(self.month, self.first).starting(low, high):
            if self.last <= calendar.monthrange(start.year, start.month)[1]:
                yield start, start + (self.last - self.first + 1) * DAY


@dataclass(frozen=True, slots=True)
class Run(Pattern):
    """From each of one pattern to the next of another: `Friday to Monday`, `December to May`."""

    first: Pattern
    last: Pattern

    @property
    def reach(self) -> timedelta:
        return self.first.reach

    def starting(self, low: datetime, high: datetime) -> Iterator[Walls]:
        for start, _ in self.first.starting(low, high):
            last = self.last.after(start)
            if last is not None:
                yield start, last[0] if self.last.exact else last[1]


@dataclass(frozen=True, slots=True)
class PartOf(Pattern):
    """A part of each of a pattern: `first Monday of May`, `first half of October`."""

    part: Part | Fraction | Around
    whole: Pattern

    @property
    def reach(self) -> timedelta:
        return self.whole.reach

    def starting(self, low: datetime, high: datetime) -> Iterator[Walls]:
        for walls in self.whole.starting(_moved(low, -self.whole.reach), _moved(high, 7 * DAY)):
            part = self.part.of(*walls)
            if part is not None and low <= part[0] < high:
                yield part
