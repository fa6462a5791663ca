"""Workers of the server are killed, one or all, and replaced one after the other, under mixed writes."""

from __future__ import annotations

import random
import signal
import time
from functools import partial
from typing import TYPE_CHECKING

import psutil

from tools.faults.client import Client
from tools.faults.ground import Ground, until
from tools.faults.load import Load
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    from tools.server import Server

BACK_SECONDS = 2.0
SILENT_SECONDS = 5.0  # a request that was accepted is answered, or its connection is closed, long before
WORKERS = 2
WRITES_BETWEEN = 60
START_SECONDS = 20


def run_killed(count: int) -> Outcome:
    """Kill one of two workers `count` times, each third time both."""
    chance, slowest, faults = random.Random(), 0.0, []  # noqa: S311  no secret
    with Ground() as ground:
        server = ground.serve(workers=WORKERS)
        with Load(server) as load:
            for number in range(1, count + 1):
                load.go_on(WRITES_BETWEEN)
                workers = server.workers()
                for worker in workers if number % 3 == 0 else [chance.choice(workers)]:
                    worker.kill()
                took = _back_after(server)
                slowest = max(slowest, took)
                if took > BACK_SECONDS:
                    faults.append(f"kill {number}: back after {took:.1f} s")
                if not until(lambda: len(server.workers()) == WORKERS, START_SECONDS):
                    faults.append(f"kill {number}: {len(server.workers())} workers of {WORKERS}")
            load.go_on(WRITES_BETWEEN)
        if load.slowest_seconds > SILENT_SECONDS:
            faults.append(f"a request had neither an answer nor an end for {load.slowest_seconds:.1f} s")
        detail = f"back after {slowest:.1f} s at most; {load.told}"
        return Outcome(count, faults + load.faults(ground.database), load.history.unknown, detail)


def run_rolling(count: int) -> Outcome:
    """Replace both workers `count` times; every request is answered, as if nothing had happened."""
    faults = []
    with Ground() as ground:
        server = ground.serve(workers=WORKERS)
        with Load(server) as load:
            for number in range(1, count + 1):
                load.go_on(WRITES_BETWEEN)
                before = server.workers()
                server.process.send(signal.SIGUSR1)
                if not until(partial(_are_gone, before), 2 * START_SECONDS):
                    faults.append(f"restart {number}: an old worker is still there")
                if len(server.workers()) != WORKERS:
                    faults.append(f"restart {number}: {len(server.workers())} workers of {WORKERS}")
            load.go_on(WRITES_BETWEEN)
        faults += [f"{times} requests had no answer" for code, times in load.statuses.items() if code <= 0]
        faults += [f"{times} requests had {code}" for code, times in load.statuses.items() if code >= 500]
        return Outcome(count, faults + load.faults(ground.database), load.history.unknown, load.told)


def _are_gone(processes: list[psutil.Process]) -> bool:
    return not any(map(_lives, processes))


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _back_after(server: Server) -> float:
    """Seconds until a new client's write is acknowledged."""
    started = time.monotonic()
    while time.monotonic() - started < START_SECONDS:
        client = Client(server, timeout_seconds=BACK_SECONDS)
        reply = client.send("POST", "/metrics", {"name": "fault.back", "value": 1})
        client.close()
        if reply.status == 201:
            break
        time.sleep(0.02)
    return time.monotonic() - started


KILLED = Row(
    "workers",
    "kill -9 of server workers, each third time of all",
    "0 acknowledged lost; back in 2 s; no request left without an answer or an end",
    "kills",
    4,
    100,
    run_killed,
)
ROLLING = Row(
    "rolling",
    "all workers replaced under load",
    "0 lost, every request answered, none with 5xx",
    "restarts",
    1,
    30,
    run_rolling,
)
