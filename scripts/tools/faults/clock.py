"""The clocks of MongoDB and of the server jump, together and apart, under mixed writes."""

from __future__ import annotations

import time

from tools.faults.client import Client
from tools.faults.ground import Ground
from tools.faults.load import Load
from tools.faults.row import Outcome, Row
from tools.faults.shim import Shim, compiler

WRITES_BETWEEN = 40
JUMPS = (3600, -3600, 5, -5, 86_000, -0.5, 0)  # seconds ahead of the true time
SLOW_SECONDS = 2.0


def run(count: int) -> Outcome:
    """So many jumps, by turns of MongoDB's clock, the server's, and both."""
    found = compiler()
    if found is None:
        return Outcome(0, not_run="there is no C compiler to make the clock with")
    faults: list[str] = []
    with Ground(set_up=lambda ground: _own_clock(ground, found)) as ground:
        mongod = ground.shim
        assert mongod is not None  # noqa: S101  as it was set up
        serving = Shim(ground.folder / "server-shim", found)
        server = ground.serve(workers=2, **serving.environment)
        client = Client(server)
        with Load(server) as load:
            for number in range(count):
                load.go_on(WRITES_BETWEEN)
                jump = JUMPS[number % len(JUMPS)]
                for which, shim in enumerate((mongod, serving)):
                    if number % 3 in {which, 2}:
                        shim.jump(jump)
                started = time.monotonic()
                if not load.go_on(WRITES_BETWEEN):
                    faults.append(f"jump {number}, to {jump} s: writes do not go on")
                took = client.send("GET", "/metrics?limit=1").status, time.monotonic() - started
                if took[0] != 200:
                    faults.append(f"jump {number}, to {jump} s: a list is answered with {took[0]}")
            mongod.jump(0)
            serving.jump(0)
            load.go_on(WRITES_BETWEEN)
        client.close()
        faults += load.faults(ground.database)
        return Outcome(count, faults, load.history.unknown, load.told)


def _own_clock(ground: Ground, found: str) -> None:
    ground.shim = Shim(ground.folder / "shim", found)
    ground.stack.mongo.prefix = ground.shim.prefix


ROW = Row(
    "clock",
    "the clocks of mongod and of the server jump, by up to a day",
    "0 lost, 0 stale; writes go on",
    "jumps",
    3,
    70,
    run,
)
