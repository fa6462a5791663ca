"""What to ask instead of a prompt that is refused: texts close to it, likeliest first, not all of them answered."""

from collections.abc import Iterable, Iterator

from nlq.context import Context
from nlq.lexicon import FILLERS

MAX_NEAR = 4  # names, keys or values that a strange word may stand for
MAX_SUBJECTS = 2
# Without one of these a prompt asks the opposite, or more.
TURNING = frozenset(
    """
    not no non never nor neither none nothing nt without except excluding besides but only every each all both or
    least most half than minus less counting included excluded ratio difference rate exception exceptions
    bar barring apart aside
    """.split()
)
_TAILS = ("hour", "yesterday", "80")  # what may be missing at the end, beside a tag's key


def replaced(prompt: str, start: int, end: int, texts: Iterable[str]) -> Iterator[str]:
    """The prompt with each of the texts in the place of `[start, end)`."""
    return (prompt[:start] + text + prompt[end:] for text in texts)


def left_out(prompt: str, spans: Iterable[tuple[int, int]]) -> str:
    """The prompt without the spans, and without the fillers that then begin or end it."""
    rest = prompt
    for start, end in sorted(spans, reverse=True):
        rest = f"{rest[:start]} {rest[end:]}"
    words = rest.split()
    while words and _is_empty(words[0]):
        words.pop(0)
    while words and _is_empty(words[-1]):
        words.pop()
    return " ".join(words)


def _is_empty(word: str) -> bool:
    return word.casefold() in FILLERS or not any(character.isalnum() for character in word)


def with_a_subject(prompt: str, context: Context) -> Iterator[str]:
    """`average`, `by region`, `yesterday`: the prompt with something to count or measure."""
    said = prompt.strip(" \t\n.?!,")
    yield f"events {said}"
    yield from (f"{name} {said}" for name in context.catalog.first_names(MAX_SUBJECTS))


def gone_on(prompt: str, context: Context) -> Iterator[str]:
    """`errors by`: the prompt with what may be missing at its end."""
    said = prompt.rstrip(" \t\n.?!,")
    return (f"{said} {tail}" for tail in (*_TAILS, *context.catalog.keys_from("", MAX_NEAR)))


def nearest_words(text: str, context: Context) -> Iterator[str]:
    """The names, keys and values nearest to a word that is none: one letter off, of the same words or beginning."""
    catalog = context.catalog
    yield from catalog.nearest(text, MAX_NEAR)
    yield from catalog.names_akin(text, MAX_NEAR)
    yield from catalog.values_beside(text, MAX_NEAR)
