"""Aggregations: `average`, `how many`, `p95`, `99.9th percentile`, `min, max and average`."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from nlq import lexicon
from nlq.clauses import Aggregations, Rate, Together, Total
from nlq.context import Context
from nlq.fold import fold
from nlq.question import Aggregation, Function, Grain, GroupKey, Unit
from nlq.refusal import Problem
from nlq.rule import Match, Producer, Rule, Scanner
from nlq.tokens import Token

_PNN = re.compile(r"p([+-]?\d{1,15}(?:\.\d{1,6})?)$")
VALUE_COST = 0.7  # of what may be a stored value, which comes first
_NTH = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(?:st|nd|rd|th)$")


def _scan(tokens: Sequence[Token], context: Context) -> Iterator[Match]:
    for index, token in enumerate(tokens):
        if token.quoted:
            continue
        if token.norm in lexicon.AGGREGATIONS and not _is_amount(tokens, index):
            yield Match(index, index + 1, "reducer", lexicon.AGGREGATIONS[token.norm], 0.0, "aggregation word")
        elif "/" in token.norm and all(map(_reducer, token.norm.split("/"))):
            each = tuple(dict.fromkeys(_reducer(word) for word in token.norm.split("/")))
            yield Match(index, index + 1, "aggregation", Aggregations(each), 0.0, "aggregations and slashes")
        elif found := _PNN.match(token.norm):
            stored = any(value == token.text for _, value in context.catalog.values_like(fold(token.text)))
            cost = VALUE_COST if stored else 0.0  # `P2` is rather the press of that name
            reducer = _percentile(float(found[1]))
            if not stored or isinstance(reducer, Aggregation):  # `p301` is nothing else
                yield Match(index, index + 1, "reducer", reducer, cost, "pNN")
        if found := _NTH.match(token.norm):
            yield Match(index, index + 1, "nth", float(found[1]), 0.0, "nth")


def _is_amount(tokens: Sequence[Token], place: int) -> bool:
    """`longer than 5 min`."""
    number = place > 0 and tokens[place - 1].text.replace(".", "").isdecimal()
    return number and tokens[place].norm in lexicon.UNITS


def _reducer(word: str) -> Any:
    found = _PNN.match(word)
    reducer = _percentile(float(found[1])) if found else lexicon.AGGREGATIONS.get(word)
    return None if isinstance(reducer, Problem) else reducer


def _percentile(percent: float) -> Aggregation | Problem:
    if not 0 < percent <= 100:
        detail = f"There is no percentile {percent:g}: one lies above 0 and up to 100."
        return Problem("impossible", detail, ("p95", "p99", "median"))
    return Aggregation("percentile", percent)


def _both(
    _context: Context, first: Aggregations | Rate | Problem, second: Aggregation | Problem
) -> Aggregations | Problem | None:
    if isinstance(first, Rate):
        return None
    if isinstance(first, Problem):
        return first
    if isinstance(second, Problem):
        return second
    return replace(first, aggregations=(*first.aggregations, *(a for a in (second,) if a not in first.aggregations)))


def _in_a_row(context: Context, first: Aggregations | Problem, second: Aggregation | Problem) -> Any:
    if not isinstance(first, Aggregations) or not isinstance(second, Aggregation):
        return None
    each = (*first.aggregations, second)
    functions = {one.function for one in each}
    in_a_row = functions == {"percentile"} or ({"min", "max"} <= functions and "count" not in functions)
    return _both(context, first, second) if in_a_row else None


def _bucketed(_context: Context, grain: Grain | Problem, reducer: Aggregation | Problem) -> Any:
    for each in (grain, reducer):
        if isinstance(each, Problem):
            return each
    return Aggregations((reducer,), grain)  # type: ignore[arg-type]


def _one(_context: Context, reducer: Aggregation | Problem) -> Aggregations | Problem:
    return reducer if isinstance(reducer, Problem) else Aggregations((reducer,))


def _of_number(function: Function) -> Producer:
    return lambda _context: Aggregations((Aggregation(function),), number=True)


def _rate(_context: Context, unit: Unit) -> Rate | None:
    return Rate(unit) if unit in ("second", "minute", "hour", "day", "week") else None


def _rate_of(_context: Context, reducer: Aggregation | Problem, unit: Unit) -> Aggregation | None:
    if isinstance(reducer, Problem) or reducer.function not in ("count", "sum") or not _rate(_context, unit):
        return None
    return Aggregation(reducer.function, per=unit)


def _distinct(_context: Context, key: GroupKey) -> Aggregation:
    return Aggregation("distinct", key=key)


_ENDS: tuple[tuple[Function, str], ...] = (
    ("avg", "average|avg|mean"),
    ("max", "highest|largest|biggest|greatest|peak|maximum|max"),
    ("min", "lowest|smallest|minimum|min"),
)

SCANNERS = (Scanner("aggregation", _scan, reach=2),)
RULES = (
    Rule("total latest", "total latest", "reducer", lambda _context: Aggregation("total_latest"), cost=-0.1),
    Rule("how many", "how many", "reducer", lambda _context: Aggregation("count")),
    Rule("number of", "total? number|count of", "reducer", lambda _context: Aggregation("count")),
    Rule("total count", "total count", "reducer", lambda _context: Aggregation("count")),
    Rule("superlative as max", "highest|largest|biggest|greatest", "reducer", lambda _context: Aggregation("max")),
    Rule("superlative as min", "lowest|smallest", "reducer", lambda _context: Aggregation("min")),
    *(
        Rule(f"{words} number of", f"{words} number|count of", "aggregation", _of_number(f), cost=0.1)
        for f, words in _ENDS
    ),
    Rule("nth percentile", "<nth> percentile|percentiles", "reducer", lambda _context, n: _percentile(n)),
    Rule("percentile n", "percentile <number>", "reducer", lambda _context, n: _percentile(n)),
    Rule("n percentile", "<number> percentile", "reducer", lambda _context, n: _percentile(n)),
    Rule("standard deviation", "standard|std deviation|dev", "reducer", lambda _context: Aggregation("stddev")),
    Rule("altogether", "altogether", "aggregation", lambda _context: Total()),
    Rule("all told", "all told", "aggregation", lambda _context: Total()),
    Rule("sum up", "sum|add|total up", "reducer", lambda _context: Aggregation("sum")),
    Rule("combined", "combined|together", "aggregation", lambda _context: Together(), cost=0.1),
    Rule("taken together", "taken|put|added|lumped together", "aggregation", lambda _context: Together()),
    Rule("now", "right? now", "aggregation", lambda _context: Aggregations((Aggregation("latest"),))),
    Rule(
        "left", "left|remaining over?", "aggregation", lambda _context: Aggregations((Aggregation("latest"),)), cost=0.6
    ),
    Rule("in stock", "in stock", "aggregation", lambda _context: Aggregations((Aggregation("latest"),)), cost=0.1),
    Rule(
        "typical",
        "typical|typically",
        "reducer",
        lambda _context: Aggregation("percentile", 50),
        cost=0.4,
        note="'typical' read as the median",
    ),
    Rule("currently", "currently|presently", "reducer", lambda _context: Aggregation("latest")),
    Rule("at the moment", "at the|this moment", "reducer", lambda _context: Aggregation("latest")),
    Rule("how often", "how often|frequently", "reducer", lambda _context: Aggregation("count")),
    Rule("how many times", "how many times", "reducer", lambda _context: Aggregation("count")),
    Rule("in total", "in total|all", "aggregation", lambda _context: Total(), cost=-0.1),
    Rule("no of", "no|nr of", "reducer", lambda _context: Aggregation("count")),
    Rule("by frequency", "by frequency", "aggregation", lambda _context: Aggregations((Aggregation("count"),))),
    Rule("width and reducer", "<width> <reducer>", "aggregation", _bucketed, cost=0.15),
    Rule("on average", "on average", "reducer", lambda _context: Aggregation("avg")),
    Rule("at its highest", "at its|their|the highest|peak|maximum|max", "reducer", lambda _context: Aggregation("max")),
    Rule("at its lowest", "at its|their|the lowest|minimum|min", "reducer", lambda _context: Aggregation("min")),
    Rule("most recent", "most recent", "reducer", lambda _context: Aggregation("latest")),
    Rule("distinct keys", "distinct|unique|different <group>", "reducer", _distinct),
    Rule("how many keys", "how many distinct|unique|different? <countable>", "reducer", _distinct),
    Rule("number of keys", "number|count of distinct|unique|different? <countable>", "reducer", _distinct),
    Rule("rate per unit", "rate per|a|an <unit>", "rate", _rate),
    Rule("unit rate", "per <unit> rate", "rate", _rate),
    Rule("per unit on average", "per|a|an|each|every <unit> on average", "rate", _rate),
    Rule("on average per unit", "on average per|a|an|each|every <unit>", "rate", _rate),
    Rule("average per unit", "average|avg|mean number|count per|a|an <unit> of", "rate", _rate),
    Rule("rate", "<rate>", "aggregation", lambda _context, rate: rate),
    Rule("rate of an aggregation", "<reducer> rate per <unit>", "reducer", _rate_of),
    Rule("one aggregation", "<reducer>", "aggregation", _one),
    Rule("average value", "<aggregation> value|values|reading|readings", "aggregation", lambda _context, said: said),
    Rule("by aggregation", "by|using|at the? <aggregation>", "aggregation", lambda _context, said: said),
    Rule("several aggregations", "<aggregation> and|,|&|+|/ <reducer>", "aggregation", _both),
    Rule("aggregations in a row", "<aggregation> <reducer>", "aggregation", _in_a_row, cost=0.1),
    Rule("and the last aggregation", "<aggregation> , and <reducer>", "aggregation", _both),
)
