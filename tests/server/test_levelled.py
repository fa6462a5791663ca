"""Metrics by level and name: what comes in is stored as any other, and told by type."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest


def send(client: httpx.Client, name: str, kind: str, *values: float) -> None:
    for value in values:
        answer = client.post(
            "/ingest/metrics", json={"level": "application", "name": name, "type": kind, "value": value}
        )
        assert answer.status_code == 201, answer.text
        assert answer.json() == {"name": f"application.{name}", "type": kind.upper(), "value": value}


def test_timer_has_its_extremes_and_mean(client: httpx.Client) -> None:
    """A timer tells how many values there were, the least, the greatest and the mean."""
    send(client, "server.get.timer", "TIMER", 1, 4, 7)
    assert client.get("/data/metrics/application.server.get.timer").json() == {
        "name": "application.server.get.timer",
        "type": "TIMER",
        "count": 3,
        "min": 1,
        "max": 7,
        "mean": 4,
    }


def test_counter_is_net(client: httpx.Client) -> None:
    """A counter tells increments less decrements."""
    send(client, "open", "counter", 5, -2, 1)
    told = client.get("/data/metrics/application.open").json()
    assert told == {"name": "application.open", "type": "COUNTER", "count": 4}


def test_meter_has_its_mean_rate(client: httpx.Client) -> None:
    """A meter's rate is its marks a second since the first of them, of ten minutes ago here."""
    first = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
    client.post("/metrics", json={"name": "application.hits", "type": "meter", "value": 300, "timestamp": first})
    send(client, "hits", "METER", 299, 1)
    told = client.get("/data/metrics/application.hits").json()
    assert told == {"name": "application.hits", "type": "METER", "count": 600, "mean_rate": told["mean_rate"]}
    assert told["mean_rate"] == pytest.approx(1.0, rel=0.01)


def test_last_seen_type_is_told(client: httpx.Client) -> None:
    """Of a name with several types the one that came last is told, and none other than these three."""
    send(client, "both", "COUNTER", 1)
    time.sleep(0.002)
    send(client, "both", "TIMER", 2)
    client.post("/metrics", json={"name": "application.both", "type": "gauge", "value": 9})
    assert client.get("/data/metrics/application.both").json()["type"] == "TIMER"
    client.post("/metrics", json={"name": "application.gauge", "type": "gauge", "value": 9})
    assert client.get("/data/metrics/application.gauge").status_code == 404


def test_foreign_names_are_made_to_fit(client: httpx.Client) -> None:
    """What a name may not have becomes `_`, on the way in and out."""
    answer = client.post("/ingest/metrics", json={"level": "a b", "name": "c§§d/e", "type": "COUNTER", "value": 2})
    assert answer.headers["Location"] == "/data/metrics/a_b.c_d/e"
    read = client.get("/data/metrics/a%20b.c§d/e")  # as the document says: any text
    (parameter,) = client.get("/openapi.json").json()["paths"]["/data/metrics/{name}"]["get"]["parameters"]
    assert "pattern" not in parameter["schema"]
    assert (read.status_code, read.json().get("count")) == (200, 2), read.text


def test_repeat_is_one_metric(client: httpx.Client) -> None:
    """The same request again under its Idempotency-Key adds nothing."""
    body = {"level": "l", "name": "once", "type": "COUNTER", "value": 1}
    codes = [client.post("/ingest/metrics", json=body, headers={"Idempotency-Key": "k"}).status_code for _ in range(2)]
    assert codes == [201, 200]
    assert client.get("/data/metrics/l.once").json()["count"] == 1


@pytest.mark.parametrize(
    ("body", "status", "pointers"),
    [
        ([], 422, [""]),
        ({}, 422, ["/level", "/name", "/type", "/value"]),
        ({"level": "", "name": 1, "type": "GAUGE", "value": 1, "x": 1}, 422, ["/x", "/level", "/name", "/type"]),
        ({"level": "l", "name": "n", "type": "METER", "value": "1"}, 422, ["/value"]),
        ({"level": "l", "name": "n" * 199, "type": "METER", "value": 1}, 422, ["/name"]),
    ],
)
def test_wrong_bodies(client: httpx.Client, body: Any, status: int, pointers: list[str]) -> None:
    """What cannot be stored is told, all of it at once."""
    answer = client.post("/ingest/metrics", json=body)
    assert answer.status_code == status
    assert [fault["pointer"] for fault in answer.json()["errors"]] == pointers


def test_truncated_body(client: httpx.Client) -> None:
    """Half a body is no JSON."""
    assert client.post("/ingest/metrics", content=b'{"level": "a", "na').status_code == 400


def test_unknown_name(client: httpx.Client) -> None:
    """A name that nothing came under is 404, one that cannot be is 422."""
    assert client.get("/data/metrics/application.none").status_code == 404
    assert client.get("/data/metrics/" + "n" * 201).status_code == 422


def test_ping(client: httpx.Client) -> None:
    """/health/ping is text that begins with pong."""
    answer = client.get("/health/ping")
    assert answer.status_code == 200
    assert answer.text.startswith("pong (")
    assert answer.headers["Content-Type"].startswith("text/plain")
