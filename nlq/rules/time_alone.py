"""What is time only in a text that is about time alone: `before 4`, `16.12.`, `= 2019`, `10 August 88 AD`.

In a prompt such words are numbers and names, so these rules are for `resolve_time` only. A bare number is an hour or
a date only where nothing follows that it may count.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from nlq import lexicon
from nlq.context import Context
from nlq.question import TimeRange
from nlq.recurrence import HOUR, Days, DaysOfMonth, Pattern, TimeOfDay
from nlq.refusal import Problem
from nlq.rule import Match, Rule, Scanner
from nlq.rules.time.clock import TO
from nlq.rules.time.date import in_year
from nlq.rules.time.duration import length_of
from nlq.rules.time.moment import clock_today, latest_clock
from nlq.rules.time.produce import chained, same, sound
from nlq.rules.time.span import day_from_today, instant_ago
from nlq.rules.time.written_date import LONGEST, between, full_year, months_of, read_date, year_month_day
from nlq.timeline import Duration, Span, moved, unit_at
from nlq.tokens import Token

_HOUR = re.compile(r"(\d{1,2})(?:[.:](\d\d))?")
_PAIR = re.compile(r"(\d{1,2})[.-](\d{1,2})")
_CALENDAR_YEAR = re.compile(r"cy(\d\d|\d{4})")
_BUDDHIST_YEARS = 543  # ahead of ours
_LONG_UNITS = ("week", "month", "quarter", "year")


def _scan(tokens: Sequence[Token], context: Context) -> Iterator[Match]:
    words = [token.norm for token in tokens if not token.quoted]
    if len(words) < len(tokens):
        return
    ends = {index for index in range(len(words)) if not any(map(str.isalnum, "".join(words[index + 1 : index + 2])))}
    for index, word in enumerate(words):
        before = words[index - 1] if index else ""
        if index in ends:
            yield from _last(index, word, before)
        elif index == 0 and words[1] == "on" and (hour := _hour(word)):
            yield Match(0, 1, "time-of-day", hour, 0.0, "first hour")
        if year := _CALENDAR_YEAR.fullmatch(word):
            yield Match(index, index + 1, "fixed", months_of(context, full_year(year[1])), 0.0, "calendar year")
        if re.fullmatch(r"-\d{1,4}", word):
            yield Match(index, index + 1, "minus", float(word[1:]), 0.0, "minus")
        if before.endswith("-") != word.startswith("-") and isinstance(date := read_date(before + word, context), Span):
            yield Match(index - 1, index + 1, "fixed", date, 0.0, "spaced date")
    if len(words) == 2 and words[0] in ("the", "my", "our") and lexicon.UNITS.get(words[1]) in _LONG_UNITS:
        yield Match(0, 2, "span", unit_at(context.now, lexicon.UNITS[words[1]], context.zone), 0.0, "the unit")


def _last(index: int, word: str, before: str) -> Iterator[Match]:
    """What a number is that nothing follows."""
    if hour := _hour(word):
        yield Match(index, index + 1, "last-clock" if "." in word else "last-hour", hour, 0.0, "last hour")
    pair = _PAIR.fullmatch(word)
    if pair and (before in ("on", "in") or (index == 0 and "." in word)) and (day := _day_of(pair, "." in word)):
        yield Match(index, index + 1, "date", day, 0.0, "last date")


def _hour(word: str) -> TimeOfDay | None:
    figures = str(lexicon.SMALL_NUMBERS.get(word, word))
    found = _HOUR.fullmatch(figures)
    if not found or int(found[1]) > 24 or int(found[2] or 0) > 59:
        return None
    start = int(found[1]) * HOUR + int(found[2] or 0) * 60
    return TimeOfDay(start, start + (60 if found[2] else HOUR), bare=1 <= int(found[1]) <= 12)


def _day_of(pair: re.Match[str], day_first: bool) -> Days | None:
    """Between dots the day is first, between dashes the month, where either can be."""
    first, second = int(pair[1]), int(pair[2])
    orders = [(second, first), (first, second)]
    for month, day in orders if day_first else reversed(orders):
        if 1 <= month <= 12 and 1 <= day <= LONGEST[month - 1]:
            return Days(month=month, day=day)
    return None


def _hours(context: Context, first: TimeOfDay, last: TimeOfDay) -> Span:
    end = last.start if last.start > first.start else last.start + 12 * HOUR
    return latest_clock(context, TimeOfDay(first.start, end, exact=False))


def _spoken(_context: Context, hour: TimeOfDay, minutes: int) -> TimeOfDay | None:
    """`three thirty`."""
    start = hour.start + minutes * 60
    return TimeOfDay(start, start + 60, bare=hour.bare) if 10 <= minutes < 60 else None


def _minutes_to_noon(_context: Context, minutes: int) -> TimeOfDay | None:
    """`15 to noon`, which no range is: it would end before it begins."""
    start = 12 * HOUR - minutes * 60
    return TimeOfDay(start, start + 60, marked=True) if 12 < minutes < 60 else None


def _small_year(_context: Context, year: int) -> int | None:
    return year if 1 <= year < 1000 else None


def _buddhist_year(_context: Context, year: int) -> int | None:
    return year - _BUDDHIST_YEARS if year > 2400 else None


def _since_year(context: Context, year: int) -> TimeRange:
    start = months_of(context, year).start
    return TimeRange(start, context.now if start and start < context.now else None)


def _after_year(context: Context, year: int) -> TimeRange:
    return _since_year(context, year + 1)


def _sum(_context: Context, first: Duration, second: Duration) -> Duration:
    return first + second


def _minute(_context: Context, span: Span) -> TimeRange | None:
    return TimeRange(span.start, span.start + timedelta(minutes=1)) if span.start else None


def _moved_back(context: Context, span: Span, length: Duration) -> Span | None:
    """`2026-12-29 -10 days`."""
    if span.start is None or span.end is None:
        return None
    return Span(moved(span.start, -length, context.zone), moved(span.end, -length, context.zone), span.exact)


def _days(_context: Context, first: int, month: int, last: int) -> Pattern | None:
    """`from 2 to April 7`."""
    return DaysOfMonth(month, first, last) if first < last <= LONGEST[month - 1] else None


def _full_dates(
    context: Context, first: Pattern, joined: tuple[int, int], day: int, year: int
) -> Span | Problem | None:
    """`Nov 18 2014-Dec 19 2015`, whose middle is one word."""
    start, end = in_year(context, first, joined[0]), year_month_day(context, year, joined[1], day)
    if isinstance(start, Problem) or isinstance(end, Problem):
        return None
    return between(start, end)


def _decade(context: Context, count: int, tens: int) -> Span | None:
    """`the two thousand and tens`."""
    return months_of(context, count + tens, 1, 120) if count in (1000, 2000) else None


def _scan_joined(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
    for index, token in enumerate(tokens):
        year, dash, month = token.norm.partition("-")
        if dash and re.fullmatch(r"[12]\d{3}", year) and month in lexicon.MONTHS:
            yield Match(index, index + 1, "year-month", (int(year), lexicon.MONTHS[month]), 0.0, "joined full dates")
        if token.norm in lexicon.DECADES or token.norm == "tens":
            yield Match(index, index + 1, "tens", lexicon.DECADES.get(token.norm, 10), 0.0, "tens")


SCANNERS = (Scanner("alone", _scan), Scanner("alone, joined", _scan_joined))
RULES = (
    # bare hours, at an end
    Rule("edge: last hour", "<last-hour>", "edge", sound(clock_today)),
    Rule("hours to the last", f"from|between <hour> and|{TO} <last-hour>", "span", sound(_hours)),
    Rule("at the last clock", "at <last-clock>", "span", sound(latest_clock)),
    Rule("spoken minutes", "<hour> <count>", "spoken-clock", sound(_spoken)),
    Rule("from spoken clocks", f"from|between <spoken-clock> and|{TO} <spoken-clock>", "span", sound(_hours)),
    Rule("minutes to noon", "<count> to noon|midday", "clock", _minutes_to_noon, cost=-0.1),
    # years
    Rule("year of an era", "<year> ad|ce", "year", same),
    Rule("small year of an era", "<count> ad|ce", "year", _small_year),
    Rule("Buddhist year", "<year> be", "year", _buddhist_year),
    Rule("equal to a year", "=|== <year>", "span", sound(months_of)),
    Rule("at least a year", ">=|≥ <year>", "time", sound(_since_year)),
    Rule("at least a year, spaced", "> = <year>", "time", sound(_since_year)),
    Rule("greater than a year", "year >|greater|more|later than? <year>", "time", sound(_after_year)),
    Rule("decade in full", "the? <count> and? <tens>", "span", sound(_decade)),
    # lengths that are taken away
    Rule("minus a length", "<minus> <unit>", "back-length", sound(length_of)),
    Rule("minus a sum", "<back-length> <one-length>", "back-sum", sound(_sum)),
    Rule("back by a sum", "<back-sum>", "time", chained(instant_ago, _minute)),
    Rule("date less a length", "<fixed> <back-length>", "span", sound(_moved_back)),
    # days
    Rule("of the day", "of the day", "span", sound(day_from_today(0)), cost=0.5),
    Rule("the day before", "the day before", "span", sound(day_from_today(-1)), cost=0.5),
    Rule("day to a date", f"from <day> {TO} <month> <day>", "run", sound(_days)),
    Rule("joined full dates", "<date> ,? <year-month> <day> ,? <year>", "span", sound(_full_dates)),
)
