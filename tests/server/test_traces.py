"""Traces of the server's requests, as a receiver of OTLP gets them."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tools.processes import free_port

from tests.conftest import ROOT, StartServer

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SOON = {"OTEL_BSP_SCHEDULE_DELAY": "50"}  # milliseconds, until spans are sent


class Receiver:
    """Takes what is sent to it as OTLP over HTTP; `delay_seconds`: how long each answer takes."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.resources: list[dict[str, Any]] = []
        self.paths: set[str] = set()
        self.delay_seconds = 0.0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.take(self.path, ExportTraceServiceRequest.FromString(raw))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.end_headers()
                self.wfile.write(ExportTraceServiceResponse().SerializeToString())

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def take(self, path: str, sent: ExportTraceServiceRequest) -> None:
        time.sleep(self.delay_seconds)
        self.paths.add(path)
        for each in sent.resource_spans:
            self.resources.append(attributes(each.resource))
            for scope in each.scope_spans:
                self.spans += scope.spans

    def wait_for(self, count: int, kind: int = Span.SPAN_KIND_SERVER) -> list[Span]:
        """So many spans of a kind, in the order in which they began."""
        deadline = time.monotonic() + 10
        while len(found := [span for span in self.spans if span.kind == kind]) < count:
            assert time.monotonic() < deadline, [span.name for span in self.spans]
            time.sleep(0.02)
        assert len(found) == count
        return sorted(found, key=lambda span: span.start_time_unix_nano)

    def below(self, span: Span) -> list[Span]:
        found = [each for each in self.spans if each.parent_span_id == span.span_id]
        return sorted(found, key=lambda each: each.start_time_unix_nano)


def attributes(has: Any) -> dict[str, Any]:
    found = {}
    for each in has.attributes:
        value = getattr(each.value, each.value.WhichOneof("value"))
        found[each.key] = [item.string_value for item in value.values] if hasattr(value, "values") else value
    return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = threading.Thread(target=made.http.serve_forever, daemon=True)
    thread.start()
    yield made
    made.http.shutdown()
    made.http.server_close()


def test_each_request_is_a_span(start_server: StartServer, receiver: Receiver) -> None:
    """Named by method and route, with the conventions' attributes; of health checks there are none."""
    url = start_server(OTEL_EXPORTER_OTLP_ENDPOINT=f"{receiver.url}/", **SOON).url
    began_ns = time.time_ns()
    with httpx.Client(base_url=url, headers={"User-Agent": "test/1"}) as client:
        made = client.post("/metrics", json={"name": "a", "value": 1}, headers={"X-Request-ID": "the-id"})
        client.get(made.headers["Location"])
        client.get("/health")
        client.get("/metrics/secret.name?limit=0")
        client.get("/nothing/here")
    spans = receiver.wait_for(4)
    assert receiver.paths == {"/v1/traces"}
    assert [span.name for span in spans] == ["POST /metrics", "GET /metrics/{id}", "GET /metrics/{id}", "GET"]
    assert attributes(spans[0]) == {
        "http.request.method": "POST",
        "http.route": "/metrics",
        "http.response.status_code": 201,
        "http.response.header.x-request-id": ["the-id"],
        "url.path": "/metrics",
        "url.scheme": "http",
        "network.protocol.version": "1.1",
        "client.address": "127.0.0.1",
        "user_agent.original": "test/1",
    }
    assert [attributes(span)["http.response.status_code"] for span in spans] == [201, 200, 422, 404]
    assert "http.route" not in attributes(spans[3])
    assert attributes(spans[3])["url.path"] == "/nothing/here"
    assert not any(value == "limit=0" for span in spans for value in attributes(span).values())
    assert all(span.status.code == Status.STATUS_CODE_UNSET for span in spans)  # a client's error is not the server's
    assert len({span.trace_id for span in spans}) == 4
    assert not any(span.parent_span_id for span in spans)
    for span in spans:
        assert began_ns - 1_000_000 < span.start_time_unix_nano < span.end_time_unix_nano < time.time_ns() + 1_000_000
    assert receiver.resources[0]["service.name"] == "telemetry-server"


def test_steps_are_spans_below(start_server: StartServer, receiver: Receiver) -> None:
    """Those of Server-Timing, one after the other, from the request's beginning to its end."""
    url = start_server(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, **SOON).url
    httpx.get(f"{url}/query", params={"prompt": "count today"})
    (span,) = receiver.wait_for(1)
    steps = receiver.below(span)
    assert [step.name for step in steps] == [
        "admit",
        "parse",
        "cache",
        "database",
        "parse",
        "database",
        "encode",
        "store",
    ]
    assert steps[0].start_time_unix_nano == span.start_time_unix_nano
    assert steps[-1].end_time_unix_nano == span.end_time_unix_nano
    for one, other in pairwise(steps):
        assert one.end_time_unix_nano == other.start_time_unix_nano
    assert {step.trace_id for step in steps} == {span.trace_id}
    assert {step.kind for step in steps} == {Span.SPAN_KIND_INTERNAL}


@pytest.mark.parametrize(
    ("traceparent", "taken"),
    [
        (f"00-{TRACE}-{PARENT}-01", True),
        (f"00-{TRACE}-{PARENT}-00", None),  # its caller does not want it recorded
        (f"00-{'0' * 32}-{PARENT}-01", False),
        (f"ff-{TRACE}-{PARENT}-01", False),
        ("wrong", False),
        ("", False),
    ],
)
def test_the_caller_is_the_parent(
    start_server: StartServer, receiver: Receiver, traceparent: str, taken: bool | None
) -> None:
    """W3C traceparent goes on in the span; what is no such thing begins a trace of its own."""
    url = start_server(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, **SOON).url
    httpx.get(f"{url}/stats", headers={"traceparent": traceparent})
    httpx.get(f"{url}/metrics")
    spans = receiver.wait_for(1 if taken is None else 2)
    if taken is None:
        assert spans[0].name == "GET /metrics"
    elif taken:
        assert spans[0].trace_id.hex() == TRACE
        assert spans[0].parent_span_id.hex() == PARENT
    else:
        assert not spans[0].parent_span_id
        assert spans[0].trace_id.hex() != TRACE


def test_server_errors_are_errors(start_server: StartServer, receiver: Receiver) -> None:
    """A 5xx has the status of an error, and its type."""
    url = start_server(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, MAX_LISTENERS="0", **SOON).url
    assert httpx.get(f"{url}/metrics/live").status_code == 503
    (span,) = receiver.wait_for(1)
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert attributes(span)["error.type"] == "503"


def test_what_is_left_is_sent_at_stop(start_server: StartServer, receiver: Receiver) -> None:
    """Spans that wait when the server stops are sent, those of every worker."""
    server = start_server(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, WORKERS="2", OTEL_BSP_SCHEDULE_DELAY="60000")
    for _ in range(20):
        httpx.get(f"{server.url}/stats")
    assert not receiver.spans
    server.stop()
    assert len(receiver.wait_for(20)) == 20


@pytest.mark.parametrize("harm", ["away", "hung"])
def test_a_receiver_that_is_away_harms_nothing(start_server: StartServer, receiver: Receiver, harm: str) -> None:
    """Requests are answered as fast as ever, and the server stops in time."""
    if harm == "away":
        receiver.http.server_close()
    receiver.delay_seconds = 30.0
    server = start_server(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, **SOON)
    with httpx.Client(base_url=server.url) as client:
        for _ in range(200):
            started = time.monotonic()
            assert client.get("/stats").status_code == 200
            assert time.monotonic() - started < 0.5
        time.sleep(0.2)
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 7


def test_without_the_sdk_it_does_not_start(scratch: Path) -> None:
    """Traces that are wanted and cannot be made are one line, and exit status 2."""
    (scratch / "sitecustomize.py").write_text("import sys\nsys.modules['opentelemetry.sdk'] = None\n")
    environment = {
        **os.environ,
        "PYTHONPATH": f"{scratch}:{ROOT}",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318",
    }
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "telemetry_server", "serve", "--port", str(free_port())],
        cwd=scratch,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "OTEL_EXPORTER_OTLP_ENDPOINT: traces need what is not installed: pip install '.[traces]'"
    ]


def test_without_traces_nothing_is_loaded() -> None:
    """The server's own modules load nothing that makes spans."""
    makers = ("telemetry_server.monitoring.traces", "opentelemetry.sdk.trace", "opentelemetry.exporter")
    program = f"import sys, telemetry_server.app; print([name for name in {makers!r} if name in sys.modules])"
    result = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.strip() == "[]"


def test_an_answer_from_memory_is_one_span(start_server: StartServer, receiver: Receiver) -> None:
    """What is recalled by its URL, or not let in, takes no steps that would be told."""
    url = start_server(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, API_KEYS="a-key-of-this-test", **SOON).url
    with httpx.Client(base_url=url, headers={"Authorization": "Bearer a-key-of-this-test"}) as client:
        assert [client.get("/metrics?name=a").headers["X-Cache"] for _ in range(2)] == ["miss", "hit"]
    assert httpx.get(f"{url}/stats").status_code == 401
    computed, recalled, refused = receiver.wait_for(3)
    assert len(receiver.below(computed)) == 6
    assert not receiver.below(recalled)
    assert not receiver.below(refused)
