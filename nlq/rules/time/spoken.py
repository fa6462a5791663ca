"""Days and years in words: `twenty-first`, `the 5th`, `nineteen seventy eight`, `two thousand and six`."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from nlq import lexicon
from nlq.context import Context
from nlq.rule import Match, Scanner
from nlq.tokens import Token

_FIGURE = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")
_RUN = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[-/](\d{1,2})(?:st|nd|rd|th)?")
_SCALES = {"hundred": 100, "thousand": 1000}
_BEGINNINGS = frozenset(lexicon.ORDINALS) | frozenset(lexicon.TENS) | frozenset(lexicon.SMALL_NUMBERS)


class _Words(Struct, frozen=True):
    """The words of a prompt, where `twenty-first` is two; `ends` has the end of each one's token."""

    words: list[str]
    ends: list[int]

    def number(self, at: int, length: int, ones: dict[str, int]) -> int | None:
        """A number below a hundred in `length` words, whose last is one of `ones`."""
        words = self.words[at : at + length]
        if len(words) < length:
            return None
        if length == 1:
            return ones.get(words[0]) or (lexicon.TENS.get(words[0]) if ones is lexicon.SMALL_NUMBERS else None)
        tens, rest = lexicon.TENS.get(words[0]), ones.get(words[1])
        return tens + rest if tens and rest and rest < 10 else None

    def numbers(self, at: int) -> Iterator[tuple[int, int]]:
        """The numbers below a hundred that begin at `at`, each with where it ends."""
        for length in (2, 1):
            number = self.number(at, length, lexicon.SMALL_NUMBERS)
            if number is not None:
                yield number, at + length

    def years(self, at: int) -> Iterator[tuple[int, int]]:
        """`nineteen seventy eight`, `two thousand (and) six`, `seventeen hundred`."""
        for first, middle in self.numbers(at):
            scale = _SCALES.get(self.words[middle]) if middle < len(self.words) else None
            if scale is None:
                if first >= 10:
                    yield from ((first * 100 + rest, end) for rest, end in self.numbers(middle) if rest >= 10)
                continue
            yield first * scale, middle + 1
            joined = middle + 1 + (self.words[middle + 1 : middle + 2] == ["and"])
            yield from ((first * scale + rest, end) for rest, end in self.numbers(joined))


def _scan(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
    spoken: _Words | None = None
    for index, token in enumerate(tokens):
        if token.quoted:
            continue
        if token.norm[0].isdecimal():
            yield from _figures(token.norm, index)
        elif token.norm.partition("-")[0] in _BEGINNINGS:
            spoken = spoken or _words(tokens)
            yield from _spoken(spoken, index)


def _words(tokens: Sequence[Token]) -> _Words:
    pieces = [
        (word, index)
        for index, token in enumerate(tokens)
        for word in (token.norm.split("-") if token.norm[0].isalpha() and not token.quoted else [token.norm])
    ]
    return _Words([word for word, _ in pieces], [index + 1 for _, index in pieces])


def _figures(text: str, index: int) -> Iterator[Match]:
    if figure := _FIGURE.fullmatch(text):
        yield Match(index, index + 1, "nth", int(figure[1]), 0.0, "ordinal")
        yield Match(index, index + 1, "figure-nth", int(figure[1]), 0.0, "ordinal")
    elif run := _RUN.fullmatch(text):
        yield Match(index, index + 1, "day-run", (int(run[1]), int(run[2])), 0.0, "day run")


def _spoken(spoken: _Words, index: int) -> Iterator[Match]:
    at = spoken.ends.index(index + 1)
    for length in (1, 2):
        ordinal = spoken.number(at, length, lexicon.ORDINALS)
        if ordinal is not None:
            yield Match(index, spoken.ends[at + length - 1], "nth", ordinal, 0.0, "ordinal")
    number = spoken.number(at, 2, lexicon.SMALL_NUMBERS)
    if number is not None:
        yield Match(index, spoken.ends[at + 1], "spoken-day", number, 0.0, "number")
    for year, end in spoken.years(at):
        if 1000 <= year < 2200:
            yield Match(index, spoken.ends[end - 1], "year", year, 0.0, "year")


SCANNERS = (Scanner("spoken number", _scan),)
