"""Repeats: requests that come again byte for byte while their answer may be recalled, as from a page that refreshes.

Such a request was parsed, let in and answered a moment ago, so it is not parsed again. All that may have changed since
is looked at anew: the answer (by its versions and its age), the key, and the rate limit. It is counted, timed and
recorded as any other. What is not known to be the same goes the whole way.
"""

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sanic import HTTPResponse, Request

from telemetry_server.access.auth import Key
from telemetry_server.access.key_ring import KeyRing
from telemetry_server.access.shared_limit import SharedLimit
from telemetry_server.http.wire import SAFETY
from telemetry_server.monitoring.counters import Counters
from telemetry_server.monitoring.recorder import Recorder
from telemetry_server.monitoring.traffic import Endpoint, Traffic
from telemetry_server.reading.cache import Cache, Remembered
from telemetry_server.reading.lru import Lru

MAX_REQUEST_BYTES = 4096
MAX_MEMORY_BYTES = 16_777_216
_OVERHEAD_BYTES = 1_000  # of one that is known, beside its bytes, about
_END = b"\r\n\r\n"
_ANEW = frozenset({"server-timing", "content-length", "connection", "content-type"})


@dataclass(slots=True)
class _Known:
    """What was answered, and what must still hold. head: the lines that are the same each time."""

    cache: Cache
    url: bytes
    answered: Remembered
    key: Key
    keys: int
    endpoint: Endpoint
    has_id: bool
    head: bytes
    body: bytes
    is_replaced: bool = False  # a request is on its way that learns the newer answer

    def holds(self, generation: int | None) -> bool:
        """Whether it may be answered again."""
        if self.keys != generation or self.key.has_expired():
            return False
        newest = self.cache.recall(self.url)
        if newest is self.answered:
            return True
        self.is_replaced, was_replaced = newest is not None, self.is_replaced
        return was_replaced and self.is_replaced and self.cache.holds(self.answered)


class Repeats:
    """`recorder`: None where own requests are not recorded."""

    def __init__(
        self,
        key_ring: KeyRing,
        rate_limit: SharedLimit,
        counters: Counters,
        traffic: Traffic,
        recorder: Recorder | None,
    ) -> None:
        self._key_ring = key_ring
        self._rate_limit = rate_limit
        self._counters = counters
        self._traffic = traffic
        self._recorder = recorder
        self._known: Lru[bytes, _Known] = Lru(MAX_MEMORY_BYTES)

    def learn(self, request: Request, response: HTTPResponse, endpoint: Endpoint) -> None:
        """Keep what a request was answered with that `decorators.recalls` recalled (`ctx.recalled`)."""
        recalled: tuple[Cache, Remembered] | None = getattr(request.ctx, "recalled", None)
        if recalled is None or request.method != "GET" or request.version != "1.1" or not _is_whole(request):
            return
        raw = request.head + _END
        keys = self._key_ring.generation
        if keys is None or len(raw) > MAX_REQUEST_BYTES:
            return
        has_id = request.headers.get("x-request-id") == request.ctx.request_id
        anew = _ANEW | request.ctx.rate_headers.keys() | (set() if has_id else {"X-Request-ID"})
        body = response.body or b""
        known = _Known(
            cache=recalled[0],
            url=request.raw_url,
            answered=recalled[1],
            key=request.ctx.key,
            keys=keys,
            endpoint=endpoint,
            has_id=has_id,
            head=_head(response, len(body), {name.lower() for name in anew}),
            body=_END + body,
        )
        self._known.put(raw, known, len(raw) + len(body) + _OVERHEAD_BYTES)

    def answer(self, raw: bytes, address: str) -> bytes | None:
        """The whole response to what came from `address`, where that repeats a request whose answer still holds."""
        known = self._known.get(raw)
        if known is None:
            return None
        started_at = time.perf_counter()
        if not known.holds(self._key_ring.generation):
            if not known.is_replaced:
                self._known.drop(raw)
            return None
        limits = self._rate_limit.hit_at_once(*known.key.counted_as(address))
        if limits is None:
            return None
        self._counters.count_request()
        self._counters.add("cache_repeats")
        lines = [f"{name}: {value}\r\n" for name, value in limits.items()]
        if not known.has_id:
            lines.append(f"X-Request-ID: {new_request_id()}\r\n")
        seconds = time.perf_counter() - started_at
        self._traffic.count(known.endpoint, 200, seconds)
        if self._recorder is not None:
            self._recorder.record((*known.endpoint, 200), seconds * 1000)
        rest = f"{''.join(lines)}Server-Timing: cache;dur={seconds * 1000:.2f}"
        return b"".join((known.head, rest.encode(), known.body))


def new_request_id() -> str:
    """Of a request that brings none."""
    return f"{random.getrandbits(128):032x}"


def _is_whole(request: Request) -> bool:
    """Whether the request is its head, and another may follow on the connection."""
    stream: Any = request.stream  # Sanic's type for it is too narrow
    return stream is not None and stream.keep_alive and not stream.request_body


def _head(response: HTTPResponse, length: int, without: Iterable[str]) -> bytes:
    said = {**SAFETY, **response.headers}
    lines = [f"{name}: {value}\r\n" for name, value in said.items() if name.lower() not in without]
    start = f"HTTP/1.1 200 OK\r\ncontent-type: {response.content_type}\r\ncontent-length: {length}\r\n"
    return f"{start}connection: keep-alive\r\n{''.join(lines)}".encode(errors="surrogateescape")
