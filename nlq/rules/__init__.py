"""The grammar: one aspect of a question a file, put together here."""

from nlq import lexicon
from nlq.engine import Grammar, spelled_out
from nlq.rules import aggregation, comparison, form, grouping, metric, number, ranking, tag, time_range, value, wish

# The kinds that a prompt is covered with, and by which its words are shown.
CLAUSES = frozenset(
    """
    aggregation metric tag had value grouping noun
    grain ranking share listing time comparison having form opening zone wish
    """.split()
)

ASPECTS = (number, aggregation, metric, tag, value, grouping, ranking, time_range, comparison, form, wish)

RULES = tuple(rule for aspect in ASPECTS for rule in aspect.RULES)

# Every word that the language knows, but for names and values.
VOCABULARY = lexicon.WORDS | lexicon.RESERVED | spelled_out(RULES)

GRAMMAR = Grammar(
    rules=RULES,
    scanners=(
        *(scanner for aspect in ASPECTS for scanner in getattr(aspect, "SCANNERS", ())),
        tag.strangers(VOCABULARY),
    ),
    clauses=CLAUSES,
    fillers=lexicon.FILLERS,
)
