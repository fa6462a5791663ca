"""Conditions on a metric's value: `over 80`, `value >= 2.5`, `at most 3k`, `above 500 ms`."""

from collections.abc import Iterator, Sequence

from nlq import lexicon
from nlq.catalog import singular
from nlq.clauses import Amount, ShareWhere, Threshold
from nlq.context import Context
from nlq.engine import Match, Rule, Scanner
from nlq.question import Comparison
from nlq.tokens import Token

_OPPOSITE: dict[Comparison, Comparison] = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}
_IS = "is|was|are|were|of?"


def _scan(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
    for index, token in enumerate(tokens):
        unit = token.norm if token.norm in lexicon.MEASURES else singular(token.norm)
        if unit in lexicon.MEASURES and not token.quoted:
            yield Match(index, index + 1, "measure", unit, 0.0, "measure")


def _ordering(_context: Context, comparison: Comparison, amount: Amount) -> Threshold | None:
    # `= 5` on its own may be about a tag; `over 5` is always about the value
    return None if comparison in ("eq", "ne") else Threshold(comparison, amount)


def _each(_context: Context, comparison: Comparison, amount: Amount) -> Threshold:
    return Threshold(comparison, amount, each=True)


def _not(_context: Context, comparison: Comparison, amount: Amount) -> Threshold:
    return Threshold(_OPPOSITE[comparison], amount, each=True)


def _share(context: Context, comparison: Comparison, amount: Amount) -> ShareWhere:
    return ShareWhere(_each(context, comparison, amount))


SCANNERS = (Scanner("measure", _scan),)
RULES = (
    *(
        Rule(f"comparator {words}", words, "comparator", lambda _context, comparison=comparison: comparison)
        for words, comparison in lexicon.COMPARISONS.items()
    ),
    Rule("bare amount", "<number>", "amount", lambda _context, number: Amount(number)),
    Rule("amount with unit", "<number> <measure>", "amount", lambda _context, number, unit: Amount(number, unit)),
    Rule("over amount", f"{_IS} <comparator> <amount>", "value", _ordering),
    Rule("share where value", "share where value <comparator> <amount>", "share", _share),
    Rule("exactly amount", "exactly <amount>", "value", lambda _context, amount: Threshold("eq", amount, each=True)),
    Rule("value over amount", f"where? value|values {_IS} <comparator> <amount>", "value", _each),
    Rule("value not over amount", "value|values is? not <comparator> <amount>", "value", _not),
)
