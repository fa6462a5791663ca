"""Vitals: what each worker of one `serve` is like now. Each tells it every second, in its own row of shared memory."""

import time
from collections.abc import Callable
from ctypes import Array, c_double
from multiprocessing import get_context
from typing import Final

import psutil

from telemetry_server.periodic import Periodic

NAMES: Final = ("resident_bytes", "cpu_seconds", "tasks", "listeners", "waiting_metrics", "remembered_bytes")
EVERY_SECONDS: Final = 1.0
SEEN_SECONDS: Final = 5.0  # one that has been silent for longer is gone, or hangs
_ROW: Final = 1 + len(NAMES)


class Vitals:
    """`counts`: what the process cannot tell of itself, tasks and all that follow them in NAMES."""

    def __init__(
        self, counts: Callable[[], tuple[int, ...]], cells: "Array[c_double] | None" = None, row: int = 0
    ) -> None:
        self._counts = counts
        self._process = psutil.Process()
        self._cells = cells if cells is not None else make_cells(1)
        self._start = row * _ROW % len(self._cells)
        self._periodic = Periodic("vitals", EVERY_SECONDS, self._measure)

    def start(self) -> None:
        self.measure()
        self._periodic.start()

    async def stop(self) -> None:
        """Be gone at once; one that takes this worker's place will tell its own."""
        await self._periodic.cancel()
        self._cells[self._start] = 0.0

    def measure(self) -> None:
        """Tell what this worker is like now."""
        used, cpu = self._process.memory_info().rss, self._process.cpu_times()
        values = [float(used), cpu.user + cpu.system, *map(float, self._counts())]
        self._cells[self._start + 1 : self._start + _ROW] = values
        self._cells[self._start] = time.monotonic()

    def known(self) -> dict[int, dict[str, float]]:
        """By the number of each worker that lives, its NAMES."""
        cells = list(self._cells)
        since = time.monotonic() - SEEN_SECONDS
        return {
            start // _ROW: dict(zip(NAMES, cells[start + 1 : start + _ROW], strict=True))
            for start in range(0, len(cells), _ROW)
            if cells[start] > max(since, 0.0)
        }

    async def _measure(self) -> None:
        self.measure()


def make_cells(workers: int) -> "Array[c_double]":
    """Zeroed shared memory for so many workers."""
    return get_context("spawn").RawArray(c_double, workers * _ROW)
