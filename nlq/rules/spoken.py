"""Days and years in words: `twenty-first`, `the 5th`, `nineteen seventy eight`, `two thousand and six`."""

import re
from collections.abc import Iterator, Sequence

from nlq import lexicon
from nlq.context import Context
from nlq.engine import Match, Scanner
from nlq.tokens import Token

_FIGURE = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")
_RUN = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[-/](\d{1,2})(?:st|nd|rd|th)?")


def _ordinal(words: Sequence[str]) -> int | None:
    if len(words) == 1:
        return lexicon.ORDINALS.get(words[0])
    tens, ones = lexicon.TENS.get(words[0]), lexicon.ORDINALS.get(words[1])
    return tens + ones if tens and ones and ones < 10 else None


def _cardinal(words: Sequence[str]) -> int | None:
    """A number below a hundred."""
    if len(words) == 1:
        return lexicon.SMALL_NUMBERS.get(words[0]) or lexicon.TENS.get(words[0])
    tens, ones = lexicon.TENS.get(words[0]), lexicon.SMALL_NUMBERS.get(words[1])
    return tens + ones if tens and ones and ones < 10 else None


def _numbers(words: Sequence[str], start: int) -> Iterator[tuple[int, int]]:
    """The numbers below a hundred that begin at `start`, each with its end; the longest first."""
    for end in (start + 2, start + 1):
        number = _cardinal(words[start:end]) if end <= len(words) else None
        if number is not None:
            yield number, end


def _years(words: Sequence[str], start: int) -> Iterator[tuple[int, int]]:
    for first, middle in _numbers(words, start):
        scale = {"hundred": 100, "thousand": 1000}.get(words[middle]) if middle < len(words) else None
        if scale is None:
            if first >= 10:
                yield from ((first * 100 + rest, end) for rest, end in _numbers(words, middle) if rest >= 10)
            continue
        base = first * scale
        yield base, middle + 1
        joined = middle + 1 + (middle + 1 < len(words) and words[middle + 1] == "and")
        yield from ((base + rest, end) for rest, end in _numbers(words, joined))


def _scan(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
    # `twenty-first` is one token and two words.
    pieces = [
        (part, index)
        for index, token in enumerate(tokens)
        for part in (token.norm.split("-") if token.norm[0].isalpha() and not token.quoted else [token.norm])
    ]
    words = [part for part, _ in pieces]
    ends = [index + 1 for _, index in pieces]
    for at, (word, index) in enumerate(pieces):
        if at and pieces[at - 1][1] == index:
            continue  # inside a token
        if figure := _FIGURE.fullmatch(word):
            yield Match(index, index + 1, "nth", int(figure[1]), 0.0, "ordinal")
            yield Match(index, index + 1, "figure-nth", int(figure[1]), 0.0, "ordinal")
        elif run := _RUN.fullmatch(word):
            yield Match(index, index + 1, "day-run", (int(run[1]), int(run[2])), 0.0, "day run")
        elif word in lexicon.ORDINALS or word in lexicon.TENS or word in lexicon.SMALL_NUMBERS:
            for length in (1, 2):
                ordinal = _ordinal(words[at : at + length])
                if ordinal and at + length <= len(words):
                    yield Match(index, ends[at + length - 1], "nth", ordinal, 0.0, "ordinal")
            number = _cardinal(words[at : at + 2])
            if number and at + 2 <= len(words):
                yield Match(index, ends[at + 1], "spoken-day", number, 0.0, "number")
            for year, end in _years(words, at):
                if 1000 <= year < 2200:
                    yield Match(index, ends[end - 1], "year", year, 0.0, "year")


SCANNERS = (Scanner("spoken number", _scan),)
