"""What all are fed: a day of the same made-up metrics, and the forms in which it is sent."""

from __future__ import annotations

import datetime as dt
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOSTS = 100
NAMES = (
    *("cpu.user", "cpu.system", "cpu.iowait", "memory.used", "memory.cached"),
    *("disk.read", "disk.written", "network.received", "network.sent", "load.average"),
)
SERIES = HOSTS * len(NAMES)
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Sample:
    """One metric; `at_ms` since the epoch."""

    name: str
    host: str
    value: float
    at_ms: int


def samples(count: int, day: dt.datetime) -> Iterator[Sample]:
    """`count` metrics from the start of `day` on, in order of time: each series in turn walks between 0 and 100."""
    chance = random.Random(1)  # noqa: S311  no secret
    values = [chance.uniform(0, 100) for _ in range(SERIES)]
    begin, step = round(day.timestamp() * 1000), DAY / dt.timedelta(milliseconds=1) / count
    for place in range(count):
        series = place % SERIES
        values[series] = min(100.0, max(0.0, round(values[series] + chance.gauss(0, 5), 2)))
        host, name = divmod(series, len(NAMES))
        # An odd millisecond is on no edge of a bucket: those are not on the same side in all systems.
        yield Sample(NAMES[name], f"host-{host:02}", values[series], begin + int(place * step) | 1)


def as_json(batch: Sequence[Sample]) -> bytes:
    """As `POST /v1/metrics` takes it."""
    metrics = [
        {"name": each.name, "value": each.value, "tags": [f"host:{each.host}"], "timestamp": each.at_ms}
        for each in batch
    ]
    return json.dumps({"metrics": metrics}, separators=(",", ":")).encode()


def as_lines(batch: Sequence[Sample]) -> bytes:
    """As InfluxDB's line protocol, times in milliseconds."""
    return "\n".join(f"{each.name},host={each.host} value={each.value} {each.at_ms}" for each in batch).encode()
