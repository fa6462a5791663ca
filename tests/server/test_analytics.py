"""POST /observability/analytics: what a prompt and its structured request are told is the same."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from telemetry_server import instants

DAY = timedelta(days=1)
END = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - DAY
START = END - 7 * DAY
MODELS, CLUSTERS = ("llama-2-7b", "gpt-3.5-turbo", "mixtral"), ("production", "staging")
TYPES = {"request_count": "counter", "latency": "gauge", "ttft": "timer", "deploys": "event"}


def stamp(at: datetime) -> str:
    return instants.render(at)


@pytest.fixture(scope="module")
def metrics(client: httpx.Client) -> list[dict[str, Any]]:
    """Two weeks of metrics of each type; some lack a tag."""
    chance = random.Random(5)  # noqa: S311
    found = []
    for _ in range(900):
        name = chance.choice(list(TYPES))
        tags = {"model": chance.choice(MODELS), "cluster": chance.choice(CLUSTERS), "shard": str(chance.randint(1, 3))}
        if chance.random() < 0.1:
            del tags["cluster"]
        at = END - chance.random() * 14 * DAY
        value = 1 if name == "deploys" else chance.randint(1, 1000)
        found.append({"name": name, "type": TYPES[name], "value": value, "tags": tags, "timestamp": stamp(at)})
    assert client.post("/v1/metrics", json={"metrics": found}).status_code == 200
    return found


def ask(client: httpx.Client, body: Any) -> httpx.Response:
    return client.post("/observability/analytics", json=body)


def body(**fields: Any) -> dict[str, Any]:
    return {
        "metrics": ["latency"],
        "time_range": {"from_date": stamp(START), "to_date": stamp(END - timedelta(seconds=1))},
        **fields,
    }


def requests() -> Iterator[dict[str, Any]]:
    """Requests of every kind, by chance but always the same ones."""
    chance = random.Random(7)  # noqa: S311
    for _ in range(60):
        fields: dict[str, Any] = {"metrics": chance.sample(list(TYPES), chance.randint(1, 3))}
        if chance.random() < 0.8:
            fields["interval"] = chance.choice(["hourly", "daily", "weekly", "monthly"])
        if chance.random() < 0.6:
            fields["filters"] = {"model": chance.choice([MODELS[0], list(MODELS[:2])])}
            if chance.random() < 0.5:
                fields["filters"]["shard"] = chance.choice([1, [1, "2"]])
        if chance.random() < 0.6:
            fields["group_by"] = chance.sample(["model", "cluster"], chance.randint(1, 2))
        if chance.random() < 0.7:
            kind = chance.choice(["count", "sum", "avg", "min", "max", "percentile"])
            fields["aggregation"] = {"type": kind} | ({"percentile": 95} if kind == "percentile" else {})
        if chance.random() < 0.4:
            fields["comparison"] = {"type": "previous_period", "periods": chance.randint(1, 3)}
        if chance.random() < 0.3:
            fields["limit"] = chance.randint(1, 200)
        yield body(**fields)


def cells(row: list[Any], width: int, period: int, point: dict[str, Any]) -> bool:
    """Whether a row of a prompt's answer and a point are the same, in one of the previous periods."""
    if "previous" not in point:
        return bool(row[width:] == [point["value"]])
    before = point["previous"][period]
    return bool(row[width:] == [point["value"], before["value"], before["change"], before["change_percent"]])


@pytest.mark.parametrize("request_body", list(requests()), ids=lambda body: ",".join(body["metrics"]))
def test_request_is_its_reading(
    client: httpx.Client, metrics: list[dict[str, Any]], request_body: dict[str, Any]
) -> None:
    """Each reading, asked as a prompt, has the same rows as the request that was read so."""
    assert metrics
    answer = ask(client, request_body)
    assert answer.status_code == 200, answer.text
    for found in answer.json()["metrics"]:
        for period, reading in enumerate(found["readings"]):
            limit = request_body.get("limit", 1000)
            prompted = client.get("/query", params={"prompt": reading, "limit": limit}).json()
            assert prompted["reading"] == reading
            groups = [column["name"] for column in prompted["columns"] if column["type"] == "string"]
            width = len(groups) + ("interval" in request_body)
            rows = {tuple(row[:width]): row for row in prompted["rows"]}
            told = {}
            for point in found["data"]:
                key = tuple(point.get("group", {}).values()) + ((point["time"],) if "time" in point else ())
                told[key] = point
            assert prompted["truncated"] <= found["truncated"]
            if not found["truncated"] and len(found["readings"]) == 1:
                assert rows.keys() == told.keys()
            for key, point in told.items():
                if key in rows:
                    assert cells(rows[key], width, period, point), (reading, rows[key], point)
                else:
                    assert point["previous"][period]["value"] in (0, None)


def test_numbers_are_those_of_the_metrics(client: httpx.Client, metrics: list[dict[str, Any]]) -> None:
    """Daily sums by model, of one cluster, are what adding up in Python gives."""
    wanted: dict[tuple[str, str], float] = {}
    for metric in metrics:
        at = instants.parse(metric["timestamp"])
        if metric["name"] == "request_count" and metric["tags"].get("cluster") == "staging" and START <= at < END:
            key = (metric["tags"]["model"], stamp(at.replace(hour=0, minute=0, second=0, microsecond=0)))
            wanted[key] = wanted.get(key, 0) + metric["value"]
    asked = body(metrics=["request_count"], interval="daily", filters={"cluster": "staging"}, group_by=["model"])
    (found,) = ask(client, asked).json()["metrics"]
    assert {(point["group"]["model"], point["time"]): point["value"] for point in found["data"]} == wanted
    assert found["aggregation"] == "sum"
    assert found["assumptions"] == ["request_count summed"]


def test_several_periods(client: httpx.Client, metrics: list[dict[str, Any]]) -> None:
    """Each previous period is as long as the range, and ends where the one after it begins."""
    assert metrics
    answer = ask(client, body(aggregation={"type": "count"}, comparison={"periods": 2})).json()
    assert answer["comparison"] == [
        {"start": stamp(START - 7 * DAY), "end": stamp(START)},
        {"start": stamp(START - 14 * DAY), "end": stamp(START - 7 * DAY)},
    ]
    (point,) = answer["metrics"][0]["data"]
    own = [instants.parse(metric["timestamp"]) for metric in metrics if metric["name"] == "latency"]
    counts = [sum(START - n * 7 * DAY <= at < END - n * 7 * DAY for at in own) for n in range(3)]
    assert [point["value"], *(each["value"] for each in point["previous"])] == counts


def test_end_is_included_to_its_second(client: httpx.Client) -> None:
    """What came within the second of `to_date` counts; the next second does not."""
    at = END.replace(microsecond=0)
    for offset in (0, 999, 1000):
        when = stamp(at + timedelta(milliseconds=offset))
        assert client.post("/metrics", json={"name": "ends.on", "value": 1, "timestamp": when}).status_code == 201
    span = {"from_date": stamp(at - DAY), "to_date": stamp(at)}
    answer = ask(client, {"metrics": ["ends.on"], "time_range": span, "aggregation": {"type": "count"}})
    assert answer.json()["metrics"][0]["data"] == [{"value": 2}]


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ({"metrics": []}, ["/metrics"]),
        ({"metrics": ["latency", 5, "no.such", "latency"]}, ["/metrics/1", "/metrics/2", "/metrics/3"]),
        ({"interval": "minutely", "limit": 0}, ["/interval", "/limit"]),
        (
            {"filters": {"model": [], "cluster": {}, "nope": "x"}},
            ["/filters/cluster", "/filters/model", "/filters/nope"],
        ),
        ({"filters": {"model": None}}, ["/filters/model"]),
        ({"group_by": ["model", "nope", 1]}, ["/group_by/1", "/group_by/2"]),
        ({"aggregation": {"type": "percentile"}}, ["/aggregation/percentile"]),
        ({"aggregation": {"type": "avg", "percentile": 5}}, ["/aggregation/percentile"]),
        ({"aggregation": {"type": "percentile", "percentile": 101}}, ["/aggregation/percentile"]),
        ({"comparison": {"type": "last_year", "periods": 13}}, ["/comparison/periods", "/comparison/type"]),
        ({"metrics": list(TYPES), "comparison": {"periods": 12}}, ["/comparison"]),
        ({"time_range": {"from_date": "2024-01-01"}}, ["/time_range/from_date"]),
        ({"time_range": {"from_date": stamp(END), "to_date": stamp(START)}}, ["/time_range/to_date"]),
        ({"time_range": {"from_date": stamp(END + 9 * DAY)}}, ["/time_range/from_date"]),
        ({"time_range": {"from_date": stamp(START), "to_date": "9999-12-31T23:59:59Z"}}, ["/time_range"]),
        ({"time_range": {"from_date": "0001-01-02T00:00:00Z"}, "comparison": {}}, ["/time_range"]),
        ({"extra": 1}, ["/extra"]),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_all_problems_are_told(
    client: httpx.Client, metrics: list[dict[str, Any]], fields: dict[str, Any], pointers: list[str]
) -> None:
    """A wrong request is a 422 with a pointer to each fault."""
    assert metrics
    answer = ask(client, body(**fields))
    assert answer.status_code == 422, answer.text
    assert sorted(fault["pointer"] for fault in answer.json()["errors"]) == pointers


@pytest.mark.parametrize("raw", [b"", b"[", b"[]", b"null", b'{"metrics": "x"}'])
def test_other_bodies_are_refused(client: httpx.Client, raw: bytes) -> None:
    """What is no such request is the caller's error."""
    answer = client.post("/observability/analytics", content=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["errors"] or answer.json()["detail"]


@pytest.mark.usefixtures("metrics")
def test_points_as_lines(client: httpx.Client) -> None:
    """By Accept the same points come as CSV or NDJSON, a line each."""
    asked = body(interval="daily", group_by=["model"], comparison={"periods": 1})
    points = ask(client, asked).json()["metrics"][0]["data"]
    lines = client.post("/observability/analytics", json=asked, headers={"Accept": "application/x-ndjson"})
    rows = [json.loads(line) for line in lines.text.splitlines()]
    assert len(rows) == len(points) > 7
    for row, point in zip(rows, points, strict=True):
        assert (row["metric"], row["time"], row["value"]) == ("latency", point["time"], point["value"])
        assert row["group.model"] == point["group"]["model"]
        assert row["previous.1"] == point["previous"][0]["value"]
    answer = client.post("/observability/analytics", json=asked, headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.text.splitlines()[0] == "metric,aggregation,time,group.model,value,previous.1"
    assert len(answer.text.splitlines()) == 1 + len(points)


def test_cut_points_are_told(client: httpx.Client, metrics: list[dict[str, Any]]) -> None:
    """At most `limit` points come back, and that there are more is said."""
    assert metrics
    (found,) = ask(client, body(interval="hourly", limit=3)).json()["metrics"]
    assert (len(found["data"]), found["truncated"]) == (3, True)
    (found,) = ask(client, body(interval="monthly", limit=3)).json()["metrics"]
    assert found["truncated"] is False


def test_writes_are_seen_at_once(client: httpx.Client) -> None:
    """An answer that was cached is not given again once its metric was written."""
    asked = {"metrics": ["seen.once"], "time_range": {"from_date": stamp(START)}, "aggregation": {"type": "sum"}}
    for total in (1, 2, 3):
        client.post("/metrics", json={"name": "seen.once", "value": 1})
        answer = ask(client, asked)
        assert answer.json()["metrics"][0]["data"] == [{"value": total}]
