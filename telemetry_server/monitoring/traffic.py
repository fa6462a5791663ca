"""Traffic: requests by method, route and class of status, and how long they took, over all workers of one `serve`.

Each worker writes its own row of shared memory, as with `counters`. A route is the router's pattern, never a path: what
clients send makes no new place.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from ctypes import Array, c_uint64
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context
from typing import Final

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
CLASSES: Final = ("1xx", "2xx", "3xx", "4xx", "5xx")
UNMATCHED: Final = "unmatched"
MAX_ENDPOINTS: Final = 256
_BUCKETS: Final = len(BOUNDS) + 1
_CLASS: Final = _BUCKETS + 1  # and the sum of their nanoseconds
_ENDPOINT: Final = len(CLASSES) * _CLASS
_ROW: Final = MAX_ENDPOINTS * _ENDPOINT

Endpoint = tuple[str, str]
"""Method, route."""
_OTHERS: Final[Endpoint] = ("_OTHER", UNMATCHED)


@dataclass(frozen=True, slots=True)
class Requests:
    """Those of one endpoint that were answered with one class of status.

    buckets: for each of BOUNDS how many took longer than the bound before and no longer than it; and how many longer.
    """

    method: str
    route: str
    status: str
    buckets: tuple[int, ...]
    seconds: float

    @property
    def count(self) -> int:
        return sum(self.buckets)


class Traffic:
    """`endpoints`: all that the router has; `cells`: shared memory; `row`: the one that this process writes."""

    def __init__(self, endpoints: Sequence[Endpoint], cells: "Array[c_uint64] | None" = None, row: int = 0) -> None:
        self._endpoints = [_OTHERS, *sorted(set(endpoints))]
        if len(self._endpoints) > MAX_ENDPOINTS:
            raise ValueError(f"There are {len(self._endpoints)} endpoints, and places for {MAX_ENDPOINTS}.")
        self._cells = memoryview(cells if cells is not None else make_cells(1)).cast("B").cast("Q")
        start = row * _ROW % len(self._cells)
        self._places = {each: start + place * _ENDPOINT for place, each in enumerate(self._endpoints)}
        self._unknown = start

    def count(self, endpoint: Endpoint, status: int, seconds: float) -> None:
        """Count one request."""
        place = self._places.get(endpoint, self._unknown) + (status // 100 - 1) * _CLASS
        self._cells[place + bisect_left(BOUNDS, seconds)] += 1
        self._cells[place + _BUCKETS] += int(seconds * 1e9)

    def totals(self) -> Iterator[Requests]:
        """All requests so far, over all workers; of what nobody asked, nothing."""
        used = len(self._endpoints) * _ENDPOINT
        rows = [self._cells[start : start + used].tolist() for start in range(0, len(self._cells), _ROW)]
        sums = [sum(cells) for cells in zip(*rows, strict=True)]
        for place, ((method, route), status) in enumerate(product(self._endpoints, CLASSES)):
            *buckets, nanoseconds = sums[place * _CLASS : (place + 1) * _CLASS]
            if any(buckets):
                yield Requests(method, route, status, tuple(buckets), nanoseconds / 1e9)


def make_cells(workers: int) -> "Array[c_uint64]":
    """Zeroed shared memory for so many workers."""
    return get_context("spawn").RawArray(c_uint64, workers * _ROW)
