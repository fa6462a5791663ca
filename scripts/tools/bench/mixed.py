"""The cache under a mixed load, which checks each answer: no read may miss a write that was acknowledged before it, or
CACHE_STALENESS_MS before it where another server took the write.
"""

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
OTHER_SHARE = 0.02  # of the reads, through a second server, which takes no writes and is not counted for the hits
STALENESS_MS = 1000
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
        settings = {"APP_ENV": "mixed", "CACHE_STALENESS_MS": str(STALENESS_MS)}
        server = stage.server("mixed", WORKERS, **settings)
        client = _Client(server, stage.server("other", 1, **settings))
        for start in range(0, SERIES, 1000):
            metrics = [_metric(series, 0) for series in range(start, start + 1000)]
            ask(server, "POST", "/v1/metrics", {"metrics": metrics})
        asyncio.run(client.run(options.seconds))
        if options.profile:
            sampler.show("mixed load", server, lambda: client.count(options.seconds))
    note = (
        f"{client.reads:,} reads, {client.writes:,} writes, {(client.reads + client.writes) / options.seconds:,.0f}/s"
    )
    verdict.at_least("reads from the cache", client.hits / max(client.reads - client.of_other, 1), MIN_HITS, note)
    verdict.below("reads that miss an acknowledged write", client.stale["own"], 1)
    what = f"reads of another server older than {STALENESS_MS} ms"
    verdict.below(what, client.stale["other"], 1, f"{client.of_other:,} reads")
    return verdict.met


def _metric(series: int, value: int) -> dict[str, Any]:
    return {"name": f"mixed.{series % 20}", "type": "counter", "value": value, "tags": [f"series:{series}"]}


class _Client:
    """Many connections; each series' values rise, so that the greatest value in a list tells how fresh it is."""

    def __init__(self, own: Server, other: Server) -> None:
        self._servers = {"own": own, "other": other}
        self._next = 0
        self._acknowledged: list[list[tuple[float, int]]] = [[] for _ in range(SERIES)]  # when, and which value
        self.reads = self.writes = self.hits = self.of_other = 0
        self.stale = dict.fromkeys(self._servers, 0)

    def count(self, seconds: float) -> int:
        """Requests of one more run."""
        before = self.reads + self.writes
        asyncio.run(self.run(seconds))
        return self.reads + self.writes - before

    async def run(self, seconds: float) -> None:
        """Read and write for so long."""
        end = time.monotonic() + seconds
        await asyncio.gather(*(self._work(end) for _ in range(CONNECTIONS)))

    async def _work(self, end: float) -> None:
        callers = {name: Caller(server) for name, server in self._servers.items()}
        while time.monotonic() < end:
            if random.random() < WRITE_SHARE:  # noqa: S311  load, no secret
                await self._write(callers["own"], random.randrange(SERIES))  # noqa: S311
            else:
                name = "other" if random.random() < OTHER_SHARE else "own"  # noqa: S311
                await self._read(callers[name], name, random.randrange(FILTERS))  # noqa: S311
        for caller in callers.values():
            await caller.close()

    async def _write(self, caller: Caller, series: int) -> None:
        self._next += 1
        value = self._next
        await self._ask(caller, "POST", "/metrics", json.dumps(_metric(series, value)))
        self._acknowledged[series].append((time.monotonic(), value))
        self.writes += 1

    async def _read(self, caller: Caller, name: str, series: int) -> None:
        due = time.monotonic() - (STALENESS_MS / 1000 if name == "other" else 0)
        least = max((value for at, value in self._acknowledged[series] if at <= due), default=0)
        narrowed = f"name=mixed.{series % 20}&" if series % 2 else ""
        answer = await self._ask(caller, "GET", f"/metrics?{narrowed}tags=series:{series}&limit=20", "")
        self.reads += 1
        self.of_other += name == "other"
        self.hits += name == "own" and b"X-Cache: hit" in answer.head
        self.stale[name] += max(metric["value"] for metric in json.loads(answer.body)["data"]) < least

    async def _ask(self, caller: Caller, method: str, path: str, body: str) -> Answer:
        answer = await caller.ask(method, path, body)
        if answer.status >= 300:
            raise Problem(f"{method} {path}: {answer.status} {answer.body[:200]!r}")
        return answer
