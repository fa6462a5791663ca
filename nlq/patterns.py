"""How rules say what they match: `last|past <count>? <unit>` is words, kinds of matches, and what may be left out."""

from collections.abc import Iterable, Iterator
from itertools import product

from msgspec import Struct


class Item(Struct, frozen=True):
    """One token: any of these words, or whatever a kind of match reads."""

    words: frozenset[str]  # empty for a kind
    kind: str


def alternatives(pattern: str) -> Iterator[tuple[Item, ...]]:
    """The item sequences that a pattern stands for: one for each choice of its optional items."""
    choices = []
    for part in pattern.split():
        optional = part.endswith("?") and len(part) > 1
        text = part[:-1] if optional else part
        is_kind = text.startswith("<") and text.endswith(">") and len(text) > 2
        item = Item(frozenset(), text[1:-1]) if is_kind else Item(frozenset(text.split("|")), "")
        choices.append(((item,), ()) if optional else ((item,),))
    for chosen in product(*choices):
        items = tuple(item for part in chosen for item in part)
        if items:
            yield items


def spelled_out(patterns: Iterable[str]) -> frozenset[str]:
    """Every word that one of the patterns spells out."""
    sequences = (items for pattern in patterns for items in alternatives(pattern))
    return frozenset(word for items in sequences for item in items for word in item.words)
