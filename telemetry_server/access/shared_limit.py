"""The rate limit over all workers: counted in Redis, and by each worker for itself while Redis is away.

Requests of a client that come while Redis is being asked about others of it are asked about together, next. A client
that Redis has just told to be far from its limit is let through at once, and counted with the next ones: so it costs
nothing to ask while nothing depends on the answer. What a worker has not told Redis yet is of FRESH_SECONDS at most, in
which no client comes from far away to its limit.

Redis keeps a mark for each request of the last second, and reads all marks of a client to count them; so a limit above
MARKS is counted in thousandths of itself. Of a thousandth that a worker has begun it uses the rest without a question,
so in any second a client may have a thousandth for each worker more or less than its limit.
"""

import asyncio
import time
from collections.abc import Mapping

from telemetry_server.access.rate_limit import RateLimit
from telemetry_server.errors import TooManyRequests
from telemetry_server.stores.redis import Redis, Taken

FRESH_SECONDS = 0.1
PAUSE_SECONDS = 0.02  # until Redis is told of requests that were let through at once
MARKS = 1_000
LEAST = 20_000  # of a lower limit a client may use half in FRESH_SECONDS: 100,000 requests a second

Standing = tuple[bool, int, float] | None
"""Allowed, remaining, free at; None: Redis does not tell."""


class _Client:
    """What is to be asked about one client, and what was told last. uncounted: let through, and not yet told; credit:
    told, and not yet let through.

    most: its limit, always the same one; unit: requests of one mark.
    """

    __slots__ = ("asked_at", "credit", "is_asked_about", "most", "told", "uncounted", "unit", "waiting")

    def __init__(self, most: int) -> None:
        self.most = most
        self.unit = -(-most // MARKS)
        self.credit = 0
        self.waiting: list[asyncio.Future[Standing]] = []
        self.uncounted = 0
        self.is_asked_about = False
        self.told: Taken | None = None
        self.asked_at = 0.0

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() - self.asked_at < FRESH_SECONDS


class SharedLimit:
    """`redis`: None where one worker is all."""

    def __init__(self, own: RateLimit, redis: Redis | None) -> None:
        self._own = own
        self._redis = redis
        self._clients: dict[str, _Client] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def hit(self, name: str, most: int | None = None) -> Mapping[str, str]:
        """Count one request; the headers that tell the client where it stands. Raises TooManyRequests.

        `most`: a limit of the client's own, always the same one.
        """
        most = self._own.max_requests if most is None else most
        redis = self._asked_of(most)
        if redis is None:
            return self._own.hit(name, most)
        standing = self._at_once(redis, name) or await self._ask(redis, name, most)
        return self._own.hit(name, most) if standing is None else self._own.told(most, *standing)

    def hit_at_once(self, name: str, most: int | None = None) -> Mapping[str, str] | None:
        """As `hit`; None, and nothing is counted, where that would have to wait, or refuse."""
        most = self._own.max_requests if most is None else most
        redis = self._asked_of(most)
        if redis is None:
            try:
                return self._own.hit(name, most)
            except TooManyRequests:
                return None
        standing = self._at_once(redis, name)
        return None if standing is None else self._own.told(most, *standing)

    def _asked_of(self, most: int) -> Redis | None:
        """Who counts; None where this worker does so alone."""
        return self._redis if self._redis is not None and most and self._redis.available else None

    def _at_once(self, redis: Redis, name: str) -> Standing:
        """The standing of one that is far from its limit; None for others."""
        client = self._clients.get(name)
        if client is None or client.told is None or client.most < LEAST or not client.is_fresh:
            return None
        remaining = client.told.remaining - client.uncounted - 1
        if remaining < client.most / 2:
            return None
        client.uncounted += 1
        if client.uncounted == 1:
            asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._begin, redis, name, client)
        return True, remaining, client.told.free_at

    def _ask(self, redis: Redis, name: str, most: int) -> "asyncio.Future[Standing]":
        answer: asyncio.Future[Standing] = asyncio.get_running_loop().create_future()
        client = self._clients.setdefault(name, _Client(most))
        client.waiting.append(answer)
        self._begin(redis, name, client)
        return answer

    def _begin(self, redis: Redis, name: str, client: _Client) -> None:
        if client.is_asked_about or not (client.waiting or client.uncounted):
            return
        client.is_asked_about = True
        task = asyncio.create_task(self._follow(redis, name, client), name="rate limit")
        self._tasks.add(task)  # the loop keeps no task alive by itself
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, redis: Redis, name: str, client: _Client) -> None:
        """Ask about the client while somebody waits."""
        try:
            await self._take(redis, name, client)
            while client.waiting:
                await self._take(redis, name, client)
        finally:
            client.is_asked_about = False
            for answer in client.waiting:
                if not answer.done():
                    answer.set_result(None)
            loop = asyncio.get_running_loop()
            loop.call_later(PAUSE_SECONDS, self._begin, redis, name, client)
            loop.call_later(2 * FRESH_SECONDS, self._forget, name, client)

    def _forget(self, name: str, client: _Client) -> None:
        if not (client.is_asked_about or client.uncounted or client.is_fresh):
            self._clients.pop(name, None)

    async def _take(self, redis: Redis, name: str, client: _Client) -> None:
        asked, uncounted = client.waiting, client.uncounted
        client.waiting, client.uncounted = [], 0
        wanted, asked_at, told = uncounted + len(asked), time.monotonic(), None
        try:
            told = await _taken(redis, name, client, wanted)
        finally:
            client.told, client.asked_at = told, asked_at
            self._own.count(name, uncounted if told is None else max(uncounted, min(told.granted, wanted)))
            client.credit = 0 if told is None else max(told.granted - wanted, 0)
            for place, answer in enumerate(asked, uncounted):
                if not answer.done():  # its client may have gone
                    answer.set_result(_standing(told, place))


async def _taken(redis: Redis, name: str, client: _Client, wanted: int) -> Taken | None:
    """At least `wanted` requests, where there are so many."""
    unit, credit = client.unit, client.credit
    units = -(-max(wanted - credit, 0) // unit)
    taken = await redis.take(name, units, client.most // unit)
    return taken and Taken(taken.granted * unit + credit, taken.remaining * unit, taken.free_at)


def _standing(told: Taken | None, place: int) -> Standing:
    if told is None:
        return None
    after = max(told.granted - place - 1, 0)
    return place < told.granted, told.remaining + after, told.free_at
