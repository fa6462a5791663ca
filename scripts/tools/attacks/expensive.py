"""The dearest questions that may be asked, many at once, while others store."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import json
import random
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from tools.attacks.honest import compared, waits
from tools.bench.caller import Caller
from tools.faults.client import Client
from tools.faults.ground import Ground
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.database import Database

    from tools.server import Server

AT_ONCE = 50
ROUNDS = 3
BEFORE_SECONDS = 5
MAX_SECONDS = 6.0  # maxTimeMS of an aggregation, and a second
USERS, HOSTS = 1000, 40
NAME = "dear.latency"
BATCH = 10_000
QUESTIONS = (
    f"top 999999999 users by {NAME}",
    f"average {NAME} per second in the last 365 days",
    f"average {NAME} by user",
    f"p95 {NAME} by user and host",
    f"p99 {NAME} per minute in the last 30 days",
    f"median {NAME} by host per hour",
    f"standard deviation of {NAME} by user per day",
    "count by user and host",
    "count per minute by user in the last 30 days",
    f"average {NAME} by user yesterday vs the day before",
    f"top 1000 users by p95 {NAME} in the last 90 days",
    f"list 999999999 {NAME}",
)  # fmt: skip


def documents(count: int) -> Iterator[dict[str, Any]]:
    """So many metrics of USERS * HOSTS series, over the last 30 days."""
    chance = random.Random(3)  # noqa: S311  no secret
    now = dt.datetime.now(dt.UTC)
    for number in range(count):
        tags = sorted((f"host:h{number % HOSTS}", f"user:u{number % USERS}"))
        at = now - dt.timedelta(seconds=chance.random() * 30 * 86_400)
        yield {"name": NAME, "type": "gauge", "value": chance.random() * 1000, "tags": tags, "timestamp": at}


def fill(server: Server, database: Database[dict[str, Any]], count: int) -> None:
    """Store them, past the server but for one of each series, so that it knows what there is."""
    client = Client(server)
    series = {tuple(each["tags"]): each for each in documents(USERS * HOSTS)}
    known = [{"name": NAME, "value": 1, "tags": list(tags)} for tags in series]
    for start in range(0, len(known), 1000):
        client.send("POST", "/v1/metrics", {"metrics": known[start : start + 1000]})
    client.close()
    made = documents(count)
    while batch := list(itertools.islice(made, BATCH)):
        database["metrics"].insert_many(batch, ordered=False)


def run(count: int) -> Outcome:
    """Questions over so many documents, AT_ONCE at a time, ROUNDS times."""
    with Ground() as ground:
        server = ground.serve(workers=2, CACHE_STALENESS_MS="0")
        fill(server, ground.database, count)
        return asyncio.run(_attack(server, count))


async def _attack(server: Server, count: int) -> Outcome:
    before, faults = await waits(server, asyncio.sleep(BEFORE_SECONDS), only_writes=True)
    asked = asyncio.ensure_future(_ask(server))
    during, more = await waits(server, asked, only_writes=True)
    slower, told = compared(before, during)
    answers = await asked
    late = [f"{prompt}: {seconds:.1f} s ({status})" for prompt, status, seconds in answers if seconds > MAX_SECONDS]
    wrong = [f"{prompt}: {status}" for prompt, status, _ in answers if status not in (200, 422, 503, 504)]
    refused = {prompt for prompt, status, _ in answers if status == 422}
    statuses = Counter(status for _, status, _ in answers)
    longest = max(seconds for _, _, seconds in answers)
    told = f"{count:,} documents; {dict(statuses)}; refused: {len(refused)}; the longest took {longest:.1f} s; {told}"
    return Outcome(len(answers), [*faults, *more, *wrong, *late, *slower], 0, told)


async def _ask(server: Server) -> list[tuple[str, int, float]]:
    """Prompt, status and seconds of each."""

    async def ask(prompt: str, number: int) -> tuple[str, int, float]:
        caller = Caller(server)
        started = time.monotonic()
        now = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=number)
        answer = await caller.ask("POST", "/query", json.dumps({"prompt": prompt, "now": now.isoformat()}))
        seconds = time.monotonic() - started
        await caller.close()
        return prompt, answer.status, seconds

    found = []
    for number in range(ROUNDS):
        prompts = itertools.islice(itertools.cycle(QUESTIONS), AT_ONCE)
        found += await asyncio.gather(*(ask(prompt, number * AT_ONCE + at) for at, prompt in enumerate(prompts)))
    return found


ROW = Row(
    "expensive",
    f"the dearest questions, {AT_ONCE} at once, over so many documents, while others store",
    "each ends within maxTimeMS + 1 s; ingest p99 at most doubles",
    "documents",
    0,
    1_000_000,
    run,
)
