"""scripts/faults: the promises of the server, under what breaks what it stands on.

A module has one fault, and a `ROW`: its name, what it does, the bar, how often, and `run(count) -> Outcome`. To add a
fault, write such a module and add its row to ROWS. Writers (`load`, `writer`) put down in a `history` what they were
told; the `checker` compares it with what is stored, and must itself catch planted faults (tests/test_faults.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tools import attacks
from tools.faults import (
    clock,
    cut_off,
    disk_full,
    members,
    model,
    mongod_killed,
    poison,
    redis_harmed,
    runner,
    same_id,
    slow_disk,
    soak,
    stampede,
    ttl,
    vanished,
    workers_killed,
)

if TYPE_CHECKING:
    from tools.faults.row import Row

ROWS: Final[tuple[Row, ...]] = (
    mongod_killed.ROW,
    mongod_killed.CONTROL,
    workers_killed.KILLED,
    workers_killed.ROLLING,
    members.ROW,
    cut_off.ROW,
    disk_full.ROW,
    slow_disk.ROW,
    clock.ROW,
    same_id.ROW,
    poison.ROW,
    vanished.ROW,
    redis_harmed.ROW,
    stampede.ROW,
    ttl.ROW,
    model.ROW,
    soak.ROW,
)


def main() -> int:
    """Run the rows that are named, or all; the exit status."""
    every = (*ROWS, *attacks.ROWS)
    return runner.main("scripts/faults", "Break what the server stands on, and attack it.", every)
