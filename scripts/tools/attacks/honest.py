"""Honest clients beside an attack: how long they wait, and the memory of who serves them."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

from tools.bench.caller import Caller
from tools.bench.figures import percentile

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tools.server import Server

PAUSE_SECONDS = 0.01
CLIENTS = 4
FLOOR_MS = 25.0  # waits below it are good, however short they were before
METRIC = json.dumps({"name": "attacks.honest", "value": 1})


async def waits(
    server: Server, until: Awaitable[object], *, only_writes: bool = False
) -> tuple[list[float], list[str]]:
    """Milliseconds of each request until something has ended, and what went wrong."""
    ended = asyncio.ensure_future(until)
    times: list[float] = []
    faults: list[str] = []

    async def go_on(number: int) -> None:
        caller = Caller(server)
        writes = only_writes or number % 2 == 0
        while not ended.done():
            started = time.perf_counter()
            if writes:
                answer = await caller.ask("POST", "/metrics", METRIC)
            else:
                answer = await caller.ask("GET", "/metrics?limit=20")
            times.append((time.perf_counter() - started) * 1000)
            if answer.status not in (200, 201):
                faults.append(f"an honest client had {answer.status}")
            await asyncio.sleep(PAUSE_SECONDS)
        await caller.close()

    await asyncio.gather(*map(go_on, range(CLIENTS)))
    await ended
    return times, faults


def compared(before: list[float], during: list[float]) -> tuple[list[str], str]:
    """Whether the 99th percentile has at most doubled; and both, in words."""
    old, new = percentile(before, 99), percentile(during, 99)
    told = f"honest p99 {old:.1f} ms before, {new:.1f} ms during ({len(during):,} requests)"
    return ([told] if new > max(2 * old, FLOOR_MS) else []), told


def resident_mb(server: Server) -> float:
    """The memory of the workers."""
    resident: float = sum(worker.memory_info().rss for worker in server.workers()) / 1e6
    return resident
