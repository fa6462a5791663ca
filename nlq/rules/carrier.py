"""Nouns that people put behind a value for what it is one of: `the burger stand`, `checkout machines`."""

from nlq.context import Context
from nlq.engine import Rule
from nlq.question import TagFilter
from nlq.refusal import Problem

# Each stands for nothing by itself. A key, a value or a word of a name that is spelt so comes first.
_NOUNS = """
area district neighbourhood quarter sector section side wing corner
building facility premises hall room lobby office desk counter kiosk stand stall booth
branch shop store station terminal hub plant lab laboratory clinic ward kitchen garage workshop
team group crew squad department dept division unit
machine device equipment line lane gate door entrance
market segment tier channel app brand model series variety
container truck vehicle
""".split()
_CARRIERS = "|".join(form for noun in _NOUNS for form in (noun, f"{noun}s"))
_AT = "on|from|in|at|to|for|with|into|onto|off|of|via|through|using|by"
_COST = 0.6  # dearer than a value alone, and than a value and part of a metric's name


def _value(_context: Context, wanted: TagFilter | Problem) -> TagFilter | Problem:
    return wanted


RULES = (
    Rule(
        "value and carrier",
        f"{_AT}? the|our? <keyless> {_CARRIERS}",
        "tag",
        _value,
        cost=_COST,
        note="the noun behind the value read as what it is one of",
    ),
)
