"""What may be named: metric names with their types and tag keys; tag keys; tag values.

The catalog grows by `add` and is asked by folded text: words in lower case, in the singular, without
separators, so that `cpu usage`, `CPU_Usage` and `cpu.usages` are one. All look-ups are by dictionary, so their
cost does not grow with the catalog.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from nlq import lexicon
from nlq.spelling import Spelling

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\s_.:/\-]+")
MAX_PARTIAL_NAMES = 1000  # a word that stands in more names than this says nothing


def singular(word: str) -> str:
    """`word`, in lower case, without its English plural ending; applied to both sides of a comparison."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes", "tuses", "ruses", "nuses", "puses")):
        return word[:-2]
    return word[:-1]


@lru_cache(maxsize=8192)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a name or of typed text, folded: `http.requestCount` -> http, request, count."""
    return tuple(singular(word.casefold()) for part in _WORD.findall(text) for word in _CAMEL.split(part))


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """What is left of `text` when case, plural and separators do not matter; a leading slash does."""
    folded = "".join(words_of(text))
    return f"/{folded}" if text.startswith("/") else folded or text


def _measured(name: str) -> frozenset[str]:
    """The words of a name that say what is measured: all but a unit."""
    words = frozenset(words_of(name))
    return words - lexicon.UNIT_WORDS or words


@dataclass(slots=True)
class NameEntry:
    """What is known of a metric name."""

    types: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)


class Catalog:
    """Names, keys and values. Answers are sorted, so that they do not depend on the order of `add`."""

    def __init__(self) -> None:
        self.names: dict[str, NameEntry] = {}
        self.keys: dict[str, set[str]] = {}
        self._names_by_fold: dict[str, set[str]] = defaultdict(set)
        self._names_by_word: dict[str, set[str]] = defaultdict(set)
        self._keys_by_fold: dict[str, set[str]] = defaultdict(set)
        self._values_by_fold: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._spelling = Spelling()

    def add(self, name: str, type_: str, tags: Iterable[str]) -> None:
        """One series: a metric name, its type, and its tags as stored (`key:value`, or a bare key)."""
        entry = self.names.get(name)
        if entry is None:
            entry = self.names[name] = NameEntry()
            self._names_by_fold[fold(name)].add(name)
            for word in words_of(name):
                self._names_by_word[word].add(name)
            self._spelling.add_all((name, *_WORD.findall(name)))
        entry.types.add(type_)
        for tag in tags:
            key, _, value = tag.partition(":")
            entry.keys.add(key)
            values = self.keys.get(key)
            if values is None:
                values = self.keys[key] = set()
                self._keys_by_fold[fold(key)].add(key)
                self._spelling.add_all((key,))
            if value and value not in values:
                values.add(value)
                self._values_by_fold[fold(value)].add((key, value))
                self._spelling.add_all((value, *_WORD.findall(value)))

    def names_like(self, folded: str) -> list[str]:
        """The names that differ from the folded text in case, plural and separators at most."""
        return sorted(self._names_by_fold.get(folded, ()))

    def names_with(self, words: Sequence[str]) -> list[str]:
        """The names that have all of the folded words, those with the fewest other words (units aside)."""
        postings = sorted((self._names_by_word.get(word, set()) for word in words), key=len)
        if not postings or len(postings[0]) > MAX_PARTIAL_NAMES:
            return []
        found = set.intersection(*postings)
        rest = {name: len(_measured(name) - frozenset(words)) for name in found}
        fewest = min(rest.values(), default=0)
        return sorted(name for name in found if rest[name] == fewest)

    def keys_like(self, folded: str) -> list[str]:
        """The tag keys that the folded text may mean."""
        return sorted(self._keys_by_fold.get(folded, ()))

    def values_like(self, folded: str) -> list[tuple[str, str]]:
        """The (key, value) pairs whose value the folded text may mean."""
        return sorted(self._values_by_fold.get(folded, ()))

    def durations_of(self, key: str | None) -> list[str]:
        """The names that measure how long something takes, among those with the tag key (None: all)."""
        return sorted(
            name
            for name, entry in self.names.items()
            if (key is None or key in entry.keys) and not lexicon.DURATION_WORDS.isdisjoint(words_of(name))
        )

    def nearest(self, text: str, count: int = 3) -> list[str]:
        """Names, keys, values and their words that are one letter from `text`, likeliest first."""
        return self._spelling.nearest(text, count)
