"""Parts of something longer: `first Monday of May`, `last week of 2025`, `second half of October`, `week of March 2`,
`late October`.

Kind `part`: a Part or Fraction that still lacks its whole.
"""

from nlq.context import Context
from nlq.portions import Around, Fraction, Part
from nlq.question import Unit
from nlq.recurrence import Days, EveryMonth, Months, PartOf, Pattern
from nlq.refusal import Problem
from nlq.rule import Rule
from nlq.rules.time.produce import Producer, constant, sound
from nlq.rules.time.written_date import months_of
from nlq.timeline import Span, to_wall, wall_span


def _nth_unit(_context: Context, number: int, unit: Unit) -> Part | None:
    return Part(number, unit) if number >= 1 else None


def _nth_weekday(_context: Context, number: int, weekday: int) -> Part | None:
    return Part(number, weekday=weekday) if number >= 1 else None


def _monthly_weekday(_context: Context, number: int, weekday: int) -> Pattern | None:
    """`first Monday`, and of nothing: of the month."""
    return PartOf(Part(number, weekday=weekday), EveryMonth()) if 1 <= number <= 5 else None


def _last_weekday(_context: Context, weekday: int) -> Part:
    return Part(-1, weekday=weekday)


def _unit(first: int) -> Producer:
    return lambda _context, unit: Part(first, unit)


def _units(first: int) -> Producer:
    return lambda _context, count, unit: Part(first, unit, count=count) if count >= 1 else None


def _of_span(context: Context, part: Part | Fraction | Around, span: Span) -> Span | Problem | None:
    if span.start is None or span.end is None:
        return None
    walls = part.of(to_wall(span.start, context.zone), to_wall(span.end, context.zone))
    return wall_span(*walls, context.zone) if walls else Problem("impossible", "It has no such part.")


def _of_date(_context: Context, part: Part | Fraction, whole: Pattern) -> Pattern | None:
    return None if isinstance(whole, Days) else PartOf(part, whole)


def _of_year(context: Context, part: Part | Fraction, year: int) -> Span | Problem | None:
    return _of_span(context, part, months_of(context, year))


def _of_this_year(context: Context, part: Part | Fraction) -> Span | Problem | None:
    return _of_year(context, part, to_wall(context.now, context.zone).year)


def _around_date(_context: Context, unit: Unit, day: Pattern) -> Pattern | None:
    return PartOf(Around(unit), day) if isinstance(day, Days) else None


def _around_span(context: Context, unit: Unit, span: Span) -> Span | Problem | None:
    return None if unit in ("day", "hour", "minute", "second") else _of_span(context, Around(unit), span)


def _third_of_date(_context: Context, third: Fraction, whole: Pattern) -> Pattern | None:
    """`late October`; there is no third of a day, or of a week."""
    return PartOf(third, whole) if isinstance(whole, Months) else None


def _third_of_span(context: Context, third: Fraction, span: Span) -> Span | None:
    thirds = _of_span(context, third, span)
    return thirds if isinstance(thirds, Span) else None


def _third_of_year(context: Context, third: Fraction, year: int) -> Span | None:
    return _third_of_span(context, third, months_of(context, year))


RULES = (
    *(
        Rule(f"third: {words}", words, "third", constant(Fraction(number, 3)))
        for number, words in (
            (1, "early -|in?"),
            (2, "mid -?"),
            (2, "the? middle of"),
            (3, "late -|in?"),
            (1, "the? first|1st third of|in"),
            (2, "the? second|2nd|middle third of|in"),
            (3, "the? last|third|3rd third of|in"),
        )
    ),
    Rule("third of a date", "<third> the? <date>", "date", sound(_third_of_date), cost=-0.1),
    Rule("third of a span", "<third> the? <fixed>", "fixed", sound(_third_of_span), cost=-0.1),
    Rule("third of a year", "<third> <year>", "fixed", sound(_third_of_year), cost=-0.1),
    Rule("first unit", "first|1st <unit>", "part", _unit(1)),
    Rule("nth unit", "<nth> <unit>", "part", _nth_unit),
    Rule("last unit of", "last|final <unit>", "part", _unit(-1)),
    Rule("first units", "first <count> <unit>", "part", _units(1)),
    Rule("last units", "last|final <count> <unit>", "part", _units(-1)),
    Rule("nth weekday", "<nth> <weekday>", "part", _nth_weekday),
    Rule("nth weekday of a month", "the? <nth> <weekday>", "date", _monthly_weekday, cost=0.3),
    Rule("last weekday", "last|final <weekday>", "part", _last_weekday),
    Rule("first half", "first|1st half", "part", constant(Fraction(1, 2))),
    Rule("second half", "second|2nd|last half", "part", constant(Fraction(2, 2))),
    Rule("part of a date", "the? <part> of|in <date>", "date", sound(_of_date)),
    Rule("part of a span", "the? <part> of|in? the? <fixed>", "fixed", sound(_of_span)),
    Rule("part of a year", "the? <part> of|in <year>", "fixed", sound(_of_year)),
    Rule("part of this year", "the? <part> of|in the year", "fixed", sound(_of_this_year)),
    Rule("unit of a date", "<unit> of|starting on|from? the? <date>", "date", sound(_around_date)),
    Rule("unit of a loose date", "<unit> of|starting on|from? <loose-date>", "date", sound(_around_date)),
    Rule("unit of a day", "<unit> of|starting on|from? the? <fixed>", "fixed", sound(_around_span)),
)
