"""Metric names by the words that they are made of, whatever else they have and in whatever order."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from msgspec import Struct
from sortedcontainers import SortedList

from nlq import lexicon
from nlq.fold import words_of
from nlq.measures import MEASURES, spellings_of
from nlq.stems import MIN_STEM_LENGTH, stem
from nlq.verbs import IRREGULAR

_END = "\0"  # between a word and the name that it is of; in neither of them
_AFTER_END = "\1"
_GOING = frozenset({"go", "goes", "went", "gone", "going"})
MAX_PARTIAL_NAMES = 300  # of those that a word stands in, as many are looked at
MAX_TOLD = 12  # of more names than that
MAX_REMEMBERED = 2000  # runs of words, and what they name


class NameEntry(Struct):
    """What is known of a metric name. `words`: those that it is made of, folded."""

    words: frozenset[str]
    types: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()


class NameWords:
    """The words of the names in `names`, which is filled elsewhere; beside them words that stand in values alone."""

    def __init__(self, names: dict[str, NameEntry]) -> None:
        self._names = names
        self._in_order: SortedList = SortedList()  # word, _END, name
        self._names_of: dict[str, Sequence[str]] = {}  # the names that each word is in; none: it is in values alone
        self._by_stem: dict[str, tuple[str, ...]] = {}  # words of names alone
        self._told: dict[tuple[str, ...], list[str]] = {}

    def add(self, name: str) -> None:
        """A name that has been entered in `names`."""
        self.forget()
        for word in self._names[name].words:
            self._in_order.add(f"{word}{_END}{name}")
            known = self._names_of.get(word)
            if isinstance(known, list):
                known.append(name)
            else:
                self._names_of[word] = [name]
                self._by_stem[stem(word)] = (*self._by_stem.get(stem(word), ()), word)

    def forget(self) -> None:
        """What `names_with` has been asked so far, which is kept so that it is told at once."""
        self._told.clear()

    def add_of_value(self, value: str) -> None:
        """The words of a tag value, but for those that are never misspelt, and may be a million ids."""
        for word in words_of(value):
            if word.isalpha():
                self._names_of.setdefault(word, ())

    def __contains__(self, word: object) -> bool:
        """Whether it is a word of a name or of a value."""
        return word in self._names_of

    def in_values_alone(self, word: str) -> bool:
        """Whether it is a word of a value and of no name."""
        return self._names_of.get(word) == ()

    def of_stems(self, stems: Iterable[str]) -> Iterator[str]:
        """The words of names that have one of the stems."""
        for each in sorted(self._by_stem.keys() & stems):
            yield from self._by_stem[each]

    def beginning(self, begun: str) -> Iterator[str]:
        """The names with a word that begins so."""
        return (entry.partition(_END)[2] for entry in self._from(begun))

    def _from(self, begun: str) -> Iterator[str]:
        return takewhile(lambda entry: entry.startswith(begun), self._in_order.irange(begun))

    def names_with(self, words: Sequence[str]) -> list[str]:
        """The names that have all of the folded words, those with the fewest other words (units aside).

        A word that no name has stands for the one name word with its stem, or the one that begins with it. Of words
        that each stand in very many names, the first MAX_TOLD: at least two, so that none is taken for the best.
        """
        asked = tuple(words)
        if (told := self._told.get(asked)) is None:
            if len(self._told) >= MAX_REMEMBERED:
                self.forget()
            told = self._told[asked] = self._found(asked)
        return told

    def _found(self, words: tuple[str, ...]) -> list[str]:
        wanted = frozenset(map(self._name_word, words))
        named = self._with_rarest(wanted)
        if not named:
            return []
        if len(named) <= MAX_PARTIAL_NAMES:
            found = named if len(wanted) == 1 else [name for name in named if wanted <= self._names[name].words]
            found, all_ = found or self._with_stems(words), True
        else:
            found, all_ = self._with_all(sorted(wanted))
        return self._shortest(found, wanted, all_=all_)

    def _with_rarest(self, words: Iterable[str]) -> Sequence[str]:
        """The names that have the one of the words that the fewest have."""
        return min((self._names_of.get(word, ()) for word in words), key=len, default=())

    def names_holding(self, words: Sequence[str]) -> list[str]:
        """All names that have all of the folded words, whatever else they have; none where that may be very many."""
        wanted = frozenset(map(self._name_word, words))
        named = self._with_rarest(wanted)
        return sorted(n for n in named if wanted <= self._names[n].words) if len(named) <= MAX_PARTIAL_NAMES else []

    def _with_stems(self, words: Sequence[str]) -> list[str]:
        """The names that have, of each word, one of the same stem: `ticket sales` are of `ticket.sold`."""
        akin = [frozenset((word, *self._akin(word))) for word in words]
        first = next((found for found in akin if len(found) > 1), None)
        if first is None or sum(len(self._names_of.get(word, ())) for word in first) > MAX_PARTIAL_NAMES:
            return []
        found = dict.fromkeys(name for word in sorted(first) for name in self._names_of.get(word, ()))
        return [name for name in found if all(not self._names[name].words.isdisjoint(each) for each in akin)]

    def _akin(self, word: str) -> tuple[str, ...]:
        if len(word) < MIN_STEM_LENGTH or word in lexicon.WHOLE_WORDS or word in MEASURES:
            return ()
        return self._by_stem.get(stem(word), ())

    def _shortest(self, found: Sequence[str], wanted: frozenset[str], *, all_: bool) -> list[str]:
        """Those with the fewest other words, units aside. all_: nothing has been left out."""
        if len(found) == 1 and all_:
            return [*found]
        rest = {
            name: len((self._names[name].words - lexicon.UNIT_WORDS or self._names[name].words) - wanted)
            for name in found
        }
        if not all_:  # the best may be among those not looked at
            return sorted(found, key=lambda name: (rest[name], name)) if len(found) > 1 else []
        fewest = min(rest.values(), default=0)
        return sorted(name for name in found if rest[name] == fewest)

    def _with_all(self, words: Sequence[str]) -> tuple[list[str], bool]:
        """The first names that have all of the words, which each stand in many; and whether those are all."""
        found: list[str] = []
        name = ""
        for _ in range(MAX_PARTIAL_NAMES):
            begun = [next(self._in_order.irange(f"{word}{_END}{name}"), "") for word in words]
            nexts = [entry.removeprefix(word + _END) for word, entry in zip(words, begun, strict=True)]
            if any(after == entry for after, entry in zip(nexts, begun, strict=True)):
                return found, True
            name = max(nexts)
            if min(nexts) == name:
                found.append(name)
                name += _AFTER_END
                if len(found) == MAX_TOLD:
                    break
        return found, False

    def joined(self, verb: str, particle: str) -> str:
        """The one word of names or values that a verb and its particle make, empty where there is none: `login`."""
        if verb in _GOING and self._names_of.get(particle):  # `went down`: `node.down`
            return particle
        bases = (verb, IRREGULAR.get(verb, verb), stem(verb))
        return next((base + particle for base in bases if base + particle in self._names_of), "")

    def _name_word(self, word: str) -> str:
        if self._names_of.get(word) or len(word) < MIN_STEM_LENGTH or word in lexicon.WHOLE_WORDS:
            return word
        if word in MEASURES:  # `kilometers` of `distance_km`
            return next((other for other in spellings_of(word) if self._names_of.get(other)), word)
        akin = self._by_stem.get(stem(word), ())
        if len(akin) == 1:
            return akin[0]
        begun = "" if akin else next(self._from(word), "").partition(_END)[0]
        after = next(self._in_order.irange(f"{begun}{_AFTER_END}"), "") if begun else ""
        return begun if begun and not after.startswith(word) else word
