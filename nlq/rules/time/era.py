"""Decades and centuries: `the 1990s`, `the seventies`, `this decade`, `the 21st century`."""

from nlq import lexicon
from nlq.context import Context
from nlq.refusal import Problem
from nlq.rule import Rule
from nlq.rules.time.produce import Producer, sound
from nlq.rules.time.written_date import months_of
from nlq.timeline import Span, to_wall


def _decade(context: Context, year: int) -> Span | None:
    return months_of(context, year, 1, 120) if year % 10 == 0 else None


def _short_decade(context: Context, tens: int) -> Span | None:
    """`the 70s`: of this century where it has begun, else of the one before."""
    if tens not in range(0, 100, 10):
        return None
    year = _year_now(context) // 100 * 100 + tens
    return _decade(context, year if year <= _year_now(context) else year - 100)


def _decade_named(tens: int) -> Producer:
    return sound(lambda context: _short_decade(context, tens))


def _decade_from_now(offset: int) -> Producer:
    return lambda context: _decade(context, _year_now(context) // 10 * 10 + 10 * offset)


def _century(context: Context, number: int) -> Span | Problem:
    if not 2 <= number <= 99:
        return Problem("impossible", f"There is no century {number}.")
    return months_of(context, 100 * (number - 1), 1, 1200)


def _year_now(context: Context) -> int:
    return to_wall(context.now, context.zone).year


SCANNERS = ()
RULES = (
    Rule("decade", "<year> s|'s|’s", "fixed", sound(_decade)),
    Rule("short decade", "in|during the <count> s|'s|’s", "fixed", sound(_short_decade), cost=0.5),
    *(Rule(f"decade: {word}", f"the {word}", "fixed", _decade_named(tens)) for word, tens in lexicon.DECADES.items()),
    Rule("noughties", "the noughties", "fixed", _decade_named(0)),
    Rule("this decade", "this|current decade", "fixed", sound(_decade_from_now(0))),
    Rule("last decade", "last|previous decade", "fixed", sound(_decade_from_now(-1))),
    Rule("century", "the? <nth> century", "fixed", sound(_century)),
)
