"""Listener: one who waits for something to be told."""

import asyncio
import contextlib


class Listener:
    """Woken by `wake`, and by the end of all; `ended` then says so."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()
        self.ended = False

    def wake(self) -> None:
        self._woken.set()

    def end(self) -> None:
        self.ended = True
        self.wake()

    async def woken(self, seconds: float) -> bool:
        """Wait until it is woken, for at most so long; whether it was."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        was_woken = self._woken.is_set()
        self._woken.clear()
        return was_woken
