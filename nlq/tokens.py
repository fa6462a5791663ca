"""Text -> tokens with spans. The only importer of spaCy.

spaCy's own English rules split what is one word in a prompt (`web-01`, `/api/users`), so the tokenizer here
has rules of its own: brackets, quotes, comparison signs and commas stand alone; separators inside a word
belong to it; a number glued to a unit (`30m`, `80%`) is two tokens; text in double quotes is one.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from nlq import lexicon

if TYPE_CHECKING:
    from spacy.tokenizer import Tokenizer

_SIGNS = [r"<=", r">=", r"!=", r"==", r"<>", r"[=<>≤≥≠]"]
_PREFIXES = [*_SIGNS, r"[€$£](?=\d)", r'["“”\'‘(\[{,;:!?~|]']
_SUFFIXES = [*_SIGNS, r"['’][sS]", r'["“”\'’)\]},;:!?]', r"(?<=[^\W_])\.", r"…"]
_INFIXES = [r"!=|<=|>=|==?|<>|[<>≤≥≠;–—…\"“”]|\.\.+", r"(?<!\d),|,(?!\d)"]
_NUMBER_WITH_UNIT = re.compile(r"([+-]?\d+(?:[.,]\d+)*)(°?[^\W\d_]+(?:/[^\W\d_]+)?|[%€$£°])")
_THIRD_OF_MONTH = re.compile(rf"(early|mid|late)(-)({'|'.join(lexicon.MONTHS)})", re.IGNORECASE)
_NTH = rf"(?:{'|'.join(lexicon.ORDINALS)}|\d+(?:st|nd|rd|th))"
_HYPHENED = re.compile(  # words that only a hyphen joins: `second-highest`, `month-over-month`
    rf"{_NTH}-(?:{'|'.join(lexicon.SUPERLATIVES)})|({'|'.join(lexicon.UNITS)})-(?:over|on|by)-\1"
)
_DAYS = re.compile(rf"({'|'.join(lexicon.WEEKDAYS)})([-–])({'|'.join(lexicon.WEEKDAYS)})")
_PIECE = re.compile("[^-]+")
_NEGATED = re.compile(r"(is|are|was|were|has|have|had|do|does|did)(n['’]?t)")  # `havent` too
_QUOTES = {'"': '"', "“": "”"}
MAX_REMEMBERED = 4000  # words: some times those of the language
_HALF = re.compile("[\ud800-\udfff]")  # of a character: no text to spaCy


class Token(Struct, frozen=True):
    """One word or sign. `norm` is its case-folded text, in full; `start` and `end` are character offsets, end
    exclusive; `quoted` text stands for itself and is never a word of the language.
    """

    text: str
    norm: str
    start: int
    end: int
    quoted: bool = False

    @property
    def is_word(self) -> bool:
        """Whether it is more than signs."""
        return any(character.isalnum() for character in self.text)


class _Words:
    """Cuts text into words and signs, by a tokenizer that remembers those that it has met, and is soon made anew.

    Nothing else frees that memory: of words that are dropped at the end of a `memory_zone`, their places are kept.
    """

    def __init__(self) -> None:
        # Imported here: it takes a second, which what uses the times or the types of this package need not wait for.
        from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex  # noqa: PLC0415

        self._affixes = {
            "prefix_search": compile_prefix_regex(_PREFIXES).search,
            "suffix_search": compile_suffix_regex(_SUFFIXES).search,
            "infix_finditer": compile_infix_regex(_INFIXES).finditer,
        }
        self._tokenizer = self._made()

    def _made(self) -> "Tokenizer":
        from spacy.tokenizer import Tokenizer  # noqa: PLC0415
        from spacy.vocab import Vocab  # noqa: PLC0415

        return Tokenizer(Vocab(), **self._affixes)

    def of(self, text: str) -> list[tuple[str, int]]:
        """The words and signs, each with its place."""
        if len(self._tokenizer.vocab) > MAX_REMEMBERED:
            self._tokenizer = self._made()
        return [(word.text, word.idx) for word in self._tokenizer(text) if not word.text.isspace()]


@lru_cache(maxsize=1)
def _words() -> _Words:
    return _Words()


def tokenize(text: str) -> tuple[Token, ...]:
    """The tokens of `text`, in order. Never raises; white space is between tokens, never in one."""
    text = _HALF.sub("\ufffd", text)
    return tuple(_split_units(_join_quotes(text, _words().of(text))))


def _join_quotes(text: str, words: list[tuple[str, int]]) -> Iterable[Token]:
    index = 0
    while index < len(words):
        word, start = words[index]
        closing = _QUOTES.get(word)
        last = next((i for i in range(index + 1, len(words)) if words[i][0] == closing), None) if closing else None
        if last is not None and last > index + 1:
            end = words[last][1] + 1
            inner = text[start + 1 : end - 1].strip()
            yield Token(inner, inner.casefold(), start, end, quoted=True)
            index = last + 1
        else:
            folded = word.casefold()
            yield Token(word, lexicon.HASTY.get(folded, folded), start, start + len(word))
            index += 1


def _split_units(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        if not token.quoted and (negated := _NEGATED.fullmatch(token.norm)):  # `weren't`
            end = token.start + len(negated[1])
            yield Token(token.text[: len(negated[1])], negated[1], token.start, end)
            yield Token(token.text[len(negated[1]) :], "not", end, token.end)
            continue
        if token.quoted or not (token.text[0].isdecimal() or "-" in token.text or token.text[0] == "+"):
            yield token
            continue
        if _HYPHENED.fullmatch(token.norm):
            for found in _PIECE.finditer(token.text):
                yield Token(found[0], found[0].casefold(), token.start + found.start(), token.start + found.end())
            continue
        third = _THIRD_OF_MONTH.fullmatch(token.text) or _DAYS.fullmatch(token.norm)  # `mid-November`, `mon-fri`
        pairs = _NUMBER_WITH_UNIT.findall(token.text)
        known = lexicon.UNIT_SUFFIXES if len(pairs) == 1 else lexicon.UNITS  # `2h30m`: several are of time
        pieces = [*third.groups()] if third else [piece for pair in pairs for piece in pair]
        is_split = "".join(pieces) == token.text and all(unit.casefold() in known for unit in pieces[1::2])
        if not third and not is_split:
            yield token
            continue
        start = token.start
        for piece in pieces:
            yield Token(piece, piece.casefold(), start, start + len(piece))
            start += len(piece)
