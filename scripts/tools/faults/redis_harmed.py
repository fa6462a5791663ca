"""Redis is killed, paused, flushed, filled, corrupted, and given back what it held long ago, under reads and writes."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import redis

from tools.bench.figures import percentile
from tools.faults.client import Client
from tools.faults.ground import Ground
from tools.faults.load import Load
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tools.server import Server
    from tools.services import RedisService

ASKERS = 3
NAME = "fault.redis"
NORMAL_SECONDS, HARM_SECONDS = 2.0, 1.2
SLOWER_MS = 100
STALENESS_SECONDS = 1.0  # CACHE_STALENESS_MS, by its default
FILL_BYTES = 1_000_000


def run(count: int) -> Outcome:
    """Each harm in turn, `count` in all."""
    with Ground() as ground:
        server, other, service = ground.serve(workers=2), ground.serve(), ground.stack.redis
        askers = [_Asker(server, other, number) for number in range(ASKERS)]
        with Load(server, writers=2) as load, _running(askers):
            time.sleep(1)
            normal = _during(askers, NORMAL_SECONDS)
            harmed: list[float] = []
            for number in range(count):
                with HARMS[number % len(HARMS)](service):
                    harmed += _during(askers, HARM_SECONDS)
                harmed += _during(askers, HARM_SECONDS / 2)
                service.up()
        faults = [fault for asker in askers for fault in asker.faults] + load.faults(ground.database)
        faults += [f"{times} answers had {code}" for code, times in load.statuses.items() if code <= 0 or code >= 500]
    if not normal or not harmed:
        return Outcome(0, [*faults, "no answers"])
    slow, slower = (percentile(times, 99) * 1000 for times in (normal, harmed))
    if slower > slow + SLOWER_MS:
        faults.append(f"p99 of {slower:.0f} ms, of {slow:.0f} ms before")
    detail = f"{len(harmed):,} answers checked, p99 {slower:.0f} ms, {slow:.0f} ms before; {load.told}"
    return Outcome(count, faults, load.history.unknown, detail)


class _Asker:
    """Counts up, and asks for the sum after each, twice: it must be right at once, from a cache or not.

    Another server may be behind, by as long as it promises.
    """

    def __init__(self, server: Server, other: Server, number: int) -> None:
        self._client = Client(server)
        self._other = Client(other)
        self._totals: deque[tuple[float, int]] = deque(maxlen=1000)
        self._tag = f"asker:{number}"
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.faults: list[str] = []
        self.seconds: list[float] = []

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._end.set()
        self._thread.join(30)

    def _run(self) -> None:
        total, key, value = 0, *self._tag.split(":")
        body = {"name": NAME, "type": "counter", "value": 1, "tags": [self._tag]}
        questions = (
            f"/query?prompt={quote(f'sum of {NAME} where {key} is {value}')}",
            f"/metrics?name={NAME}&tags={self._tag}&limit=1000",
        )
        while not self._end.is_set():
            total += self._timed("POST", "/metrics", body).status == 201
            self._totals.append((time.monotonic(), total))
            self._look_elsewhere(questions[1], total)
            for path in questions * 2:
                reply = self._timed("GET", path)
                if reply.status != 200:
                    self.faults.append(f"GET {path}: {reply.status}")
                    continue
                seen = reply.json["rows"][0][0] if path.startswith("/query") else len(reply.json["data"])
                right = total if path.startswith("/query") else min(total, 1000)
                if seen != right:
                    self.faults.append(f"GET {path}: {seen}, where {right} is right")
        self._client.close()
        self._other.close()

    def _look_elsewhere(self, path: str, total: int) -> None:
        """The list of another server, as old as it may be or younger."""
        asked_at = time.monotonic()
        reply = self._other.send("GET", path)
        if reply.status != 200:
            self.faults.append(f"GET {path} of another server: {reply.status}")
            return
        seen = len(reply.json["data"])
        least = max((count for at, count in self._totals if at < asked_at - STALENESS_SECONDS), default=0)
        if not min(least, 1000) <= seen <= total:
            self.faults.append(f"GET {path} of another server: {seen}, where {least} to {total} is right")

    def _timed(self, method: str, path: str, body: Any = None) -> Any:
        started = time.monotonic()
        reply = self._client.send(method, path, body)
        self.seconds.append(time.monotonic() - started)
        return reply


@contextmanager
def _running(askers: list[_Asker]) -> Iterator[None]:
    for asker in askers:
        asker.start()
    try:
        yield
    finally:
        for asker in askers:
            asker.end()


def _during(askers: list[_Asker], seconds: float) -> list[float]:
    """How long the answers of so many seconds took."""
    starts = [len(asker.seconds) for asker in askers]
    time.sleep(seconds)
    return [took for asker, start in zip(askers, starts, strict=True) for took in asker.seconds[start:]]


# --- harms; each is over at the end of its block, or when Redis is started again


@contextmanager
def _killed(service: RedisService) -> Iterator[None]:
    service.process.kill()
    yield


@contextmanager
def _paused(service: RedisService) -> Iterator[None]:
    service.process.pause()
    yield
    service.process.resume()


@contextmanager
def _flushed(service: RedisService) -> Iterator[None]:
    with _connect(service) as client:
        client.flushall()
    yield


@contextmanager
def _filled(service: RedisService) -> Iterator[None]:
    """No room, and nothing goes for what comes."""
    with _connect(service) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", FILL_BYTES)
        yield
        client.config_set("maxmemory", "256mb")
        client.config_set("maxmemory-policy", "allkeys-lru")


@contextmanager
def _corrupted(service: RedisService) -> Iterator[None]:
    """Each entry with other bytes, cut short, under another's key, or of another type; again and again."""
    chance = random.Random(5)  # noqa: S311  no secret
    with _connect(service) as client, _again(lambda: _corrupt(client, chance)):
        yield


@contextmanager
def _restored(service: RedisService) -> Iterator[None]:
    """What was held a second ago is put back, again and again, and never expires."""
    with _connect(service) as client:
        dump = _entries(client)
        time.sleep(1)
        with _again(lambda: [client.set(key, value) for key, value in dump.items()]):
            yield
        client.flushall()


HARMS: tuple[Callable[[RedisService], Any], ...] = (_killed, _paused, _flushed, _filled, _corrupted, _restored)


@contextmanager
def _again(what: Callable[[], object]) -> Iterator[None]:
    end = threading.Event()

    def work() -> None:
        while not end.wait(0.01):
            what()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join(10)


def _connect(service: RedisService) -> redis.Redis:
    return redis.Redis.from_url(service.uri, socket_timeout=5)


def _entries(client: redis.Redis) -> dict[bytes, bytes]:
    """Those of the cache; what the rate limit counts is not among them."""
    found = {}
    for key in client.scan_iter(count=1000):
        if client.type(key) == b"string" and isinstance(value := client.get(key), bytes):
            found[key] = value
    return found


def _corrupt(client: redis.Redis, chance: random.Random) -> None:
    entries = _entries(client)
    for key, value in entries.items():
        way = chance.randrange(4)
        if way == 0 and value:
            place = chance.randrange(len(value))
            client.set(key, value[:place] + bytes([value[place] ^ 0xFF]) + value[place + 1 :], keepttl=True)
        elif way == 1:
            client.set(key, value[: chance.randrange(len(value) + 1)], keepttl=True)
        elif way == 2:
            client.set(key, chance.choice(list(entries.values())), keepttl=True)
        else:
            with client.pipeline(transaction=True) as both:  # the server may put an entry there in between
                both.delete(key)
                both.lpush(key, b"no string")
                both.execute()


ROW = Row(
    "redis",
    "Redis killed, paused, flushed, filled, corrupted, restored from an old dump",
    "0 wrong answers, 0 stale, 0 5xx; p99 within 100 ms of normal",
    "harms",
    len(HARMS),
    60,
    run,
)
