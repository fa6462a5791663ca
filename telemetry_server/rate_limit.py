"""Requests per client and second, over a window that moves with the clock; each worker counts for itself."""

import math
import time
from collections.abc import Mapping

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from telemetry_server.errors import TooManyRequests


class RateLimit:
    """`max_requests` a second for each client; 0: no limit."""

    def __init__(self, max_requests: int) -> None:
        self._max_requests = max_requests
        self._item = RateLimitItemPerSecond(max_requests or 1)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, client: str) -> Mapping[str, str]:
        """Count one request; the headers that tell the client where it stands. Raises TooManyRequests."""
        if not self._max_requests:
            return {}
        allowed = self._limiter.hit(self._item, client)
        stats = self._limiter.get_window_stats(self._item, client)
        headers = {
            "X-RateLimit-Limit": str(self._max_requests),
            "X-RateLimit-Remaining": str(max(0, stats.remaining)),
            "X-RateLimit-Reset": str(math.ceil(stats.reset_time)),
        }
        if allowed:
            return headers
        wait = max(1, math.ceil(stats.reset_time - time.time()))
        raise TooManyRequests(
            f"More than {self._max_requests} requests a second.", headers=headers | {"Retry-After": str(wait)}
        )
