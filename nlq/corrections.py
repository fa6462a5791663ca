"""What a word that nothing reads may have been meant to be: one that it is misspelt from, or another word for it."""

from nlq.context import Context
from nlq.lexicon import FILLERS, MONTHS, WEEKDAYS
from nlq.plurals import singular
from nlq.rules import VOCABULARY
from nlq.spelling import MIN_LENGTH, Spelling, plausible
from nlq.thesaurus import WORDS as SYNONYMS
from nlq.thesaurus import alike
from nlq.tokens import Token
from nlq.verbs import WORDS

MAX_CHOICES = 4  # tried for a word
_ANYONE = "people"  # the one word of the language that others are read as

# A misspelt word is never read as a filler, or as a verb that says as little: that would drop it.
_SPELLING = Spelling(sorted((VOCABULARY | MONTHS.keys() | WEEKDAYS.keys()) - FILLERS - WORDS))


_SYNONYMS = Spelling(sorted(SYNONYMS))


def corrections(token: Token, context: Context) -> list[str]:
    """The likeliest first, at most MAX_CHOICES."""
    if token.quoted or not token.text.isalpha():  # `oven-z` is no slip for `oven-a`
        return []
    found = {} if token.norm in VOCABULARY else {word.casefold(): word for word in _spellings(token, context)}
    found |= {word: word for word in _meanings(token, context) if word not in found}
    return list(found.values())[:MAX_CHOICES]


def _spellings(token: Token, context: Context) -> list[str]:
    words = [*_SPELLING.nearest(token.norm, MAX_CHOICES), *context.catalog.nearest(token.text, MAX_CHOICES)]
    return [word for word in words if plausible(token.norm, word.casefold())]


def _misspelt(word: str) -> list[str]:
    """Words that have others of the same meaning: `resevations` may be of `booking`."""
    near = _SYNONYMS.nearest(singular(word), MAX_CHOICES)
    return [] if word in VOCABULARY else [each for each in near if plausible(singular(word), each)]


def _meanings(token: Token, context: Context) -> list[str]:
    """In the plural where it is typed so: `rides` are `trips`."""
    plural = token.norm == f"{singular(token.norm)}s"
    said = alike(token.norm) or [other for word in _misspelt(token.norm) for other in (word, *alike(word))]
    known = (word for word in said if word == _ANYONE or context.catalog.knows(word))
    return [f"{word}s" if plural and word != _ANYONE and len(word) >= MIN_LENGTH else word for word in known]
