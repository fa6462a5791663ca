"""Units and lengths of time: `minutes`, `3 hours`, `1 day and 5 hours`, `half an hour`, `7d`."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from nlq import lexicon
from nlq.context import Context
from nlq.question import Unit
from nlq.refusal import Problem
from nlq.rule import Match, Rule, Scanner
from nlq.rules.time.produce import constant, sound
from nlq.timeline import Duration
from nlq.tokens import Token

# `7d` and `24h` are lengths as they stand. Not `5m` or `3s`: those may as well be counts, sizes or names.
_GLUED = frozenset({"h", "hr", "hrs", "d", "w", "wk", "mo", "y", "yr"})


def length_of(_context: Context, count: float, unit: Unit) -> Duration | Problem:
    if count <= 0:
        return Problem("impossible", "A length of time is more than nothing.")
    return Duration.of(count, unit)


def _one(context: Context, unit: Unit) -> Duration | Problem:
    return length_of(context, 1, unit)


def _two(context: Context, unit: Unit) -> Duration | Problem:
    return length_of(context, 2, unit)


def _half(context: Context, unit: Unit) -> Duration | Problem:
    return length_of(context, 0.5, unit)


def _and_a_half(context: Context, count: float, unit: Unit) -> Duration | Problem:
    return length_of(context, count + 0.5, unit)


def _one_and_a_half(context: Context, unit: Unit) -> Duration | Problem:
    return length_of(context, 1.5, unit)


def _sum(_context: Context, first: Duration, second: Duration) -> Duration:
    return first + second


def _scan_glued(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
    for index, (number, unit) in enumerate(pairwise(tokens)):
        glued = number.end == unit.start and not number.quoted and not unit.quoted
        if glued and unit.norm in _GLUED and re.fullmatch(r"[1-9]\d{0,3}", number.text):
            length = Duration.of(int(number.text), lexicon.UNITS[unit.norm])
            yield Match(index, index + 2, "glued-length", length, 0.0, "glued length")


def _unit_words(unit: Unit) -> str:
    return "|".join(word for word, of in lexicon.UNITS.items() if of == unit)


SCANNERS = (Scanner("glued length", _scan_glued, reach=2),)
RULES = (
    *(
        Rule(f"unit: {unit}", _unit_words(unit), "unit", constant(unit))
        for unit in dict.fromkeys(lexicon.UNITS.values())
    ),
    Rule("length", "<number> <unit>", "one-length", sound(length_of)),
    Rule("one unit", "a|an|one <unit>", "one-length", sound(_one)),
    Rule("quarter of an hour", "a? quarter of? an? hour", "one-length", constant(Duration.of(15, "minute"))),
    Rule("couple of units", "a? couple of? <unit>", "one-length", sound(_two)),
    Rule("half a unit", "half a|an|-? <unit>", "one-length", sound(_half)),
    Rule("and a half", "<number> and a half <unit>", "one-length", sound(_and_a_half)),
    Rule("one and a half", "a|an|one? <unit> and a half", "one-length", sound(_one_and_a_half)),
    Rule("fortnight", "a? fortnight", "one-length", constant(Duration.of(14, "day"))),
    # one side of a sum is a length alone: else every split of a long sum would be tried
    Rule("length alone", "<one-length>", "length", lambda _context, length: length),
    Rule("sum of lengths", "<length> and? <one-length>", "length", sound(_sum)),
)
