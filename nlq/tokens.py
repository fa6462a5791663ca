"""Text -> tokens with spans. The only importer of spaCy.

spaCy's own English rules split what is one word in a prompt (`web-01`, `/api/users`), so the tokenizer here
has rules of its own: brackets, quotes, comparison signs and commas stand alone; separators inside a word
belong to it; a number glued to a unit (`30m`, `80%`) is two tokens; text in double quotes is one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import spacy
from spacy.tokenizer import Tokenizer
from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex

from nlq import lexicon

_SIGNS = [r"<=", r">=", r"!=", r"==", r"<>", r"[=<>≤≥≠]"]
_PREFIXES = [*_SIGNS, r'["“”\'‘(\[{,;:!?~]']
_SUFFIXES = [*_SIGNS, r"['’][sS]", r'["“”\'’)\]},;:!?]', r"(?<=[^\W_])\.", r"…"]
_INFIXES = [r"!=|<=|>=|==?|<>|[<>≤≥≠;–—…\"“”]|\.\.+", r"(?<!\d),|,(?!\d)"]
_NUMBER_WITH_UNIT = re.compile(r"(\d+(?:[.,]\d+)*)([^\W\d_]+|%)$")
_QUOTES = {'"': '"', "“": "”"}


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign. `norm` is its case-folded text; `start` and `end` are character offsets, end
    exclusive; `quoted` text stands for itself and is never a word of the language.
    """

    text: str
    norm: str
    start: int
    end: int
    quoted: bool = False


def _tokenizer() -> spacy.language.Language:
    language = spacy.blank("en")
    language.tokenizer = Tokenizer(
        language.vocab,
        prefix_search=compile_prefix_regex(_PREFIXES).search,
        suffix_search=compile_suffix_regex(_SUFFIXES).search,
        infix_finditer=compile_infix_regex(_INFIXES).finditer,
    )
    language.vocab.lex_attr_getters.clear()  # type: ignore[attr-defined]  # of a word only its text is used: shape, casing ... took half the time
    return language


_LANGUAGE = _tokenizer()


def tokenize(text: str) -> tuple[Token, ...]:
    """The tokens of `text`, in order. Never raises; white space is between tokens, never in one."""
    with _LANGUAGE.memory_zone():  # spaCy's string store would otherwise keep every word ever seen
        words = [(word.text, word.idx) for word in _LANGUAGE.make_doc(text) if not word.text.isspace()]
    return tuple(_split_units(_join_quotes(text, words)))


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
            yield Token(word, word.casefold(), start, start + len(word))
            index += 1


def _split_units(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        glued = None if token.quoted else _NUMBER_WITH_UNIT.match(token.text)
        if glued and glued[2].casefold() in lexicon.UNIT_SUFFIXES:
            middle = token.start + len(glued[1])
            yield Token(glued[1], glued[1], token.start, middle)
            yield Token(glued[2], glued[2].casefold(), middle, token.end)
        else:
            yield token
