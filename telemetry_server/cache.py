"""The cache of lists and answers: right by `Versions`, fast by Redis, and never needed.

An entry is used only while nothing that it depends on was written through this `serve`, and for at most
`staleness_ms`, which bounds how far it may be behind the writes of other servers. Equal computations that are
wanted at the same time are done once.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from telemetry_server import wire
from telemetry_server.counters import Counters
from telemetry_server.stores.redis import Redis
from telemetry_server.versions import Stamp, Versions

Outcome = Literal["hit", "miss", "bypass"]
MAX_ENTRY_BYTES = 1_048_576
_CHECK_BYTES = 8


class Result(msgspec.Struct, frozen=True, array_like=True):
    """What a request is answered with: the body, and the headers that belong to it."""

    body: bytes
    headers: dict[str, str]
    stamp: Stamp


class _Entry(msgspec.Struct, frozen=True, array_like=True):
    serve_id: str
    started_ms: int
    result: Result


@dataclass(frozen=True, slots=True)
class _Flight:
    """A computation under way; `started_at` by the monotonic clock."""

    task: "asyncio.Task[Result]"
    started_at: float


class Cache:
    """`get` gives a result from Redis, or computes it."""

    def __init__(
        self, redis: Redis, versions: Versions, counters: Counters, *, serve_id: str, staleness_ms: int
    ) -> None:
        self._redis = redis
        self._versions = versions
        self._counters = counters
        self._serve_id = serve_id
        self._staleness_ms = staleness_ms
        self._decode = msgspec.msgpack.Decoder(_Entry).decode
        self._encode = msgspec.msgpack.Encoder().encode
        self._flights: dict[str, _Flight] = {}

    async def get(
        self, kind: str, request: object, compute: Callable[[], Awaitable[Result]], *, bypass: bool = False
    ) -> tuple[Result, Outcome]:
        """The result of `compute` for a normalised `request` (anything that JSON can hold).

        `compute` takes its stamp before it reads. `bypass` asks for the stored truth.
        """
        if bypass or self._staleness_ms == 0:
            self._counters.add("cache_bypasses")
            return await compute(), "bypass"
        key = hashlib.blake2b(wire.encode([kind, request]), digest_size=16).hexdigest()
        found = await self._look(key)
        if found is not None:
            self._counters.add("cache_hits")
            return found, "hit"
        self._counters.add("cache_misses")
        return await self._share(key, compute), "miss"

    async def _look(self, key: str) -> Result | None:
        raw = await self._redis.get(key)
        if raw is None or _check(raw[_CHECK_BYTES:]) != raw[:_CHECK_BYTES]:
            return None
        try:
            entry = self._decode(raw[_CHECK_BYTES:])
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        age_ms = _now_ms() - entry.started_ms
        usable = entry.serve_id == self._serve_id and 0 <= age_ms <= self._staleness_ms
        return entry.result if usable and self._versions.valid(entry.result.stamp) else None

    async def _share(self, key: str, compute: Callable[[], Awaitable[Result]]) -> Result:
        """Compute, or take the result of another who computes the same.

        What began before this request counts only while its stamp holds: it may lack a write that came first.
        Its error counts never. A client that goes away cancels only its own waiting.
        """
        arrived_at = time.monotonic()
        while (flight := self._flights.get(key)) is not None:
            if (arrived_at - flight.started_at) * 1000 > self._staleness_ms:
                break
            try:
                result = await asyncio.shield(flight.task)
            except Exception:  # noqa: BLE001 - the owner of the flight tells it
                break
            if flight.started_at >= arrived_at or self._versions.valid(result.stamp):
                return result
            self._land(key, flight)  # its own callback may not have run yet
        flight = _Flight(asyncio.create_task(self._compute(key, compute)), time.monotonic())
        self._flights[key] = flight
        flight.task.add_done_callback(lambda _: self._land(key, flight))
        return await asyncio.shield(flight.task)

    def _land(self, key: str, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]

    async def _compute(self, key: str, compute: Callable[[], Awaitable[Result]]) -> Result:
        started_ms = _now_ms()
        result = await compute()
        if len(result.body) <= MAX_ENTRY_BYTES:
            raw = self._encode(_Entry(self._serve_id, started_ms, result))
            await self._redis.put(key, _check(raw) + raw, max(1, self._staleness_ms))
        return result


def _check(raw: bytes) -> bytes:
    return hashlib.blake2b(raw, digest_size=_CHECK_BYTES).digest()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
