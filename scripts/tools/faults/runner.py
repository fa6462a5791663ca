"""Runs rows by their names, and prints what came of them. Also for other tables of rows than that of the faults."""

from __future__ import annotations

import time
import traceback
from typing import TYPE_CHECKING

from tools.faults import report
from tools.faults.row import Outcome
from tools.terminal import Misuse, Parser, Problem, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tools.faults.row import Row


def main(program: str, description: str, rows: Sequence[Row]) -> int:
    """Parse the arguments, run the rows that are named, or all; status 1 where a bar is missed."""
    options = _options(program, description, rows)
    if options.list:
        for row in rows:
            say(f"{row.name:<12} {row.title}; {row.bar} ({row.quick:,} or {row.long:,} {row.unit})")
        return 0
    chosen = [row for row in rows if row.name in options.names] or [row for row in rows if row.quick or options.long]
    outcomes = {}
    for row in chosen:
        count = options.count or (row.long if options.long else max(1, row.quick))
        say(f"== {row.name}: {row.title}; {row.bar}")
        started = time.monotonic()
        outcome = _run(row, count)
        outcomes[row] = outcome, time.monotonic() - started
        report.tell(row, *outcomes[row])
    say("")
    return 0 if report.summary(outcomes) else 1


def _run(row: Row, count: int) -> Outcome:
    try:
        return row.run(count)
    except Exception as error:  # noqa: BLE001  a row that breaks off has missed its bar, and others go on
        if not isinstance(error, Problem):
            traceback.print_exc()
        return Outcome(0, [f"broke off: {type(error).__name__}: {error}"])


def _options(program: str, description: str, rows: Sequence[Row]) -> argparse.Namespace:
    parser = Parser(program, description=description)
    parser.add_argument("names", nargs="*", metavar="row", help="rows to run; without any, all")
    counts = parser.add_mutually_exclusive_group()
    counts.add_argument("--quick", action="store_true", help="few trials of each, the default")
    counts.add_argument("--long", action="store_true", help="the full counts")
    counts.add_argument("--count", type=int, metavar="N", help="so many trials of each")
    parser.add_argument("--list", action="store_true", help="print the rows and their bars, and run none")
    options = parser.parse_args()
    known = [row.name for row in rows]
    if unknown := [name for name in options.names if name not in known]:
        raise Misuse(f"no row is named {unknown[0]}: {', '.join(known)}")
    if options.count is not None and options.count < 1:
        raise Misuse("--count must be at least 1")
    return options
