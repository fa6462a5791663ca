"""The cache of lists and answers: right by `Versions`, fast by memory and Redis, and never needed.

An entry is used only while nothing that it depends on was written through this `serve`, and for at most
`staleness_ms`, which bounds how far it may be behind the writes of other servers. Equal computations that are
wanted at the same time are done once.

Redis is asked by what a request means, and serves all workers. The memory of this process is asked first, by the
request's own bytes: where the same bytes came before, they need not be read and validated again. What is still asked
for when it is nearly too old is computed anew meanwhile, so that nobody waits for it, and not all at once.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import msgspec

from telemetry_server.http import wire
from telemetry_server.monitoring.counters import Counters
from telemetry_server.reading.lru import Lru
from telemetry_server.reading.versions import Stamp, Versions
from telemetry_server.stores.redis import Redis

Outcome = Literal["hit", "miss", "bypass"]
MAX_ENTRY_BYTES = 1_048_576
MAX_MEMORY_BYTES = 33_554_432
RENEW_SHARE = 0.7  # of the time for which a result may be used
_OVERHEAD_BYTES = 3_000  # of what is remembered beside its body, about
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


@dataclass(slots=True)
class Remembered:
    """What the memory has of a request, and how it is computed anew."""

    entry: _Entry
    key: str
    compute: Callable[[], Awaitable[Result]]
    is_renewed: bool = False

    @property
    def result(self) -> Result:
        return self.entry.result


@dataclass(frozen=True, slots=True)
class _Flight:
    """A computation under way; `started_at` by the monotonic clock."""

    task: "asyncio.Task[_Entry]"
    started_at: float


class Cache:
    """`recall` gives a result from memory; `get` one from Redis, or computes it.

    memory: may be that of others too; scope: whose results these are, among those of others there and in Redis.
    """

    def __init__(
        self,
        redis: Redis,
        versions: Versions,
        counters: Counters,
        *,
        serve_id: str,
        staleness_ms: int,
        memory: "Memory | None" = None,
        scope: str = "",
    ) -> None:
        self._redis = redis
        self._versions = versions
        self._counters = counters
        self._serve_id = serve_id
        self._staleness_ms = staleness_ms
        self._decode = msgspec.msgpack.Decoder(_Entry).decode
        self._encode = msgspec.msgpack.Encoder().encode
        self._flights: dict[str, _Flight] = {}
        self._renewals: set[asyncio.Task[None]] = set()
        self._memory = make_memory() if memory is None else memory
        self._scope = scope
        self._prefix = f"{scope}\n".encode() if scope else b""  # no URL has a line break

    def recall(self, raw: bytes) -> Remembered | None:
        """What `get` gave for the request that these bytes are, while it may be used."""
        kept = self._memory.get(self._prefix + raw)
        if kept is None:
            return None
        if not self.holds(kept):
            self._memory.drop(self._prefix + raw)
            return None
        self._counters.add("cache_hits")
        if not kept.is_renewed and _age_ms(kept.entry) > RENEW_SHARE * self._staleness_ms:
            kept.is_renewed = True
            task = asyncio.create_task(self._renew(raw, kept), name="renewal")
            self._renewals.add(task)  # the loop keeps no task alive by itself
            task.add_done_callback(self._renewals.discard)
        return kept

    def holds(self, kept: Remembered) -> bool:
        """Whether it may be used."""
        return self._usable(kept.entry)

    def memory(self) -> dict[str, int]:
        """What this process remembers: how many results, of how many bytes, and at most."""
        return {"entries": len(self._memory), "bytes": self._memory.size_bytes, "max_bytes": MAX_MEMORY_BYTES}

    async def get(
        self,
        kind: str,
        request: object,
        compute: Callable[[], Awaitable[Result]],
        *,
        raw: bytes | None = None,
        bypass: bool = False,
    ) -> tuple[Result, Outcome]:
        """The result of `compute` for a normalised `request` (anything that JSON can hold).

        `compute` takes its stamp before it reads. `raw`: the bytes by which it may be recalled. `bypass` asks for
        the stored truth.
        """
        if bypass or self._staleness_ms == 0:
            self._counters.add("cache_bypasses")
            return await compute(), "bypass"
        key = hashlib.blake2b(wire.encode([self._scope, kind, request]), digest_size=16).hexdigest()
        entry = await self._look(key)
        if entry is None and raw is not None:  # others may have got it while Redis, asked by many, did not answer
            found = self._memory.get(self._prefix + raw)
            entry = found.entry if found is not None and self.holds(found) else None
        outcome: Outcome = "miss" if entry is None else "hit"
        self._counters.add("cache_misses" if entry is None else "cache_hits")
        if entry is None:
            entry = await self._share(key, compute, raw)
        self._remember(raw, Remembered(entry, key, compute))
        return entry.result, outcome

    def _remember(self, raw: bytes | None, found: Remembered) -> None:
        if raw is not None:
            self._memory.put(self._prefix + raw, found, len(raw) + len(found.result.body) + _OVERHEAD_BYTES)
            self._memory.shed(lambda kept: not self._fresh(kept.entry))  # else URLs that never come again fill it

    async def _renew(self, raw: bytes, kept: Remembered) -> None:
        """Get what is newer: from Redis, where another worker has put it, or by computing it."""
        try:
            entry = await self._look(kept.key)
            if entry is None or entry.started_ms <= kept.entry.started_ms:
                entry = await self._share(kept.key, kept.compute, raw)
        except Exception:  # noqa: BLE001 - who asks when this one is too old is told
            return
        self._remember(raw, Remembered(entry, kept.key, kept.compute))

    async def _look(self, key: str) -> _Entry | None:
        raw = await self._redis.get(key)
        if raw is None or _check(key, raw[_CHECK_BYTES:]) != raw[:_CHECK_BYTES]:
            return None
        try:
            entry = self._decode(raw[_CHECK_BYTES:])
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return entry if entry.serve_id == self._serve_id and self._usable(entry) else None

    def _usable(self, entry: _Entry) -> bool:
        return self._fresh(entry) and self._versions.valid(entry.result.stamp)

    def _fresh(self, entry: _Entry) -> bool:
        return 0 <= _age_ms(entry) <= self._staleness_ms

    async def _share(self, key: str, compute: Callable[[], Awaitable[Result]], raw: bytes | None) -> _Entry:
        """Compute, or take the result of another who computes the same.

        What began before this request counts only while its stamp holds: it may lack a write that came first.
        Its error counts never. A client that goes away cancels only its own waiting.
        """
        arrived_at = time.monotonic()
        while (flight := self._flights.get(key)) is not None:
            if (arrived_at - flight.started_at) * 1000 > self._staleness_ms:
                break
            try:
                entry = await asyncio.shield(flight.task)
            except Exception:  # noqa: BLE001 - the owner of the flight tells it
                break
            if flight.started_at >= arrived_at or self._versions.valid(entry.result.stamp):
                return entry
            self._land(key, flight)  # its own callback may not have run yet
        flight = _Flight(asyncio.create_task(self._compute(key, compute, raw)), time.monotonic())
        self._flights[key] = flight
        flight.task.add_done_callback(partial(self._land, key, flight))
        try:
            return await asyncio.shield(flight.task)
        finally:
            del flight  # its error holds this frame, and would hold what was asked until the next collection

    def _land(self, key: str, flight: _Flight, _: object = None) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]

    async def _compute(self, key: str, compute: Callable[[], Awaitable[Result]], raw: bytes | None) -> _Entry:
        started_ms = _now_ms()
        result = await compute()
        entry = _Entry(self._serve_id, started_ms, result)
        if len(result.body) <= MAX_ENTRY_BYTES:
            stored = self._encode(entry)
            await self._redis.put(key, _check(key, stored) + stored, max(1, self._staleness_ms))
        self._remember(raw, Remembered(entry, key, compute))  # so that none comes between the flight's end and this
        return entry


Memory = Lru[bytes, Remembered]


def make_memory() -> Memory:
    """The memory of one process."""
    return Lru(MAX_MEMORY_BYTES)


def _check(key: str, raw: bytes) -> bytes:
    """Of these bytes under this key: another's entry is none, however whole it is."""
    return hashlib.blake2b(raw, digest_size=_CHECK_BYTES, key=key.encode()).digest()


def _age_ms(entry: _Entry) -> int:
    return _now_ms() - entry.started_ms


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
