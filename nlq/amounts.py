"""Amounts with units, in the unit that a metric's name tells: `over 2 s` of `api.latency_ms` is over 2000."""

from itertools import pairwise
from typing import Final

from nlq.clauses import Amount, Threshold
from nlq.fold import words_of
from nlq.lexicon import SPEED_WORDS, Quality
from nlq.measures import LOOSE, MEASURES, Measure
from nlq.misfit import refuse
from nlq.question import Comparison, ValueFilter
from nlq.units import converted, own_measure

OPPOSITE: Final[dict[Comparison, Comparison]] = {
    "gt": "lt", "lt": "gt", "ge": "le", "le": "ge", "eq": "eq", "ne": "ne",
}  # fmt: skip


def in_own_unit(names: tuple[str, ...], amount: Amount, *, difference: bool = False) -> tuple[float, str]:
    """The number, and what was assumed in converting it (empty: nothing). Raises NoQuestionError.

    difference: it is one of two amounts: 9 °F more are 5 °C more.
    """
    if not amount.unit:
        return amount.number, ""
    said = f"{amount.number:g} {amount.unit}"
    measure, own = MEASURES[amount.unit], measure_told(names, said, MEASURES[amount.unit])
    number = amount.number if own is None else converted(amount.number, measure, own, difference=difference)
    return number, f"'{said}' read as {number:.12g}" if number != amount.number or own is None else ""


def runs_backwards(names: tuple[str, ...], quality: Quality) -> bool:
    """Whether what is faster is higher: it is lower for durations, but not for speeds."""
    return quality == "pace" and bool(names) and all(map(_is_speed, names))


def _is_speed(name: str) -> bool:
    """By a word, or as so many in a unit of time: `pieces_per_hour`."""
    words = words_of(name)
    rates = (after for word, after in pairwise(words) if word == "per")
    timed = any((measure := MEASURES.get(after)) and measure.quantity == "time" for after in rates)
    return timed or not SPEED_WORDS.isdisjoint(words)


def value_filter(names: tuple[str, ...], threshold: Threshold, number: float) -> ValueFilter:
    """The condition on values that the threshold is."""
    comparison = threshold.comparison
    if runs_backwards(names, threshold.quality):
        comparison = OPPOSITE[comparison]
    return ValueFilter(comparison, number)


def measure_told(names: tuple[str, ...], said: str, measure: Measure) -> Measure | None:
    """The metric's own unit, in which `said`, of another or the same one, can be given. Raises NoQuestionError.

    None: the number stays as it is. A percentage or degrees are taken so where the name tells no unit: `cpu.usage`
    above 80 %.
    """
    own = own_measure(names)
    if own is None:
        words = LOOSE.get(measure.symbol)
        if names and words is not None and all(not words or words & {*words_of(name)} for name in names):
            return None
        detail = f"The name of the metric tells no unit, so what '{said}' is in it is not known: leave it out."
        refuse("incomplete", detail)
    if own.quantity != measure.quantity:
        refuse("conflict", f"'{said}' is no amount of {names[0]}, which is in {own.symbol}.")
    return None if measure.size == 0 else own
