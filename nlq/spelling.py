"""Words one letter apart, found without looking at the known words.

What a typed word may have been meant to be is made from the word itself, a few hundred texts, and looked up: the
cost depends on the length of the word alone, never on how much is known. An edit is one insertion, deletion,
substitution by a key beside it or of a vowel by another, or swap of neighbours: `driven` is another word than `driver`,
not a slip. Digits are
never a typo: `web-02` is not `web-01` misspelt.
"""

from collections.abc import Iterable
from functools import lru_cache

MIN_LENGTH = 4  # in shorter words every letter counts
LONG = 7
MAX_LENGTH = 40  # longer ones are pasted, not typed
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")  # each row stands half a key to the right of the one above
_BESIDE = {
    letter: frozenset(
        other
        for y, others in enumerate(_ROWS)
        for x, other in enumerate(others)
        if other != letter and abs(y - row) <= 1 and abs((x + y / 2) - (column + row / 2)) <= 1
    )
    for row, letters in enumerate(_ROWS)
    for column, letter in enumerate(letters)
}
_VOWELS = frozenset("aeiou")
for _vowel in _VOWELS:  # `yesturday`
    _BESIDE[_vowel] |= _VOWELS - {_vowel}
_LETTERS = "abcdefghijklmnopqrstuvwxyz'"  # what may be missing; of what is too much, any letter


@lru_cache(maxsize=4)  # a word is looked up in one index behind the other; its edits may take 300 kB
def edits(word: str, *, slips: bool = True) -> frozenset[str]:
    """Every text one edit from `word`, which is case folded; none for words too short or too long.

    slips: only likely ones; else substitutions by any letter too, and in short words.
    """
    if not (MIN_LENGTH if slips else 1) <= len(word) <= MAX_LENGTH:
        return frozenset()
    parts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    found = {head + letter + tail for head, tail in parts for letter in _LETTERS}
    for head, tail in parts[:-1]:
        first, rest = tail[0], tail[1:]
        if not first.isdigit():
            found.add(head + rest)
            found.update([head + letter + rest for letter in (slips and _BESIDE.get(first)) or _LETTERS])
        if rest and not (first.isdigit() and rest[0].isdigit()):
            found.add(head + rest[0] + first + rest[1:])
    found.discard(word)
    return frozenset(found)


class Spelling:
    """A set of words. They are compared case folded, and given back as they are."""

    def __init__(self, words: Iterable[str]) -> None:
        self._known = {word.casefold(): word for word in words if len(word) >= MIN_LENGTH}

    def nearest(self, word: str, count: int) -> list[str]:
        """The known words one edit away, in the order of the alphabet, at most `count`."""
        found = self._known.keys() & edits(word.casefold())
        return [self._known[known] for known in sorted(found)[:count]]


def plausible(typed: str, meant: str) -> bool:
    """Whether one word is likely a slip for the other, rather than a word of its own: `train` is not `rain`.

    Slips keep the first letter, and in short words the last one too; swapped letters and a doubled last one aside.
    """
    if sorted(typed) == sorted(meant) or typed == meant + meant[-1]:
        return True
    return typed[0] == meant[0] and (len(typed) >= LONG or typed[-1] == meant[-1])
