"""Words one letter apart, found without looking at every word.

By the pigeonhole principle, a single edit leaves the first or the second half of the other word untouched: so
each known word is kept under both of its halves, and only words that share a half are measured. The measure is
the optimal string alignment distance (one insertion, deletion, substitution, or swap of neighbours). Digits
are never a typo: `web-02` is not `web-01` misspelt.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from rapidfuzz.distance import OSA

MIN_LENGTH = 4  # in shorter words every letter counts


class Spelling:
    """A growing set of words. Words are compared case folded, and given back as they were added."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._known: dict[str, str] = {}
        self._halves: dict[str, list[str]] = defaultdict(list)
        self.add_all(words)

    def add_all(self, words: Iterable[str]) -> None:
        """Know these words too; words too short to be misspelt are passed over."""
        for word in words:
            folded = word.casefold()
            if len(folded) >= MIN_LENGTH and folded not in self._known and not folded.isdigit():
                self._known[folded] = word
                middle = len(folded) // 2
                self._halves["^" + folded[:middle]].append(folded)
                self._halves[folded[middle:] + "$"].append(folded)

    def nearest(self, word: str, count: int) -> list[str]:
        """The known words one edit away, in the order of the alphabet, at most `count`."""
        folded = word.casefold()
        if len(folded) < MIN_LENGTH:
            return []
        found = {
            known
            for half in _possible_halves(folded)
            for known in self._halves.get(half, ())
            if known != folded
            and _digits(known) == _digits(folded)
            and OSA.distance(known, folded, score_cutoff=1) == 1
        }
        return [self._known[known] for known in sorted(found)[:count]]


def _possible_halves(word: str) -> Iterator[str]:
    """The halves that a word one edit from `word` may have kept: its length is within one of this word's.

    A swap of the two letters at the middle touches both halves, so those halves are tried swapped.
    """
    for length in (len(word) - 1, len(word), len(word) + 1):
        middle = length // 2
        rest = length - middle
        yield "^" + word[:middle]
        yield word[len(word) - rest :] + "$"
        if 0 < middle < len(word):
            yield "^" + word[: middle - 1] + word[middle]


def _digits(word: str) -> str:
    return "".join(character for character in word if character.isdigit())
