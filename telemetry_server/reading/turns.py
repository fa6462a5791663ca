"""Turns: most questions take MongoDB milliseconds, a few take seconds. Only so many of these go on at a time, in all
workers of a server together, so that neither the others nor what is stored meanwhile have to wait for them.

Who finds a turn free takes it. Who does not has a short time to be done without one, and else waits for a turn; at
once, where one like it was not done in such a time before.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar

from telemetry_server.errors import TimedOut, Unavailable
from telemetry_server.reading.lru import Lru
from telemetry_server.reading.places import Places
from telemetry_server.stores.mongo import ANSWER_SECONDS

QUICK_SECONDS = 0.1
MAX_QUICK = 2  # without a turn at a time, in one worker
WAIT_SECONDS = 3.0
POLL_SECONDS = 0.01
MAX_REMEMBERED = 1000

T = TypeVar("T")


class Turns:
    """Of one worker. places: the turns that its server has."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._quick = asyncio.Semaphore(MAX_QUICK)
        self._first_in_line = asyncio.Lock()
        self._long: Lru[Hashable, bool] = Lru(MAX_REMEMBERED)

    async def take(self, kind: Hashable, work: Callable[[float], Awaitable[T]]) -> T:
        """What comes of `work`, which is told when it has to be done, by the monotonic clock; it may be begun twice.

        kind: what takes about as long has the same. Raises TimedOut, and Unavailable where no turn comes.
        """
        began_at = time.monotonic()
        place = None if self._first_in_line.locked() else self._places.take()
        if place is None and not self._long.get(kind):
            await _in_time(self._quick.acquire(), began_at)
            try:
                return await work(time.monotonic() + QUICK_SECONDS)
            except TimedOut:
                self._long.put(kind, True, 1)
            finally:
                self._quick.release()
        if place is None:
            place = await _in_time(self._turn(), began_at)
        turn_at = time.monotonic()
        try:
            return await work(began_at + ANSWER_SECONDS)
        finally:
            self._places.leave(place)
            if time.monotonic() - turn_at < QUICK_SECONDS:
                self._long.drop(kind)

    async def _turn(self) -> int:
        async with self._first_in_line:
            while (place := self._places.take()) is None:  # noqa: ASYNC110 - another process may hold it
                await asyncio.sleep(POLL_SECONDS)
            return place


async def _in_time(wait: Awaitable[T], began_at: float) -> T:
    try:
        async with asyncio.timeout(began_at + WAIT_SECONDS - time.monotonic()):
            return await wait
    except TimeoutError:
        raise Unavailable("Too many answers are under way.") from None
