"""Conditions on a metric's value: `over 80`, `value >= 2.5`, `at most 3k`, `value between 10 and 20`."""

from nlq import lexicon
from nlq.clauses import Threshold
from nlq.context import Context
from nlq.engine import Rule
from nlq.question import Comparison, ValueFilter


def _filter(_context: Context, comparison: Comparison, number: float) -> ValueFilter:
    return ValueFilter(comparison, number)


def _ordering(_context: Context, comparison: Comparison, number: float) -> Threshold | None:
    # `= 5` on its own may be about a tag; `over 5` is always about the value
    return None if comparison in ("eq", "ne") else Threshold(comparison, number)


RULES = (
    *(
        Rule(f"comparator {words}", words, "comparator", lambda _context, comparison=comparison: comparison)
        for words, comparison in lexicon.COMPARISONS.items()
    ),
    Rule("over number", "is|was|are|were|of? <comparator> <number>", "value", _ordering),
    Rule("exactly number", "exactly <number>", "value", lambda _context, number: ValueFilter("eq", number)),
    Rule("value over number", "where? value|values is|was|are|were|of? <comparator> <number>", "value", _filter),
    Rule(
        "negative",
        "value|values is? not <comparator> <number>",
        "value",
        lambda _context, comparison, number: ValueFilter(_OPPOSITE[comparison], number),
    ),
)
_OPPOSITE: dict[Comparison, Comparison] = {
    "eq": "ne",
    "ne": "eq",
    "lt": "ge",
    "ge": "lt",
    "gt": "le",
    "le": "gt",
}
