"""Stems: what is left of an English word without its ending, so that `failure` finds `failed`.

Meant for comparing a typed word with the words of known names, not for linguistics: up to two endings that
leave three letters go, a doubled consonant and the `t` of `ct` after it.
"""

from functools import lru_cache
from typing import Final

from nlq.verbs import IRREGULAR

_ENDINGS: Final = sorted(
    """
    ations ation ators ator ating ated ates ate ments ment ances ance ences ence ings ing ions ion ures ure ers er ors
    or ed es als al s e
    """.split(),
    key=len,
    reverse=True,
)
MIN_STEM_LENGTH = 3


@lru_cache(maxsize=2048)
def stem(word: str) -> str:
    """The stem of `word`, which is case folded: `banned` and `bans` -> ban, `sold` and `sales` -> sel."""
    word = IRREGULAR.get(word, word)
    for _ in range(2):  # `errors`, `erroring`: an ending may stand before another
        ending = next((each for each in _ENDINGS if word.endswith(each)), "")
        if len(word) - len(ending) >= MIN_STEM_LENGTH:
            word = word.removesuffix(ending)
    if len(word) > MIN_STEM_LENGTH and word[-1] == word[-2] and word[-1] not in "aeiou":
        word = word[:-1]
    return word[:-1] if word.endswith("ct") else word
