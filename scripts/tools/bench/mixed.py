"""The cache under a mixed load, which checks each answer: no read may miss a write that was acknowledged before it."""

from __future__ import annotations

import asyncio
import json
import random
import time
from typing import TYPE_CHECKING, Any

from tools.bench import sampler
from tools.bench.caller import Answer, Caller
from tools.bench.figures import whole_number
from tools.bench.stage import Stage, Verdict, ask
from tools.terminal import Problem

if TYPE_CHECKING:
    import argparse

    from tools.server import Server

TITLE = "hit rate of the cache, 90 % reads over 200 filters, 10 % writes over 2,000 series"
WORKERS = 2
CONNECTIONS = 32
SERIES, FILTERS, WRITE_SHARE = 2000, 200, 0.1
MIN_HITS = 0.9


def options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--seconds", type=whole_number(600), default=10, metavar="N", help="of load (default %(default)s)"
    )
    sampler.option(parser)


def run(options: argparse.Namespace) -> bool:
    """Measure; whether every bar is met."""
    verdict = Verdict()
    with Stage() as stage:
        server = stage.server("mixed", WORKERS)
        client = _Client(server)
        for start in range(0, SERIES, 1000):
            metrics = [_metric(series, 0) for series in range(start, start + 1000)]
            ask(server, "POST", "/v1/metrics", {"metrics": metrics})
        asyncio.run(client.run(options.seconds))
        if options.profile:
            sampler.show("mixed load", server, lambda: _count(server, options.seconds))
    note = (
        f"{client.reads:,} reads, {client.writes:,} writes, {(client.reads + client.writes) / options.seconds:,.0f}/s"
    )
    verdict.at_least("reads from the cache", client.hits / max(client.reads, 1), MIN_HITS, note)
    verdict.below("reads that miss an acknowledged write", client.stale, 1)
    return verdict.met


def _count(server: Server, seconds: float) -> int:
    """Requests of one more run."""
    client = _Client(server)
    asyncio.run(client.run(seconds))
    return client.reads + client.writes


def _metric(series: int, value: int) -> dict[str, Any]:
    return {"name": f"mixed.{series % 20}", "type": "counter", "value": value, "tags": [f"series:{series}"]}


class _Client:
    """Many connections; each series' values rise, so that the greatest value in a list tells how fresh it is."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._next = 0
        self._acknowledged = [0] * SERIES
        self.reads = self.writes = self.hits = self.stale = 0

    async def run(self, seconds: float) -> None:
        """Read and write for so long."""
        end = time.monotonic() + seconds
        await asyncio.gather(*(self._work(end) for _ in range(CONNECTIONS)))

    async def _work(self, end: float) -> None:
        caller = Caller(self._server)
        while time.monotonic() < end:
            if random.random() < WRITE_SHARE:  # noqa: S311  load, no secret
                await self._write(caller, random.randrange(SERIES))  # noqa: S311
            else:
                await self._read(caller, random.randrange(FILTERS))  # noqa: S311
        await caller.close()

    async def _write(self, caller: Caller, series: int) -> None:
        self._next += 1
        value = self._next
        await self._ask(caller, "POST", "/metrics", json.dumps(_metric(series, value)))
        self._acknowledged[series] = max(self._acknowledged[series], value)
        self.writes += 1

    async def _read(self, caller: Caller, series: int) -> None:
        least = self._acknowledged[series]
        answer = await self._ask(caller, "GET", f"/metrics?tags=series:{series}&limit=20", "")
        self.reads += 1
        self.hits += b"X-Cache: hit" in answer.head
        self.stale += max(metric["value"] for metric in json.loads(answer.body)["data"]) < least

    async def _ask(self, caller: Caller, method: str, path: str, body: str) -> Answer:
        answer = await caller.ask(method, path, body)
        if answer.status >= 300:
            raise Problem(f"{method} {path}: {answer.status} {answer.body[:200]!r}")
        return answer
