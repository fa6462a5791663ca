"""/-/metrics, and /metrics for Prometheus: the server's own metrics."""

import re
import time
from collections.abc import Callable

import httpx
import psutil
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus
from tools.server import Server
from tools.stack import Stack

from tests.conftest import StartServer

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# What Prometheus itself sends.
PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
    "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
PROMETHEUS_WITH_PROTOBUF = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
    "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
METRIC = {"name": "exposition.test", "value": 1}
Samples = dict[tuple[str, ...], float]


def samples(text: str, name: str) -> Samples:
    """Of one metric: by the values of its labels, in the order of their names."""
    return {
        tuple(sample.labels[label] for label in sorted(sample.labels)): sample.value
        for family in prometheus(text)
        for sample in family.samples
        if sample.name == name
    }


def told(url: str) -> str:
    answer = httpx.get(f"{url}/-/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == TEXT
    return answer.text


def wait_for(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("workers", ["1", "3"])
def test_every_worker_tells_of_all(start_server: StartServer, workers: str) -> None:
    """Counts are exact and the same, whichever worker served the requests and whichever tells."""
    server = start_server(WORKERS=workers, RATE_LIMIT="40")
    for _ in range(6):
        with httpx.Client(base_url=server.url) as client:
            made = client.post("/metrics", json=METRIC)
            client.get(made.headers["Location"])
            client.post("/v1/metrics", json={"metrics": [METRIC] * 3})
            client.post("/v1/metrics", json={"metrics": [{"name": "a"}]})
    with httpx.Client(base_url=server.url) as client:
        answers = [client.get("/stats").status_code for _ in range(60)]
    limited = answers.count(429)
    assert limited > 0
    time.sleep(1.1)
    for _ in range(8):
        text = told(server.url)
        requests = samples(text, "http_requests_total")
        assert requests["POST", "/metrics", "2xx"] == 6
        assert requests["GET", "/metrics/{id}", "2xx"] == 6
        assert requests["POST", "/v1/metrics", "2xx"] == requests["POST", "/v1/metrics", "4xx"] == 6
        assert requests["GET", "/stats", "4xx"] == limited
        assert requests["GET", "/stats", "2xx"] == 60 - limited
        durations = samples(text, "http_request_duration_seconds_count")
        assert durations["POST", "/v1/metrics"] == 12
        assert samples(text, "telemetry_metrics_received_total") == {(): 24}
        assert samples(text, "telemetry_metrics_stored_total") == {(): 24}
        assert 6 <= samples(text, "telemetry_inserts_total")[()] <= 12
        assert samples(text, "telemetry_batches_processed_total") == {(): 6}
        assert samples(text, "telemetry_requests_invalid_total") == {(): 6}
        assert samples(text, "telemetry_requests_rate_limited_total") == {(): limited}
    wait_for(lambda: len(samples(told(server.url), "process_cpu_seconds_total")) == int(workers))
    memory = samples(told(server.url), "process_resident_memory_bytes")
    assert set(memory) == {(str(number),) for number in range(int(workers))}
    assert all(10_000_000 < used < 10_000_000_000 for used in memory.values())


def test_durations_are_a_histogram(client: httpx.Client, server: Server) -> None:
    """Buckets are cumulative up to +Inf, which is the count; the sum is the time that was spent."""
    started = time.monotonic()
    for _ in range(5):
        assert client.get("/metrics/exposition.none").status_code == 404
    spent = time.monotonic() - started
    text = told(server.url)
    key = ("GET", "/metrics/{id}")
    buckets = [
        (float(le), count)
        for (le, *endpoint), count in samples(text, "http_request_duration_seconds_bucket").items()
        if tuple(endpoint) == key
    ]
    assert [le for le, _ in buckets] == sorted(le for le, _ in buckets)
    assert [count for _, count in buckets] == sorted(count for _, count in buckets)
    assert buckets[-1] == (float("inf"), 5)
    assert samples(text, "http_request_duration_seconds_count")[key] == 5
    assert 0 < samples(text, "http_request_duration_seconds_sum")[key] <= spent


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json"),
        ("text/plain;q=0.4, */*;q=0.5", "application/json"),
        ("text/plain;q=0", "application/json"),
        ("text/plain", TEXT),
        ("text/plain;version=0.0.4;q=1,*/*;q=0.1", TEXT),
        ("application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", OPENMETRICS),
        (PROMETHEUS_2, OPENMETRICS),
        (PROMETHEUS_3, OPENMETRICS),
        (PROMETHEUS_WITH_PROTOBUF, OPENMETRICS),
    ],
)
def test_scrapers_of_metrics_get_the_exposition(client: httpx.Client, accept: str, content_type: str) -> None:
    """GET /metrics is the stored metrics, but to those who prefer a format of Prometheus; whatever came before."""
    for _ in range(2):
        answer = client.get("/metrics", headers={"Accept": accept})
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == content_type
        assert client.get("/metrics", headers={"Accept": "*/*"}).json()["data"] is not None
    listed = client.get("/metrics?name=exposition.test", headers={"Accept": accept})
    assert listed.headers["Content-Type"] == "application/json"


def test_both_formats_are_to_the_letter(client: httpx.Client) -> None:
    """The strict parsers take them; every metric has a help, a base unit, and `_total` where it counts."""
    client.post("/metrics", json=METRIC)
    strict = [*openmetrics(client.get("/-/metrics", headers={"Accept": "application/openmetrics-text"}).text)]
    loose = [*prometheus(client.get("/-/metrics").text)]
    assert {family.name for family in strict} == {family.name for family in loose}
    for family in strict:
        assert re.fullmatch(r"(telemetry|http|process)_[a-z_]+", family.name)
        assert not re.search(r"_(ms|milliseconds|minutes|kb|mb|percent)(_|$)", family.name)
        assert re.fullmatch(r"[A-Z].*\.", family.documentation)
        assert all(sample.name.endswith("_total") for sample in family.samples if family.type == "counter")
    assert client.head("/-/metrics").content == b""
    packed = client.get("/-/metrics", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept, Accept-Encoding"


def test_nothing_of_a_client_becomes_a_label(client: httpx.Client) -> None:
    """Names, ids, tags, paths and prompts make no series: the routes are the router's patterns."""
    client.get("/-/metrics")
    before = len(client.get("/-/metrics").text.splitlines())
    for number in range(50):
        client.get(f"/strange{number}")
        client.put(f"/strange{number}")
    for number in range(50):
        client.get(f"/metrics/strange.{number}", params={"limit": number + 1})
        client.get("/query", params={"prompt": f"strange{number}"})
    client.post("/metrics", json={"name": "strange", "value": 1, "tags": {"strange": "strange"}})
    text = client.get("/-/metrics").text
    assert "strange" not in text
    assert len(text.splitlines()) < before + 150
    requests = samples(text, "http_requests_total")
    assert requests["GET", "unmatched", "4xx"] == requests["PUT", "unmatched", "4xx"] == 50


def test_cache_refusals_and_listeners_are_told(start_server: StartServer) -> None:
    """What the cache had, what half-good batches lost, and who listens."""
    url = start_server().url
    with httpx.Client(base_url=url) as client:
        for headers in ({}, {}, {"Cache-Control": "no-cache"}):
            client.get("/metrics?name=a", headers=headers)
        event = {"specversion": "1.0", "type": "t", "source": "s", "data": {"metric_type": "a.b", "value": 1}}
        client.post("/observability/events", json={"events": [event, {}, {}]})
        text = told(url)
        assert samples(text, "telemetry_cache_requests_total") == {("hit",): 1, ("miss",): 1, ("bypass",): 1}
        assert samples(text, "telemetry_metrics_refused_total") == {(): 2}
        assert samples(text, "telemetry_listeners") == {("0",): 0}
        with client.stream("GET", "/metrics/live"):
            assert samples(told(url), "telemetry_listeners") == {("0",): 1}
        assert [*samples(text, "telemetry_build_info").values()] == [1]
        started_at = samples(text, "process_start_time_seconds")[()]
        assert 0 < time.time() - started_at < 60
        assert samples(text, "telemetry_tasks")[("0",)] > 1


def test_it_is_told_without_mongodb(start_server: StartServer, private_stack: Stack) -> None:
    """A scrape is answered in time while MongoDB hangs, and says so."""
    url = start_server(MONGO_URI=private_stack.mongo_uri).url
    assert samples(told(url), "telemetry_mongodb_up") == {(): 1}
    private_stack.mongo.process.pause()
    try:
        started = time.monotonic()
        text = told(url)
        assert time.monotonic() - started < 2.4
    finally:
        private_stack.mongo.process.resume()
    assert samples(text, "telemetry_mongodb_up") == {(): 0}
    assert samples(text, "telemetry_summariser_lag_seconds") == {}
    wait_for(lambda: samples(told(url), "telemetry_mongodb_up") == {(): 1})


def test_keys_guard_it(start_server: StartServer) -> None:
    """It needs a key where any is set, as /stats does."""
    key = "a-key-of-this-test"
    url = start_server(API_KEYS=key).url
    for path, accept in (("/-/metrics", "*/*"), ("/metrics", "text/plain")):
        assert httpx.get(f"{url}{path}", headers={"Accept": accept}).status_code == 401
        headers = {"Accept": accept, "Authorization": f"Bearer {key}"}
        assert httpx.get(f"{url}{path}", headers=headers).headers["Content-Type"] == TEXT


def test_a_worker_that_died_is_replaced_and_nothing_is_forgotten(start_server: StartServer) -> None:
    """Counts go on where they were."""
    server = start_server(WORKERS="2")
    for _ in range(10):
        httpx.post(f"{server.url}/metrics", json=METRIC)
    wait_for(lambda: len(samples(told(server.url), "telemetry_tasks")) == 2)
    parent = psutil.Process(server.process.pid)
    before = len(parent.children())
    victim = max(parent.children(), key=lambda child: child.pid)
    victim.kill()
    wait_for(lambda: victim not in parent.children() and len(parent.children()) == before, 15)
    server.wait_until_ready()
    assert len(samples(told(server.url), "telemetry_tasks")) == 2
    assert samples(told(server.url), "http_requests_total")["POST", "/metrics", "2xx"] == 10
