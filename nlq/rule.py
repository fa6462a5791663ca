"""What a grammar is made of: rules and scanners; and the matches that they make of tokens.

A rule is a value: a name, a pattern and a producer. A pattern is a line of items:

    last|past <integer> <unit>       words to be met as they stand, and values of a kind
    the? <ordinal>                   an item with `?` may be missing

The producer gets the context and the values of the `<kind>` items in order, and returns the value of the new match (of
the rule's `kind`), or None when the parts do not make sense together. Scanners feed matches that no pattern can spell.
"""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

OPENING = "lead"  # the kind of clauses that stand at the beginning or nowhere
MAX_REACH = 7  # words in a row that a scanner may need to see for one match

Producer = Callable[..., Any]


class Rule(Struct, frozen=True):
    """`pattern` makes a `kind`. `cost` is what it takes to believe this reading: 0 for plain speech.

    note: what a clause of this rule takes for granted, told as an assumption.
    """

    name: str
    pattern: str
    kind: str
    produce: Producer
    cost: float = 0.0
    note: str = ""


class Match(Struct, frozen=True):
    """A reading of the tokens `[start, end)`: a value of a kind. `cost` adds up over its parts."""

    start: int
    end: int
    kind: str
    value: Any
    cost: float
    rule: str
    note: str = ""


class Scanner(Struct, frozen=True):
    """Matches that are read off the tokens themselves: `scan(tokens, context)` yields them in any order.

    skips: takes a third argument, a position, and leaves out matches that end there or before. reach: the most
    words in a row that one match depends on.
    """

    name: str
    scan: Callable[..., Iterable[Match]]
    skips: bool = False
    reach: int = MAX_REACH
