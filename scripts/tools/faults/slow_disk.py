"""A disk that takes 200 ms longer for each fsync: no write may be acknowledged sooner."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tools.faults.client import Client
from tools.faults.ground import Ground
from tools.faults.load import Load
from tools.faults.row import Outcome, Row
from tools.faults.shim import Shim, compiler

if TYPE_CHECKING:
    from tools.server import Server

FSYNC_SECONDS = 0.2
AT_ONCE = 8
SLOW_WRITES = 40


def run(count: int) -> Outcome:
    """So many single writes, several at once, and mixed writes beside them."""
    found = compiler()
    if found is None:
        return Outcome(0, not_run="there is no C compiler to make the slow disk with")
    with Ground(set_up=lambda ground: _slow(ground, found)) as ground:
        server = ground.serve(workers=2)
        shim = ground.shim
        assert shim is not None  # noqa: S101  as it was set up
        _post(server, 0)  # its series, indexes and connections are there now
        before = shim.fsyncs
        shim.slow_fsync(FSYNC_SECONDS)
        with ThreadPoolExecutor(AT_ONCE) as threads:
            answers = list(threads.map(lambda number: _post(server, number), range(1, count + 1)))
        with Load(server) as load:
            load.go_on(SLOW_WRITES)
        fsyncs = shim.fsyncs - before
        shim.slow_fsync(0)
        acknowledged = [took for status, took in answers if status == 201]
        faults = [f"acknowledged after {took * 1000:.0f} ms" for took in acknowledged if took < FSYNC_SECONDS]
        faults += [f"answered with {status}" for status, _ in answers if status not in {201, 503}]
        if not acknowledged:
            faults.append("nothing is acknowledged on a slow disk")
        faults += load.faults(ground.database)
        detail = (
            f"{len(acknowledged):,} acknowledged, the fastest after {min(acknowledged, default=0) * 1000:.0f} ms; "
            f"{fsyncs:,} fsyncs; {load.told}"
        )
        return Outcome(count, faults, load.history.unknown, detail)


def _slow(ground: Ground, found: str) -> None:
    ground.shim = Shim(ground.folder / "shim", found)
    ground.stack.mongo.prefix = ground.shim.prefix


def _post(server: Server, number: int) -> tuple[int, float]:
    client, started = Client(server), time.monotonic()
    status = client.send("POST", "/metrics", {"name": "fault.slow", "value": number}).status
    took = time.monotonic() - started
    client.close()
    return status, took


ROW = Row(
    "fsync",
    "each fsync of mongod takes 200 ms longer",
    "every acknowledgement waits for its fsync; 0 lost",
    "writes",
    60,
    2000,
    run,
)
