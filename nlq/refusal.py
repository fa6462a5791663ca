"""Refusal: the typed "cannot answer this". A value, never an exception."""

from typing import Literal, get_args

from msgspec import Struct

from nlq.words import Word

Code = Literal[
    "empty",  # nothing was asked
    "too_long",  # more characters than a prompt may have
    "not_understood",  # words that no rule reads
    "unknown_value",  # a tag value, key or metric that the catalog does not hold
    "ambiguous",  # several readings, and no convention decides
    "conflict",  # two parts that cannot both hold
    "impossible",  # a date, count or percentile that does not exist
    "too_many",  # more rows than an answer may have
    "future",  # time that has not come
    "incomplete",  # a follow-up without the question it follows
    "unsupported",  # understood, but not a question of record
]
CODES: tuple[Code, ...] = get_args(Code)


class Refusal(Struct, frozen=True):
    """Why a prompt is not answered.

    start, end: the span in the prompt that stands in the way, in characters, end exclusive.
    words: the prompt's words as far as they were read.
    suggestions: up to 3 prompts, close to this one, that are answered.
    """

    code: Code
    detail: str
    start: int
    end: int
    words: tuple[Word, ...] = ()
    suggestions: tuple[str, ...] = ()


class Problem(Struct, frozen=True):
    """What a rule yields where the words are understood but make no sense: `31 February`, `top 0`, `p150`.

    It takes the place of the value of a clause; the prompt is then refused with this code.

    choices: texts that may stand in the problem's place, each for one possible meaning.
    span: the tokens that make it, end exclusive; the engine sets it. None: all of the clause.
    """

    code: Code
    detail: str
    choices: tuple[str, ...] = ()
    span: tuple[int, int] | None = None
