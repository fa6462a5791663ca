"""Names of countries that a prompt spells out, where the catalog has their codes."""

from typing import Final

from nlq.catalog import Catalog
from nlq.countries import KEYS, NAMES
from nlq.fold import fold, words_of

_CODES: Final = {fold(name): tuple(map(fold, codes)) for name, codes in NAMES.items()}


def is_country(folded: str) -> bool:
    """Whether it is the name of a country."""
    return folded in _CODES


def values_by_country(folded: str, catalog: Catalog) -> list[tuple[str, str]]:
    """The (key, value) pairs that are codes of the country, under keys that speak of such: `germany` -> country, DE."""
    codes = _CODES.get(folded)
    if codes is None:
        return []
    pairs = (pair for code in codes for pair in catalog.values_like(code))
    return [pair for pair in pairs if not KEYS.isdisjoint(words_of(pair[0]))]
