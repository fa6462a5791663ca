"""What is timed: writes by a few senders, questions by clients that each keep a connection."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.bench.peers.systems import exchange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.bench.peers.systems import Request, System

SENDERS = 2


@dataclass(frozen=True)
class Asked:
    """Milliseconds until an answer is there; of them, by step, those that its Server-Timing accounts for."""

    ms: float
    steps: dict[str, float]


def write(system: System, requests: Sequence[Request]) -> float:
    """Seconds until all is acknowledged."""
    started = time.perf_counter()
    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(_write, [system] * SENDERS, (requests[sender::SENDERS] for sender in range(SENDERS))))
    return time.perf_counter() - started


def ask(system: System, request: Request, clients: int, count: int) -> list[Asked]:
    """Ask `count` times in a row by each of so many clients at once."""
    with ThreadPoolExecutor(clients) as pool:
        asked = pool.map(_ask, [system] * clients, [request] * clients, [count] * clients)
        return [each for of_client in asked for each in of_client]


def steps(server_timing: str) -> dict[str, float]:
    """`parse;dur=1.20, database;dur=3.40` by name."""
    named = (step.strip().split(";dur=") for step in server_timing.split(",") if ";dur=" in step)
    return {name: float(duration) for name, duration in named}


def _write(system: System, requests: Sequence[Request]) -> None:
    connection = system.connect()
    try:
        for request in requests:
            exchange(connection, request)
    finally:
        connection.close()


def _ask(system: System, request: Request, count: int) -> list[Asked]:
    connection = system.connect()
    try:
        exchange(connection, request)  # opens the connection
        asked = []
        for _ in range(count):
            started = time.perf_counter()
            _, headers = exchange(connection, request)
            spent = (time.perf_counter() - started) * 1000
            asked.append(Asked(spent, steps(headers.get("Server-Timing", ""))))
    finally:
        connection.close()
    return asked
