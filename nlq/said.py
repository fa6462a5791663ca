"""The clauses of a prompt, by what they say. Each is taken into account: what is left over is refused."""

from collections.abc import Sequence
from typing import Any

from nlq.misfit import refuse
from nlq.rule import Match


class Said:
    """The clauses by the type of what they say. Raises NoQuestionError where two of one kind cannot both hold."""

    def __init__(self, clauses: Sequence[Match]) -> None:
        self._clauses = clauses
        self._by_type: dict[type, list[Match]] = {}
        self._taken: set[type] = set()
        for clause in clauses:
            self._by_type.setdefault(type(clause.value), []).append(clause)

    def clause_of(self, value: object) -> Match | None:
        """The clause that says `value`."""
        return next((clause for clause in self._clauses if clause.value is value), None)

    def _take(self, kind: type) -> list[Match]:
        """The clauses of this kind, which are then accounted for."""
        self._taken.add(kind)
        return self._by_type.get(kind, [])

    def _all(self, kind: type) -> list[Any]:
        return [clause.value for clause in self._take(kind)] if kind in self._by_type else []

    def _only(self, kind: type, plural: str) -> Any:
        return self._one_of(self._take(kind), plural) if kind in self._by_type else None

    def _one_of(self, found: Sequence[Match], plural: str) -> Any:
        if not found:
            return None
        if len(found) > 1 and len({clause.value for clause in found}) > 1:
            refuse("conflict", f"Two {plural} in one prompt.", found[1])
        return found[0].value

    def _check_all_taken(self) -> None:
        """A clause that nobody takes would be dropped in silence."""
        for kind in self._by_type.keys() - self._taken:
            refuse("unsupported", "This is read, but no question is made of it yet.", self._by_type[kind][0])
