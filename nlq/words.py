"""How each word of a prompt was read."""

from msgspec import Struct


class Word(Struct, frozen=True):
    """One word as typed, its place in the prompt, and its role: one of nlq.rules.ROLES, `filler` or `unknown`."""

    text: str
    start: int
    end: int
    role: str
