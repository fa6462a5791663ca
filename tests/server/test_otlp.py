"""POST /v1/metrics as OTLP/HTTP, in protobuf and in JSON."""

import gzip
import time
from typing import Any

import httpx
import pytest
from google.protobuf import json_format
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

PROTOBUF = {"Content-Type": "application/x-protobuf"}
NOW = time.time_ns() // 1_000_000_000 * 1_000_000_000
SECOND = 1_000_000_000
DELTA, CUMULATIVE = 1, 2


def request(*metrics: dict[str, Any], resource: dict[str, str] | None = None) -> dict[str, Any]:
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in (resource or {}).items()]
    return {"resourceMetrics": [{"resource": {"attributes": attributes}, "scopeMetrics": [{"metrics": list(metrics)}]}]}


def point(value: float | None, at: int = 0, began: int | None = -60, **more: Any) -> dict[str, Any]:
    """A data point; `at` and `began` in seconds from now."""
    made: dict[str, Any] = {"timeUnixNano": str(NOW + at * SECOND), **more}
    if began is not None:
        made["startTimeUnixNano"] = str(NOW + began * SECOND)
    if isinstance(value, int):
        made["asInt"] = str(value)
    elif value is not None:
        made["asDouble"] = value
    return made


def total(name: str, *points: dict[str, Any], kind: int = CUMULATIVE, monotonic: bool = True) -> dict[str, Any]:
    data = {"dataPoints": list(points), "aggregationTemporality": kind, "isMonotonic": monotonic}
    return {"name": name, "sum": data}


def gauge(name: str, *points: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "gauge": {"dataPoints": list(points)}}


def encoded(body: dict[str, Any]) -> bytes:
    return json_format.ParseDict(body, ExportMetricsServiceRequest()).SerializeToString()


def post(client: httpx.Client, body: dict[str, Any]) -> ExportMetricsServiceResponse:
    """Send it as protobuf, which must succeed."""
    answer = client.post("/v1/metrics", content=encoded(body), headers=PROTOBUF)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-protobuf"
    return ExportMetricsServiceResponse.FromString(answer.content)


def stored(client: httpx.Client, name: str) -> list[dict[str, Any]]:
    """The metrics of a name, oldest first."""
    found: list[dict[str, Any]] = client.get("/metrics", params={"name": name, "limit": 1000}).json()["data"]
    return found[::-1]


def values(client: httpx.Client, name: str) -> list[float]:
    return [metric["value"] for metric in stored(client, name)]


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize("as_json", [True, False])
def test_both_encodings(client: httpx.Client, as_json: bool, coding: str) -> None:
    """A request is answered in its own encoding, and success is an empty message."""
    name = f"otlp.encoding.{as_json}.{coding}"
    body = request(gauge(name, point(1.5)), resource={"service.name": "shop"})
    raw = client.build_request("POST", "/", json=body).content if as_json else encoded(body)
    headers = {"Content-Type": "application/json"} if as_json else PROTOBUF
    coded = gzip.compress(raw) if coding == "gzip" else raw
    answer = client.post("/v1/metrics", content=coded, headers=headers | {"Content-Encoding": coding})
    assert (answer.status_code, answer.headers["content-type"]) == (200, headers["Content-Type"])
    assert answer.content == (b"{}" if as_json else b"")
    (metric,) = stored(client, name)
    assert (metric["type"], metric["value"], metric["tags"]) == ("gauge", 1.5, ["service.name:shop"])


def test_empty_requests_succeed(client: httpx.Client) -> None:
    """Nothing sent is nothing wrong."""
    assert client.post("/v1/metrics", content=b"", headers=PROTOBUF).status_code == 200
    assert client.post("/v1/metrics", json={"resourceMetrics": []}).json() == {}


def test_json_as_the_specification_has_it(client: httpx.Client) -> None:
    """64-bit integers come as text or number; unknown fields, and hexadecimal ids of exemplars, are passed over."""
    exemplar = {"traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B17", "asDouble": 1}
    body = request(gauge("otlp.json", point(7, unknown=[1], exemplars=[exemplar]), {**point(None, 1), "asInt": 8}))
    assert client.post("/v1/metrics", json=body | {"later": 1}).json() == {}
    assert values(client, "otlp.json") == [7, 8]


@pytest.mark.parametrize(
    ("metric", "kind", "value"),
    [
        (total("otlp.delta", point(3), kind=DELTA), "counter", 3),
        (total("otlp.total", point(4)), "counter", 4),
        (total("otlp.level", point(-5), monotonic=False), "gauge", -5),
        (total("otlp.change", point(-6), kind=DELTA, monotonic=False), "counter", -6),
    ],
)
def test_sums(client: httpx.Client, metric: dict[str, Any], kind: str, value: float) -> None:
    """Changes are counters, levels are gauges."""
    assert not post(client, request(metric)).HasField("partial_success")
    (found,) = stored(client, metric["name"])
    assert (found["type"], found["value"]) == (kind, value)


def test_running_totals_become_what_came(client: httpx.Client) -> None:
    """Each total gives what came since the one before; repeats and late ones give nothing."""
    name = "otlp.running"
    for at, value in [(-50, 10), (-40, 15), (-40, 15), (-45, 12), (-30, 15), (-20, 4)]:
        post(client, request(total(name, point(value, at))))
    assert values(client, name) == [10, 5, 0, 4]


def test_totals_of_one_request(client: httpx.Client) -> None:
    """A request may hold several totals of a stream, in any order, and several streams."""
    name = "otlp.several"
    tagged = [{"key": "host", "value": {"stringValue": "b"}}]
    points = [point(n, n - 300, -400) for n in (250, 3, 1, 2)] + [point(7, 0, attributes=tagged)]
    post(client, request(total(name, *points)))
    assert values(client, name) == [1, 1, 1, 247, 7]


def test_a_new_start_is_a_new_stream(client: httpx.Client) -> None:
    """A process that started again counts from there, and so does one beside it with equal attributes."""
    name = "otlp.restart"
    for at, value, began in [(-50, 10, -60), (-30, 4, -40), (-20, 12, -60), (-10, 5, -40)]:
        post(client, request(total(name, point(value, at, began))))
    assert values(client, name) == [10, 4, 2, 1]


@pytest.mark.parametrize("began", [None, -30, -100 * 86_400])
def test_a_first_total_of_unknown_past(client: httpx.Client, began: int | None) -> None:
    """Where it is unknown what was counted before, or that may be forgotten, the first total only sets the mark."""
    name = f"otlp.past.{began}"
    for at, value in [(-30, 1000), (-20, 1002)]:
        post(client, request(total(name, point(value, at, began))))
    assert values(client, name) == [2]


def test_repeats_are_stored_once(client: httpx.Client) -> None:
    """The same request again adds nothing, whatever its kind; another value at the same instant is another metric."""
    body = request(gauge("otlp.repeat", point(1)), total("otlp.repeat", point(2), kind=DELTA))
    for _ in range(2):
        assert not post(client, body).HasField("partial_success")
    post(client, request(gauge("otlp.repeat", point(3))))
    assert sorted(values(client, "otlp.repeat")) == [1, 2, 3]


def histogram(name: str, *points: dict[str, Any], kind: int = DELTA) -> dict[str, Any]:
    return {"name": name, "histogram": {"dataPoints": list(points), "aggregationTemporality": kind}}


def test_histograms(client: httpx.Client) -> None:
    """Buckets, count, sum and extremes are kept; the value is the mean; one without values is none."""
    full = point(None, count="4", sum=10, min=1, max=4, explicitBounds=[2, 3], bucketCounts=["2", "1", "1"])
    empty = point(None, 1, count="0", sum=0, explicitBounds=[2, 3], bucketCounts=["0", "0", "0"])
    assert not post(client, request(histogram("otlp.histogram", full, empty))).HasField("partial_success")
    (metric,) = stored(client, "otlp.histogram")
    assert (metric["type"], metric["value"]) == ("histogram", 2.5)
    distribution = {"count": 4, "sum": 10, "min": 1, "max": 4, "bounds": [2, 3], "counts": [2, 1, 1]}
    assert metric["distribution"] == distribution


def test_running_histograms(client: httpx.Client) -> None:
    """Of a running histogram what came is stored, with the extremes that its buckets tell."""
    for at, counts, sum_ in [(-30, ["0", "0", "0"], 0), (-20, ["1", "1", "0"], 7), (-10, ["1", "3", "0"], 15)]:
        made = point(None, at, count=sum(map(int, counts)), sum=sum_, explicitBounds=[2, 6], bucketCounts=counts)
        post(client, request(histogram("otlp.bins", made, kind=CUMULATIVE)))
    first, second = stored(client, "otlp.bins")
    assert first["distribution"] == {"count": 2, "sum": 7, "min": 2, "max": 6, "bounds": [2, 6], "counts": [1, 1, 0]}
    assert second["distribution"] == {"count": 2, "sum": 8, "min": 2, "max": 6, "bounds": [2, 6], "counts": [0, 2, 0]}


def exponential(name: str, *points: dict[str, Any], kind: int = DELTA) -> dict[str, Any]:
    return {"name": name, "exponentialHistogram": {"dataPoints": list(points), "aggregationTemporality": kind}}


def test_exponential_histograms(client: httpx.Client) -> None:
    """Bounds are made of scale and offset, on both sides of zero."""
    sides = {"positive": {"offset": 1, "bucketCounts": ["1", "2"]}, "negative": {"offset": 0, "bucketCounts": ["1"]}}
    made = point(None, count="5", sum=9.5, scale=0, zeroCount="1", **sides)
    assert not post(client, request(exponential("otlp.exponential", made))).HasField("partial_success")
    (metric,) = stored(client, "otlp.exponential")
    assert metric["distribution"]["bounds"] == [-2, -1, 0, 2, 4, 8]
    assert metric["distribution"]["counts"] == [0, 1, 1, 0, 1, 2, 0]


def test_a_running_exponential_histogram_grows_coarser(client: httpx.Client) -> None:
    """What came is told in the buckets of the later, coarser total."""
    fine = point(None, -20, count="3", sum=5, scale=1, positive={"offset": 0, "bucketCounts": ["1", "1", "1"]})
    coarse = point(None, -10, count="5", sum=50, scale=0, positive={"offset": 0, "bucketCounts": ["2", "1", "0", "2"]})
    for made in (fine, coarse):
        post(client, request(exponential("otlp.coarser", made, kind=CUMULATIVE)))
    came = stored(client, "otlp.coarser")[1]["distribution"]
    assert (came["count"], came["sum"], came["counts"]) == (2, 45, [0, 0, 0, 0, 0, 2, 0])


def test_wide_exponential_histograms(client: httpx.Client) -> None:
    """More buckets than a distribution holds are merged two by two; none is lost."""
    counts = ["1"] * 160
    side = {"offset": 0, "bucketCounts": counts}
    made = point(None, count="320", sum=0, scale=20, positive=side, negative=side)
    assert not post(client, request(exponential("otlp.wide", made))).HasField("partial_success")
    (metric,) = stored(client, "otlp.wide")
    assert sum(metric["distribution"]["counts"]) == 320
    assert len(metric["distribution"]["bounds"]) <= 200


def test_summaries(client: httpx.Client) -> None:
    """Count and sum are a running total; each quantile is a gauge."""
    quantiles = [{"quantile": 0.5, "value": 2}, {"quantile": 0.99, "value": 9}]
    for at, count, sum_ in [(-20, 4, 12), (-10, 6, 32)]:
        made = point(None, at, count=count, sum=sum_, quantileValues=quantiles)
        post(client, request({"name": "otlp.summary", "summary": {"dataPoints": [made]}}))
    assert [(m["type"], m["value"], m["distribution"]["count"]) for m in stored(client, "otlp.summary")] == [
        ("summary", 3, 4),
        ("summary", 10, 2),
    ]
    assert {(m["tags"][0], m["value"]) for m in stored(client, "otlp.summary.quantile")} == {
        ("quantile:0.5", 2),
        ("quantile:0.99", 9),
    }


def test_attributes(client: httpx.Client) -> None:
    """Attributes of any kind become tags, a point's before its resource's; strange characters are made to fit."""
    attributes = [
        {"key": "service.name", "value": {"stringValue": "own"}},
        {"key": "http status", "value": {"intValue": "200"}},
        {"key": "ok", "value": {"boolValue": True}},
        {"key": "list", "value": {"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "x"}]}}},
        {"key": "bare", "value": {"stringValue": ""}},
        {"key": "line", "value": {"stringValue": "a\nb"}},
    ]
    resource = {"service.name": "shop", "telemetry.sdk.name": "x", "host.name": "web-01"}
    post(client, request(gauge("otlp attributes", point(1, attributes=attributes)), resource=resource))
    (metric,) = stored(client, "otlp_attributes")
    tags = ["bare", "host.name:web-01", "http_status:200", "line:a_b", 'list:[1,"x"]', "ok:true", "service.name:own"]
    assert metric["tags"] == tags


def test_many_attributes(client: httpx.Client) -> None:
    """A resource's attributes take what room is left, the weightier first; too many of a point's own reject it."""
    resource = {f"a{n:02}": "x" for n in range(40)} | {"service.name": "shop"}
    own = [{"key": f"k{n:02}", "value": {"intValue": n}} for n in range(33)]
    points = [point(1, attributes=own[:20]), point(2, attributes=own)]
    answer = post(client, request(gauge("otlp.many", *points), resource=resource))
    assert answer.partial_success.rejected_data_points == 1
    (metric,) = stored(client, "otlp.many")
    assert len(metric["tags"]) == 32
    assert "service.name:shop" in metric["tags"]


def test_what_is_cut_is_told(client: httpx.Client) -> None:
    """A warning tells of keys that came twice and of values that were cut; nothing is rejected."""
    pairs = [("a b", "1"), ("a?b", "2"), ("long", "x" * 300)]
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in pairs]
    told = post(client, request(gauge("otlp.cut", point(1, attributes=attributes)))).partial_success
    assert told.rejected_data_points == 0
    assert "a_b came twice" in told.error_message
    assert "long was cut" in told.error_message


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("finite", gauge("otlp.wrong", point(None, asDouble="NaN"))),
    ("finite", gauge("otlp.wrong", point(None, asDouble="Infinity"))),
    ("value", gauge("otlp.wrong", point(None))),
    ("time", gauge("otlp.wrong", {"asInt": 1})),
    ("retention", gauge("otlp.wrong", point(1, -100 * 86_400))),
    ("ahead", gauge("otlp.wrong", point(1, 2 * 86_400))),
    ("200", gauge("x" * 201, point(1))),
    ("name", gauge("", point(1))),
    ("temporality", total("otlp.wrong", point(1), kind=0)),
    ("negative", total("otlp.wrong", point(-1))),
    ("bucket", histogram("otlp.wrong", point(None, count=1, sum=1, explicitBounds=[1], bucketCounts=[1]))),
    ("add up", histogram("otlp.wrong", point(None, count=3, sum=1, explicitBounds=[1], bucketCounts=[1, 1]))),
    ("rise", histogram("otlp.wrong", point(None, count=1, sum=1, explicitBounds=[2, 1], bucketCounts=[1, 0, 0]))),
    ("finite", histogram("otlp.wrong", point(None, count=1, sum="NaN", explicitBounds=[1], bucketCounts=[1, 0]))),
    ("mean", histogram("otlp.wrong", point(None, count=1, sum=1, min=2, max=3))),
    ("sum", histogram("otlp.wrong", point(None, count=1))),
    ("bounds", histogram("otlp.wrong", point(None, sum=0, explicitBounds=[*range(201)], bucketCounts=[0] * 202))),
    ("scale", exponential("otlp.wrong", point(None, count=1, sum=1, scale=-2_000_000_000))),
    ("2^53", histogram("otlp.wrong", point(None, count=str(2**63), sum=1))),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "metric"), WRONG)
def test_a_wrong_point_is_rejected_by_itself(client: httpx.Client, reason: str, metric: dict[str, Any]) -> None:
    """The others of its request are stored, and the answer says how many were not, and why."""
    before = len(stored(client, "otlp.right"))
    right = gauge("otlp.right", point(1, -before - 1))
    partial = post(client, request(metric, right)).partial_success
    assert partial.rejected_data_points == 1
    assert reason in partial.error_message
    assert len(stored(client, "otlp.right")) == before + 1
    assert stored(client, "otlp.wrong") == []


def test_no_recorded_value(client: httpx.Client) -> None:
    """A point that says that it has no value is passed over."""
    assert not post(client, request(gauge("otlp.none", point(None, flags=1)))).HasField("partial_success")
    assert stored(client, "otlp.none") == []


def test_too_many_points(client: httpx.Client) -> None:
    """What goes beyond the limit is rejected, and told once."""
    body = request(gauge("otlp.flood", *(point(1, -n) for n in range(10_003))))
    partial = post(client, body).partial_success
    assert partial.rejected_data_points == 3
    assert partial.error_message.count("at most 10000") == 1


def test_truncated_protobuf(client: httpx.Client) -> None:
    """Wherever a body is cut off, it is refused as a whole: 400, with a Status that says what is wrong."""
    raw = encoded(request(gauge("otlp.truncated", point(1)), resource={"service.name": "shop"}))
    for length in range(1, len(raw)):
        answer = client.post("/v1/metrics", content=raw[:length], headers=PROTOBUF)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/x-protobuf")
        status = Status.FromString(answer.content)
        assert status.message
        bad = BadRequest()
        assert status.details[0].Unpack(bad)
        assert bad.field_violations
    assert stored(client, "otlp.truncated") == []


@pytest.mark.parametrize("wrong", [1, [1], {"a": 1}, [{"scopeMetrics": [{"metrics": [{"name": 1}]}]}]])
def test_json_of_another_shape(client: httpx.Client, wrong: Any) -> None:
    """JSON that is no export request is 400, as a Status in JSON."""
    answer = client.post("/v1/metrics", json={"resourceMetrics": wrong})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")
    assert answer.json()["message"]
    assert answer.json()["details"]


def test_bombs_and_other_codings(client: httpx.Client) -> None:
    """What expands beyond the limit is 413, what is damaged 400, an unknown coding 415: each with a Status."""
    for raw, coding, code in [
        (gzip.compress(bytes(50_000_000)), "gzip", 413),
        (b"no gzip", "gzip", 400),
        (b"", "lzma", 415),
        (bytes(2_000_000), "identity", 413),
    ]:
        answer = client.post("/v1/metrics", content=raw, headers=PROTOBUF | {"Content-Encoding": coding})
        assert answer.status_code == code
        assert Status.FromString(answer.content).message


def test_other_content_types(client: httpx.Client) -> None:
    """Neither protobuf nor JSON is 415."""
    raw = encoded(request(gauge("otlp.text", point(1))))
    assert client.post("/v1/metrics", content=raw, headers={"Content-Type": "text/plain"}).status_code == 415


def test_many_requests_are_429(start_server: Any) -> None:
    """The rate limit's refusal is a Status too, with Retry-After."""
    server = start_server(RATE_LIMIT="1")
    for _ in range(5):
        answer = httpx.post(f"{server.url}/v1/metrics", content=b"", headers=PROTOBUF)
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert Status.FromString(answer.content).message
