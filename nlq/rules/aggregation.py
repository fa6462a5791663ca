"""Aggregations: `average`, `how many`, `p95`, `99.9th percentile`, `min, max and average`."""

import re
from collections.abc import Iterator, Sequence

from nlq import lexicon
from nlq.clauses import Aggregations
from nlq.context import Context
from nlq.engine import Match, Rule, Scanner
from nlq.question import Aggregation
from nlq.refusal import Problem
from nlq.tokens import Token

_PNN = re.compile(r"p(\d{1,6}(?:\.\d{1,6})?)$")
_NTH = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(?:st|nd|rd|th)$")


def _scan(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
    for index, token in enumerate(tokens):
        if token.quoted:
            continue
        if token.norm in lexicon.AGGREGATIONS:
            yield Match(index, index + 1, "reducer", lexicon.AGGREGATIONS[token.norm], 0.0, "aggregation word")
        elif found := _PNN.match(token.norm):
            yield Match(index, index + 1, "reducer", _percentile(float(found[1])), 0.0, "pNN")
        if found := _NTH.match(token.norm):
            yield Match(index, index + 1, "nth", float(found[1]), 0.0, "nth")


def _percentile(percent: float) -> Aggregation | Problem:
    if not 0 < percent <= 100:
        return Problem("impossible", f"There is no percentile {percent:g}: one lies above 0 and up to 100.")
    return Aggregation("percentile", percent)


def _both(_context: Context, first: Aggregations | Problem, second: Aggregation | Problem) -> Aggregations | Problem:
    if isinstance(first, Problem):
        return first
    if isinstance(second, Problem):
        return second
    return Aggregations((*first.aggregations, *(a for a in (second,) if a not in first.aggregations)))


def _one(_context: Context, reducer: Aggregation | Problem) -> Aggregations | Problem:
    return reducer if isinstance(reducer, Problem) else Aggregations((reducer,))


SCANNERS = (Scanner("aggregation", _scan),)
RULES = (
    Rule("how many", "how many", "reducer", lambda _context: Aggregation("count")),
    Rule("number of", "total? number|count of", "reducer", lambda _context: Aggregation("count")),
    Rule("total count", "total count", "reducer", lambda _context: Aggregation("count")),
    Rule("superlative as max", "highest|largest|biggest|greatest", "reducer", lambda _context: Aggregation("max")),
    Rule("superlative as min", "lowest|smallest", "reducer", lambda _context: Aggregation("min")),
    Rule("nth percentile", "<nth> percentile|percentiles", "reducer", lambda _context, n: _percentile(n)),
    Rule("percentile n", "percentile <number>", "reducer", lambda _context, n: _percentile(n)),
    Rule("n percentile", "<number> percentile", "reducer", lambda _context, n: _percentile(n)),
    Rule("one aggregation", "<reducer>", "aggregation", _one),
    Rule("average value", "<reducer> value|values", "aggregation", _one),
    Rule("by aggregation", "by|using the? <aggregation>", "aggregation", lambda _context, said: said),
    Rule("several aggregations", "<aggregation> and|, <reducer>", "aggregation", _both),
    Rule("and the last aggregation", "<aggregation> , and <reducer>", "aggregation", _both),
)
