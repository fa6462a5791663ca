"""Clients that vanish in the middle of a request, while others go on writing: only their own requests suffer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
import struct
import time
from typing import TYPE_CHECKING

from tools.bench.soak import Sample, sample
from tools.bench.stage import HEADERS
from tools.faults.ground import Ground, until
from tools.faults.load import Load, stored
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    from tools.server import Server

AT_ONCE = 50
TAG = "run:vanished"
MAX_MORE_MB = 24
SETTLE_SECONDS = 15
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset
MEASURED_AFTER = 300  # what a first few hundred requests fill once, such as pools of connections


def run(count: int) -> Outcome:
    """So many clients."""
    faults = []
    with Ground() as ground:
        server = ground.serve()
        ports = {ground.stack.mongo.process.port: "mongo", ground.stack.redis.process.port: "redis"}
        with Load(server) as load:
            vanish(server, 0, MEASURED_AFTER)
            load.go_on(100)
        before = sample(server, ports)
        with Load(server, tag="run:2") as load:
            vanish(server, MEASURED_AFTER, count)
            load.go_on(100)
        until(lambda: not _more(before, sample(server, ports)), SETTLE_SECONDS)
        after = sample(server, ports)
        faults += _more(before, after)
        if load.history.unknown:
            faults.append(f"{load.history.unknown} writes of clients that stayed have an unknown outcome")
        faults += [f"{times} requests of clients that stayed had {code}" for code, times in load.statuses.items()
                   if code <= 0 or code >= 500]  # fmt: skip
        values = [value for _, value in stored(ground.database, TAG)]
        if len(values) != len(set(values)):
            faults.append(f"{len(values) - len(set(values))} requests of those who vanished are stored twice")
        faults += load.faults(ground.database)
    opened = f"{_descriptors(before)} to {_descriptors(after)}"
    detail = (
        f"{len(values):,} of theirs are stored; memory {before.resident_mb:.0f} to {after.resident_mb:.0f} MB, "
        f"tasks {before.tasks} to {after.tasks}, descriptors {opened}; {load.told}"
    )
    return Outcome(count, faults, count, detail)


def _descriptors(seen: Sample) -> int:
    return seen.clients + seen.mongo + seen.redis + seen.files


def _more(before: Sample, after: Sample) -> list[str]:
    """What is left behind."""
    leaks = {
        "tasks": after.tasks - before.tasks,
        "connections of clients": after.clients - before.clients,
        "files": after.files - before.files,
        "MB": int(after.resident_mb - before.resident_mb - MAX_MORE_MB),
    }
    return [f"{more} {what} more than before" for what, more in leaks.items() if more > 0]


def vanish(server: Server, first: int, count: int) -> None:
    """Let so many clients come and go; what they write is numbered from `first` on."""
    asyncio.run(_vanish(server, first, first + count))


async def _vanish(server: Server, start: int, end: int) -> None:
    chance = random.Random(start)  # noqa: S311  no secret
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with slots:
            with contextlib.suppress(OSError):
                await _one(server, number, chance)

    await asyncio.gather(*(one(number) for number in range(start, end)))


async def _one(server: Server, number: int, chance: random.Random) -> None:
    """Send a part of a request or all of it, wait a moment or not at all, and go: politely, or with a reset."""
    raw = _request(number)
    reader, writer = await asyncio.open_connection(server.host, server.process.port)
    writer.write(raw if number % 2 else raw[: chance.randrange(len(raw))])
    await writer.drain()
    if number % 3 == 0:
        await asyncio.sleep(chance.random() * 0.02)
    if number % 5 == 0:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.01)
    if number % 4 == 0:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.close()


def _request(number: int) -> bytes:
    metric = {"name": "fault.vanished", "value": number, "tags": [TAG, f"at:{time.monotonic_ns() % 7}"]}
    if number % 7 == 0:
        target, body = "POST /v1/metrics", json.dumps({"metrics": [metric]})
    elif number % 11 == 0:
        target, body = f"GET /query?prompt=avg%20of%20fault.load%20in%20the%20last%20{number}%20hours", ""
    else:
        target, body = "POST /metrics", json.dumps(metric)
    head = {**HEADERS, "Host": "faults", "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"{target} HTTP/1.1\r\n{lines}\r\n{body}".encode()


ROW = Row(
    "vanished",
    "clients that vanish in the middle of a request, while others write",
    "no gathered insert cancelled; no task, connection or memory left behind",
    "clients",
    1000,
    10_000,
    run,
)
