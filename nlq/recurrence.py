"""What comes again and again: Tuesdays, Marches, the 5th, third quarters, noons.

A phrase such as `Tuesday` names no time until it is known which one is meant. A pattern yields all of them; the
caller picks: the latest that has begun, the one inside another range, the first after another.

All times here are naive wall times; ranges are half-open pairs `(start, end)`.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

Walls = tuple[datetime, datetime]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A stretch of a day, in seconds from its midnight; `end` may reach into the next day, or begin there.

    exact: named by its start alone, as `15:00` is. A `bare` hour (`between 3 and 5`) may be before or after
    noon; a `marked` one carries am or pm.
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

    def later(self, seconds: int) -> "TimeOfDay":
        return replace(self, start=self.start + seconds, end=self.end + seconds)

    def latest(self, now: datetime) -> Walls:
        """The latest that has begun."""
        for back in (0, 1, 2):
            walls = self.on(now.date() - back * _DAY)
            if walls[0] <= now:
                return walls
        raise ValueError("no such time of day")


@dataclass(frozen=True, slots=True)
class Pattern:
    """The base of all calendar patterns. `starting` is all that a pattern must define."""

    @property
    def reach(self) -> timedelta:
        """A time within which most patterns of the kind come again."""
        return timedelta(days=366)

    @property
    def exact(self) -> bool:
        return False

    def starting(self, low: datetime, high: datetime) -> Iterator[Walls]:
        """Those with `low <= start < high`, in order."""
        raise NotImplementedError

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
            for walls in self.starting(_clamped(start, low), _clamped(start, high)):
                if walls[0] > start:
                    return walls
        return None

    def within(self, start: datetime, end: datetime) -> Walls | None:
        """The one that begins in `[start, end)`; None where there is none, or more than one."""
        found = list(self.starting(start, end))
        return found[0] if len(found) == 1 else None

    def _last(self, now: datetime, accepts) -> Walls | None:
        for low, high in _windows(self.reach):
            found = [w for w in self.starting(_clamped(now, -high), _clamped(now, -low) + _DAY) if accepts(w)]
            if found:
                return found[-1]
        return None


def _windows(reach: timedelta) -> Iterator[tuple[timedelta, timedelta]]:
    """Ever wider stretches: leap days come every 8 years at the latest, a Sunday the 29th of February in 40."""
    low = timedelta()
    for factor in (2, 9, 41):
        yield low, factor * reach
        low = factor * reach


def _clamped(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return datetime.max - 2 * _DAY if by > timedelta() else datetime.min + 2 * _DAY


def _months(low: datetime, high: datetime) -> Iterator[tuple[int, int]]:
    year, month = low.year, low.month
    while (year, month) <= (high.year, high.month):
        yield year, month
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _one_day(day: date) -> Walls:
    start = datetime.combine(day, time())
    return start, start + _DAY


@dataclass(frozen=True, slots=True)
class Days(Pattern):
    """Single days: by month and day (`March 3`), day of the month (`the 5th`), weekday (0 is Monday), or all."""

    month: int | None = None
    day: int | None = None
    weekday: int | None = None

    @property
    def reach(self) -> timedelta:
        if self.day is None and self.month is None:
            return 7 * _DAY
        wide = 366 if self.month else 31
        return wide * (1 if self.weekday is None else 7) * _DAY

    def starting(self, low: datetime, high: datetime) -> Iterator[Walls]:
        for day in self._days(low, high):
            walls = _one_day(day)
            if low <= walls[0] < high and (self.weekday is None or day.weekday() == self.weekday):
                yield walls

    def _days(self, low: datetime, high: datetime) -> Iterator[date]:
        if self.day is None:
            day = low.date() + timedelta(days=(((self.weekday or 0) - low.weekday()) % 7))
            while day <= high.date():
                yield day
                day += 7 * _DAY
            return
        months = ((year, self.month) for year in range(low.year, high.year + 1)) if self.month else _months(low, high)
        for year, month in months:
            if self.day <= calendar.monthrange(year, month)[1]:
                yield date(year, month, self.day)


@dataclass(frozen=True, slots=True)
class MonthRun(Pattern):
    """`count` months from the month `first` on: a month, quarter, half or season of every year."""

    first: int
    count: int = 1

    def starting(self, low: datetime, high: datetime) -> Iterator[Walls]:
        for year in range(low.year, high.year + 1):
            start = datetime(year, self.first, 1)  # noqa: DTZ001 - wall time
            if low <= start < high:
                after = year * 12 + self.first - 1 + self.count
                yield start, datetime(after // 12, after % 12 + 1, 1)  # noqa: DTZ001 - wall time


@dataclass(frozen=True, slots=True)
class Weekends(Pattern):
    """Saturday and Sunday."""

    @property
    def reach(self) -> timedelta:
        return 7 * _DAY

    def starting(self, low: datetime, high: datetime) -> Iterator[Walls]:
        for start, end in Days(weekday=5).starting(low, high):
            yield start, end + _DAY


@dataclass(frozen=True, slots=True)
class Timed(Pattern):
    """A time of day on each day of a pattern of days: `Monday at 9`."""

    days: Pattern
    time: TimeOfDay

    @property
    def reach(self) -> timedelta:
        return self.days.reach

    @property
    def exact(self) -> bool:
        return self.time.exact

    def starting(self, low: datetime, high: datetime) -> Iterator[Walls]:
        for start, _ in self.days.starting(low - 2 * _DAY, high):
            walls = self.time.on(start.date())
            if low <= walls[0] < high:
                yield walls


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
