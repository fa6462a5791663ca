"""mongod is killed under mixed writes, as by a power cut: what was acknowledged must be there when it is back.

The control is the same with a server that acknowledges what is only in mongod's memory: the harness must see losses.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from tools.faults.ground import Ground
from tools.faults.load import Load
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    from tools.faults.checker import Findings

WRITES_BETWEEN = 60
CONTROL_KILLS = 8


def run(count: int) -> Outcome:
    """Kill it `count` times."""
    with Ground() as ground:
        with Load(ground.serve(workers=2)) as load:
            faults = _kill(ground, load, count)
        return Outcome(count, faults + load.faults(ground.database), load.history.unknown, load.told)


def control(count: int) -> Outcome:
    """Kill it up to `count` times under a server with w: 1, j: false, until a loss is seen."""
    with Ground() as ground:
        server = ground.serve(module="forgetful")
        for kills in range(1, count + 1):
            with Load(server, tag=f"run:{kills}") as load:
                _kill(ground, load, 1)
            findings: Findings = load.findings(ground.database)
            if findings.lost:
                detail = f"{len(findings.lost)} of {load.history.acknowledged} acknowledged writes seen lost"
                return Outcome(kills, (), load.history.unknown, detail)
    return Outcome(count, ["the harness saw no loss where there must be some"])


def _kill(ground: Ground, load: Load, count: int) -> list[str]:
    faults = []
    chance = random.Random()  # noqa: S311  no secret
    for number in range(1, count + 1):
        if not load.go_on(WRITES_BETWEEN):
            faults.append(f"writes do not go on before kill {number}")
            break
        time.sleep(chance.random() * 0.1)
        ground.stack.mongo.process.kill()
        time.sleep(chance.random() * 0.3)
        ground.stack.mongo.up()
    if not load.go_on(WRITES_BETWEEN):
        faults.append("writes do not go on after the last kill")
    return faults


ROW = Row(
    "mongod",
    "kill -9 of mongod during mixed writes",
    "0 acknowledged lost, 0 phantom, 0 doubled",
    "kills",
    4,
    50,
    run,
)
CONTROL = Row(
    "control",
    "the same, with write concern w: 1, j: false",
    "the harness sees losses",
    "kills",
    CONTROL_KILLS,
    CONTROL_KILLS,
    control,
)
