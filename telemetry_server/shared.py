"""Shared: what all workers of one `serve` have in common."""

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from telemetry_server import counters, versions

if TYPE_CHECKING:
    from ctypes import Array, c_uint64


@dataclass(frozen=True, slots=True)
class Shared:
    """Made by the parent process and passed to each worker. `started_at`: epoch seconds."""

    serve_id: str
    started_at: float
    slots: "Array[c_uint64]"
    cells: "Array[c_uint64]"


def make_shared(workers: int) -> Shared:
    """New shared memory, under a new random id."""
    return Shared(secrets.token_hex(8), time.time(), versions.make_slots(), counters.make_cells(workers))
