"""Readings into metrics."""

import secrets
import socket
import time
from collections.abc import Callable, Iterable

import psutil

from telemetry_server.collector.machine import Reading, readings, tag
from telemetry_server.collector.sender import Metric, metric_id


class Sampler:
    """Turns readings into metrics: gauges as they are, totals as the growth since the sample before."""

    def __init__(self, read: Callable[[], Iterable[Reading]] = readings) -> None:
        self._read = read
        self._host = tag("host", socket.gethostname())
        self._totals: dict[tuple[str, tuple[str, ...]], float] = {}
        psutil.cpu_percent()  # the first call only starts psutil's clock
        psutil.cpu_percent(percpu=True)

    def sample(self) -> list[Metric]:
        """One batch, all of one instant. The first sight of a total gives no metric."""
        now_ms = time.time_ns() // 1_000_000
        before, self._totals = self._totals, {}
        metrics: list[Metric] = []
        for reading in self._read():
            value = reading.value
            if reading.is_total:
                series = (reading.name, reading.tags)
                self._totals[series] = value
                if series not in before:
                    continue
                value = value - before[series] if value >= before[series] else value  # less: it was reset
            metrics.append(
                {
                    "id": metric_id(now_ms // 1000, secrets.token_bytes(8)),
                    "name": reading.name,
                    "type": "counter" if reading.is_total else "gauge",
                    "value": value,
                    "tags": [self._host, *reading.tags],
                    "timestamp": now_ms,
                }
            )
        return metrics
