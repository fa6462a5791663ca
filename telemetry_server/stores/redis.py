"""Redis: a place for bytes that may be lost. The only importer of redis.

No call raises, and none takes longer than TIMEOUT_SECONDS. After a failure Redis is left alone until a task
in the background finds it again, so that at most one answer waits for a Redis that is away.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any, cast

import structlog
from limits import RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import BlockingConnectionPool, ConnectionPool
from redis.asyncio import Redis as Client
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

TIMEOUT_SECONDS = 0.05
PROBE_SECONDS = 0.5
MAX_CONNECTIONS = 8

log = structlog.get_logger(__name__)


def check_uri(uri: str) -> None:
    """Raise ValueError for a URI that the driver cannot read."""
    try:
        cast("Any", ConnectionPool.from_url(uri)).make_connection()
    except (RedisError, ValueError, TypeError):
        raise ValueError("not a URI of Redis") from None  # the driver's words may hold the password


@dataclass(frozen=True, slots=True)
class Taken:
    """How many requests of those asked for are within a limit; how many more would be; and from when on there is room
    again, in epoch seconds.
    """

    granted: int
    remaining: int
    free_at: float


class Redis:
    """Keys live under `telemetry_server:<app_env>:`."""

    def __init__(self, uri: str, app_env: str) -> None:
        pool = BlockingConnectionPool.from_url(
            uri,
            max_connections=MAX_CONNECTIONS,
            timeout=TIMEOUT_SECONDS,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            protocol=2,  # with the next line: no greetings, which take six times as long as a look-up
            driver_info=None,
        )
        self._client = Client.from_pool(pool)
        storage = RedisStorage(
            uri, implementation="redispy", connection_pool=cast("Any", pool), key_prefix=f"telemetry_server:{app_env}"
        )
        self._limiter = MovingWindowRateLimiter(storage)
        self._prefix = f"telemetry_server:{app_env}:"
        self._probe: asyncio.Task[None] | None = None
        self.available = True

    async def get(self, key: str) -> bytes | None:
        """What is kept under `key`; None where there is nothing, or Redis is away."""
        if not self.available:
            return None
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                value = await self._client.get(self._prefix + key)
                return value if isinstance(value, bytes) else None
        except (RedisError, OSError, TimeoutError) as error:
            self._lost(error)
            return None

    async def put(self, key: str, value: bytes, expire_ms: int) -> None:
        """Keep `value` for `expire_ms`, if Redis is there."""
        if not self.available:
            return
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await self._client.set(self._prefix + key, value, px=expire_ms)
        except (RedisError, OSError, TimeoutError) as error:
            self._lost(error)

    async def take(self, key: str, wanted: int, most: int) -> Taken | None:
        """Count up to `wanted` requests against `most` a second, in any second; None where Redis is away."""
        if not self.available:
            return None
        limit = RateLimitItemPerSecond(most)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                while True:
                    granted = wanted == 0 or await self._limiter.hit(limit, key, cost=wanted)
                    stats = await self._limiter.get_window_stats(limit, key)
                    if granted:
                        return Taken(wanted, stats.remaining, stats.reset_time)
                    wanted = min(wanted - 1, stats.remaining)  # it is all or none
                    if wanted <= 0:
                        return Taken(0, stats.remaining, stats.reset_time)
        except (RedisError, OSError, TimeoutError) as error:
            self._lost(error)
            return None

    async def connect(self) -> None:
        """Look once whether Redis is there."""
        await self.get("hello")

    async def close(self) -> None:
        if self._probe is not None:
            self._probe.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._probe
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await self._client.aclose()

    def _lost(self, error: Exception) -> None:
        if self.available:
            self.available = False
            log.warning("redis away", error=type(error).__name__)
            self._probe = asyncio.create_task(self._find(), name="redis probe")

    async def _find(self) -> None:
        while True:
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    await self._client.ping()
                self.available = True
                log.info("redis back")
                return
            await asyncio.sleep(PROBE_SECONDS)
