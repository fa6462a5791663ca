"""Values as nouns: `the burger stand`, `checkout machines`, `by payment method`, `collisions by region`."""

from nlq.clauses import Groups, Instances
from nlq.context import Context
from nlq.question import TagFilter
from nlq.refusal import Problem
from nlq.rule import Rule

# Each stands for nothing by itself. A key, a value or a word of a name that is spelt so comes first.
_NOUNS = """
area district neighbourhood quarter sector section side wing corner
building facility premises hall room lobby office desk counter kiosk stand stall booth
branch shop store station terminal hub plant lab laboratory clinic ward kitchen garage workshop
team group crew squad department dept division unit
machine device server host node instance pod box equipment line lane gate door entrance
market segment tier channel app brand model series variety
container truck vehicle
stuff goods item product work
""".split()
_OF_KEYS = "payment|shipping|delivery|booking|order|contact|customer|account|product|device|failure|error"
_CARRIERS = "|".join(form for noun in _NOUNS for form in (noun, f"{noun}s"))
_AT = "on|from|in|at|to|for|with|into|onto|off|of|via|through|using|by"
_PLURAL_COST = 0.95  # where nothing else says what is counted
_COST = 0.6  # dearer than a value alone, and than a value and part of a metric's name


def _value(_context: Context, wanted: TagFilter | Problem) -> TagFilter | Problem | None:
    """But `2 hosts` are as many."""
    return None if isinstance(wanted, TagFilter) and any(value.isdecimal() for value in wanted.values) else wanted


RULES = (
    Rule("values, each counted", "<one-plural>", "metric", lambda _context, tag: Instances(tag), cost=_PLURAL_COST),
    Rule(
        "cases of a value",
        "<keyless> cases|incidents|occurrences|instances",
        "metric",
        lambda _context, tag: Instances(tag),
        cost=_COST,
    ),
    Rule(
        "value and carrier",
        f"{_AT}? the|our? <keyless> {_CARRIERS}",
        "tag",
        _value,
        cost=_COST,
        note="the noun behind the value read as what it is one of",
    ),
    Rule(
        "noun and key",
        f"by|per|across {_OF_KEYS} <key-noun>",
        "grouping",
        lambda _context, noun: Groups((noun.key,)),
        cost=0.6,
        note="the noun before the tag's name read as what it is of",
    ),
)
