"""Portions of something longer: its first week, its second half, the week around it.

All times here are naive wall times; ranges are half-open pairs `(start, end)`.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from nlq.question import Unit
from nlq.timeline import add_units, floor

Walls = tuple[datetime, datetime]

DAY = timedelta(days=1)


class Part(Struct, frozen=True):
    """`count` units or weekdays of something longer, from the `first` on; -1 is the last, and so backwards.

    A week belongs to the month or year that has its Thursday.
    """

    first: int
    unit: Unit = "day"
    weekday: int | None = None
    count: int = 1

    def of(self, start: datetime, end: datetime) -> Walls | None:
        """This part of `[start, end)`; None where it has no such part."""
        unit: Unit = self.unit if self.weekday is None else "week"
        mark = (self.weekday if self.weekday is not None else 3 if unit == "week" else 0) * DAY
        if self.first > 0:
            low = add_units(_ceiling(start - mark, unit), unit, self.first - 1)
        else:
            low = add_units(_ceiling(end - mark, unit), unit, self.first - self.count + 1)
        if not start <= low + mark < end:
            return None
        return (low, add_units(low, unit, self.count)) if self.weekday is None else (low + mark, low + mark + DAY)


def _ceiling(wall: datetime, unit: Unit) -> datetime:
    """The first start of a unit that is not before `wall`."""
    start = floor(wall, unit)
    return start if start == wall else add_units(start, unit, 1)


class Fraction(Struct, frozen=True):
    """The nth of 2 or 3 equal parts: of a year by months, of a day by hours, of anything else by whole days.

    A third of a quarter is a month; those of a month begin on the 1st, 11th and 21st, and what is shorter has none.
    """

    number: int
    count: int

    def of(self, start: datetime, end: datetime) -> Walls | None:
        days = (end - start).days
        if self.count == 3 and days < 28:
            return None
        return self._edge(start, end, self.number - 1), self._edge(start, end, self.number)

    def _edge(self, start: datetime, end: datetime, place: int) -> datetime:
        days = (end - start).days
        if place == self.count:
            return end
        if days > 360:
            return add_units(start, "month", 12 // self.count * place)
        if self.count == 3:
            return add_units(start, "month", place) if days > 31 else start + 10 * place * DAY
        return start + days * place // self.count * DAY if days > 1 else start + (end - start) * place / self.count


class Around(Struct, frozen=True):
    """The calendar unit that something shorter lies in: `the week of March 2`."""

    unit: Unit

    def of(self, start: datetime, _end: datetime) -> Walls | None:
        low = floor(start, self.unit)
        return low, add_units(low, self.unit, 1)
