"""500 equal questions at once, to four workers that know no answer yet: MongoDB is asked once by each at most."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tools.bench.caller import Caller
from tools.faults.client import Client
from tools.faults.ground import Ground
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    from pymongo.database import Database

    from tools.server import Server

AT_ONCE, WORKERS = 500, 4
METRICS = 2000
STALENESS_MS = "10000"  # 500 answers may take longer than the second after which an answer is worked out anew
NAME = "fault.asked"
NOW = "2026-01-01T00:00:00Z"


def run(count: int) -> Outcome:
    """So many different questions, each by all at once."""
    faults, most = [], 0
    with Ground() as ground:
        server = ground.serve(workers=WORKERS, CACHE_STALENESS_MS=STALENESS_MS)
        client = Client(server)
        for start in range(0, METRICS, 1000):
            metrics = [{"name": NAME, "value": start + place, "tags": [f"host:{place % 9}"]} for place in range(1000)]
            client.send("POST", "/v1/metrics", {"metrics": metrics})
        client.close()
        database = ground.database
        for number in range(count):
            prompt = f"top {3 + number} avg {NAME} by host in the last {number + 2} hours"
            database.command("profile", 0)
            database["system.profile"].drop()  # it holds 1 MB, and then forgets
            database.command("profile", 2)
            answers = asyncio.run(_ask(server, f"/query?{urlencode({'prompt': prompt})}"))
            ran = _aggregations(database)
            most = max(most, ran)
            if ran > WORKERS or ran < 1:
                faults.append(f"{prompt}: {ran} aggregations")
            codes = Counter(status for status, _ in answers)
            if codes != {200: AT_ONCE}:
                faults.append(f"{prompt}: {dict(codes)}")
    return Outcome(count, faults, 0, f"{AT_ONCE} at once on {WORKERS} workers; {most} aggregations at most")


def _aggregations(database: Database[dict[str, Any]]) -> int:
    """By MongoDB's profiler: pipelines about these metrics; the summariser's are about all."""
    collections = [f"{database.name}.{name}" for name in ("metrics", "hours", "days")]
    wanted = {"command.aggregate": {"$exists": True}, "ns": {"$in": collections}}
    return sum(NAME in str(each["command"]) for each in database["system.profile"].find(wanted))


async def _ask(server: Server, path: str) -> list[tuple[int, bytes]]:
    async def ask(caller: Caller) -> tuple[int, bytes]:
        answer = await caller.ask("GET", path)
        return answer.status, answer.body

    callers = [Caller(server) for _ in range(AT_ONCE)]
    await asyncio.gather(*(caller.ask("GET", "/health/live") for caller in callers))  # all are connected
    try:
        return list(await asyncio.gather(*map(ask, callers)))
    finally:
        for caller in callers:
            await caller.close()


ROW = Row(
    "stampede",
    "500 equal questions at once, on a cold cache with 4 workers",
    "at most 4 aggregations",
    "questions",
    5,
    200,
    run,
)
