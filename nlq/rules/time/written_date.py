"""Dates in figures: `2026-11-05`, `11/5`, `5-Nov-26`, `10/1-10/7`, `2026-11-05T10:30Z`, `now-6h`, and log timestamps.

One word that says no year is kind `date` (a Pattern), one that does is `fixed` (a Span). Between slashes the month
is first where it can be, between dots the day is.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import dateparser  # type: ignore[import-untyped]

from nlq import lexicon
from nlq.context import Context
from nlq.recurrence import Days, Months, Pattern, Run
from nlq.refusal import Problem
from nlq.rule import Match, Scanner
from nlq.timeline import Duration, Span, add_units, moved, to_wall, wall, wall_span
from nlq.tokens import Token

_NAMES = "|".join(sorted(lexicon.MONTHS, key=len, reverse=True))
_FIELDS = re.compile(rf"\d+|{_NAMES}|[-/.,]")
_ORDINAL_END = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[t_](\d\d:?\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?(z|[+-]\d\d(?::?\d\d)?)?")
_QUARTER = re.compile(r"(?:(\d{4})[-/]?)?([qh])([1-4])(?:[-/]?(\d{4}))?")
_FROM_NOW = re.compile(r"now([+-])(\d{1,5})([a-z]{1,3})")
# `22/Nov/2026:10:30:00`, as web servers log it.
_LOG_TIME = re.compile(rf"\d\d/(?:{_NAMES})/\d{{4}}:\d\d:\d\d:\d\d")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})")  # a decimal number too: a date only in company
_JOINED = re.compile(rf"(\d{{1,2}})-({_NAMES})")  # in the middle of `Nov 18-Dec 19`
_YEARS = re.compile(r"((?:19|20)\d\d)[-~–]((?:19|20)\d\d)")
LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # days of each month, at most

Date = Pattern | Span | Problem


def month_day(month: int, day: int) -> Pattern | Problem:
    if not 1 <= day <= LONGEST[month - 1]:
        return Problem("impossible", f"Month {month} has no day {day}.")
    return Days(month=month, day=day)


def year_month_day(context: Context, year: int, month: int, day: int) -> Span | Problem:
    try:
        start = wall(year, month, day)
    except ValueError:
        return Problem("impossible", f"There is no day {year}-{month:02}-{day:02}.")
    return wall_span(start, start + timedelta(days=1), context.zone)


def months_of(context: Context, year: int, first: int = 1, count: int = 12) -> Span:
    start = wall(year, first)
    return wall_span(start, add_units(start, "month", count), context.zone)


def full_year(text: str) -> int:
    """Two digits are 1970 to 2069."""
    year = int(text)
    return year if len(text) > 2 else year + (1900 if year >= 70 else 2000)


def read_date(text: str, context: Context) -> Date | None:
    """What one word in figures says; None where it is no date."""
    text = _ORDINAL_END.sub("", text)
    fields = _FIELDS.findall(text)
    if "".join(fields) != text:
        return None
    if fields[-2:-1] == [","]:  # `08/12,2015`
        fields[-2] = fields[1]
    signs = {field for field in fields if field in "-/.,"}
    words = [field for field in fields if field not in "-/.,"]
    if not 2 <= len(words) <= 3 or len(signs) > 1 or fields[0] in signs or fields[-1] in signs:
        return None
    if any(word in lexicon.MONTHS for word in words):
        return _with_name(words, context)
    if len(fields) != 2 * len(words) - 1:
        return None
    return _figures(words, signs.pop(), context)


def _figures(words: list[str], sign: str, context: Context) -> Date | None:
    lengths = tuple(map(len, words))
    numbers = tuple(map(int, words))
    if len(words) == 2:
        return _two_figures(numbers, lengths, sign, context)
    if lengths[0] == 4 and max(lengths[1:]) <= 2:
        return year_month_day(context, *numbers)
    if max(lengths[:2]) > 2 or lengths[2] not in (2, 4):
        return None
    first, second, year = numbers[0], numbers[1], full_year(words[2])
    day_first = first > 12 or (sign == "." and second <= 12)
    return year_month_day(context, year, *((second, first) if day_first else (first, second)))


def _two_figures(numbers: tuple[int, ...], lengths: tuple[int, ...], sign: str, context: Context) -> Date | None:
    first, second = numbers
    if sign in "-/" and sorted(lengths) in ([1, 4], [2, 4]):
        year, month = numbers if lengths[0] == 4 else (second, first)
        return months_of(context, year, month, 1) if 1 <= month <= 12 and 1900 <= year < 2200 else None
    if sign == "/" and max(lengths) <= 2:
        month, day = (second, first) if first > 12 else (first, second)
        return Days(month=month, day=day) if 1 <= month <= 12 and 1 <= day <= LONGEST[month - 1] else None
    return None


def _with_name(words: list[str], context: Context) -> Date | None:
    names = [lexicon.MONTHS[word] for word in words if word in lexicon.MONTHS]
    numbers = [word for word in words if word not in lexicon.MONTHS]
    if len(names) != 1 or not numbers or any(len(number) not in (1, 2, 4) for number in numbers):
        return None
    month = names[0]
    if len(numbers) == 1:
        if len(numbers[0]) == 4:
            return months_of(context, int(numbers[0]), month, 1) if numbers[0] >= "1000" else None
        return month_day(month, int(numbers[0]))
    day, year = (numbers[1], numbers[0]) if len(numbers[0]) == 4 else numbers
    return year_month_day(context, full_year(year), month, int(day))


def _read_run(text: str, context: Context) -> tuple[str, Run | Span | Problem] | None:
    """Two dates in one word: `10/1-10/7`, `jan-feb`, `10-1-2018-10-7-2018`, or an ISO interval `A/B`."""
    for sign in "/-~":
        pieces = text.split(sign)
        if len(pieces) % 2 or len(pieces) > 6:
            continue
        middle = len(pieces) // 2
        sides = [_read_side(sign.join(half), context) for half in (pieces[:middle], pieces[middle:])]
        first, last = sides
        if isinstance(first, Pattern) and isinstance(last, Pattern):
            return "word-run", Run(first, last)
        if isinstance(first, Span) and isinstance(last, Span):
            return "fixed", between(first, last)
        if isinstance(first, Pattern) and isinstance(last, Span) and last.end:
            walls = first.before(to_wall(last.end, context.zone))
            return ("fixed", between(wall_span(*walls, context.zone), last)) if walls else None
    return None


def _read_side(text: str, context: Context) -> Date | None:
    if text in lexicon.MONTHS:
        return Months(lexicon.MONTHS[text])
    return read_instant(text, context) or read_date(text, context)


BACKWARDS = Problem("conflict", "The range ends before it begins.")


def between(first: Span, last: Span) -> Span | Problem:
    """From the start of one span to the end of another, or to its start where it is named by that."""
    end = last.start if last.exact else last.end
    if first.start is None or end is None or end <= first.start:
        return BACKWARDS
    return Span(first.start, end)


def read_instant(text: str, context: Context) -> Span | Problem | None:
    """An ISO 8601 date and time, or one as web servers log it. Without an offset it is in the asked zone."""
    if _LOG_TIME.fullmatch(text):
        wall = _log_time(text)
        return wall_span(wall, wall + timedelta(seconds=1), context.zone, exact=True) if wall else None
    found = _ISO.fullmatch(text)
    if not found:
        return None
    day, minutes, second, fraction, offset = found.groups()
    padded = f".{fraction[:6]:0<6}" if fraction else ""
    try:
        instant = datetime.fromisoformat(
            f"{day}T{minutes[:2]}:{minutes[-2:]}:{second or '00'}{padded}{(offset or '').upper()}"
        )
    except ValueError:
        return Problem("impossible", f"There is no {text}.")
    instant = (instant if instant.tzinfo else instant.replace(tzinfo=context.zone)).astimezone(UTC)
    length = timedelta(milliseconds=1) if fraction else timedelta(seconds=1 if second else 60)
    return Span(instant, instant + length, exact=True)


@lru_cache(maxsize=1024)
def _log_time(text: str) -> datetime | None:
    day, _, clock = text.partition(":")
    settings = {"DATE_ORDER": "DMY", "STRICT_PARSING": True}
    read: datetime | None = dateparser.parse(f"{day} {clock}", languages=["en"], settings=settings)
    return read


def _read_quarter(text: str, context: Context) -> Pattern | Span | None:
    """`q3`, `h1`, `2017-q1`, `2016h2`."""
    found = _QUARTER.fullmatch(text)
    if not found or (found[1] and found[4]):
        return None
    size = 3 if found[2] == "q" else 6
    number = int(found[3])
    if number * size > 12:
        return None
    year = found[1] or found[4]
    first = (number - 1) * size + 1
    return months_of(context, int(year), first, size) if year else Months(first, size)


def _read_from_now(text: str, context: Context) -> Span | None:
    found = _FROM_NOW.fullmatch(text)
    if not found or found[3] not in lexicon.UNITS:
        return None
    length = Duration.of(int(found[2]), lexicon.UNITS[found[3]])
    instant = moved(context.now, length if found[1] == "+" else -length, context.zone)
    return Span(instant, instant, exact=True)


def _scan(tokens: Sequence[Token], context: Context) -> Iterator[Match]:
    for index, token in enumerate(tokens):
        text = token.norm
        if token.quoted or not 2 <= len(text) <= 64 or not text.isascii():
            continue
        try:
            read = _read(text, context)
        except (OverflowError, ValueError):
            read = "fixed", Problem("impossible", f"There is no {text}.")
        if read is not None:
            yield Match(index, index + 1, *read, 0.0, "written date")
        if joined := _JOINED.fullmatch(text):
            value = int(joined[1]), lexicon.MONTHS[joined[2]]
            yield Match(index, index + 1, "day-month", value, 0.0, "joined dates")


def _read(text: str, context: Context) -> tuple[str, object] | None:
    if not any(map(str.isdigit, text)):
        return _read_run(text, context) if "-" in text else None
    if text.isdecimal():
        return ("year", int(text)) if len(text) == 4 and text >= "1000" else None
    if instant := read_instant(text, context):
        return "fixed", instant
    if quarter := _read_quarter(text, context):
        return ("fixed" if isinstance(quarter, Span) else "date"), quarter
    if from_now := _read_from_now(text, context):
        return "now-offset", from_now
    if dotted := _DOTTED.fullmatch(text):
        day, month = int(dotted[1]), int(dotted[2])
        return ("dotted", Days(month=month, day=day)) if 1 <= month <= 12 and 1 <= day <= LONGEST[month - 1] else None
    if years := _YEARS.fullmatch(text):
        return "years", (int(years[1]), int(years[2]))
    date = read_date(text, context)
    if date is not None:
        return ("date" if isinstance(date, Pattern) else "fixed"), date
    return _read_run(text, context)


SCANNERS = (Scanner("written date", _scan, reach=1),)
