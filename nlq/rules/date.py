"""Dates in words: `Tuesday`, `March 3`, `the 5th`, `the 13th to the 15th of July`, `first Monday of May`, `week 31`.

Kinds: `date`, a Pattern, where no year is said; `run`, a Pattern from one date to another; `fixed`, a Span, where
a year is; `part`, a part of something longer.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from nlq import lexicon
from nlq.context import Context
from nlq.engine import Match, Rule, Scanner
from nlq.question import Unit
from nlq.recurrence import Around, Days, DaysOfMonth, Half, Months, Part, PartOf, Pattern, Run, Weekends, Weeks
from nlq.refusal import Problem
from nlq.rules import era, spoken, written_date
from nlq.rules.clock import TO
from nlq.rules.duration import same, sound
from nlq.rules.written_date import LONGEST, between, full_year, month_day, months_of, year_month_day
from nlq.timeline import Span, to_wall, wall_span
from nlq.tokens import Token

_DAY_LIKE = re.compile(r"\d{1,2}(?:st|nd|rd|th)?(?:[-/.]|[a-z]{3})")
_PUNCTUATION = frozenset(".,()")
_JOINTS = frozenset(("to", "and", "or", "vs", "versus", "through", "until", "-", "–", "/"))


def _scan_names(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
    """Months and weekdays. A word that means other things too is one only beside another time word."""
    words = [token.norm for token in tokens]
    alone = sum(word not in _PUNCTUATION for word in words) == 1
    for index, (token, word) in enumerate(zip(tokens, words, strict=True)):
        month, weekday = lexicon.MONTHS.get(word), lexicon.WEEKDAYS.get(word)
        if word.endswith("days") and word[:-1] in lexicon.WEEKDAYS:
            yield Match(index, index + 1, "weekdays", Days(weekday=lexicon.WEEKDAYS[word[:-1]]), 0.0, "weekdays")
        if (month is None and weekday is None) or token.quoted:
            continue
        certain = word not in lexicon.DOUBTFUL or (alone and (word in lexicon.VERBS or weekday is not None))
        if not certain and not _in_company(words, index):
            continue
        end = index + 1 + (words[index + 1 : index + 2] == ["."] and len(word) <= 4)
        kind, value = ("month", month) if month is not None else ("weekday", weekday)
        yield Match(index, index + 1, kind, value, 0.0, f"{kind} name")
        if end > index + 1:
            yield Match(index, end, kind, value, 0.0, f"{kind} name")


def _in_company(words: Sequence[str], index: int) -> bool:
    before = [word for word in words[:index] if word not in _PUNCTUATION][-2:][::-1]
    after = [word for word in words[index + 1 : index + 6] if word not in _PUNCTUATION][:2]
    if before and before[0] in lexicon.TIME_LEADS:
        return True
    for beside in (before, after):
        if beside[:1] and _is_time_word(beside[0]):
            return True
        if len(beside) == 2 and beside[0] in _JOINTS and _is_time_word(beside[1]):
            return True
    return False


def _is_time_word(word: str) -> bool:
    name = (word in lexicon.MONTHS or word in lexicon.WEEKDAYS) and word not in lexicon.VERBS
    return (
        name
        or _is_day(word)
        or (len(word) in (2, 4) and word.isdecimal() and ("1900" <= word < "2200" or "32" <= word <= "99"))
    )


def _is_day(word: str) -> bool:
    """`5`, `5th`, `fifth`, `13-15`, `15sep`: what stands beside a month or a weekday."""
    figures = word.rstrip("stndrh")
    if figures.isdecimal():
        return len(figures) <= 2 and 1 <= int(figures) <= 31
    first = word.partition("-")[0]
    return first in lexicon.ORDINALS or first in lexicon.TENS or bool(_DAY_LIKE.match(word))


def _year_of(context: Context, year: int) -> Span:
    return months_of(context, year)


def in_year(context: Context, date: Pattern, year: int) -> Span | Problem:
    walls = date.within(datetime(year, 1, 1), datetime(year + 1, 1, 1))
    if walls is None:
        return Problem("impossible", f"there is no such day in {year}")
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


def _on_weekday(context: Context, weekday: int, date: Pattern) -> Pattern | Span | Problem | None:
    if not isinstance(date, Days) or date.weekday is not None or date.day is None:
        return None
    if date.month is None:
        return Days(None, date.day, weekday)
    now = to_wall(context.now, context.zone)
    last, coming = date.latest(now), date.after(now)
    if last and last[0].weekday() == weekday:
        return date
    if coming and coming[0].weekday() == weekday:
        return wall_span(*coming, context.zone)
    return Problem("conflict", "that date is another day of the week")


def _check_weekday(context: Context, weekday: int, date: Span) -> Span | Problem | None:
    if date.start is None or date.end is None or (date.end - date.start).days > 1 or date.exact:
        return None
    if date.start.astimezone(context.zone).weekday() != weekday:
        return Problem("conflict", "that date is another day of the week")
    return date


def _year_month(context: Context, year: int, month: int) -> Span | None:
    return months_of(context, year, month, 1) if 1 <= month <= 12 and 1900 <= year < 2200 else None


def _checked(context: Context, year: int, month: int, day: int) -> Span | None:
    date = year_month_day(context, year, month, day)
    return None if isinstance(date, Problem) or not 1900 <= year < 2200 else date


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
        return Problem("conflict", "the range ends before it begins")
    if last > LONGEST[month - 1]:
        return Problem("impossible", f"month {month} has no day {last}")
    return DaysOfMonth(month, first, last)


def _days_in(context: Context, days: tuple[int, int], span: Span) -> Span | Problem | None:
    """`between 4 and 22 this month`."""
    if span.start is None or span.end is None or not 27 < (span.end - span.start).days < 32:
        return None
    start = span.start.astimezone(context.zone)
    run = _days_run(context, start.month, days)
    return run if isinstance(run, Problem) else in_year(context, run, start.year)


def _day(_context: Context, count: int) -> int | None:
    return count if 1 <= count <= 31 else None


def _quarter(_context: Context, number: int) -> Pattern | None:
    return Months(3 * number - 2, 3) if 1 <= number <= 4 else None


def _week(_context: Context, number: int) -> Pattern | None:
    return Weeks(number) if 1 <= number <= 53 else None


def part_of(context: Context, part: Part | Half | Around, span: Span) -> Span | Problem | None:
    if span.start is None or span.end is None:
        return None
    walls = part.of(*(instant.astimezone(context.zone).replace(tzinfo=None) for instant in (span.start, span.end)))
    return wall_span(*walls, context.zone) if walls else Problem("impossible", "it has no such part")


def _constant(value: Any) -> Callable[..., Any]:
    return lambda _context: value


def _unit_part(first: int) -> Callable[..., Any]:
    return lambda _context, unit: Part(first, unit)


def _count_part(first: int) -> Callable[..., Any]:
    return lambda _context, count, unit: Part(first, unit, count=count) if count >= 1 else None


_NAMED_DAYS = tuple(
    Rule(f"holiday: {name}", name, "date", _constant(Days(month, day)))
    for name, (month, day) in lexicon.HOLIDAYS.items()
)

SCANNERS = (Scanner("month and weekday", _scan_names), *written_date.SCANNERS, *spoken.SCANNERS)
RULES = (
    Rule("day of a count", "<count>", "day", _day),
    Rule("day of an ordinal", "<nth>", "day", _day),
    Rule("day in words", "<spoken-day>", "day", _day),
    Rule("weekday", "<weekday>", "date", lambda _c, weekday: Days(weekday=weekday)),
    Rule("weekend", "weekend", "date", _constant(Weekends())),
    Rule("month", "<month>", "date", lambda _c, month: Months(month)),
    Rule("month and day", "<month> -|.? the? <day>", "date", sound(lambda _c, month, day: month_day(month, day))),
    Rule("day and month", "<day> .|of? <month>", "date", sound(lambda _c, day, month: month_day(month, day))),
    Rule("nth day", "the <figure-nth>", "date", lambda _c, day: Days(day=day) if 1 <= day <= 31 else None),
    Rule("nth day on its own", "<figure-nth>", "loose-date", lambda _c, day: Days(day=day) if 1 <= day <= 31 else None),
    Rule("nth day in words", "the <nth>", "loose-date", lambda _c, day: Days(day=day) if 1 <= day <= 31 else None),
    Rule("the day in figures", "the <count>", "loose-date", lambda _c, day: Days(day=day) if 1 <= day <= 31 else None),
    Rule("nth day of month", "<nth> day of|in <month>", "date", sound(lambda _c, day, month: month_day(month, day))),
    Rule("weekday and date", "<weekday> ,? the? <date>", "date", sound(_on_weekday)),
    Rule(
        "weekday and nth", "<weekday> ,? the? <figure-nth>", "date", lambda _c, weekday, day: Days(None, day, weekday)
    ),
    Rule("weekday the nth", "<weekday> ,? the <nth>", "date", lambda _c, weekday, day: Days(None, day, weekday)),
    Rule(
        "date and weekday",
        "<date> ,? \\(? <weekday> \\)?",
        "date",
        sound(lambda c, date, weekday: _on_weekday(c, weekday, date)),
    ),
    Rule("weekday and full date", "<weekday> ,? the? <fixed>", "fixed", sound(_check_weekday)),
    # a few days of a month
    Rule("day to day", f"from? the? <day> {TO}|/ the? <day>", "day-run", lambda _c, first, last: (first, last)),
    Rule("between days", f"between the? <day> and|{TO} the? <day>", "day-run", lambda _c, first, last: (first, last)),
    Rule("month and days", "from|between? <month> the? <day-run>", "run", sound(_days_run)),
    Rule("days and month", "<day-run> of? <month>", "run", sound(lambda c, days, month: _days_run(c, month, days))),
    Rule("days in span", "<day-run> of|in? <fixed>", "fixed", sound(_days_in)),
    # quarters and weeks of the year
    Rule("quarter", "<nth> quarter|qtr", "date", _quarter),
    Rule("week number", "week <count>", "date", _week),
    # years
    Rule("year", "year <year>", "fixed", sound(_year_of)),
    Rule("date and year", "<date> ,? of|in? <year>", "fixed", sound(in_year)),
    Rule("run and year", "<run> ,? of|in? <year>", "fixed", sound(in_year)),
    Rule("date and short year", "<date> ,|of? '? <count>", "fixed", sound(_short_year)),
    Rule(
        "year and month",
        "<year> -|/ <count>",
        "fixed",
        sound(lambda c, year, month: _year_month(c, year, month)),
        cost=0.3,
    ),
    Rule(
        "month and year",
        "<count> -|/ <year>",
        "fixed",
        sound(lambda c, month, year: _year_month(c, year, month)),
        cost=0.3,
    ),
    Rule("word run and year", "<word-run> ,? <year>", "fixed", sound(_run_to_year)),
    Rule("dotted date", "<dotted> .", "date", lambda _c, date: date, cost=0.5),
    Rule("weekday and dotted date", "<weekday> ,? <dotted> .?", "date", sound(_on_weekday)),
    Rule(
        "dotted date and weekday",
        "<dotted> . ,? <weekday>",
        "date",
        sound(lambda c, date, weekday: _on_weekday(c, weekday, date)),
    ),
    Rule("month day and date", "<month> <day-month> <day>", "word-run", sound(_split_run)),
    Rule(
        "year, month and day", "<year> <count> <count>", "fixed", sound(lambda c, *date: _checked(c, *date)), cost=0.3
    ),
    Rule(
        "month, day and year",
        "<count> <count> <year>",
        "fixed",
        sound(lambda c, month, day, year: _checked(c, year, month, day)),
        cost=0.3,
    ),
    Rule(
        "spaced slash",
        "<count> / <count>",
        "date",
        sound(lambda _c, month, day: month_day(month, day) if month <= 12 and 1 <= month and day <= 31 else None),
        cost=0.6,
    ),
    Rule("year and date", "<year> ,? the? <date>", "fixed", sound(lambda c, year, date: in_year(c, date, year))),
    *_NAMED_DAYS,
    *era.RULES,
    # parts
    Rule("first part", "first|1st <unit>", "part", _unit_part(1)),
    Rule("nth part", "<nth> <unit>", "part", lambda _c, number, unit: Part(number, unit)),
    Rule("last part", "last|final <unit>", "part", _unit_part(-1)),
    Rule("first parts", "first <count> <unit>", "part", _count_part(1)),
    Rule("last parts", "last|final <count> <unit>", "part", _count_part(-1)),
    Rule("nth weekday", "<nth> <weekday>", "part", lambda _c, number, weekday: Part(number, weekday=weekday)),
    Rule("last weekday", "last <weekday>", "part", lambda _c, weekday: Part(-1, weekday=weekday)),
    Rule("first half", "first|1st half", "part", _constant(Half(second=False))),
    Rule("second half", "second|2nd|last half", "part", _constant(Half(second=True))),
    Rule(
        "unit around",
        "<unit> of|starting on|from? the? <date>",
        "date",
        sound(lambda _c, unit, date: PartOf(Around(unit), date) if _is_day_pattern(date) else None),
    ),
    Rule(
        "unit around a loose date",
        "<unit> of|starting on|from? <loose-date>",
        "date",
        sound(lambda _c, unit, date: PartOf(Around(unit), date)),
    ),
    Rule(
        "unit around a day",
        "<unit> of|starting on|from? the? <fixed>",
        "fixed",
        sound(lambda c, unit, span: part_of(c, Around(unit), span) if unit != "day" else None),
    ),
    Rule(
        "part of a date",
        "the? <part> of|in <date>",
        "date",
        sound(lambda _c, part, date: PartOf(part, date) if not _is_day_pattern(date) else None),
    ),
    Rule("part of a span", "the? <part> of|in? the? <fixed>", "fixed", sound(part_of)),
    Rule(
        "part of a year",
        "the? <part> of|in <year>",
        "fixed",
        sound(lambda c, part, year: part_of(c, part, months_of(c, year))),
    ),
    Rule(
        "part of this year",
        "the? <part> of|in the year",
        "fixed",
        sound(lambda c, part: part_of(c, part, months_of(c, c.now.astimezone(c.zone).year))),
    ),
)


def _is_day_pattern(date: Pattern) -> bool:
    return isinstance(date, Days)
