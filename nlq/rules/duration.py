"""Units and lengths of time: `minutes`, `3 hours`, `1 day and 5 hours`, `half an hour`, `7d`."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any

from nlq import lexicon
from nlq.context import Context
from nlq.engine import Match, Rule, Scanner
from nlq.question import Unit
from nlq.refusal import Problem
from nlq.timeline import Duration
from nlq.tokens import Token

# `7d` and `24h` are lengths as they stand. Not `5m` or `3s`: those may as well be counts, sizes or names.
_GLUED = frozenset({"h", "hr", "hrs", "d", "w", "wk", "mo", "y", "yr"})


def sound(produce: Callable[..., Any]) -> Callable[..., Any]:
    """`produce`, for which a part that is a Problem makes the whole a Problem, and so do impossible times."""

    @wraps(produce)
    def sounded(context: Context, *values: Any) -> Any:
        for value in values:
            if isinstance(value, Problem):
                return value
        try:
            return produce(context, *values)
        except (OverflowError, ValueError) as error:
            return Problem("impossible", f"no such time: {error}")

    return sounded


def _same(_context: Context, value: Any) -> Any:
    return value


same = sound(_same)


def _length(_context: Context, count: float, unit: Unit) -> Duration | Problem:
    if count <= 0:
        return Problem("impossible", "a length of time is more than nothing")
    return Duration.of(count, unit)


def _scan_glued(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
    for index, (number, unit) in enumerate(zip(tokens, tokens[1:], strict=False)):
        glued = number.end == unit.start and not number.quoted and not unit.quoted
        if glued and unit.norm in _GLUED and re.fullmatch(r"[1-9]\d{0,3}", number.text):
            length = Duration.of(int(number.text), lexicon.UNITS[unit.norm])
            yield Match(index, index + 2, "glued-length", length, 0.0, "glued length")


SCANNERS = (Scanner("glued length", _scan_glued),)
RULES = (
    *(
        Rule(
            f"unit {unit}",
            "|".join(word for word, of in lexicon.UNITS.items() if of == unit),
            "unit",
            lambda _c, unit=unit: unit,
        )
        for unit in dict.fromkeys(lexicon.UNITS.values())
    ),
    Rule("length", "<number> <unit>", "length", sound(_length)),
    Rule("one unit", "a|an|one <unit>", "length", sound(lambda context, unit: _length(context, 1, unit))),
    Rule("couple", "a? couple of? <unit>", "length", sound(lambda context, unit: _length(context, 2, unit))),
    Rule("half unit", "half a|an? <unit>", "length", sound(lambda context, unit: _length(context, 0.5, unit))),
    Rule(
        "and a half",
        "<number> and a half <unit>",
        "length",
        sound(lambda c, count, unit: _length(c, count + 0.5, unit)),
    ),
    Rule("lengths", "<length> and? <length>", "length", sound(lambda _context, one, other: one + other)),
    Rule("fortnight", "a? fortnight", "length", lambda _context: Duration.of(14, "day")),
)
