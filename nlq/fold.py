"""Folded text: what is left of names and of typed words where case, plural and separators do not matter."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from nlq import lexicon
from nlq.plurals import singular

_CAMEL = re.compile(r"(?<=[A-Za-z0-9][a-z0-9])(?=[A-Z])")  # `pH` is one word
_WORD = re.compile(r"[^\s_.:/\-]+")


@lru_cache(maxsize=2048)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a name or of typed text, folded: `http.requestCount` -> http, request, count."""
    words = (singular(word.casefold()) for part in _WORD.findall(text) for word in _CAMEL.split(part))
    return tuple(lexicon.SHORT_FORMS.get(word, word) for word in words)


@lru_cache(maxsize=2048)
def fold(text: str) -> str:
    """What is left of `text` when case, plural and separators do not matter; a leading slash does."""
    folded = "".join(words_of(text))
    return f"/{folded}" if text.startswith("/") else folded or text


def fold_begun(text: str) -> str:
    """`fold` of a text whose last word is not typed to its end: that may be no plural yet."""
    *_, last = _WORD.findall(text) or [""]
    return fold(text[: len(text) - len(last)]) + last.casefold() if text.endswith(last) else fold(text)


def runs_beyond(folds: Sequence[str], since: int, most: int) -> Iterator[tuple[int, str]]:
    """Where runs of at most `most` words may start that end behind the place `since`; and what they begin with: the
    words before that, folded. A word that folds to nothing is in no run.
    """
    folded = ""
    for start in range(since - 1, max(-1, since - most), -1):
        if not folds[start]:
            break
        folded = folds[start] + folded
        yield start, folded
    for start in range(since, len(folds)):
        yield start, ""
