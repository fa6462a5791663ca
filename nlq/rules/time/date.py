"""Dates in words: `Tuesday`, `March 3`, `the 5th`, `the 13th to the 15th of July`, `week 31`, `Christmas`.

Kinds: `date`, a Pattern, where no year is said; `loose-date`, one that needs a preposition; `run`, a Pattern from
one date to another; `fixed`, a Span, where a year is.
"""

from nlq import almanac
from nlq.context import Context
from nlq.recurrence import Days, DaysOfMonth, Months, Pattern, Run, Weekends, Weeks
from nlq.refusal import Problem
from nlq.rule import Rule
from nlq.rules.time.clock import TO
from nlq.rules.time.produce import constant, same, sound, swapped
from nlq.rules.time.written_date import LONGEST, between, full_year, month_day, months_of, year_month_day
from nlq.timeline import Span, to_wall, wall, wall_span

_OTHER_WEEKDAY = Problem("conflict", "That date is another day of the week.")


def _weekday(_context: Context, weekday: int) -> Pattern:
    return Days(weekday=weekday)


def _month(_context: Context, month: int) -> Pattern:
    return Months(month)


def _month_day(_context: Context, month: int, day: int) -> Pattern | Problem:
    return month_day(month, day)


def _nth_day(_context: Context, day: int) -> Pattern | None:
    return Days(day=day) if 1 <= day <= 31 else None


def _weekday_nth(_context: Context, weekday: int, day: int) -> Pattern | None:
    return Days(None, day, weekday) if 1 <= day <= 31 else None


def _pair(_context: Context, first: int, last: int) -> tuple[int, int]:
    return first, last


def in_year(context: Context, date: Pattern, year: int) -> Span | Problem:
    walls = date.within(wall(year), wall(year + 1))
    if walls is None:
        return Problem("impossible", f"There is no such day in {year}.")
    return wall_span(*walls, context.zone, exact=date.exact)


def _short_year(context: Context, date: Pattern, count: int) -> Span | Problem | None:
    """`3rd Feb 82`."""
    if not 32 <= count <= 99:
        return None
    if isinstance(date, Months) and date.count == 1:
        return months_of(context, full_year(str(count)), date.first, 1)
    if not isinstance(date, Days) or date.month is None or date.day is None:
        return None
    return year_month_day(context, full_year(str(count)), date.month, date.day)


def _on_weekday(context: Context, weekday: int, date: Pattern) -> Pattern | Problem | None:
    """`Friday, November 13`: the day of the week must be that of the date that is meant."""
    if not isinstance(date, Days) or date.weekday is not None or date.day is None:
        return None
    if date.month is None:
        return Days(None, date.day, weekday)
    last = date.latest(to_wall(context.now, context.zone))
    if last and last[0].weekday() == weekday:
        return date
    return None if _coming_on_weekday(context, weekday, date) else _OTHER_WEEKDAY


def _coming_on_weekday(context: Context, weekday: int, date: Pattern) -> Span | None:
    """The next date, where it is that one which falls on the day of the week."""
    if not isinstance(date, Days) or date.weekday is not None or date.day is None or date.month is None:
        return None
    now = to_wall(context.now, context.zone)
    last, coming = date.latest(now), date.after(now)
    if last and last[0].weekday() == weekday:
        return None
    return wall_span(*coming, context.zone) if coming and coming[0].weekday() == weekday else None


def _check_weekday(context: Context, weekday: int, date: Span) -> Span | Problem | None:
    if date.start is None or date.end is None or (date.end - date.start).days > 1:
        return None
    if to_wall(date.start, context.zone).weekday() != weekday:
        return _OTHER_WEEKDAY
    return date


def _year_month(context: Context, year: int, month: int) -> Span | None:
    return months_of(context, year, month, 1) if 1 <= month <= 12 and 1900 <= year < 2200 else None


def _spaced_date(context: Context, year: int, month: int, day: int) -> Span | None:
    """`2026 11 5`."""
    date = year_month_day(context, year, month, day)
    return None if isinstance(date, Problem) or not 1900 <= year < 2200 else date


def _spaced_us_date(context: Context, month: int, day: int, year: int) -> Span | None:
    return _spaced_date(context, year, month, day)


def _spaced_slash(_context: Context, month: int, day: int) -> Pattern | None:
    date = month_day(month, day) if 1 <= month <= 12 else None
    return None if isinstance(date, Problem) else date


def _split_run(_context: Context, month: int, joined: tuple[int, int], last: int) -> Pattern | Problem:
    """`Nov 18-Dec 19`, whose middle is one word."""
    day, other = joined
    first, end = month_day(month, day), month_day(other, last)
    if isinstance(first, Problem) or isinstance(end, Problem):
        return first if isinstance(first, Problem) else end
    return Run(first, end)


def _run_to_year(context: Context, run: Run, year: int) -> Span | Problem | None:
    """`Nov-Feb 2017`: the year is that of the end."""
    last = in_year(context, run.last, year)
    if isinstance(last, Problem) or last.end is None:
        return last
    first = run.first.before(to_wall(last.end, context.zone))
    return between(wall_span(*first, context.zone), last) if first else None


def _days_run(_context: Context, month: int, days: tuple[int, int]) -> Pattern | Problem:
    first, last = days
    if last < first:
        return Problem("conflict", "The range ends before it begins.")
    if last > LONGEST[month - 1]:
        return Problem("impossible", f"Month {month} has no day {last}.")
    return DaysOfMonth(month, first, last)


def _days_in(context: Context, days: tuple[int, int], span: Span) -> Span | Problem | None:
    """`between 4 and 22 this month`."""
    if span.start is None or span.end is None or not 27 < (span.end - span.start).days < 32:
        return None
    start = to_wall(span.start, context.zone)
    run = _days_run(context, start.month, days)
    return run if isinstance(run, Problem) else in_year(context, run, start.year)


def _day(_context: Context, count: int) -> int | None:
    return count if 1 <= count <= 31 else None


def _quarter(_context: Context, number: int) -> Pattern | None:
    return Months(3 * number - 2, 3) if 1 <= number <= 4 else None


def _week(_context: Context, number: int) -> Pattern | None:
    return Weeks(number) if 1 <= number <= 53 else None


_HOLIDAYS = {name: Days(month, day) for name, (month, day) in almanac.HOLIDAYS.items()}

RULES = (
    Rule("day of a count", "<count>", "day", _day),
    Rule("day of an ordinal", "<nth>", "day", _day),
    Rule("day in words", "<spoken-day>", "day", _day),
    Rule("weekday", "<weekday>", "date", _weekday),
    Rule("weekend", "weekend", "date", constant(Weekends())),
    Rule("month", "<month>", "date", _month),
    Rule("month and day", "<month> -|.? the? <day>", "date", sound(_month_day)),
    Rule("day and month", "the? <day> .|of? <month>", "date", swapped(_month_day)),
    Rule("nth day of a month", "<nth> day of|in <month>", "date", swapped(_month_day)),
    *(Rule(f"holiday: {name}", name, "date", constant(days)) for name, days in _HOLIDAYS.items()),
    # days of any month
    Rule("nth day", "the <figure-nth>", "date", _nth_day, cost=0.05),
    Rule("nth day on its own", "<figure-nth>", "loose-date", _nth_day),
    Rule("nth day in words", "the <nth>", "loose-date", _nth_day),
    Rule("day in figures", "the <count>", "loose-date", _nth_day),
    Rule("weekday and nth", "<weekday> ,? the? <figure-nth>", "date", sound(_weekday_nth)),
    Rule("weekday the nth", "<weekday> ,? the <nth>", "date", sound(_weekday_nth)),
    Rule("weekday and day", "<weekday> ,? <count>", "date", sound(_weekday_nth), cost=0.3),
    # with a day of the week
    Rule("weekday and date", "<weekday> ,? the? <date>", "date", sound(_on_weekday)),
    Rule("this weekday and date", "this|last|past|next <weekday> ,|(? the? <date> )?", "date", sound(_on_weekday)),
    Rule("weekday and coming date", "<weekday> ,? the? <date>", "fixed", sound(_coming_on_weekday)),
    Rule("date and weekday", "<date> ,? (? <weekday> )?", "date", swapped(_on_weekday)),
    Rule("weekday and full date", "<weekday> ,? the? <fixed>", "fixed", sound(_check_weekday)),
    # a few days of a month
    Rule("day to day", f"from? the? <day> {TO}|/ the? <day>", "day-run", _pair),
    Rule("between days", f"between the? <day> and|{TO} the? <day>", "day-run", _pair),
    Rule("month and days", "from|between? <month> the? <day-run>", "run", sound(_days_run)),
    Rule("days and month", "<day-run> of? <month>", "run", swapped(_days_run)),
    Rule("days in a span", "<day-run> of|in? <fixed>", "fixed", sound(_days_in)),
    # quarters and weeks of the year
    Rule("quarter", "<nth> quarter|qtr", "date", _quarter),
    *(Rule(f"season: {word}", word, "date", constant(Months(at, 3))) for word, at in almanac.SEASONS.items()),
    Rule("week number", "week <count>", "date", _week),
    # with a year
    Rule("year", "year <year>", "fixed", sound(months_of)),
    Rule("date and year", "<date> ,? of|in? <year>", "fixed", sound(in_year)),
    Rule("year and date", "<year> ,? the? <date>", "fixed", swapped(in_year)),
    Rule("run and year", "<run> ,? of|in? <year>", "fixed", sound(in_year)),
    Rule("date and short year", "<date> ,|of? '? <count>", "fixed", sound(_short_year)),
    Rule("year and month", "<year> -|/ <count>", "fixed", sound(_year_month), cost=0.3),
    Rule("month and year", "<count> -|/ <year>", "fixed", swapped(_year_month), cost=0.3),
    Rule("year, month, day", "<year> <count> <count>", "fixed", sound(_spaced_date), cost=0.3),
    Rule("month, day, year", "<count> <count> <year>", "fixed", sound(_spaced_us_date), cost=0.3),
    # in figures that may be others
    Rule("dotted date", "<dotted> .", "date", same, cost=0.5),
    Rule("weekday and dotted date", "<weekday> ,? <dotted> .?", "date", sound(_on_weekday)),
    Rule("dotted date and weekday", "<dotted> . ,? <weekday>", "date", swapped(_on_weekday)),
    Rule("spaced slash", "<count> / <count>", "date", sound(_spaced_slash), cost=0.6),
    Rule("joined dates", "<month> <day-month> <day>", "word-run", sound(_split_run)),
    Rule("word run and year", "<word-run> ,? <year>", "fixed", sound(_run_to_year)),
)
