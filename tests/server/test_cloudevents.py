"""POST /observability/add and /events: CloudEvents of every content mode."""

import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest

from telemetry_server import instants

STRUCTURED, BATCHED = "application/cloudevents+json", "application/cloudevents-batch+json"


def event(name: str, **fields: Any) -> dict[str, Any]:
    data = {"metric_type": name, "value": 1.5, "model": "llama-2-7b", **fields.pop("data", {})}
    own = {"specversion": "1.0", "type": "model.inference", "source": "budapp", "id": uuid.uuid4().hex, "data": data}
    return {key: value for key, value in {**own, **fields}.items() if value is not ...}


def post(client: httpx.Client, body: Any, content_type: str = "application/json", **headers: str) -> httpx.Response:
    return client.post("/observability/events", json=body, headers={"Content-Type": content_type, **headers})


def stored(client: httpx.Client, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/metrics", params={"name": name, "limit": 1000}).json()["data"]
    return found


def test_envelope(client: httpx.Client) -> None:
    """The envelope's events become metrics: scalars are tags, the time is kept, a count is a counter."""
    at = instants.render(instants.now() - timedelta(hours=1))
    data = {"metric_type": "request_count", "value": 1, "model": "llama-2-7b", "shard": 3, "hot": True, "none": None}
    sent = {"specversion": "1.0", "type": "model.inference", "source": "budapp", "time": at, "data": data}
    answer = client.post("/observability/add", json={"events": [sent]})
    assert answer.status_code == 200
    assert answer.json()["message"] == "1 of 1 events stored."
    assert answer.json() | {"status": "success", "received": 1, "stored": 1, "failed": 0, "errors": []} == answer.json()
    (metric,) = stored(client, "request_count")
    del metric["id"]
    tags = ["hot:true", "model:llama-2-7b", "shard:3"]
    assert metric == {"name": "request_count", "type": "counter", "value": 1.0, "tags": tags, "timestamp": at}


def test_modes(client: httpx.Client) -> None:
    """Structured, batched and binary mode store the same, and any of them again is still one metric."""
    one = event("ce.modes")
    attributes = {f"ce-{key}": value for key, value in one.items() if key != "data"}
    for _ in range(2):
        for answer in (
            post(client, one, STRUCTURED),
            post(client, one),
            post(client, [one, one], BATCHED),
            post(client, [one]),
            post(client, {"events": [one]}),
            post(client, one["data"], **attributes),
        ):
            assert answer.status_code == 200, answer.text
    (metric,) = stored(client, "ce.modes")
    assert (metric["type"], metric["value"], metric["tags"]) == ("gauge", 1.5, ["model:llama-2-7b"])


def test_binary_attributes_are_unquoted(client: httpx.Client) -> None:
    """What is percent-encoded in a header is the same identity as in the structured mode."""
    one = event("ce.quoted", source="/größe a", id="é")
    headers = {"ce-specversion": "1.0", "ce-type": "t", "ce-source": "/gr%C3%B6%C3%9Fe%20a", "ce-id": "%C3%A9"}
    assert post(client, one["data"], **headers).status_code == 200
    assert post(client, one, STRUCTURED).status_code == 200
    assert len(stored(client, "ce.quoted")) == 1


def test_identity_is_source_and_id(client: httpx.Client) -> None:
    """The same id from another source is another metric; other content under a known identity is told."""
    one = event("ce.identity", id="1")
    assert post(client, one).status_code == 200
    assert post(client, {**one, "source": "other"}).status_code == 200
    assert len(stored(client, "ce.identity")) == 2
    other = event("ce.identity", id="1", data={"value": 9})
    answer = post(client, [other, event("ce.identity", id="2")], BATCHED)
    assert answer.status_code == 207
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/0/id"]
    assert len(stored(client, "ce.identity")) == 3
    assert post(client, other).status_code == 422


def test_half_good_batch(client: httpx.Client) -> None:
    """The good ones are stored, and each other one is named with its reasons."""
    wrong = [
        (event("ce.half", specversion="0.3"), ["/specversion"]),
        (event("ce.half", source="", type=...), ["/source", "/type"]),
        (event("ce.half", time="yesterday"), ["/time"]),
        (event("ce.half", time=5), ["/time"]),
        (event("ce.half", time="2024-01-15T10:30:00Z"), ["/time"]),
        (event("ce.half", data={"metric_type": 5, "value": "x"}), ["/data/metric_type", "/data/value"]),
        (event("n" * 201), ["/data/metric_type"]),
        (event("ce.half", data={"nested": {}, "long key": "v" * 201}), ["/data/long key", "/data/nested"]),
        (event("ce.half", data={f"k{n}": n for n in range(40)}), ["/data"]),
        ({**event("ce.half"), "data": None}, ["/data"]),
        ({**event("ce.half"), "data": None, "data_base64": "AA=="}, ["/data_base64"]),
        (5, [""]),
        ({}, ["/data", "/source", "/specversion", "/type"]),
    ]
    events = [event("ce.half"), *(each for each, _ in wrong), event("ce.half")]
    answer = client.post("/observability/add", json={"events": events})
    assert answer.status_code == 207
    told = answer.json()
    assert (told["status"], told["received"], told["stored"], told["failed"]) == ("partial", 15, 2, 13)
    pointers = [fault["pointer"] for fault in told["errors"]]
    for place, (_, faults) in enumerate(wrong, 1):
        at = f"/events/{place}"
        own = [each.removeprefix(at) for each in pointers if each == at or each.startswith(f"{at}/")]
        assert sorted(own) == faults, place
    assert len(stored(client, "ce.half")) == 2


def test_foreign_names_are_made_to_fit(client: httpx.Client) -> None:
    """Other characters become `_`; of two keys that are then the same the first stays, and that is told."""
    answer = post(client, event("ce fit!", data={"a b": "x", "a?b": "y", "c:d": 0.25}))
    assert answer.status_code == 200
    assert [each["pointer"] for each in answer.json()["warnings"]] == ["/data/a?b"]
    (metric,) = stored(client, "ce_fit_")
    assert metric["tags"] == ["a_b:x", "c_d:0.25", "model:llama-2-7b"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ({"events": []}, "application/json", 422),
        ({"events": 5}, "application/json", 422),
        ({"events": [], "more": 1}, "application/json", 422),
        ({"events": [5]}, "application/json", 422),
        (5, "application/json", 422),
        ({}, BATCHED, 422),
        ([], BATCHED, 200),
        (event("ce.none", id=...), STRUCTURED, 422),
        ([{"nothing": "known"}] * 10_001, BATCHED, 422),
        (event("ce.none"), "text/plain", 415),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_other_bodies(client: httpx.Client, body: Any, content_type: str, status: int) -> None:
    """What is no event is the caller's error; an empty batch is nothing to do."""
    assert post(client, body, content_type).status_code == status
    assert stored(client, "ce.none") == []


def test_truncated_body(client: httpx.Client) -> None:
    """Half a body is refused as such."""
    headers = {"Content-Type": STRUCTURED}
    assert client.post("/observability/add", content=b'{"specversion": "1.0"', headers=headers).status_code == 400


def test_events_without_id_are_each_one(client: httpx.Client) -> None:
    """In the envelope the id may be left out: nothing tells a repeat then."""
    one = event("ce.each", id=...)
    assert client.post("/observability/add", json={"events": [one, one]}).json()["stored"] == 2
    assert len(stored(client, "ce.each")) == 2
