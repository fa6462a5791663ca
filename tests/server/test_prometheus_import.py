"""POST /import/prometheus: both text formats, as real exporters write them."""

import gzip
import math
import time
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST as OPENMETRICS
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from telemetry_server.dialects import prometheus

PLAIN = "text/plain; version=0.0.4; charset=utf-8"
NOW = int(time.time())


def post(client: httpx.Client, text: str | bytes, content_type: str = PLAIN, **parameters: Any) -> httpx.Response:
    headers = {"Content-Type": content_type}
    return client.post("/import/prometheus", content=text, headers=headers, params=parameters)


def take(client: httpx.Client, text: str | bytes, content_type: str = PLAIN, **parameters: Any) -> None:
    answer = post(client, text, content_type, **parameters)
    assert (answer.status_code, answer.json()["status"], answer.json()["errors"]) == (200, "success", [])


def stored(client: httpx.Client, name: str) -> list[dict[str, Any]]:
    """The metrics of a name, oldest first."""
    found: list[dict[str, Any]] = client.get("/metrics", params={"name": name, "limit": 1000}).json()["data"]
    return found[::-1]


def values(client: httpx.Client, name: str) -> list[float]:
    return [metric["value"] for metric in stored(client, name)]


@pytest.mark.parametrize("strict", [False, True])
def test_a_real_exporter(client: httpx.Client, strict: bool) -> None:
    """What the client library shows in both formats: gauges as they are, of all that counts what came in between."""
    prefix = f"prom_{'strict' if strict else 'plain'}"
    registry = CollectorRegistry()
    level = Gauge(f"{prefix}_level", "Level.", ["host"], registry=registry)
    seen = Counter(f"{prefix}_seen", "Seen.", ["host"], registry=registry)
    took = Histogram(f"{prefix}_took", "Took.", buckets=[1, 2], registry=registry)
    size = Summary(f"{prefix}_size", "Size.", registry=registry)
    level.labels("a").set(2.5)
    for amount, lasted in [(10, 0.5), (5, 1.5), (3, 1.75)]:
        seen.labels("a").inc(amount)
        took.observe(lasted)
        size.observe(lasted * 100)
        time.sleep(0.01)  # of two totals in one millisecond the first counts, and one at the very start counts nothing
        if strict:
            take(client, generate_openmetrics(registry), OPENMETRICS)
        else:
            take(client, generate_latest(registry))
    assert values(client, f"{prefix}_level") == [2.5] * 3
    first = [10] if strict else []  # the older format does not tell since when it counts
    assert values(client, f"{prefix}_seen_total") == [*first, 5, 3]
    assert {tuple(metric["tags"]) for metric in stored(client, f"{prefix}_seen_total")} == {("host:a",)}
    *_, last = stored(client, f"{prefix}_took")
    assert (last["type"], last["value"]) == ("histogram", 1.75)
    assert last["distribution"]["bounds"] == [1, 2]
    assert last["distribution"]["counts"] == [0, 1, 0]
    *_, last = stored(client, f"{prefix}_size")
    assert (last["type"], last["value"], last["distribution"]["count"]) == ("summary", 175, 1)


def test_counters_that_begin_anew(client: httpx.Client) -> None:
    """A total that fell counts from nought; late ones, and the same under its whole name, add nothing."""
    for at, total in [(-50, 10), (-40, 15), (-40, 15), (-45, 12), (-30, 4)]:
        take(client, f"# TYPE prom_anew counter\nprom_anew {total} {(NOW + at) * 1000}\n")
        take(client, f"# TYPE prom_anew_total counter\nprom_anew_total {total} {(NOW + at) * 1000}\n")
    assert values(client, "prom_anew_total") == [5, 4]


def test_starts_are_streams(client: httpx.Client) -> None:
    """Since when a counter counts is told in OpenMetrics: the first total is then what came since."""
    for at, total, began in [(-50, 10, -60), (-30, 4, -40), (-20, 12, -60)]:
        text = f"c_total {total} {NOW + at}\nc_created {NOW + began} {NOW + at}\n".replace("c_", "prom_start_")
        take(client, f"# TYPE prom_start counter\n{text}# EOF\n", OPENMETRICS)
    assert values(client, "prom_start_total") == [10, 4, 2]


def test_times(client: httpx.Client) -> None:
    """Timestamps are milliseconds in the one format and seconds in the other; without one a sample is of now."""
    take(client, f"prom_times 1 {NOW * 1000 - 2500}\n")
    take(client, f"prom_times 2 {NOW - 1}.25\n# EOF\n", OPENMETRICS)
    take(client, "prom_times 3\n")
    times = [metric["timestamp"][-7:] for metric in stored(client, "prom_times")]
    assert values(client, "prom_times") == [1, 2, 3]
    assert [text[2:] for text in times[:2]] == [".500Z", ".250Z"]


def test_repeats_are_stored_once(client: httpx.Client) -> None:
    """A sample with its time comes as often as it likes; one without is another one each time."""
    for _ in range(2):
        take(client, f'prom_again{{a="1",b="2"}} 1 {NOW * 1000}\n')
        take(client, f'prom_again{{b="2",a="1"}} 1 {NOW * 1000}\n')
        take(client, "prom_anytime 1\n")
    assert values(client, "prom_again") == [1]
    assert values(client, "prom_anytime") == [1, 1]


def test_labels_for_all(client: httpx.Client) -> None:
    """`extra_label` is added to each sample, and tells streams of several hosts apart."""
    for at, (a, b) in enumerate([(100, 5), (110, 6), (120, 7)]):
        for host, total in (("a", a), ("b", b)):
            text = f'# TYPE prom_extra_total counter\nprom_extra_total{{host="?"}} {total} {(NOW + at) * 1000}\n'
            take(client, text, extra_label=[f"host={host}", "job=x=y"])
    assert {(*metric["tags"], metric["value"]) for metric in stored(client, "prom_extra_total")} == {
        ("host:a", "job:x=y", 10),
        ("host:b", "job:x=y", 1),
    }


SUMMARY = """# TYPE prom_rpc summary
prom_rpc{quantile="0.50"} 12
prom_rpc{quantile="0.99"} NaN
prom_rpc_sum 100
prom_rpc_count 8
"""


def test_quantiles(client: httpx.Client) -> None:
    """Each quantile is a gauge of its own; one of nothing is none."""
    take(client, SUMMARY)
    (metric,) = stored(client, "prom_rpc.quantile")
    assert (metric["type"], metric["value"], metric["tags"]) == ("gauge", 12, ["quantile:0.5"])


def test_histograms_of_now(client: httpx.Client) -> None:
    """A gauge histogram is stored as it is."""
    lines = ['_bucket{le="1.0"} 1', '_bucket{le="2.0"} 3', '_bucket{le="+Inf"} 4', "_gcount 4", "_gsum 8"]
    text = "".join(f"prom_queue{line}\n" for line in lines)
    take(client, f"# TYPE prom_queue gaugehistogram\n{text}# EOF\n", OPENMETRICS)
    (metric,) = stored(client, "prom_queue")
    assert (metric["type"], metric["value"]) == ("histogram", 2)
    assert metric["distribution"] == {"count": 4, "sum": 8, "min": 1, "max": 2, "bounds": [1, 2], "counts": [1, 2, 1]}


BAD = {
    "prom_bad{ 1": "Line 1 cannot be read.",
    "prom_bad one": "Line 1 cannot be read.",
    "prom_bad NaN": "prom_bad: /value: Must be a finite number, at most 1e308.",
    "prom_bad +Inf": "prom_bad: /value: Must be a finite number, at most 1e308.",
    "prom_bad " + "9" * 400: "prom_bad: /value: Must be a finite number, at most 1e308.",
    "prom_bad 1 1": "prom_bad: /timestamp: Older than the retention of 90 days.",
    "prom_bad 1 NaN": "prom_bad: /timestamp: Epoch milliseconds out of range.",
    "prom_bad 1 1e300": "prom_bad: /timestamp: Epoch milliseconds out of range.",
    "prom_bad" + "d" * 200 + " 1": f"prom_bad{'d' * 192}: /name: Must be 1 to 200 letters, digits, _ . : / or -.",
    "prom_bad{" + ",".join(f'l{n}="1"' for n in range(33)) + "} 1": "prom_bad: /tags: At most 32 tags.",
    f'prom_bad{{l="{"x" * prometheus.MAX_LINE}"}} 1': "Line 1 cannot be read.",
    'prom_bad{l="\udcff"} 1': "Line 1 cannot be read.",
    "# TYPE prom_bad counter\nprom_bad -1": "prom_bad: A counter is a finite number, not negative.",
    "# TYPE prom_bad histogram\nprom_bad_count 1": "prom_bad: A histogram without a sum has no mean.",
    "# TYPE prom_bad histogram\nprom_bad_sum 1": "prom_bad: A histogram has a count.",
    '# TYPE prom_bad histogram\nprom_bad_bucket{le="x"} 1': "prom_bad: A bucket or quantile says which it is.",
    "# TYPE prom_bad summary\nprom_bad_count 1.5": "prom_bad: A count is a whole number below 2^53.",
    "# TYPE prom_bad nothing": "Line 1 cannot be read.",
}


@pytest.mark.parametrize(("text", "reason"), BAD.items(), ids=range(len(BAD)))
def test_a_bad_point_is_rejected_alone(client: httpx.Client, text: str, reason: str) -> None:
    """Its neighbours are stored, and it is told why it is not."""
    name = f"prom_good_{list(BAD).index(text)}"
    answer = post(client, f"{text}\n{name} 1\n".encode(errors="surrogateescape"))
    assert answer.status_code == 207
    assert answer.json()["message"] == "1 of 2 data points taken."
    assert [error["detail"] for error in answer.json()["errors"]] == [reason]
    assert values(client, name) == [1]
    assert stored(client, "prom_bad") == []


def test_falling_buckets(client: httpx.Client) -> None:
    """Buckets that do not rise are no histogram."""
    lines = ['_bucket{le="1"} 3', '_bucket{le="2"} 2', '_bucket{le="+Inf"} 4', "_count 4", "_sum 8"]
    answer = post(client, "# TYPE prom_fall histogram\n" + "".join(f"prom_fall{line}\n" for line in lines))
    assert answer.status_code == 422
    assert "rise" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("text", ["prom_never 1\n", "prom_never 1\nprom_never{ 2\n# EOF\n", "", "\udcff 1\n# EOF\n"])
def test_openmetrics_is_read_whole(client: httpx.Client, text: str) -> None:
    """OpenMetrics that is cut off, or wrong in one line, is refused; that is what it has its end for."""
    answer = post(client, text.encode(errors="surrogateescape"), OPENMETRICS)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("The body is not OpenMetrics")
    assert stored(client, "prom_never") == []


def test_what_is_made_to_fit_is_told(client: httpx.Client) -> None:
    """A value that is cut is a warning."""
    answer = post(client, f'prom_fit{{l="{"x" * 300}"}} 1\n')
    assert (answer.status_code, len(answer.json()["warnings"])) == (200, 1)
    assert stored(client, "prom_fit")[0]["tags"] == ["l:" + "x" * 200]


def test_many_points(client: httpx.Client) -> None:
    """Those beyond what a request may hold are told."""
    many = "".join(f"prom_many_{n % 9} {n}\n" for n in range(10_001))
    headers = {"Content-Encoding": "gzip"}
    answer = client.post("/import/prometheus", content=gzip.compress(many.encode()), headers=headers)
    assert answer.status_code == 207
    assert answer.json() | {"received": 10_001, "taken": 10_000, "rejected": 1} == answer.json()


@pytest.mark.parametrize("query", ["extra_label=host", "extra_label==a", "labels=a"])
def test_wrong_parameters(client: httpx.Client, query: str) -> None:
    """A parameter that cannot be read stores nothing."""
    assert client.post(f"/import/prometheus?{query}", content="prom_never 1\n").status_code == 422
    assert stored(client, "prom_never") == []


WORDS = (
    *("# TYPE a ", "# HELP a x\n", "histogram\n", "counter\n", "summary\n", 'a_bucket{le="', "1", '"} ', "a_count 1\n"),
    *("a_sum ", "NaN\n", "a_total 3 ", "9e9999\n", "a{", "}", "\n", " ", "# EOF\n", "a_created ", "-1\n", "{quantile="),
)


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=30).map("".join), st.booleans())
def test_any_text(text: str, strict: bool) -> None:
    """Whatever comes is read or refused, and all that is read is finite or left to the check of metrics."""
    try:
        done = prometheus.translated(text, strict=strict, extra={}, now_ms=1000)
    except prometheus.Malformed:
        return
    assert len(done.rejected) <= done.points
    for item in done.items:
        if isinstance(item.total, dict):
            assert math.isfinite(item.total["sum"])
