"""Conditions on a metric's value: `over 80`, `value >= 2.5`, `at most 3k`, `above 500 ms`."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from nlq import lexicon
from nlq.clauses import Amount, InUnit, ShareWhere, Threshold, Within
from nlq.context import Context
from nlq.measures import CURRENCIES, MEASURES
from nlq.plurals import singular
from nlq.question import Comparison
from nlq.rule import Match, Producer, Rule, Scanner
from nlq.tokens import Token

_IS = "is|was|are|were|of?"
_REACHED = "is|was|are|were|of|had|reached|reach|hit?"
_DO = "take|takes|took|taking|go|goes|went|going|drive|drives|drove|driving?"


def _scan(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
    for index, token in enumerate(tokens):
        unit = token.norm if token.norm in MEASURES else singular(token.norm)
        if unit in MEASURES and not token.quoted:
            yield Match(index, index + 1, "measure", unit, 0.0, "measure")
        if token.norm in lexicon.CHANGES and not token.quoted:
            yield Match(index, index + 1, "comparative", token.norm, 0.0, "comparative")


def _per(_context: Context, unit: str, other: str) -> str | None:
    both = f"{MEASURES[unit].symbol}/{MEASURES[other].symbol}"
    return both if both in MEASURES else None


def _degrees(_context: Context, unit: str) -> str | None:
    return unit if MEASURES[unit].quantity == "temperature" else None


def _price(_context: Context, unit: str, number: float) -> Amount | None:
    return Amount(number, unit) if unit in CURRENCIES else None


def _and_a_half(_context: Context, number: float, unit: str) -> Amount | None:
    return Amount(number + 0.5, unit) if number.is_integer() else None


def _ordering(_context: Context, comparison: Comparison, amount: Amount) -> Threshold | None:
    # `= 5` on its own may be about a tag; `over 5` is always about the value
    return None if comparison in ("eq", "ne") else Threshold(comparison, amount)


def _than(_context: Context, word: str, amount: Amount) -> Threshold | None:
    comparison, quality = lexicon.CHANGES[word]
    measured = quality in lexicon.QUALITY_WORDS
    return Threshold(comparison, amount, quality=quality, word=word) if measured else None


def _took(context: Context, comparison: Comparison, amount: Amount) -> Threshold | None:
    wanted = _ordering(context, comparison, amount)
    return wanted and replace(wanted, quality="duration", word="took")


def _so(context: Context, comparison: Comparison, amount: Amount, word: str) -> Threshold | None:
    wanted = _ordering(context, comparison, amount)
    descending, quality = lexicon.ADJECTIVES[word]
    return wanted and replace(wanted, quality=quality, word=word) if descending else None


def _between(_context: Context, least: Amount, most: Amount) -> Within:
    unit = least.unit or most.unit
    return Within(
        Threshold("ge", replace(least, unit=unit)),
        Threshold("le", replace(most, unit=most.unit or unit)),
    )


def _ends_at(comparison: Comparison) -> Producer:
    """`95 % or more`: the amount itself too."""
    return lambda _context, amount: Threshold(comparison, amount)


def _each(_context: Context, comparison: Comparison, amount: Amount) -> Threshold:
    return Threshold(comparison, amount, each=True)


def _not(_context: Context, comparison: Comparison, amount: Amount) -> Threshold:
    return Threshold(lexicon.NEGATED[comparison], amount, each=True)


def _on_average(_context: Context, condition: Threshold | Within) -> Threshold | None:
    return replace(condition, function="avg") if isinstance(condition, Threshold) else None


def _share(context: Context, comparison: Comparison, amount: Amount) -> ShareWhere:
    return ShareWhere(_each(context, comparison, amount))


SCANNERS = (Scanner("measures and comparatives", _scan, reach=1),)
_LASTING = "taking|take|takes|took|lasting|lasted|lasts"
RULES = (
    *(
        Rule(f"comparator {words}", words, "comparator", lambda _context, comparison=comparison: comparison)
        for words, comparison in lexicon.COMPARISONS.items()
    ),
    Rule("one unit", "a|an|one <measure>", "amount", lambda _context, unit: Amount(1.0, unit), cost=0.2),
    Rule("half a unit of value", "half a|an <measure>", "amount", lambda _context, unit: Amount(0.5, unit)),
    Rule("a quarter of a unit", "a? quarter of? a|an <measure>", "amount", lambda _context, unit: Amount(0.25, unit)),
    Rule("a unit and a half", "a|an|one <measure> and a half", "amount", lambda _context, unit: Amount(1.5, unit)),
    Rule("amount and a half", "<number> and a half <measure>", "amount", _and_a_half),
    Rule("bare amount", "<number>", "amount", lambda _context, number: Amount(number)),
    Rule("amount with unit", "<number> <measure>", "amount", lambda _context, number, unit: Amount(number, unit)),
    Rule("unit per unit", "<measure> per|a|an <measure>", "measure", _per, cost=0.9),
    Rule("degrees of a scale", "degree|degrees|deg <measure>", "measure", _degrees),
    Rule("currency and amount", "<measure> <number>", "amount", _price),
    Rule("in a unit", "measured? in|as <measure>", "in-unit", lambda _context, unit: InUnit(unit)),
    Rule("comparative and amount", f"{_IS} {_DO} <comparative> than <amount>", "value", _than),
    Rule("over amount", f"{_IS} <comparator> <amount>", "value", _ordering),
    Rule(
        "took over amount",
        "that? take|takes|took|taken|taking|last|lasts|lasted|lasting <comparator> <amount>",
        "value",
        _took,
    ),
    Rule(
        "waited over amount",
        "that? wait|waited|waiting <comparator> <amount>",
        "value",
        lambda context, comparison, amount: (
            (wanted := _took(context, comparison, amount)) and replace(wanted, word="wait")
        ),
        cost=-0.05,
    ),
    Rule("inside amount", "inside <amount>", "value", lambda _context, amount: Threshold("le", amount)),
    Rule("in under amount", "in <comparator> <amount>", "value", _ordering, cost=0.05),
    Rule("over amount late", f"{_IS} {_DO} <comparator> <amount> <adjective>", "value", _so, cost=-0.1),
    Rule("between amounts", f"{_IS} between|from <amount> and|to|- <amount>", "value", _between, cost=0.2),
    Rule("lasting between", f"{_LASTING} from? <amount> to|- <amount>", "value", _between),
    Rule(
        "amount or more", f"{_REACHED} <amount> or|and more|above|over|higher|greater|longer", "value", _ends_at("ge")
    ),
    Rule("amount or less", f"{_REACHED} <amount> or|and less|below|under|lower|fewer|shorter", "value", _ends_at("le")),
    Rule("over amount on average", "<value> on average", "value", _on_average),
    Rule("share where value", "share where value <comparator> <amount>", "share", _share),
    Rule("negative", f"{_IS} negative", "value", lambda _context: Threshold("lt", Amount(0.0)), cost=0.6),
    Rule("exactly amount", "exactly <amount>", "value", lambda _context, amount: Threshold("eq", amount, each=True)),
    Rule("value over amount", f"where? value|values {_IS} <comparator> <amount>", "value", _each),
    Rule("value not over amount", "value|values is? not <comparator> <amount>", "value", _not),
)
