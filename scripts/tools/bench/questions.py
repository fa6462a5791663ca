"""What questions take as the data grows: 60 days of 500 series, few metrics beside many."""

from __future__ import annotations

import datetime as dt
import http.client
import os
import random
import statistics
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pymongo import MongoClient
from rich.progress import Progress

from telemetry_server import config as settings
from telemetry_server.stores.indexes import indexes
from tools.bench.figures import table, whole_number
from tools.bench.stage import HEADERS, Stage, Verdict
from tools.terminal import Problem, say

if TYPE_CHECKING:
    import argparse

    from tools.server import Server

TITLE = "questions over few and over many metrics, read from summaries"
NAMES, SERIES_A_NAME, DAYS = 25, 20, 60
CHUNK, WRITERS = 5000, 2
MAX_GROWTH, MAX_MS = 1.5, 100
DAY = dt.timedelta(days=1)
PROMPTS = (
    "top 5 events this month",
    "p95 latency by service last week",
    "average cpu.usage by host per hour this week",
)


def options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    most = whole_number(100_000_000)
    parser.add_argument("--few", type=most, default=100_000, metavar="N", help="metrics (default %(default)s)")
    parser.add_argument("--many", type=most, default=10_000_000, metavar="N", help="metrics (default %(default)s)")
    parser.add_argument("--rounds", type=whole_number(100), default=9, metavar="N", help="rounds (default %(default)s)")


def run(options: argparse.Namespace) -> bool:
    """Measure; whether every bar is met."""
    verdict = Verdict()
    with Stage() as stage:
        servers = {}
        for count in (options.few, options.many):
            name = f"metrics-{count}"
            _fill(stage, name, count)
            _summarise(stage, name)
            servers[count] = stage.server(name, 1)
        times: dict[tuple[int, str], list[float]] = {}
        parts: dict[tuple[int, str], str] = {}
        for _ in range(options.rounds + 1):
            for prompt in PROMPTS:
                for count, server in servers.items():
                    spent, parts[count, prompt] = _ask(server, prompt)
                    times.setdefault((count, prompt), []).append(spent)
    rows = []
    for prompt in PROMPTS:
        few, many = (statistics.median(times[count, prompt][1:]) for count in servers)  # the first warms up
        rows.append((prompt, f"{few:.1f}", f"{many:.1f}", parts[options.many, prompt]))
        verdict.below(f"growth of '{prompt}'", many / few, MAX_GROWTH)
        verdict.below(f"ms of '{prompt}'", many, MAX_MS)
    table(("uncached, ms", f"{options.few:,}", f"{options.many:,}", "of which"), rows)
    return verdict.met


def _fill(stage: Stage, name: str, count: int) -> None:
    started = time.monotonic()
    end = dt.datetime.now(dt.UTC)
    with MongoClient[dict[str, Any]](stage.stack.mongo_uri) as client:
        database = client[f"telemetry_server_{name}"]
        starts = range(0, count, CHUNK)
        with ProcessPoolExecutor(WRITERS) as pool, Progress(transient=True) as progress:
            task = progress.add_task(f"{count:,} metrics", total=len(starts))
            written = pool.map(
                _write,
                *zip(
                    *(
                        (stage.stack.mongo_uri, database.name, first, min(CHUNK, count - first), count, end)
                        for first in starts
                    ),
                    strict=True,
                ),
            )
            for _ in written:
                progress.advance(task)
        database["series"].insert_many(
            [{"_id": f"{number:x}", **series(number), "seen_at": end} for number in range(NAMES * SERIES_A_NAME)]
        )
        for index in indexes(settings.load({}, stage.folder).retention):
            expiry: dict[str, Any] = {}
            if index.expire_after is not None:
                expiry["expireAfterSeconds"] = int(index.expire_after.total_seconds())
            database[index.collection].create_index(list(index.keys), name=index.name, **expiry)
    say(f"{count:,} metrics stored in {time.monotonic() - started:.0f} s")


def _write(uri: str, database: str, first: int, count: int, total: int, end: dt.datetime) -> None:
    """The metrics from `first` on, of `total` that are spread evenly over the days before `end`."""
    chance = random.Random(first)  # noqa: S311 - no secret
    step = DAYS * DAY / total
    with MongoClient[dict[str, Any]](uri, w=1, journal=False) as client:
        client[database]["metrics"].insert_many(
            [
                {
                    **series(place % (NAMES * SERIES_A_NAME)),
                    "value": round(chance.lognormvariate(4, 0.6), 2),
                    "timestamp": end - DAYS * DAY + place * step,
                }
                for place in range(first, first + count)
            ],
            ordered=False,
        )


def series(number: int) -> dict[str, Any]:
    """One of all series: its name, type and tags."""
    name, member = divmod(number, SERIES_A_NAME)
    known = {0: ("cpu.usage", "gauge", "host:web"), 1: ("api.latency_ms", "timer", "service:svc")}
    text, kind, tag = known.get(name, (f"app.metric{name}", "gauge", "host:web"))
    return {"name": text, "type": kind, "tags": [f"{tag}-{member:02}", "region:eu-west"]}


def _summarise(stage: Stage, name: str) -> None:
    started = time.monotonic()
    command = [sys.executable, "-m", "telemetry_server", "summarise"]
    environment = {**stage.environment(name, 1), "PATH": os.environ.get("PATH", "")}
    done = subprocess.run(command, env=environment, cwd=stage.folder, check=False)
    if done.returncode:
        raise Problem("the metrics were not summarised")
    say(f"summarised in {time.monotonic() - started:.0f} s")


def _ask(server: Server, prompt: str) -> tuple[float, str]:
    """Milliseconds until the answer is there, and the server's own account of them."""
    connection = http.client.HTTPConnection(server.host, server.process.port, timeout=30)
    try:
        started = time.perf_counter()
        path = f"/query?{urlencode({'prompt': prompt})}"
        connection.request("GET", path, headers={**HEADERS, "Cache-Control": "no-cache"})
        response = connection.getresponse()
        answer = response.read()
        spent = (time.perf_counter() - started) * 1000
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        raise Problem(f"{prompt}: {response.status} {answer[:200]!r}")
    return spent, response.headers["Server-Timing"]
