"""Shared: what all workers of one `serve` have in common."""

import secrets
import time
from ctypes import c_int, c_uint64
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

from telemetry_server.monitoring import counters, traffic, vitals
from telemetry_server.reading import versions
from telemetry_server.reading.places import Places

if TYPE_CHECKING:
    from ctypes import Array, c_double


@dataclass(frozen=True, slots=True)
class Shared:
    """Made by the parent process and passed to each worker.

    `started_at`: epoch seconds; `leaving`: the pid of the worker that was last replaced by another, or 0;
    `stopping`: 1 once all workers are to stop; `turns`: of questions that take MongoDB long;
    `keys`: another number whenever API keys were changed through this serve.
    """

    serve_id: str
    started_at: float
    slots: "Array[c_uint64]"
    cells: "Array[c_uint64]"
    traffic: "Array[c_uint64]"
    vitals: "Array[c_double]"
    leaving: c_int
    stopping: c_int
    turns: Places
    keys: c_uint64


def make_shared(workers: int, long_answers: int = 1) -> Shared:
    """New shared memory, under a new random id. long_answers: how many turns questions have."""
    return Shared(
        secrets.token_hex(8),
        time.time(),
        versions.make_slots(),
        counters.make_cells(workers),
        traffic.make_cells(workers),
        vitals.make_cells(workers),
        get_context("spawn").RawValue(c_int, 0),
        get_context("spawn").RawValue(c_int, 0),
        Places(long_answers),
        get_context("spawn").RawValue(c_uint64, 0),
    )
