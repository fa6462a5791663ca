"""Requests per client and second, over a window that moves with the clock, as one worker counts them.

A client is an address, or a key that has a limit of its own.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Mapping

from telemetry_server.errors import TooManyRequests

TICKS = 1000  # a second: requests are counted by the millisecond
SWEEP_SECONDS = 10
POLICY = "client"  # its name in RateLimit-Policy


class _Window:
    """The requests of one client: of each tick that has any, [tick, count]."""

    __slots__ = ("count", "ticks")

    def __init__(self) -> None:
        self.ticks: deque[list[int]] = deque()
        self.count = 0

    def move_to(self, tick: int) -> None:
        """Forget what is more than a second old; a tick counts until all of it is."""
        ticks = self.ticks
        while ticks and ticks[0][0] < tick - TICKS:
            self.count -= ticks.popleft()[1]

    def add(self, tick: int, count: int = 1) -> None:
        if self.ticks and self.ticks[-1][0] == tick:
            self.ticks[-1][1] += count
        else:
            self.ticks.append([tick, count])
        self.count += count


class RateLimit:
    """`max_requests` a second for each client, in any second whatever; 0: no limit. clock: in seconds.

    `most`: a limit of the client's own, always the same one.
    """

    def __init__(self, max_requests: int, clock: Callable[[], float] = time.time) -> None:
        self.max_requests = max_requests
        self._clock = clock
        self._windows: dict[str, _Window] = {}
        self._swept_at = 0

    def hit(self, client: str, most: int | None = None) -> Mapping[str, str]:
        """Count one request; the headers that tell the client where it stands. Raises TooManyRequests."""
        most = self.max_requests if most is None else most
        if not most:
            return {}
        tick = int(self._clock() * TICKS)
        window = self._window(client, tick)
        allowed = window.count < most
        if allowed:
            window.add(tick)
        return self.told(most, allowed, most - window.count, (window.ticks[0][0] + TICKS) / TICKS)

    def count(self, client: str, count: int) -> None:
        """Count requests that are allowed elsewhere."""
        tick = int(self._clock() * TICKS)
        self._window(client, tick).add(tick, count)

    def told(self, most: int, allowed: bool, remaining: int, free_at: float) -> Mapping[str, str]:
        """The headers; free_at: when the oldest request no longer counts, in epoch seconds. Raises TooManyRequests."""
        wait = max(0, math.ceil(free_at - self._clock()))
        headers = {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(math.ceil(free_at)),
            "RateLimit-Policy": f'"{POLICY}";q={most};w=1',
            "RateLimit": f'"{POLICY}";r={remaining};t={wait}',
        }
        if allowed:
            return headers
        headers["Retry-After"] = str(max(1, wait))
        raise TooManyRequests(f"More than {most} requests a second.", headers=headers)

    def _window(self, client: str, tick: int) -> _Window:
        if tick - self._swept_at > SWEEP_SECONDS * TICKS:
            self._sweep(tick)
        window = self._windows.get(client)
        if window is None:
            window = self._windows[client] = _Window()
        window.move_to(tick)
        return window

    def _sweep(self, tick: int) -> None:
        """Forget the clients that have gone."""
        self._swept_at = tick
        self._windows = {
            client: window for client, window in self._windows.items() if window.ticks[-1][0] >= tick - TICKS
        }
