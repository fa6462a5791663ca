"""Amounts with units, in the unit that a metric's name tells: `over 2 s` of `api.latency_ms` is over 2000."""

from nlq.catalog import words_of
from nlq.clauses import Amount
from nlq.lexicon import MEASURES, NAME_MEASURES, Quantity
from nlq.parts import refuse


def in_unit_of(names: tuple[str, ...], amount: Amount) -> tuple[float, str]:
    """The number, and what was assumed in converting it (empty: nothing). Raises NoQuestionError.

    A percentage is taken as it is where the name tells no unit: `cpu.usage` above 80 %.
    """
    if not amount.unit:
        return amount.number, ""
    quantity, size = MEASURES[amount.unit]
    said = f"{amount.number:g} {amount.unit}"
    units = {_unit_of(name) for name in names}
    unit = units.pop() if len(units) == 1 else None
    if unit is None:
        if quantity == "percent":
            return amount.number, f"'{said}' read as {amount.number:g}"
        refuse(
            "incomplete", f"The name of the metric tells no unit, so what {said} is in it is not known: leave it out."
        )
    if unit[0] != quantity:
        refuse("conflict", f"'{said}' is no amount of {names[0]}.")
    number = float(f"{amount.number * size / unit[1]:.12g}")
    return number, f"'{said}' read as {number:g}"


def _unit_of(name: str) -> tuple[Quantity, float] | None:
    """The unit that the last word of the name is, if it is one."""
    return NAME_MEASURES.get(words_of(name)[-1])
