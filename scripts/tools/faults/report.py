"""The table that is printed: of each row N, faults, unknown outcomes, the bound that N allows, and the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.bench.figures import table
from tools.terminal import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.faults.row import Outcome, Row

HEADER = ("row", "n", "of", "faults", "unknown", "bound", "seconds", "verdict")
MAX_TOLD = 10


def tell(row: Row, outcome: Outcome, seconds: float) -> None:
    """One row, as soon as it is known."""
    say(f"   {outcome.verdict} after {seconds:.1f} s: {_count(row, outcome)}; {outcome.detail or 'nothing to add'}")
    for fault in list(outcome.faults)[:MAX_TOLD]:
        say(f"   fault: {fault}")
    if len(outcome.faults) > MAX_TOLD:
        say(f"   ... and {len(outcome.faults) - MAX_TOLD} more")


def summary(outcomes: Mapping[Row, tuple[Outcome, float]]) -> bool:
    """The table of all; whether no bar was missed."""
    table(HEADER, [_cells(row, outcome, seconds) for row, (outcome, seconds) in outcomes.items()])
    missed = [row for row, (outcome, _) in outcomes.items() if outcome.verdict == "MISSED"]
    for row in missed:
        say(f"missed: {row.name}: {row.bar}")
    return not missed


def bound_of(outcome: Outcome) -> str:
    """The bound as it is printed."""
    return "-" if outcome.bound is None else f"< {outcome.bound:.2g}"


def _count(row: Row, outcome: Outcome) -> str:
    return outcome.not_run or f"{outcome.n:,} {row.unit}"


def _cells(row: Row, outcome: Outcome, seconds: float) -> tuple[str, ...]:
    counts = (f"{outcome.n:,}", row.unit, str(len(outcome.faults)), f"{outcome.unknown:,}")
    return (row.name, *counts, bound_of(outcome), f"{seconds:.1f}", outcome.verdict)
