"""The grammar: one aspect of a question a file, put together here."""

from nlq import lexicon, verbs
from nlq.engine import Grammar
from nlq.patterns import spelled_out
from nlq.rules import (
    aggregation,
    carrier,
    comparison,
    form,
    grouping,
    metric,
    number,
    predicate,
    ranking,
    stored,
    tag,
    time_range,
    value,
    verb,
    wish,
)
from nlq.rules.time import cycle, days

# The kinds that a prompt is covered with, and the role that their words are shown to have.
ROLES = {
    "aggregation": "aggregation",
    "metric": "metric",
    "tag": "tag",
    "had": "tag",
    "codes": "tag",
    "value": "value",
    "in-unit": "unit",
    "grouping": "grouping",
    "noun": "grouping",
    "grain": "grain",
    "ranking": "ranking",
    "listing": "list",
    "share": "share",
    "having": "condition",
    "comparison": "comparison",
    "time": "time",
    "cycle": "time",
    "zone": "zone",
    "form": "form",
    "lead": "form",
    "verb": "verb",
    "polite": "filler",
    "wish": "wish",
}

ASPECTS = (
    number,
    aggregation,
    metric,
    stored,
    tag,
    predicate,
    carrier,
    value,
    grouping,
    ranking,
    time_range,
    cycle,
    days,
    comparison,
    form,
    verb,
    wish,
)

RULES = tuple(rule for aspect in ASPECTS for rule in getattr(aspect, "RULES", ()))

# Every word that the language knows, but for names and values, and nouns that say no more than the value before them:
# those may be an operator's words for something.
VOCABULARY = (
    lexicon.WORDS
    | lexicon.RESERVED
    | verbs.WORDS
    | frozenset(lexicon.ADJECTIVES)
    | spelled_out(rule.pattern for rule in RULES if rule not in carrier.RULES)
)

GRAMMAR = Grammar(
    rules=RULES,
    scanners=(
        *(scanner for aspect in ASPECTS for scanner in getattr(aspect, "SCANNERS", ())),
        stored.strangers(VOCABULARY),
        stored.akin(VOCABULARY),
    ),
    clauses=frozenset(ROLES),
    fillers=lexicon.FILLERS,
    openers=lexicon.OPENERS,
    leading=lexicon.LEADING,
    is_value=lexicon.is_value,
)
