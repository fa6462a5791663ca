"""Mixed load for long, and a random fault every few seconds: all checkers green, and nothing grows."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING

from tools.bench.soak import Fit, Sample
from tools.faults.client import Client
from tools.faults.ground import Ground, until
from tools.faults.load import Load
from tools.faults.row import Outcome, Row
from tools.faults.vanished import vanish

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.processes import Process
    from tools.server import Server

EVERY_SECONDS, QUICK_EVERY_SECONDS = 10.0, 3.0
QUIET_SECONDS = 5.0
WRITERS = 4
PAUSE_SECONDS = 0.05  # of a writer between two requests: the data of half an hour stays small
MAX_MORE_TASKS, MAX_MORE_FILES = 3, 24  # of a worker: pools may have a connection more or less
MAX_SLOPE_MB = 1.0  # a minute, of the whole server
MIN_MINUTES = 5  # for a slope to mean something
READY_SECONDS = 30


def run(count: int) -> Outcome:
    """So many faults."""
    every = EVERY_SECONDS if count >= ROW.long / 6 else QUICK_EVERY_SECONDS
    chance, happened, samples = random.Random(11), Counter[str](), []  # noqa: S311  no secret
    faults: list[str] = []
    with Ground() as ground:
        server = ground.serve(workers=2)
        harms = _harms(ground, server, chance)
        with Load(server, writers=WRITERS, pause_seconds=PAUSE_SECONDS) as load:
            load.go_on(200)
            before, started = _sample(server), time.monotonic()
            for number in range(count):
                if number % len(harms) == 0:
                    order = chance.sample(list(harms.items()), len(harms))
                name, harm = order[number % len(harms)]
                happened[name] += 1
                harm()
                _recover(ground)
                if not load.go_on(10) or not until(server.is_ready, READY_SECONDS):
                    faults.append(f"{number}, {name}: writes do not go on")
                time.sleep(max(0.0, started + (number + 1) * every - time.monotonic()))
                samples.append(((time.monotonic() - started) / 60, _sample(server)))
        time.sleep(QUIET_SECONDS)
        after = _sample(server)
        faults += load.faults(ground.database) + _grown(before, after) + _slopes(samples)
        faults += _invalid(ground)
        minutes = (time.monotonic() - started) / 60
    memory = f"memory {before.resident_mb:.0f} to {after.resident_mb:.0f} MB"
    held = f"tasks {before.tasks} to {after.tasks}, descriptors {before.files} to {after.files}"
    detail = f"{minutes:.1f} minutes; {dict(happened)}; {memory}, {held}; {load.told}"
    return Outcome(count, faults, load.history.unknown, detail)


def _harms(ground: Ground, server: Server, chance: random.Random) -> dict[str, Callable[[], object]]:
    mongod, redis = ground.stack.mongo.process, ground.stack.redis.process

    def pause(process: Process) -> None:
        process.pause()
        time.sleep(chance.random() * 2.5)
        process.resume()

    return {
        "mongod killed": mongod.kill,
        "mongod paused": lambda: pause(mongod),
        "redis killed": redis.kill,
        "redis paused": lambda: pause(redis),
        "worker killed": lambda: [worker.kill() for worker in server.workers()[:1]],
        "workers replaced": lambda: server.process.send(signal.SIGUSR1),
        "clients vanish": lambda: vanish(server, int(time.monotonic() * 1000), 100),
    }


def _recover(ground: Ground) -> None:
    for service in ground.stack.services:
        service.up()


def _sample(server: Server) -> Sample:
    """Of all workers together; workers that are being replaced are waited for."""
    until(lambda: len(server.workers()) == 2, READY_SECONDS)
    client = Client(server)
    tasks = max((client.send("GET", "/stats").json["tasks"] for _ in range(4)), default=0)
    client.close()
    workers = server.workers()
    return Sample(
        resident_mb=sum(worker.memory_info().rss for worker in workers) / 1e6,
        tasks=tasks,
        clients=0,
        mongo=0,
        redis=0,
        files=max((worker.num_fds() for worker in workers), default=0),
    )


def _grown(before: Sample, after: Sample) -> list[str]:
    more = {
        "tasks": (after.tasks - before.tasks, MAX_MORE_TASKS),
        "descriptors": (after.files - before.files, MAX_MORE_FILES),
    }
    return [f"{grown} {what} more than before" for what, (grown, most) in more.items() if grown > most]


def _slopes(samples: list[tuple[float, Sample]]) -> list[str]:
    half = samples[len(samples) // 2 :]
    if not half or samples[-1][0] < MIN_MINUTES:
        return []
    fit = Fit.of([minute for minute, _ in half], [each.resident_mb for _, each in half])
    return [f"memory grows by {fit.slope:.2f} ± {fit.error:.2f} MB a minute"] if fit.slope > MAX_SLOPE_MB else []


def _invalid(ground: Ground) -> list[str]:
    """What MongoDB finds wrong with its own data."""
    faults = []
    for name in ground.database.list_collection_names():
        found = ground.database.validate_collection(name, full=True)
        if not found["valid"] or found["errors"]:
            faults.append(f"validate {name}: {found['errors']}")
    return faults


ROW = Row(
    "soak",
    "mixed load with a random fault every 10 s (with --quick every 3 s)",
    "all checkers green; memory, descriptors and tasks flat; validate clean",
    "faults",
    4,
    180,
    run,
)
