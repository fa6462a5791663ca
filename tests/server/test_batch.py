"""POST /v1/metrics: all or nothing, in its own form."""

from typing import Any

import httpx
import pytest


def post(client: httpx.Client, body: Any) -> httpx.Response:
    return client.post("/v1/metrics", json=body)


def count(client: httpx.Client, name: str) -> int:
    return len(client.get("/metrics", params={"name": name, "limit": 1000}).json()["data"])


def test_batch_is_stored(client: httpx.Client) -> None:
    """A batch answers how many it stored."""
    answer = post(client, {"metrics": [{"name": "batch.a", "value": n} for n in range(250)]})
    assert answer.status_code == 200
    assert answer.json()["status"] == "success"
    assert answer.json()["metrics_processed"] == 250
    assert answer.json()["message"]
    assert count(client, "batch.a") == 250


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ([], [""]),
        ({}, ["/metrics"]),
        ({"metrics": []}, ["/metrics"]),
        ({"metrics": {}}, ["/metrics"]),
        ({"metrics": [1]}, ["/metrics/0"]),
        ({"metrics": [{"name": "batch.b", "value": 1}], "extra": 1}, ["/extra"]),
        ({"metrics": [{"name": "batch.b", "value": 1}] * 10_001}, ["/metrics"]),
        (
            {"metrics": [{"name": "batch.b", "value": 1}, {"name": "b b", "value": 1}, {"tags": [1]}]},
            ["/metrics/1/name", "/metrics/2/name", "/metrics/2/tags/0"],
        ),
    ],
    ids=lambda value: ascii(value)[:50],
)
def test_wrong_batch_stores_nothing(client: httpx.Client, body: Any, pointers: list[str]) -> None:
    """One wrong metric refuses the batch, with 400 and a pointer to each fault."""
    answer = post(client, body)
    assert answer.status_code == 400
    assert answer.json()["status"] == "error"
    assert answer.json()["message"]
    assert [fault["pointer"] for fault in answer.json()["errors"]] == pointers
    assert count(client, "batch.b") == 0


def test_many_faults_are_cut(client: httpx.Client) -> None:
    """The list of faults is bounded."""
    answer = post(client, {"metrics": [{"name": "a"}] * 5000})
    assert answer.status_code == 400
    assert 100 <= len(answer.json()["errors"]) <= 110


def test_ids_make_a_batch_repeatable(client: httpx.Client) -> None:
    """The same batch again adds nothing; other content under a known id is 409, and said what was stored."""
    metrics = [{"id": f"{n:024x}", "name": "batch.c", "value": n} for n in range(1500)]
    assert [post(client, {"metrics": metrics}).status_code for _ in range(2)] == [200, 200]
    changed = [*metrics[:3], {**metrics[3], "value": -1}, {"name": "batch.d", "value": 1}]
    answer = post(client, {"metrics": changed})
    assert answer.status_code == 409
    assert answer.json()["status"] == "error"
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/metrics/3/id"]
    assert answer.json()["message"].startswith("4 of 5")
    assert count(client, "batch.d") == 1
