"""Server-Timing tells of each answer where its time went."""

import time
from typing import Any

import httpx
import pytest
from tools.bench.peers.load import steps

from telemetry_server.monitoring.timing import Timing

METRIC = {"name": "timing.test", "value": 1}
LEVELLED = {"level": "timing", "name": "levelled", "type": "TIMER", "value": 1}
ANALYTICS = {"metrics": ["timing.test"], "time_range": {"from_date": 0}}
EVENT = {"specversion": "1.0", "type": "t", "source": "s", "data": {"metric_type": "timing.event", "value": 1}}
PANEL = {"range": {"from": 0, "to": 4_000_000_000_000}, "targets": [{"target": "average timing.test"}]}
WRITING = ["admit", "parse", "database", "encode"]
COMPUTING = ["admit", "parse", "cache", "database", "encode", "store"]


@pytest.mark.parametrize(
    ("method", "path", "body", "taken"),
    [
        ("POST", "/metrics", METRIC, WRITING),
        ("POST", "/metrics", {"name": 1}, ["admit", "parse"]),
        ("POST", "/v1/metrics", {"metrics": [METRIC]}, WRITING),
        ("POST", "/v1/metrics", {"metrics": 1}, ["admit", "parse"]),
        ("POST", "/v1/metrics", {"resourceMetrics": []}, WRITING),
        ("GET", "/metrics?name=timing.test", None, COMPUTING),
        ("HEAD", "/metrics?name=timing.test&limit=1", None, COMPUTING),
        ("GET", "/metrics/timing.test", None, WRITING),
        ("GET", "/metrics/timing.none", None, WRITING[:-1]),
        ("GET", "/metrics/timing.test/aggregate", None, WRITING),
        ("GET", "/metrics/export?name=timing.test", None, WRITING),
        ("GET", "/metrics/{id}", None, WRITING),
        ("PUT", "/metrics/{id}", METRIC, WRITING),
        ("PATCH", "/metrics/{id}", {"value": 2}, WRITING),
        ("DELETE", "/metrics/{id}", None, WRITING),
        ("GET", "/query?prompt=average+timing.test+today", None, COMPUTING),
        ("POST", "/query", {"prompt": "maximum timing.test today"}, COMPUTING),
        ("GET", "/query?prompt=flobberwock", None, ["admit", "parse", "cache", "database"]),
        ("GET", "/query/complete?prefix=aver", None, ["admit", "parse", "database", "encode"]),
        ("POST", "/ingest/metrics", LEVELLED, WRITING),
        ("GET", "/data/metrics/timing.levelled", None, WRITING),
        ("POST", "/write", {}, WRITING),
        ("POST", "/api/v2/write?precision=days", {}, ["admit", "parse"]),
        ("POST", "/import/prometheus", {}, WRITING),
        ("GET", "/metrics/live?limit=1", None, ["admit", "parse"]),
        ("GET", "/query/live?prompt=flobberwock", None, ["admit", "parse", "database"]),
        ("GET", "/stats", None, ["admit", "encode"]),
        ("GET", "/-/metrics", None, ["admit", "database", "encode"]),
        ("GET", "/grafana", None, ["admit", "parse", "encode"]),
        ("POST", "/grafana/query", PANEL, COMPUTING),
        ("POST", "/grafana/annotations", {**PANEL, "annotation": {"query": "list timing.test"}}, COMPUTING),
        ("POST", "/grafana/search", {"target": "aver"}, WRITING),
        ("POST", "/grafana/metrics", {}, WRITING),
        ("POST", "/grafana/metric-payload-options", {}, ["admit", "parse"]),
        ("POST", "/grafana/variable", {"payload": {"target": "what metrics are there"}}, WRITING),
        ("POST", "/grafana/tag-keys", {}, ["admit", "database", "encode"]),
        ("POST", "/grafana/tag-values", {"key": "host"}, WRITING),
        ("GET", "/openapi.json", None, ["admit", "encode"]),
        ("GET", "/docs", None, ["admit", "encode"]),
        ("GET", "/docs/page.js", None, ["admit", "encode"]),
        ("POST", "/observability/analytics", ANALYTICS, COMPUTING),
        ("GET", "/observability/metrics/summary", None, WRITING),
        ("GET", "/observability/metrics/types", None, WRITING),
        ("GET", "/observability/health", None, ["admit", "database"]),
        ("GET", "/admin/stats", None, ["admit", "database", "encode"]),
        ("POST", "/admin/optimize", None, ["admit", "database", "encode"]),
        ("GET", "/admin/keys", None, WRITING),
        ("POST", "/admin/keys", {}, ["admit", "parse"]),
        ("DELETE", "/admin/keys/{id}", None, WRITING[:-1]),
        ("GET", "/admin/audit", None, WRITING),
        ("GET", "/admin/metrics/cache", None, ["admit", "encode"]),
        ("GET", "/metrics/query-performance", None, ["admit", "encode"]),
        ("POST", "/observability/add", {"events": [EVENT]}, WRITING),
        ("POST", "/observability/events", {"events": [{}]}, WRITING),
        ("GET", "/health", None, ["admit"]),
        ("GET", "/health/ready", None, ["admit", "database"]),
        ("GET", "/nothing", None, ["admit"]),
        ("DELETE", "/stats", None, ["admit"]),
    ],
)
def test_each_answer_has_its_steps(client: httpx.Client, method: str, path: str, body: Any, taken: list[str]) -> None:
    """Every answer, of an error too, names the steps that were taken, which took no longer than the client waited."""
    metric_id = client.post("/metrics", json=METRIC).json()["id"]
    started = time.perf_counter()
    uncached = {"Cache-Control": "no-cache"}
    answer = client.request(method, path.replace("{id}", metric_id), json=body, headers=uncached, timeout=60)
    waited_ms = (time.perf_counter() - started) * 1000
    told = steps(answer.headers["Server-Timing"])
    assert list(told) == taken
    assert 0 <= sum(told.values()) <= waited_ms


def test_what_is_cached_took_no_database(client: httpx.Client) -> None:
    """A list that is in the cache names it alone: recalled by its URL in whole, found in Redis after `parse`."""
    client.post("/metrics", json=METRIC)
    client.get("/metrics?name=timing.test&limit=7")
    again = [client.get(f"/metrics?{query}") for query in ("name=timing.test&limit=7", "limit=7&name=timing.test")]
    assert [answer.headers["X-Cache"] for answer in again] == ["hit", "hit"]
    assert [list(steps(answer.headers["Server-Timing"])) for answer in again] == [
        ["cache"],
        ["admit", "parse", "cache"],
    ]


def test_steps_add_up() -> None:
    """What is entered twice is told once, in the place of the first time; all of the time is some step's."""
    started = time.perf_counter()
    timing = Timing(started - 1)
    for step in ("parse", "database", "parse"):
        timing.enter(step)  # type: ignore[arg-type]
        time.sleep(0.01)
    told = steps(timing.header())
    assert list(told) == ["admit", "parse", "database"]
    assert told["admit"] == pytest.approx(1000, abs=50)
    assert told["parse"] >= 20
    assert sum(told.values()) <= 1000 + (time.perf_counter() - started) * 1000 + 0.02
