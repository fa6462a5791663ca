"""Numbers: `5`, `1,000`, `2.5`, `3k`, `five`; and counts, which are whole and positive."""

import re
from collections.abc import Iterator, Sequence

from nlq import lexicon
from nlq.context import Context
from nlq.rule import Match, Rule, Scanner
from nlq.tokens import Token

_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,30})?$")


def _scan(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
    for index, token in enumerate(tokens):
        if token.quoted:
            continue
        if _NUMBER.match(token.text) and token.text.isascii():
            number = float(token.text.replace(",", ""))
        elif token.norm in lexicon.NUMBERS:
            number = float(lexicon.NUMBERS[token.norm])
        else:
            continue
        yield Match(index, index + 1, "number", number, 0.0, "number")


def _count(_context: Context, number: float) -> int | None:
    return int(number) if number.is_integer() else None


def _part(_context: Context, number: float) -> float | None:
    return None if number.is_integer() else number


SCANNERS = (Scanner("number", _scan, reach=1),)
RULES = (
    Rule("whole number", "<number>", "count", _count),
    Rule("no whole number", "<number>", "fraction", _part),
    *(
        Rule(
            f"number {word}",
            f"<number> {word}",
            "number",
            lambda _context, number, factor=factor: number * factor,
        )
        for word, factor in lexicon.MULTIPLIERS.items()
    ),
)
