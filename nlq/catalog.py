"""What may be named: metric names with their types and tag keys; tag keys; tag values; and aliases of them.

The catalog grows by `add` and is asked by folded text: words in lower case, in the singular, without
separators, so that `cpu usage`, `CPU_Usage` and `cpu.usages` are one. Every look-up is by dictionary or in a
sorted list, so that its cost does not grow with the catalog: a hundred thousand names and a million values are
told apart as fast as a dozen, and take about 350 bytes each.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, takewhile

from sortedcontainers import SortedDict, SortedList

from nlq import lexicon
from nlq.spelling import MIN_LENGTH, edits
from nlq.stems import MIN_STEM_LENGTH, stem

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\s_.:/\-]+")
_END = "\0"  # between a word and the name that it is of; in neither of them
_AFTER_END = "\1"
MAX_PARTIAL_NAMES = 300  # a word that stands in more names than this says nothing
MAX_DURATIONS = 12


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


def _fold_begun(text: str) -> str:
    """`fold` of a text whose last word is not typed to its end: that may be no plural yet."""
    *_, last = _WORD.findall(text) or [""]
    return fold(text[: len(text) - len(last)]) + last.casefold() if text.endswith(last) else fold(text)


@dataclass(slots=True)
class NameEntry:
    """What is known of a metric name. `words`: those that it is made of, folded."""

    words: frozenset[str]
    types: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()


class Catalog:
    """Names, keys and values. Answers are sorted, so that they do not depend on the order of `add`.

    names: what is known of each metric name. keys: the values of each tag key, sorted.
    """

    def __init__(self) -> None:
        self.names: dict[str, NameEntry] = {}
        self.keys: SortedDict = SortedDict()
        self.aliases: dict[str, str] = {}  # folded alias -> a name or a key, stored or not
        self._aliases_as_typed: SortedList = SortedList()
        self._names_by_fold: SortedDict = SortedDict()  # -> (name, ...)
        self._names_by_word: SortedList = SortedList()  # word, _END, name
        self._words: dict[str, int] = {}  # in how many names each word is; 0: only in values
        self._words_by_stem: dict[str, tuple[str, ...]] = {}  # words of names alone
        self._durations: dict[str | None, SortedList] = {None: SortedList()}  # by tag key; None: all
        self._keys_by_fold: dict[str, tuple[str, ...]] = {}
        self._values_by_fold: dict[str, tuple[str, ...]] = {}  # -> (key, value, key, value, ...)
        self._sets: dict[frozenset[str], frozenset[str]] = {}  # most names have the same few types and keys

    def add(self, name: str, type_: str, tags: Iterable[str]) -> None:
        """One series: a metric name, its type, and its tags as stored (`key:value`, or a bare key)."""
        entry = self.names.get(name) or self._add_name(name)
        if type_ not in entry.types:
            entry.types = self._shared(entry.types | {type_})
        for tag in tags:
            key, _, value = tag.partition(":")
            if key not in self.keys:
                self.keys[key] = SortedList()
                _append(self._keys_by_fold, fold(key), key)
            if key not in entry.keys:
                entry.keys = self._shared(entry.keys | {key})
                if not lexicon.DURATION_WORDS.isdisjoint(entry.words):
                    self._durations.setdefault(key, SortedList()).add(name)
            if value:
                self._add_value(key, value)

    def add_alias(self, alias: str, meant: str) -> None:
        """Read `alias` as `meant`, a metric name or a tag key, once that is stored; a stored name comes first."""
        self.aliases["".join(map(fold, alias.split()))] = meant
        self._aliases_as_typed.add(alias.casefold())

    def _add_name(self, name: str) -> NameEntry:
        entry = self.names[name] = NameEntry(frozenset(words_of(name)))
        _append(self._names_by_fold, fold(name), name)
        for word in entry.words:
            self._names_by_word.add(f"{word}{_END}{name}")
            if not self._words.get(word):
                _append(self._words_by_stem, stem(word), word)
            self._words[word] = self._words.get(word, 0) + 1
        if not lexicon.DURATION_WORDS.isdisjoint(entry.words):
            self._durations[None].add(name)
        return entry

    def _add_value(self, key: str, value: str) -> None:
        folded = fold(value)
        if (key, value) not in _pairs(self._values_by_fold.get(folded, ())):
            _append(self._values_by_fold, value if folded == value else folded, key, value)
            self.keys[key].add(value)
            for word in words_of(value):
                if word.isalpha():  # others are never misspelt, and may be a million ids
                    self._words.setdefault(word, 0)

    def _shared(self, texts: frozenset[str]) -> frozenset[str]:
        return self._sets.setdefault(texts, texts)

    # --- what a folded text may mean

    def names_like(self, folded: str) -> list[str]:
        """The names that differ from the folded text in case, plural and separators at most; or by an alias."""
        found = self._names_by_fold.get(folded)
        return sorted(found) if found else self._meant(folded, self.names)

    def names_with(self, words: Sequence[str]) -> list[str]:
        """The names that have all of the folded words, those with the fewest other words (units aside).

        A word that no name has stands for the one name word with its stem, or the one that begins with it.
        """
        words = [self._name_word(word) for word in words]
        counts = [self._words.get(word, 0) for word in words]
        if not counts or not 0 < min(counts) <= MAX_PARTIAL_NAMES:
            return []
        wanted = frozenset(words)
        rest: dict[str, int] = {}
        for name in self._with_word(words[counts.index(min(counts))] + _END):
            known = self.names[name].words
            if wanted <= known:
                rest[name] = len((known - lexicon.UNIT_WORDS or known) - wanted)
        fewest = min(rest.values(), default=0)
        return [name for name in rest if rest[name] == fewest]

    def _name_word(self, word: str) -> str:
        if self._words.get(word) or len(word) < MIN_STEM_LENGTH:
            return word
        akin = self._words_by_stem.get(stem(word), ())
        if len(akin) == 1:
            return akin[0]
        begun = "" if akin else next(_from(self._names_by_word, word), "").partition(_END)[0]
        after = next(self._names_by_word.irange(f"{begun}{_AFTER_END}"), "") if begun else ""
        return begun if begun and not after.startswith(word) else word

    def keys_like(self, folded: str) -> list[str]:
        """The tag keys that the folded text may mean."""
        found = self._keys_by_fold.get(folded)
        return sorted(found) if found else self._meant(folded, self.keys)

    def values_like(self, folded: str) -> list[tuple[str, str]]:
        """The (key, value) pairs whose value the folded text may mean."""
        found = self._values_by_fold.get(folded)
        return sorted(_pairs(found)) if found else []

    def durations_of(self, key: str | None) -> list[str]:
        """The first names that measure how long something takes, among those with the tag key (None: all)."""
        return list(islice(self._durations.get(key, ()), MAX_DURATIONS))

    def nearest(self, text: str, count: int = 3) -> list[str]:
        """Names, keys, values and their words that are one letter from `text`, likeliest first."""
        folded = fold(text)
        if len(text) < MIN_LENGTH:
            return []
        plural = "s" if folded != text.casefold() == f"{folded}s" else ""
        indexes = (self._words, self._names_by_fold, self._keys_by_fold, self._values_by_fold, self.aliases)
        found: dict[str, None] = {}
        for edit in sorted({edit for index in indexes for edit in edits(folded) if edit in index}):
            if edit in self._words and edit.isalpha() and len(edit) >= MIN_LENGTH:
                found[edit + plural] = None
            whole = [*self.names_like(edit), *self.keys_like(edit), *(value for _, value in self.values_like(edit))]
            found |= dict.fromkeys(text for text in whole if len(text) >= MIN_LENGTH)
        return list(islice(found, count))

    def resembles_value(self, text: str) -> bool:
        """Whether the text is a word of a stored tag value, or a letter from a value or from one of its words."""
        near = {folded := fold(text), *edits(folded, slips=False)}
        return any(edit in self._values_by_fold or self._words.get(edit) == 0 for edit in near)

    # --- what may follow a beginning

    def first_names(self, count: int) -> list[str]:
        """The first names, by the alphabet of their folds."""
        return list(islice((name for names in self._names_by_fold.values() for name in sorted(names)), count))

    def names_from(self, begun: str, count: int) -> list[str]:
        """The first names that begin with a text, then those that have a word that does."""
        folded = _fold_begun(begun)
        if not folded:
            return self.first_names(count)
        folds = takewhile(lambda known: known.startswith(folded), self._names_by_fold.irange(folded))
        whole = (name for known in folds for name in sorted(self._names_by_fold[known]))
        found = dict.fromkeys(islice(whole, count))
        return list(islice(found | dict.fromkeys(islice(self._with_word(folded), count)), count))

    def keys_from(self, begun: str, count: int) -> list[str]:
        """The first tag keys that begin with a text."""
        return list(islice(_from(self.keys, begun.casefold()), count))

    def aliases_from(self, begun: str, count: int) -> list[str]:
        """The first aliases that begin with a text."""
        return list(islice(_from(self._aliases_as_typed, begun.casefold()), count))

    def values_from(self, key: str, begun: str, count: int) -> list[str]:
        """The first values of a tag key that begin with a text, as it is typed, or in another case."""
        cases = dict.fromkeys((begun, begun.lower(), begun.upper(), begun.capitalize()))
        found = (value for case in cases for value in _from(self.keys.get(key, SortedList()), case))
        return list(islice(dict.fromkeys(islice(found, 2 * count)), count))

    def _with_word(self, begun: str) -> Iterator[str]:
        """The names with a word that begins so, or, where that ends in _END, with the word itself."""
        return (entry.partition(_END)[2] for entry in _from(self._names_by_word, begun))

    def _meant(self, folded: str, stored: Iterable[str]) -> list[str]:
        meant = self.aliases.get(folded)
        return [meant] if meant is not None and meant in stored else []


def _append(index: dict[str, tuple[str, ...]], folded: str, *texts: str) -> None:
    index[folded] = (*index.get(folded, ()), *texts)


def _pairs(flat: tuple[str, ...]) -> list[tuple[str, str]]:
    return list(zip(flat[::2], flat[1::2], strict=True))


def _from(known: SortedDict | SortedList, begun: str) -> Iterator[str]:
    return takewhile(lambda text: text.startswith(begun), known.irange(begun))
