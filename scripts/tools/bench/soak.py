"""One worker under a mixed load for long: whether its memory stays level, and its tasks and connections come back."""

from __future__ import annotations

import argparse
import asyncio
import collections
import datetime as dt
import http
import json
import random
import statistics
import time
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from rich.progress import Progress, TimeRemainingColumn

from tools.bench.caller import Answer, Caller
from tools.bench.figures import table
from tools.bench.language import random_prompts
from tools.bench.stage import Stage, Verdict, ask
from tools.terminal import say

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tools.server import Server

TITLE = "a worker under mixed load: memory, tasks and connections"
CLIENTS = 16
PAUSE_SECONDS = 0.02  # of a client between two requests: the load is even, and the data grows slowly
SERIES, FILTERS = 2000, 200
NEW_CONNECTION_SHARE = 0.05
SAMPLES, MIN_EVERY_SECONDS = 360, 1.0
MIN_SAMPLES = 6  # three in the second half: fewer give a line no error
ROWS = 12  # of the table that is printed
SETTLE_SECONDS = 5
MAX_SLOPE_MB = 1  # a minute
MAX_MONGO, MAX_REDIS = 48, 8  # connections of one worker
WANTED = {"POST": (200, 201, 422), "GET": (200, 404, 422), "PUT": (200, 404), "DELETE": (204, 404)}
AGAIN_SECONDS = 1.0  # as `Retry-After` of a 503 says
NOT_WANTED = "something that no rule of the language knows"


def options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--minutes", type=_minutes, default=30, metavar="N", help="of load (default %(default)s)")


def run(options: argparse.Namespace) -> bool:
    """Measure; whether every bar is met."""
    verdict = Verdict()
    with Stage() as stage:
        ports = {stage.stack.mongo.process.port: "mongo", stage.stack.redis.process.port: "redis"}
        server = stage.server("soak", workers=1)
        for start in range(0, SERIES, 1000):
            metrics = [_metric(series, 0) for series in range(start, start + 1000)]
            ask(server, "POST", "/v1/metrics", {"metrics": metrics})
        load = _Load(server)
        before = sample(server, ports)
        samples = asyncio.run(_soak(load, lambda: sample(server, ports), options.minutes * 60))
        after = sample(server, ports)
    say(f"{load.count:,} requests, {load.count / options.minutes / 60:,.0f}/s; by status: {dict(load.statuses)}")
    table(
        ("minutes", *(field.name for field in fields(Sample))),
        [
            _row("before", before),
            *(_row(f"{minute:.1f}", each) for minute, each in _some(samples)),
            _row("after", after),
        ],
    )
    half = samples[len(samples) // 2 :]
    fit = Fit.of([minute for minute, _ in half], [each.resident_mb for _, each in half])
    note = f"± {fit.error:.2f}; {fit.start:.1f} MB at the half, spread {fit.spread:.2f} MB, {len(half)} samples"
    verdict.below("memory in the second half: MB a minute", fit.slope, MAX_SLOPE_MB, note)
    verdict.below("answers that are none", len(load.failures), 1, "; ".join(map(str, load.failures[:3])))
    verdict.below("tasks, after less before", after.tasks - before.tasks, 1)
    verdict.below("connections of clients, after less before", after.clients - before.clients, 1)
    verdict.below("other files open, after less before", after.files - before.files, 1)
    verdict.below("connections to MongoDB, at most", max(each.mongo for _, each in samples), MAX_MONGO)
    verdict.below("connections to Redis, at most", max(each.redis for _, each in samples), MAX_REDIS + 1)
    return verdict.met


@dataclass(frozen=True)
class Sample:
    """What a worker holds: memory, asyncio tasks, connections, and files that are none of these."""

    resident_mb: float
    tasks: int
    clients: int
    mongo: int
    redis: int
    files: int


def sample(server: Server, ports: dict[int, str]) -> Sample:
    """Look at the only worker; `ports`: what is "mongo" and what is "redis"."""
    (worker,) = server.workers()
    tasks = json.loads(ask(server, "GET", "/stats"))["tasks"]
    held = [each for each in worker.net_connections("tcp") if each.raddr and each.status == "ESTABLISHED"]
    kinds = collections.Counter(
        "clients" if each.laddr.port == server.process.port else ports.get(each.raddr.port, "others") for each in held
    )
    return Sample(
        resident_mb=worker.memory_info().rss / 1e6,
        tasks=tasks,
        clients=kinds["clients"],
        mongo=kinds["mongo"],
        redis=kinds["redis"],
        files=worker.num_fds() - kinds["clients"] - kinds["mongo"] - kinds["redis"],
    )


@dataclass(frozen=True)
class Fit:
    """A line through points, by least squares: its start, its slope, the slope's standard error, and the spread
    of the points about it.
    """

    start: float
    slope: float
    error: float
    spread: float

    @classmethod
    def of(cls, xs: Sequence[float], ys: Sequence[float]) -> Fit:
        """At least three points."""
        slope, intercept = statistics.linear_regression(xs, ys)
        squares = sum((y - intercept - slope * x) ** 2 for x, y in zip(xs, ys, strict=True))
        spread = (squares / (len(xs) - 2)) ** 0.5
        error = spread / statistics.pvariance(xs) ** 0.5 / len(xs) ** 0.5
        return cls(intercept + slope * xs[0], slope, error, spread)


async def _soak(load: _Load, look: Callable[[], Sample], seconds: float) -> list[tuple[float, Sample]]:
    """Put the load on for so long; what was seen meanwhile, by minutes since the start."""
    started = time.monotonic()
    samples: list[tuple[float, Sample]] = []
    every = max(MIN_EVERY_SECONDS, seconds / SAMPLES)
    work = asyncio.create_task(load.run(started + seconds))
    with Progress(*Progress.get_default_columns()[:-1], TimeRemainingColumn(), transient=True) as progress:
        bar = progress.add_task("load", total=seconds)
        while not (await asyncio.wait({work}, timeout=every))[0] or len(samples) < MIN_SAMPLES:
            samples.append(((time.monotonic() - started) / 60, await asyncio.to_thread(look)))
            progress.update(bar, completed=time.monotonic() - started)
    await work
    await asyncio.sleep(SETTLE_SECONDS)
    return samples


class _Load:
    """Clients that read, write, change, delete and ask, each request chosen by chance."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._chance = random.Random(3)  # noqa: S311  no secret
        self._ids: collections.deque[str] = collections.deque(maxlen=1000)
        self._prompts = random_prompts(10**9)
        self._value = 0
        self.count = 0
        self.statuses: collections.Counter[int] = collections.Counter()
        self.failures: list[object] = []

    async def run(self, end: float) -> None:
        """Put the load on until then."""
        await asyncio.gather(*(self._work(end) for _ in range(CLIENTS)))

    async def _work(self, end: float) -> None:
        kinds: dict[Callable[[Caller], Awaitable[None]], int] = {
            self._list: 45, self._create: 15, self._create_many: 3, self._replace: 6, self._delete: 5,
            self._ask: 8, self._ask_anything: 12, self._complete: 3, self._aggregate: 3,
        }  # fmt: skip
        caller = Caller(self._server)
        while time.monotonic() < end:
            (kind,) = self._chance.choices(list(kinds), list(kinds.values()))
            try:
                await kind(caller)
            except (OSError, EOFError) as error:
                self.failures.append(error)
                await caller.close()
            if self._chance.random() < NEW_CONNECTION_SHARE:
                await caller.close()
            await asyncio.sleep(PAUSE_SECONDS)
        await caller.close()

    async def _list(self, caller: Caller) -> None:
        await self._send(caller, "GET", f"/metrics?tags=series:{self._chance.randrange(FILTERS)}&limit=20")

    async def _create(self, caller: Caller) -> None:
        answer = await self._send(caller, "POST", "/metrics", self._new())
        if answer.status == http.HTTPStatus.CREATED:
            self._ids.append(json.loads(answer.body)["id"])

    async def _create_many(self, caller: Caller) -> None:
        await self._send(caller, "POST", "/v1/metrics", {"metrics": [self._new() for _ in range(20)]})

    async def _replace(self, caller: Caller) -> None:
        if self._ids:
            await self._send(caller, "PUT", f"/metrics/{self._chance.choice(self._ids)}", self._new())

    async def _delete(self, caller: Caller) -> None:
        if self._ids:
            await self._send(caller, "DELETE", f"/metrics/{self._ids.popleft()}")

    async def _ask(self, caller: Caller) -> None:
        chance = self._chance
        reducer = chance.choice(["average", "total", "p95", "maximum", "how many"])
        span = f"the last {chance.randint(2, 500)} {chance.choice(['seconds', 'minutes', 'hours'])}"
        prompt = f"{reducer} soak.{chance.randrange(20)} by {chance.choice(['series', 'parity'])} in {span}"
        if chance.random() < 0.2:
            prompt = f"{prompt} {NOT_WANTED} {chance.randrange(10**6)}"
        now = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=chance.randrange(600))
        await self._send(caller, "GET", f"/query?{urlencode({'prompt': prompt, 'now': now.isoformat()})}")

    async def _ask_anything(self, caller: Caller) -> None:
        await self._send(caller, "POST", "/query", {"prompt": next(self._prompts)[:500]})

    async def _complete(self, caller: Caller) -> None:
        prompt = next(self._prompts)[: self._chance.randint(1, 30)]
        await self._send(caller, "GET", f"/query/complete?{urlencode({'prefix': prompt})}")

    async def _aggregate(self, caller: Caller) -> None:
        await self._send(caller, "GET", f"/metrics/soak.{self._chance.randrange(20)}/aggregate")

    def _new(self) -> dict[str, Any]:
        self._value += 1
        return _metric(self._chance.randrange(SERIES), self._value)

    async def _send(self, caller: Caller, method: str, path: str, body: Any = None) -> Answer:
        """A request, and once more where the server asks for that: a store that stalls is told of by a 503."""
        sent = "" if body is None else json.dumps(body)
        answer = await self._count(caller.ask(method, path, sent))
        if answer.status == http.HTTPStatus.SERVICE_UNAVAILABLE:
            await asyncio.sleep(AGAIN_SECONDS)
            answer = await self._count(caller.ask(method, path, sent))
        if answer.status not in WANTED[method]:
            self.failures.append((method, path, answer.status, answer.body[:200]))
        return answer

    async def _count(self, asked: Awaitable[Answer]) -> Answer:
        answer = await asked
        self.count += 1
        self.statuses[answer.status] += 1
        return answer


def _metric(series: int, value: int) -> dict[str, Any]:
    tags = [f"series:{series}", f"parity:{'odd' if series % 2 else 'even'}"]
    return {"name": f"soak.{series % 20}", "type": "gauge", "value": value, "tags": tags}


def _some(samples: list[tuple[float, Sample]]) -> list[tuple[float, Sample]]:
    """Few of them, evenly spread."""
    return samples[:: max(1, len(samples) // ROWS)]


def _row(label: str, seen: Sample) -> tuple[str, ...]:
    resident, *counts = astuple(seen)
    return (label, f"{resident:.1f}", *map(str, counts))


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0
    if not 0.1 <= minutes <= 1440:
        raise argparse.ArgumentTypeError(f"{text} is not within 0.1 to 1,440")
    return minutes
