"""Clauses that make no question: why, and where."""

from typing import NoReturn

from msgspec import Struct

from nlq.refusal import Code, Problem
from nlq.rule import Match


class Misfit(Struct, frozen=True):
    """Clauses that make no question: why, and where (None: all of the prompt)."""

    problem: Problem
    clause: Match | None = None

    @property
    def span(self) -> tuple[int, int] | None:
        """The tokens that stand in the way, end exclusive; None: all of them."""
        return self.problem.span or ((self.clause.start, self.clause.end) if self.clause else None)


class NoQuestionError(Exception):
    """Raised within an assembly; never leaves it."""

    def __init__(self, misfit: Misfit) -> None:
        self.misfit = misfit


def refuse(code: Code, detail: str, clause: Match | None = None, choices: tuple[str, ...] = ()) -> NoReturn:
    """Give up the assembly, with the reason."""
    raise NoQuestionError(Misfit(Problem(code, detail, choices), clause))
