"""Counters: what `/stats` tells, summed over all workers of one `serve`.

Each worker writes its own row of shared memory, so no lock is needed. While a worker is replaced, two write one row
for a moment, and a count may be lost.
"""

import time
from ctypes import Array, c_uint64
from multiprocessing import get_context

NAMES = (
    "requests",
    "total_metrics_received",
    "metrics_stored",
    "metrics_refused",
    "inserts",
    "total_batches_processed",
    "validation_errors",
    "rate_limited_requests",
    "cache_hits",
    "cache_misses",
    "cache_bypasses",
    "cache_repeats",
    "recorder_dropped",
    "statsd_samples",
    "statsd_bad_lines",
    "statsd_dropped",
)
RATE_SECONDS = 10
_PLACES = {name: place for place, name in enumerate(NAMES)}
_RING = 16  # seconds remembered, more than RATE_SECONDS
_ROW = len(NAMES) + 2 * _RING


class Counters:
    """`cells`: shared memory for `workers` rows; `row`: the one that this process writes."""

    def __init__(self, cells: "Array[c_uint64] | None" = None, row: int = 0) -> None:
        self._cells = cells if cells is not None else make_cells(1)
        self._start = row % (len(self._cells) // _ROW) * _ROW

    def add(self, name: str, count: int = 1) -> None:
        self._cells[self._start + _PLACES[name]] += count

    def count_request(self) -> None:
        """Count one request, in total and in its second."""
        self.add("requests")
        second = int(time.monotonic())
        place = self._start + len(NAMES) + 2 * (second % _RING)
        if self._cells[place] != second:
            self._cells[place] = second
            self._cells[place + 1] = 0
        self._cells[place + 1] += 1

    def totals(self) -> dict[str, int]:
        """Each counter, over all workers."""
        cells = list(self._cells)
        return {name: sum(cells[place::_ROW]) for name, place in _PLACES.items()}

    def requests_per_second(self, uptime_seconds: float) -> float:
        """Requests over the last RATE_SECONDS whole seconds, or over the uptime where that is shorter."""
        cells: list[int] = [int(cell) for cell in self._cells]
        present = int(time.monotonic())
        total = 0
        for row in range(0, len(cells), _ROW):
            for place in range(row + len(NAMES), row + _ROW, 2):
                if 0 < present - cells[place] <= RATE_SECONDS:
                    total += cells[place + 1]
        return round(total / max(1.0, min(RATE_SECONDS, uptime_seconds)), 1)


def make_cells(workers: int) -> "Array[c_uint64]":
    """Zeroed shared memory for so many workers."""
    return get_context("spawn").RawArray(c_uint64, workers * _ROW)
