"""Values that are said of things: `had status 500`, `that failed`, `were paid in cash`, `went to Italy`.

Where a share is asked for they make the part.
"""

from nlq.clauses import Part
from nlq.context import Context
from nlq.plurals import singular
from nlq.question import TagFilter
from nlq.refusal import Problem
from nlq.rule import Rule
from nlq.rules.tag import either, negated
from nlq.stems import stem
from nlq.verbs import LIGHT, PEOPLE


def _part_of_not(context: Context, wanted: TagFilter | Problem) -> Part | Problem | None:
    meant = negated(context, wanted)
    return _part_of(context, meant) if meant else None


def _neither_part(context: Context, first: TagFilter, second: TagFilter) -> Part | Problem | None:
    """`that were neither damaged nor lost`."""
    both = either(context, first, second)
    return _part_of_not(context, both) if both else None


def _part_of(_context: Context, wanted: TagFilter | Problem) -> Part | Problem:
    return wanted if isinstance(wanted, Problem) else Part(wanted)


def _either_part(context: Context, first: TagFilter, second: TagFilter) -> Part | None:
    """`that failed or got cancelled`."""
    both = either(context, first, second)
    return Part(both) if both else None


def _done_by(_context: Context, word: str, wanted: TagFilter | Problem) -> Part | None:
    """`paid in cash`, of the tag `payment`; `handled by kim`, of an `agent`: the verb says no more than the key."""
    if isinstance(wanted, Problem):
        return None
    agent = word in LIGHT and singular(wanted.key) in PEOPLE
    return Part(wanted) if agent or stem(word) == stem(wanted.key.casefold()) else None


RULES = (
    Rule("had value", "that? had|has|have|having|with|were|was|are|is <selection>", "had", _part_of, cost=0.05),
    Rule("that was value", "that|who <selection>", "had", _part_of, cost=0.1),
    Rule(
        "was one or was another",
        "that|who|which? had|has|have|was|were|are|is|got? <keyless> or was|were|got|get|gets|is|are|had <one-keyless>",
        "had",
        _either_part,
        cost=0.05,
    ),
    Rule(
        "went to value",
        "that? go|goes|going|went|gone|headed|heading|bound to|into|for a|an|the? <selection>",
        "had",
        _part_of,
    ),
    Rule(
        "neither value nor value",
        "that|who? was|were|is|are|had|has? neither a|an|the? <keyless> nor a|an|the? <one-keyless>",
        "had",
        _neither_part,
    ),
    Rule(
        "returned value",
        "that? return|returned|returning|giving|gave|yielding|yielded a|an|the? <selection>",
        "had",
        _part_of,
    ),
    Rule("came from value", "that? come|comes|came|coming from|via|through the? <selection>", "had", _part_of),
    Rule(
        "came back as value",
        "that? come|comes|came|coming|turn|turned back|out as|with|to? be? the? <selection>",
        "had",
        _part_of,
    ),
    Rule(
        "came in by value", "that? come|comes|came|coming in by|through|via|over|on the? <selection>", "had", _part_of
    ),
    Rule("done by value", "that? <word> in|by|with|via|through|on|at a|an|the? <selection>", "had", _done_by, cost=0.2),
    Rule("was caused by value", "was|were|is|are caused by a|an|the? <selection>", "had", _part_of),
    Rule("was on value", "was|were|is|are on|in|at|from|by|for|via the? <selection>", "had", _part_of),
    Rule("was because of value", "was|were|is|are because|due of|to a|an|the? <selection>", "had", _part_of),
    Rule("down to value", "down to a|an|the? <selection>", "had", _part_of),
    Rule(
        "because they were value",
        "because they|it|those was|were|is|are|got a|an|the? <selection>",
        "had",
        _part_of,
    ),
    Rule(
        "was not value",
        "that|who? is|are|was|were|had|has not on|in|from|at|by|for? a|an|the? <selection>",
        "had",
        _part_of_not,
        cost=0.05,
    ),
)
