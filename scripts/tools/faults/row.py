"""A row of the table: a fault, what must hold under it, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RULE_OF_THREE = 3  # no failure in n bounds the rate at 3 / n, with 95 % confidence


@dataclass(frozen=True)
class Outcome:
    """What a row found: `n` trials, each fault in a line, and how many outcomes nobody can know.

    detail: figures beside them, in a line. not_run: why it could not be tried here at all; the bar is then neither
    met nor missed.
    """

    n: int
    faults: Sequence[str] = ()
    unknown: int = 0
    detail: str = ""
    not_run: str = ""

    @property
    def verdict(self) -> str:
        """`ok`, `MISSED` or `not run`."""
        if self.not_run:
            return "not run"
        return "MISSED" if self.faults or not self.n else "ok"

    @property
    def bound(self) -> float | None:
        """Without a fault in n trials, the rate above which it is not; None where that says nothing."""
        return RULE_OF_THREE / self.n if self.n > RULE_OF_THREE and not self.faults and not self.not_run else None


@dataclass(frozen=True)
class Row:
    """A fault by its name, and how to try it.

    title: what is done; bar: what must hold; unit: what is counted; quick, long: how often, where 0 is not at all among
    others; run: tries it so often.
    """

    name: str
    title: str
    bar: str
    unit: str
    quick: int
    long: int
    run: Callable[[int], Outcome]
