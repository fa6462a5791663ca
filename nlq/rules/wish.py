"""Wishes that are understood, and are not questions of record: `why`, `predict`, `delete`."""

from nlq import lexicon
from nlq.engine import Rule
from nlq.refusal import Problem

RULES = tuple(
    Rule(
        word,
        word,
        "wish",
        lambda _context, word=word, reason=reason: Problem("unsupported", f"'{word}': {reason}."),
    )
    for word, reason in lexicon.UNSUPPORTED.items()
)
