"""Calendar dates: `March 3`, `3/13`, `2026-11-05`, `Tuesday`, `the 5th`, `Q3 2026`, `first Monday of May`.

A written date is kind `date` (a Pattern) where it says no year, and `fixed` (a Span) where it does.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from nlq import lexicon
from nlq.context import Context
from nlq.engine import Match, Rule, Scanner
from nlq.recurrence import Days, MonthRun, Pattern, Weekends
from nlq.refusal import Problem
from nlq.rules.duration import sound
from nlq.timeline import Span, wall_span
from nlq.tokens import Token

_MONTH = "|".join(sorted(lexicon.MONTHS, key=len, reverse=True))
_PARTS = re.compile(rf"\d+(?:st|nd|rd|th)?|{_MONTH}|[-/.,]")
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[t_](\d\d:?\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?(z|[+-]\d\d(?::?\d\d)?)?"
)
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")

# How long each month may be at most.
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _full_year(text: str) -> int:
    """Two digits are 1970 to 2069."""
    year = int(text)
    return year if len(text) > 2 else year + (1900 if year >= 70 else 2000)


def _wall(year: int, month: int = 1, day: int = 1) -> datetime:
    return datetime(year, month, day)  # noqa: DTZ001 - wall time


def _day(context: Context, year: int, month: int, day: int) -> Span:
    start = _wall(year, month, day)
    return wall_span(start, start + timedelta(days=1), context.zone)


def _month_of(context: Context, year: int, month: int) -> Span:
    return _months(context, year, month, 1)


def _months(context: Context, year: int, first: int, count: int) -> Span:
    after = year * 12 + first - 1 + count
    return wall_span(_wall(year, first), _wall(after // 12, after % 12 + 1), context.zone)


def _year(context: Context, year: int) -> Span:
    return _months(context, year, 1, 12)


def _month_day(_context: Context, month: int, day: int) -> Pattern | Problem:
    if not 1 <= day <= _LONGEST[month - 1]:
        return Problem("impossible", f"there is no day {day} in that month")
    return Days(month=month, day=day)


def written_date(text: str, context: Context) -> Pattern | Span | Problem | None:
    """What one word in figures says: `2026-11-05`, `11/5`, `5-Nov-26`, `Nov5`, `2026-11`. None: it is no date."""
    parts = _PARTS.findall(text)
    if "".join(parts) != text:
        return None
    signs = [part for part in parts if part in "-/.,"]
    fields = [part for part in parts if part not in "-/.,"]
    if not 2 <= len(fields) <= 3 or len(set(signs)) > 1 or parts[0] in signs or parts[-1] in signs:
        return None
    sign = signs[0] if signs else ""
    if any(part in lexicon.MONTHS for part in fields):
        return _with_month_name(fields, context)
    if not all(field.isdigit() for field in fields) or len(signs) != len(fields) - 1:
        return None
    lengths = [len(field) for field in fields]
    if len(fields) == 2:
        return _two_fields(fields, lengths, sign, context)
    numbers = [int(field) for field in fields]
    if lengths[0] == 4 and max(lengths[1:]) <= 2:
        return _checked_day(context, *numbers)
    if max(lengths[:2]) <= 2 and lengths[2] in (2, 4):
        first, second, year = numbers[0], numbers[1], _full_year(fields[2])
        day_first = first > 12 or (sign == "." and second <= 12)
        return _checked_day(context, year, *((second, first) if day_first else (first, second)))
    return None


def _two_fields(fields: list[str], lengths: list[int], sign: str, context: Context) -> Pattern | Span | None:
    first, second = map(int, fields)
    if lengths[0] == 4 and lengths[1] <= 2 and sign in "-/" and 1 <= second <= 12 and 1900 <= first <= 2199:
        return _month_of(context, first, second)
    if lengths[1] == 4 and lengths[0] <= 2 and sign in "-/" and 1 <= first <= 12 and 1900 <= second <= 2199:
        return _month_of(context, second, first)
    if sign == "/" and max(lengths) <= 2:
        month, day = (second, first) if first > 12 else (first, second)
        if 1 <= month <= 12 and 1 <= day <= _LONGEST[month - 1]:
            return Days(month=month, day=day)
    return None


def _with_month_name(fields: list[str], context: Context) -> Pattern | Span | Problem | None:
    names = [field for field in fields if field in lexicon.MONTHS]
    numbers = [re.sub(r"\D", "", field) for field in fields if field not in lexicon.MONTHS]
    if len(names) != 1 or any(len(number) not in (1, 2, 4) for number in numbers):
        return None
    month = lexicon.MONTHS[names[0]]
    if len(numbers) == 1:
        if len(numbers[0]) == 4:
            return _month_of(context, int(numbers[0]), month)
        return _month_day(context, month, int(numbers[0]))
    day, year = (numbers[1], numbers[0]) if len(numbers[0]) == 4 else numbers
    return _checked_day(context, _full_year(year), month, int(day))


def _checked_day(context: Context, year: int, month: int, day: int) -> Span | Problem:
    try:
        return _day(context, year, month, day)
    except ValueError:
        return Problem("impossible", f"there is no day {year}-{month:02}-{day:02}")


def iso_instant(text: str, context: Context) -> Span | Problem | None:
    """An ISO 8601 date and time in one word. Without an offset it is in the asked zone."""
    found = _ISO.fullmatch(text)
    if not found:
        return None
    day, minutes, second, fraction, offset = found.groups()
    clock = f"{minutes[:2]}:{minutes[-2:]}:{second or '00'}"
    sub = f".{fraction[:6]:0<6}" if fraction else ""
    try:
        instant = datetime.fromisoformat(f"{day}T{clock}{sub}{(offset or '').upper()}")
    except ValueError:
        return Problem("impossible", f"there is no {text}")
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=context.zone)
    length = timedelta(microseconds=1) if fraction else timedelta(seconds=1 if second else 60)
    instant = instant.astimezone(UTC)
    return Span(instant, instant + length, exact=True)


def _scan(tokens: Sequence[Token], context: Context) -> Iterator[Match]:
    for index, token in enumerate(tokens):
        text = token.norm
        if token.quoted or not text.isascii() or not any(character.isdigit() for character in text):
            continue
        if found := _ORDINAL.fullmatch(text):
            if 1 <= int(found[1]) <= 31:
                yield Match(index, index + 1, "nth", int(found[1]), 0.0, "ordinal")
        elif len(text) == 4 and text.isdigit():
            if "1000" <= text <= "2199":
                yield Match(index, index + 1, "year", int(text), 0.0, "year")
        elif len(text) >= 3 and len(text) <= 40:
            date: Any = iso_instant(text, context) or written_date(text, context)
            if date is not None:
                kind = "date" if isinstance(date, Pattern) else "fixed"
                yield Match(index, index + 1, kind, date, 0.0, "written date")


def _weekday_on(context: Context, weekday: int, date: Pattern) -> Pattern | None:
    if not isinstance(date, Days) or date.weekday is not None:
        return None
    return Days(date.month, date.day, weekday)


def _full(context: Context, date: Pattern, year: int) -> Span | Problem | None:
    walls = date.within(_wall(year), _wall(year + 1))
    if walls is None:
        return Problem("impossible", "there is no such day in that year")
    return wall_span(*walls, context.zone)


SCANNERS = (Scanner("written date", _scan),)
RULES = (
    *(
        Rule(f"month {number}", "|".join(word for word, of in lexicon.MONTHS.items() if of == number) + " .?", "month", lambda _c, number=number: number)
        for number in range(1, 13)
    ),
    *(
        Rule(f"weekday {number}", "|".join(word for word, of in lexicon.WEEKDAYS.items() if of == number) + " .?", "weekday", lambda _c, number=number: number)
        for number in range(7)
    ),
    *(Rule(f"ordinal {word}", word, "nth", lambda _c, number=number: number) for word, number in lexicon.ORDINALS.items()),
    Rule("day number", "<count>", "day-number", lambda _c, count: count if 1 <= count <= 31 else None),
    Rule("day number", "<nth>", "day-number", lambda _c, count: count if 1 <= count <= 31 else None),
    Rule("month", "<month>", "date", lambda _c, month: MonthRun(month)),
    Rule("weekday", "<weekday>", "date", lambda _c, weekday: Days(weekday=weekday)),
    Rule("weekend", "the? weekend", "date", lambda _c: Weekends()),
    Rule("month day", "<month> the? <day-number>", "date", sound(_month_day)),
    Rule("day month", "the? <day-number> of? <month>", "date", sound(lambda c, day, month: _month_day(c, month, day))),
    Rule("nth day", "the <nth>", "date", lambda _c, day: Days(day=day)),
    Rule("weekday and date", "<weekday> ,? <date>", "date", sound(_weekday_on)),
    Rule("year", "year <year>", "fixed", sound(_year)),
    Rule("date and year", "<date> ,? of? <year>", "fixed", sound(_full)),
)
