"""The OpenTelemetry SDK for Python, as programs use it, exports to a running server; questions give its numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import Meter, Observation
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from tools.server import Server

DELTA = dict.fromkeys((Counter, Histogram), AggregationTemporality.DELTA)
CUMULATIVE = dict.fromkeys((Counter, Histogram), AggregationTemporality.CUMULATIVE)
NEVER_MS = 3_600_000.0  # what is exported is flushed by hand


@contextmanager
def program(server: Server, temporality: dict[type, AggregationTemporality], **attributes: str) -> Iterator[Any]:
    """A program's meter provider."""
    exporter = OTLPMetricExporter(
        f"{server.url}/v1/metrics", compression=Compression.Gzip, preferred_temporality=temporality, timeout=10
    )
    provider = MeterProvider(
        [PeriodicExportingMetricReader(exporter, NEVER_MS)],
        Resource.create({"service.name": "shop", **attributes}),
        views=[View(instrument_name="*.exponential", aggregation=ExponentialBucketHistogramAggregation())],
    )
    try:
        yield provider
    finally:
        provider.shutdown()


def rows(client: httpx.Client, prompt: str) -> list[list[Any]]:
    answer = client.get("/query", params={"prompt": prompt}, headers={"Cache-Control": "no-cache"})
    assert answer.status_code == 200, answer.text
    found: list[list[Any]] = answer.json()["rows"]
    return found


def distributions(client: httpx.Client, name: str) -> list[dict[str, Any]]:
    found = client.get("/metrics", params={"name": name}).json()["data"]
    return [metric["distribution"] for metric in reversed(found)]


def work(meter: Meter, times: int) -> None:
    """What a program does between two exports."""
    orders = meter.create_counter("orders.placed")
    waiting = meter.create_up_down_counter("orders.waiting")
    temperature = meter.create_gauge("room.temperature")
    for _ in range(times):
        orders.add(2, {"region": "eu"})
        orders.add(1, {"region": "us"})
        waiting.add(3)
        waiting.add(-2)
        temperature.set(21.5)
        for value in (3, 30, 300):
            meter.create_histogram("order.duration").record(value)
            meter.create_histogram("order.exponential").record(value)


@pytest.mark.parametrize("temporality", [DELTA, CUMULATIVE], ids=["delta", "cumulative"])
def test_exports_are_answered(start_server: Any, temporality: dict[type, AggregationTemporality]) -> None:
    """Counters, up-down counters, gauges and histograms of three exports are asked for, in either temporality."""
    server = start_server("--workers", "2")
    with httpx.Client(base_url=server.url, timeout=10) as client, program(server, temporality) as provider:
        meter = provider.get_meter("shop")
        meter.create_observable_gauge("queue.length", [lambda _: [Observation(7)]])
        for times in (1, 2, 3):
            work(meter, times)
            assert provider.force_flush()
        assert rows(client, "sum of orders.placed by region today") == [["eu", 12.0], ["us", 6.0]]
        assert rows(client, "max orders.waiting today") == [[6.0]]
        assert rows(client, "average room.temperature by service.name today") == [["shop", 21.5]]
        assert rows(client, "max queue.length today") == [[7.0]]
        for name in ("order.duration", "order.exponential"):
            found = distributions(client, name)
            assert [each["count"] for each in found] == [3, 6, 9]
            assert [each["sum"] for each in found] == [333, 666, 999]
            assert all(sum(each["counts"]) == each["count"] for each in found)
            assert all(each["min"] <= 3 and each["max"] >= 300 for each in found)


def test_programs_beside_each_other(start_server: Any) -> None:
    """Two processes of one service, equal in every attribute, are counted both; so is one that starts again."""
    server = start_server()
    with httpx.Client(base_url=server.url, timeout=10) as client:
        with program(server, CUMULATIVE) as one, program(server, CUMULATIVE) as other:
            for _ in range(2):
                for provider in (one, other):
                    provider.get_meter("shop").create_counter("jobs.done").add(5)
                    assert provider.force_flush()
        with program(server, CUMULATIVE) as again:
            again.get_meter("shop").create_counter("jobs.done").add(1)
        assert rows(client, "sum of jobs.done today") == [[21.0]]
