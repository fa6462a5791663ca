"""Response times against their targets."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from loadtests.targets import Target

HEADER = ("operation", "endpoint", "requests", "failures", "p50", "p95", "target", "p99", "target", "verdict")


def percentile(times_ms: Sequence[float], percent: float) -> float:
    """Nearest rank, exact: the smallest time with at least `percent` % of all times at or below it."""
    return sorted(times_ms)[max(math.ceil(len(times_ms) * percent / 100), 1) - 1]


@dataclass(frozen=True)
class Result:
    """What was measured of one operation: every response time, failed requests included.

    `planned` is the number of requests that the wanted rate makes; far fewer would flatter the times.
    """

    target: Target
    times_ms: Sequence[float]
    failures: Sequence[str] = field(default=())
    planned: int = 1

    @property
    def problems(self) -> list[str]:
        """Why the target is missed; none when it is met."""
        found = []
        if len(self.times_ms) < self.planned:
            found.append(f"only {len(self.times_ms)} of {self.planned} planned requests")
        for percent, limit_ms in ((95, self.target.p95_ms), (99, self.target.p99_ms)):
            if self.times_ms and (measured_ms := percentile(self.times_ms, percent)) >= limit_ms:
                found.append(f"p{percent} is {measured_ms:.1f} ms, the target is below {limit_ms:g} ms")
        if self.failures:
            found.append(f"{len(self.failures)} failed, the first with: {self.failures[0]}")
        return found


def table(results: Sequence[Result]) -> str:
    """The results as text, one row each, times in ms; below it, why a target is missed."""
    rows = [HEADER, *(_row(result) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = [
        "  ".join(
            cell.ljust(width) if column < 2 or column == len(HEADER) - 1 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    lines += [f"{each.target.operation}: {problem}" for each in results for problem in each.problems]
    return "\n".join(lines)


def _row(result: Result) -> tuple[str, ...]:
    p50, p95, p99 = (
        f"{percentile(result.times_ms, percent):.1f}" if result.times_ms else "-" for percent in (50, 95, 99)
    )
    return (
        result.target.operation,
        result.target.endpoint,
        str(len(result.times_ms)),
        str(len(result.failures)),
        p50,
        p95,
        f"< {result.target.p95_ms:g}",
        p99,
        f"< {result.target.p99_ms:g}",
        "MISSED" if result.problems else "ok",
    )
