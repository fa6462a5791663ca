"""Calendar arithmetic and patterns: clock changes, month ends, leap days, weeks, and where a range lies to another."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nlq import recurrence
from nlq.portions import Fraction, Part
from nlq.question import TimeRange, Unit
from nlq.recurrence import Days, Months, PartOf, Run, Timed, TimeOfDay, Weekends, Weeks
from nlq.resolve_time import resolve_time
from nlq.timeline import Duration, Shift, add_months, moved, rolled, to_utc, to_wall, unit_at, wall

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def naive(text: str) -> datetime:
    return datetime.fromisoformat(text)


def in_utc(phrase: str, now: str, zone: ZoneInfo) -> list[datetime | None]:
    found = resolve_time(phrase, datetime.fromisoformat(now).astimezone(zone))
    assert found is not None
    return [side and side.astimezone(UTC) for side in found]


@pytest.mark.parametrize(
    ("now", "phrase", "start", "end"),
    [
        # Berlin: forward on 29 March 2026 at 02:00, back on 25 October at 03:00.
        ("2026-03-30T12:00+02:00", "yesterday", "2026-03-28T23:00", "2026-03-29T22:00"),
        ("2026-10-26T12:00+01:00", "yesterday", "2026-10-24T22:00", "2026-10-25T23:00"),
        ("2026-03-30T12:00+02:00", "last week", "2026-03-22T23:00", "2026-03-29T22:00"),
        ("2026-03-30T12:00+02:00", "last 24 hours", "2026-03-29T10:00", "2026-03-30T10:00"),
        ("2026-03-29T12:00+02:00", "past day", "2026-03-28T11:00", "2026-03-29T10:00"),
        ("2026-10-25T12:00+01:00", "past day", "2026-10-24T10:00", "2026-10-25T11:00"),
        ("2026-03-30T12:00+02:00", "yesterday at 2:30", "2026-03-29T01:30", "2026-03-29T01:31"),
        ("2026-10-26T12:00+01:00", "yesterday from 1:00 to 4:00", "2026-10-24T23:00", "2026-10-25T03:00"),
        ("2026-10-25T12:00+01:00", "10 hours ago", "2026-10-25T01:00", "2026-10-25T02:00"),
        ("2026-10-25T12:00+01:00", "11 hours ago", "2026-10-25T00:00", "2026-10-25T01:00"),
        ("2026-11-05T12:00+01:00", "last month", "2026-09-30T22:00", "2026-10-31T23:00"),
    ],
)
def test_days_follow_the_clocks_of_berlin(now: str, phrase: str, start: str, end: str) -> None:
    """A day that is 23 or 25 hours long is a day; hours are elapsed time."""
    assert in_utc(phrase, now, BERLIN) == [utc(start), utc(end)]


@pytest.mark.parametrize(
    ("now", "phrase", "start", "end"),
    [
        # New York: forward on 8 March 2026, back on 1 November.
        ("2026-03-09T12:00-04:00", "yesterday", "2026-03-08T05:00", "2026-03-09T04:00"),
        ("2026-11-02T12:00-05:00", "yesterday", "2026-11-01T04:00", "2026-11-02T05:00"),
        ("2026-11-02T12:00-05:00", "from 2026-10-31 to 2026-11-01", "2026-10-31T04:00", "2026-11-02T05:00"),
        ("2026-11-02T12:00-05:00", "weekend", "2026-10-31T04:00", "2026-11-02T05:00"),
    ],
)
def test_days_follow_the_clocks_of_new_york(now: str, phrase: str, start: str, end: str) -> None:
    """The same on the other side of the Atlantic."""
    assert in_utc(phrase, now, NEW_YORK) == [utc(start), utc(end)]


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-01-15", -13, "2024-12-15"),
    ],
)
def test_months_end_where_they_end(start: str, months: int, end: str) -> None:
    """A month on is the same day, or the last day of a month that is too short."""
    assert add_months(naive(start), months) == naive(end)


@pytest.mark.parametrize("months", [12 * 9000, -12 * 9000])
def test_months_stop_at_the_calendar_ends(months: int) -> None:
    """Beyond the years 1 to 9999 there is no time."""
    with pytest.raises(OverflowError):
        add_months(naive("2026-01-01"), months)


UNITS: list[tuple[Unit, str, str]] = [
    ("second", "2026-05-13T14:45:37", "2026-05-13T14:45:38"),
    ("minute", "2026-05-13T14:45", "2026-05-13T14:46"),
    ("hour", "2026-05-13T14:00", "2026-05-13T15:00"),
    ("day", "2026-05-13", "2026-05-14"),
    ("week", "2026-05-11", "2026-05-18"),
    ("month", "2026-05-01", "2026-06-01"),
    ("quarter", "2026-04-01", "2026-07-01"),
    ("year", "2026-01-01", "2027-01-01"),
]


@pytest.mark.parametrize(("unit", "start", "end"), UNITS)
def test_unit_holds_the_instant(unit: Unit, start: str, end: str) -> None:
    """Each calendar unit begins and ends where the calendar says; weeks begin on Monday."""
    span = unit_at(utc("2026-05-13T14:45:37.250"), unit, ZoneInfo("UTC"))
    assert (span.start, span.end) == (utc(start), utc(end))


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    """When the clocks go back, the first 02:00 to 03:00 and the second are different units."""
    first = unit_at(utc("2026-10-25T00:30"), "hour", BERLIN)
    second = unit_at(utc("2026-10-25T01:30"), "hour", BERLIN)
    assert first.end == second.start == utc("2026-10-25T01:00")


def test_a_day_is_wall_time_and_an_hour_is_elapsed() -> None:
    """A day later the clock shows the same; 24 hours later, across a change, it does not."""
    noon = to_utc(naive("2026-03-28T12:00"), BERLIN)
    assert to_wall(moved(noon, Duration.of(1, "day"), BERLIN), BERLIN) == naive("2026-03-29T12:00")
    assert to_wall(moved(noon, Duration.of(24, "hour"), BERLIN), BERLIN) == naive("2026-03-29T13:00")


def test_lengths_add_up_and_keep_the_finest_unit() -> None:
    """Lengths are sums of months, days and seconds; parts of a month have no length."""
    assert Duration.of(1, "year") + Duration.of(2, "day") == Duration(months=12, days=2, unit="day")
    assert Duration.of(1.5, "day") == Duration(days=1, seconds=43200, unit="day")
    with pytest.raises(ValueError, match="month"):
        Duration.of(1.5, "month")


def test_a_negative_length_rolls_forward() -> None:
    """A range that rolls from now begins where it ends where its length is negative."""
    now = utc("2026-05-13")
    assert rolled(now, Duration.of(2, "hour"), BERLIN).end == now
    assert rolled(now, -Duration.of(2, "hour"), BERLIN).start == now


@pytest.mark.parametrize(
    ("pattern", "start", "end"),
    [
        (Days(weekday=2), "2026-05-13", "2026-05-14"),
        (Days(day=31), "2026-03-31", "2026-04-01"),
        (Days(month=2, day=29), "2024-02-29", "2024-03-01"),
        (Days(day=13, weekday=4), "2026-03-13", "2026-03-14"),
        (Days(month=2, day=29, weekday=6), "2004-02-29", "2004-03-01"),
        (Months(5), "2026-05-01", "2026-06-01"),
        (Months(11, 3), "2025-11-01", "2026-02-01"),
        (Weekends(), "2026-05-09", "2026-05-11"),
        (Weeks(53), "2020-12-28", "2021-01-04"),
        (Weeks(1), "2025-12-29", "2026-01-05"),
        (Timed(Days(weekday=2), TimeOfDay(54000, 57600)), "2026-05-06T15:00", "2026-05-06T16:00"),
        (Run(Days(weekday=4), Days(weekday=0)), "2026-05-08", "2026-05-12"),
        (PartOf(Part(1, weekday=0), Months(5)), "2026-05-04", "2026-05-05"),
        (PartOf(Fraction(2, 2), Months(2)), "2026-02-15", "2026-03-01"),
    ],
)
def test_latest_that_has_begun(pattern: recurrence.Pattern, start: str, end: str) -> None:
    """Of all that a pattern yields, the latest that has begun on Wednesday, 13 May 2026 at 14:45."""
    assert pattern.latest(naive("2026-05-13T14:45")) == (naive(start), naive(end))


def test_nearest_before_and_after() -> None:
    """The neighbours of a time in a pattern are strictly before and after it."""
    monday = naive("2026-05-11")
    assert Days(weekday=0).before(monday) == (monday - timedelta(days=7), monday - timedelta(days=6))
    assert Days(weekday=0).after(monday) == (monday + timedelta(days=7), monday + timedelta(days=8))
    assert Days(weekday=0).past(monday + timedelta(hours=9)) == Days(weekday=0).before(monday)


def test_within_is_the_only_one() -> None:
    """A pattern names a time in a range only where it has exactly one there."""
    assert Days(weekday=0).within(wall(2026, 5, 11), wall(2026, 5, 18)) == (wall(2026, 5, 11), wall(2026, 5, 12))
    assert Days(weekday=0).within(wall(2026, 5, 1), wall(2026, 6, 1)) is None
    assert Days(weekday=0).within(wall(2026, 5, 12), wall(2026, 5, 14)) is None


@pytest.mark.parametrize(
    ("part", "start", "end"),
    [
        (Part(1, "week"), "2026-03-30", "2026-04-06"),
        (Part(-1, "week"), "2026-04-27", "2026-05-04"),
        (Part(5, weekday=3), "2026-04-30", "2026-05-01"),
        (Part(-1, weekday=4), "2026-04-24", "2026-04-25"),
        (Part(1, "day", count=10), "2026-04-01", "2026-04-11"),
        (Part(-1, "day", count=3), "2026-04-28", "2026-05-01"),
        (Part(-2, "day"), "2026-04-29", "2026-04-30"),
        (Fraction(1, 2), "2026-04-01", "2026-04-16"),
        (Fraction(1, 3), "2026-04-01", "2026-04-11"),
        (Fraction(3, 3), "2026-04-21", "2026-05-01"),
    ],
)
def test_parts_of_april(part: Part | Fraction, start: str, end: str) -> None:
    """Parts are counted from either end; a week belongs to the month that has its Thursday."""
    assert part.of(wall(2026, 4), wall(2026, 5)) == (naive(start), naive(end))


def test_a_part_that_is_not_there() -> None:
    """April 2026 has four Fridays."""
    assert Part(5, weekday=4).of(wall(2026, 4), wall(2026, 5)) is None


MARCH = TimeRange(utc("2026-03-01"), utc("2026-04-01"))
LAST_HOUR = TimeRange(utc("2026-05-13T09:30"), utc("2026-05-13T10:30"))
THIS_HOUR = TimeRange(utc("2026-05-13T10:00"), utc("2026-05-13T10:30"))
MONTH, WEEK, HOUR = Duration.of(1, "month"), Duration.of(1, "week"), Duration.of(1, "hour")


@pytest.mark.parametrize(
    ("shift", "first", "start", "end"),
    [
        (Shift(MONTH, adjacent=True), MARCH, "2026-02-01", "2026-03-01"),
        (Shift(HOUR, adjacent=True), LAST_HOUR, "2026-05-13T08:30", "2026-05-13T09:30"),
        (Shift(WEEK), LAST_HOUR, "2026-05-06T09:30", "2026-05-06T10:30"),
        (Shift(WEEK, unit="hour"), LAST_HOUR, "2026-05-06T09:30", "2026-05-06T10:30"),
        (Shift(WEEK, unit="hour"), THIS_HOUR, "2026-05-06T10:00", "2026-05-06T11:00"),
    ],
)
def test_shift_places_the_second_range(shift: Shift, first: TimeRange, start: str, end: str) -> None:
    """`The month before` ends where the first range begins; `the same hour` is the whole hour."""
    assert shift.apply(first, ZoneInfo("UTC")) == TimeRange(utc(start), utc(end))


def test_nothing_lies_before_an_open_start() -> None:
    """A range that has no start has none beside it."""
    with pytest.raises(ValueError, match="start"):
        Shift(WEEK).apply(TimeRange(None, utc("2026-05-13")), ZoneInfo("UTC"))
