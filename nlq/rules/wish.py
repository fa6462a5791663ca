"""Wishes that are understood, and are not questions of record: `why`, `predict`, `delete`."""

from nlq import lexicon
from nlq.engine import OPENING, Rule
from nlq.refusal import Problem

# `drop` asks for a deed where it opens the prompt; elsewhere it is what a metric did.
RULES = tuple(
    Rule(
        word,
        word,
        OPENING if "writes" in reason else "wish",
        lambda _context, word=word, reason=reason: Problem("unsupported", f"'{word}': {reason}."),
    )
    for word, reason in lexicon.UNSUPPORTED.items()
)
