"""What may be named: metric names with their types and tag keys; tag keys; tag values; and aliases of them.

The catalog grows by `add` and is asked by folded text: words in lower case, in the singular, without
separators, so that `cpu usage`, `CPU_Usage` and `cpu.usages` are one. Every look-up is by dictionary or in a
sorted list, so that its cost does not grow with the catalog: a hundred thousand names and a million values are
told apart as fast as a dozen, and take about 350 bytes each.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice, takewhile

from sortedcontainers import SortedDict, SortedList

from nlq import lexicon
from nlq.fold import fold, fold_begun, words_of
from nlq.name_words import MAX_PARTIAL_NAMES, NameEntry, NameWords
from nlq.spelling import MIN_LENGTH, edits
from nlq.stems import MIN_STEM_LENGTH, stem
from nlq.units import qualities_of
from nlq.verbs import PARTICLES

_NUMBERED = re.compile(r"(([^\W\d_]{2,})[-_. ]?)\d{1,4}")
MAX_NAMES = 200_000  # bounds the memory; what is beyond is not known, until the catalog is made anew
MAX_VALUES = 2_000_000
MAX_KEYS_SEARCHED = 100  # for values that resemble a strange word
MAX_MEASURING = 12
MAX_FAMILIES = 10_000
MAX_BESIDE = 4
SHORT_PLURAL = 3  # letters, of what would be no plural in general
PARTICIPLE = "ed"


_NAMING = frozenset({"id", "uid", "uuid", "name"})


class Catalog:
    """Names, keys and values. Answers are sorted, so that they do not depend on the order of `add`.

    names: what is known of each metric name. words: the names by their words. keys: the values of each tag key, sorted.
    """

    def __init__(self) -> None:
        self.names: dict[str, NameEntry] = {}
        self.keys: SortedDict = SortedDict()
        self.aliases: dict[str, str] = {}  # folded alias -> a name or a key, stored or not
        self._aliases_as_typed: SortedList = SortedList()
        self._names_by_fold: SortedDict = SortedDict()  # -> (name, ...)
        self.words = NameWords(self.names)
        self._measuring: dict[tuple[lexicon.Quality, str | None], SortedList] = {}  # by tag key; None: all
        self._keys_by_fold: dict[str, tuple[str, ...]] = {}
        self._first_tagged: dict[str, list[str]] = {}  # names that have a key, at most MAX_PARTIAL_NAMES
        self._keys_by_head: dict[str, tuple[str, ...]] = {}  # `sensor` of `sensor_id`
        self._values_by_fold: dict[str, tuple[str, ...]] = {}  # -> (key, value, key, value, ...)
        self._participles: dict[str, tuple[str, ...]] = {}  # values such as `failed` by stem -> (key, value, ...)
        self._families: dict[str, tuple[str, ...]] = {}  # `web` of `web-01` -> (key, what its values begin with, ...)
        self._value_count = 0
        self._sets: dict[frozenset[str], frozenset[str]] = {}  # most names have the same few types and keys

    def add(self, name: str, type_: str, tags: Iterable[str]) -> None:
        """One series: a metric name, its type, and its tags as stored (`key:value`, or a bare key)."""
        entry = self.names.get(name)
        if entry is None:
            if len(self.names) >= MAX_NAMES:
                return
            entry = self._add_name(name)
        if type_ not in entry.types:
            entry.types = self._shared(entry.types | {type_})
        for tag in tags:
            key, _, value = tag.partition(":")
            if key not in self.keys:
                if len(self.keys) >= MAX_NAMES:
                    continue
                self.keys[key] = SortedList()
                _append(self._keys_by_fold, fold(key), key)
                if head := _head_of_key(key):
                    _append(self._keys_by_head, head, key)
            if key not in entry.keys:
                entry.keys = self._shared(entry.keys | {key})
                self._add_tagged(name, key)
            if value:
                self._add_value(key, value)

    @property
    def is_full(self) -> bool:
        """Whether there may be names or values that it does not know."""
        return len(self.names) >= MAX_NAMES or self._value_count >= MAX_VALUES

    def add_alias(self, alias: str, meant: str) -> None:
        """Read `alias` as `meant`, a metric name or a tag key, once that is stored; a stored name comes first."""
        self.aliases["".join(map(fold, alias.split()))] = meant
        self._aliases_as_typed.add(alias.casefold())

    def _add_name(self, name: str) -> NameEntry:
        entry = self.names[name] = NameEntry(frozenset(words_of(name)))
        _append(self._names_by_fold, fold(name), name)
        self.words.add(name)
        self._add_measuring(name, None)
        return entry

    def _add_tagged(self, name: str, key: str) -> None:
        self._add_measuring(name, key)
        if len(tagged := self._first_tagged.setdefault(key, [])) < MAX_PARTIAL_NAMES:
            tagged.append(name)

    def _add_measuring(self, name: str, key: str | None) -> None:
        for quality in qualities_of(name):
            self._measuring.setdefault((quality, key), SortedList()).add(name)

    def _add_value(self, key: str, value: str) -> None:
        folded = fold(value)
        if self._value_count < MAX_VALUES and (key, value) not in _pairs(self._values_by_fold.get(folded, ())):
            self._value_count += 1
            _append(self._values_by_fold, value if folded == value else folded, key, value)
            self.keys[key].add(value)
            if value.isalpha() and (value.casefold().endswith(PARTICIPLE) or value.casefold() in lexicon.OUTCOMES):
                _append(self._participles, stem(value.casefold()), key, value)
            if len(words := words_of(value)) == 2 and words[0].endswith(PARTICIPLE) and words[1] in PARTICLES:
                _append(self._participles, f"{stem(words[0])} {words[1]}", key, value)
            found = _NUMBERED.fullmatch(value) if len(self._families) < MAX_FAMILIES else None
            if found and (key, found[1]) not in self.families_like(fold(found[2])):
                _append(self._families, fold(found[2]), key, found[1])
            self.words.add_of_value(value)

    def _shared(self, texts: frozenset[str]) -> frozenset[str]:
        return self._sets.setdefault(texts, texts)

    # --- what a folded text may mean

    def names_like(self, folded: str) -> list[str]:
        """The names that differ from the folded text in case, plural and separators at most; or by an alias."""
        found = self._names_by_fold.get(folded)
        return sorted(found) if found else self._meant(folded, self.names) if self.aliases else []

    def types_of(self, names: Iterable[str]) -> set[str]:
        """The types of these names; of none given, of all."""
        entries = map(self.names.get, names or self.names)
        return {type_ for entry in entries if entry for type_ in entry.types}

    def names_having(self, keys: Iterable[str]) -> list[str]:
        """The names that have any of the tag keys: counters where there are such, as they count all that happened."""
        wanted = frozenset(keys)
        found = [name for name, entry in self.names.items() if not wanted.isdisjoint(entry.keys)]
        return [name for name in found if self.names[name].types == {"counter"}] or found

    def names_tagged(self, keys: Iterable[str]) -> dict[str, frozenset[str]]:
        """The names that have all of the tag keys, with their types; none where there are very many."""
        wanted = frozenset(keys)
        fewest = min((self._first_tagged.get(key, []) for key in wanted), key=len, default=None)
        if fewest is not None and len(fewest) == MAX_PARTIAL_NAMES and len(wanted) == 1:
            return {}
        among = self.names if fewest is None or len(fewest) == MAX_PARTIAL_NAMES else fewest
        names = list(islice((name for name in among if wanted <= self.names[name].keys), MAX_PARTIAL_NAMES))
        return {name: self.names[name].types for name in sorted(names)} if len(names) < MAX_PARTIAL_NAMES else {}

    def has_together(self, keys: Iterable[str]) -> bool:
        """Whether some name has all of the tag keys."""
        wanted = frozenset(keys)
        return any(wanted <= known for known in self._sets)

    def keys_like(self, folded: str) -> list[str]:
        """The tag keys that the folded text may mean."""
        found = self._keys_by_fold.get(folded) or self._keys_by_head.get(folded)
        return sorted(found) if found else self._meant(folded, self.keys) if self.aliases else []

    def values_like(self, folded: str) -> list[tuple[str, str]]:
        """The (key, value) pairs whose value the folded text may mean."""
        found = self._values_by_fold.get(folded)
        if not found and len(folded) == SHORT_PLURAL and folded.endswith("s"):  # `ads`
            found = self._values_by_fold.get(folded[:-1])
        return sorted(_pairs(found)) if found else []

    def may_tag(self, folded: str) -> bool:
        """Whether there may be a key, a value or a family of values that the folded text means."""
        return (
            folded in self._values_by_fold
            or folded in self._keys_by_fold
            or folded in self._keys_by_head
            or folded in self._families
            or folded in self.aliases
            or (len(folded) == SHORT_PLURAL and folded[-1] == "s")
        )

    def families_like(self, folded: str) -> list[tuple[str, str]]:
        """The (key, beginning) pairs of values that are told apart by a number alone: `web` of `web-01`, `web-02`."""
        return sorted(_pairs(self._families.get(folded, ())))

    def values_akin(self, word: str, particle: str = "") -> list[tuple[str, str]]:
        """The pairs whose value is the participle of the verb or noun, or an outcome: `fails` is akin to `failed`; and
        `roll` with its particle `back` to `rolled_back`.
        """
        verb = f"{stem(word)} {particle}" if particle else stem(word)
        return sorted(_pairs(self._participles.get(verb, ()))) if len(word) >= MIN_LENGTH else []

    def measuring(self, quality: lexicon.Quality, key: str | None) -> list[str]:
        """The first names that measure what the quality says, among those with the tag key (None: all)."""
        return list(islice(self._measuring.get((quality, key), ()), MAX_MEASURING))

    def nearest(self, text: str, count: int = 3) -> list[str]:
        """Names, keys, values and their words that are one letter from `text`, likeliest first."""
        folded = fold(text)
        if len(text) < MIN_LENGTH:
            return []
        plural = "s" if folded != text.casefold() == f"{folded}s" else ""
        indexes = (self.words, self._names_by_fold, self._keys_by_fold, self._values_by_fold, self.aliases)
        found: dict[str, None] = {}
        for edit in sorted({edit for index in indexes for edit in edits(folded) if edit in index}):
            if edit in self.words and edit.isalpha() and len(edit) >= MIN_LENGTH:
                found[edit + plural] = None
            whole = [*self.names_like(edit), *self.keys_like(edit), *(value for _, value in self.values_like(edit))]
            found |= dict.fromkeys(text for text in whole if len(text) >= MIN_LENGTH)
        found |= dict.fromkeys(self.words.of_stems(edits(stem(folded))))  # `dischages` of `patient.discharged`
        return list(islice(found, count))

    def knows(self, word: str) -> bool:
        """Whether it is a word of a name or of a value, or a tag's key."""
        folded = fold(word)
        return folded in self.words or folded in self._keys_by_fold or folded in self._values_by_fold

    def names_akin(self, text: str, count: int) -> list[str]:
        """Names that have all words of `text` but one; else those that have one of them."""
        words = words_of(text)
        fewer = [words[:place] + words[place + 1 :] for place in range(len(words))] if len(words) > 1 else []
        alone = [(word,) for word in words] if len(words) > 1 else []
        found = (name for some in (*fewer, *alone) for name in self.words.names_with(some))
        return list(islice(dict.fromkeys(found), count))

    def values_near(self, key: str, text: str, count: int) -> list[str]:
        """The values of a tag key nearest to `text`: those of the same beginning, and the first ones."""
        known = self.keys.get(key, SortedList())
        return list(islice(dict.fromkeys((*_beside(known, text), *known[:count])), count))

    def values_beside(self, text: str, count: int) -> list[str]:
        """Values, of any key, that have most of their beginning in common with `text`."""
        found = (value for known in islice(self.keys.values(), MAX_KEYS_SEARCHED) for value in _beside(known, text))
        return list(islice(dict.fromkeys(found), count))

    def resembles_value(self, text: str) -> bool:
        """Whether the text is a word of a stored tag value, or a letter from a value or from one of its words."""
        near = {folded := fold(text), *edits(folded, slips=False)}
        return any(edit in self._values_by_fold or self.words.in_values_alone(edit) for edit in near)

    # --- what may follow a beginning

    def first_names(self, count: int) -> list[str]:
        """The first names, by the alphabet of their folds."""
        return list(islice((name for names in self._names_by_fold.values() for name in sorted(names)), count))

    def names_from(self, begun: str, count: int) -> list[str]:
        """The first names that begin with a text, then those that have a word that does."""
        folded = fold_begun(begun)
        if not folded:
            return self.first_names(count)
        folds = takewhile(lambda known: known.startswith(folded), self._names_by_fold.irange(folded))
        whole = (name for known in folds for name in sorted(self._names_by_fold[known]))
        found = dict.fromkeys(islice(whole, count))
        return list(islice(found | dict.fromkeys(islice(self.words.beginning(folded), count)), count))

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

    def _meant(self, folded: str, stored: Iterable[str]) -> list[str]:
        meant = self.aliases.get(folded)
        return [meant] if meant is not None and meant in stored else []


def _append(index: dict[str, tuple[str, ...]], folded: str, *texts: str) -> None:
    index[folded] = (*index.get(folded, ()), *texts)


def _beside(known: SortedList, text: str) -> list[str]:
    """The first texts with the longest beginning that `text` shares with any, if that is most of it."""
    for size in range(len(text) - 1, max(MIN_STEM_LENGTH, (len(text) + 1) // 2) - 1, -1):
        if found := list(islice(_from(known, text[:size]), MAX_BESIDE)):
            return found
    return []


def _head_of_key(key: str) -> str:
    """What a key is an id or a name of, folded; empty of others."""
    *head, last = words_of(key) or ("",)
    return "".join(head) if last in _NAMING else ""


def _pairs(flat: tuple[str, ...]) -> list[tuple[str, str]]:
    return list(zip(flat[::2], flat[1::2], strict=True))


def _from(known: SortedDict | SortedList, begun: str) -> Iterator[str]:
    return takewhile(lambda text: text.startswith(begun), known.irange(begun))
