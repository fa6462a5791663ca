"""A rule that an operator has given the database refuses single metrics: only whose they are hears of it."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pymongo
import pytest
from tools.server import Server

REFUSED = -13
RULE = "A rule of the database refuses this metric."


@pytest.fixture(scope="module", autouse=True)
def rule(server: Server, mongo_uri: str) -> Iterator[None]:
    with pymongo.MongoClient[dict[str, Any]](mongo_uri) as mongo:
        database = mongo[f"telemetry_server_{server.environment['APP_ENV']}"]
        database.command("collMod", "metrics", validator={"value": {"$ne": REFUSED}})
        yield


def test_one_poison_among_many(client: httpx.Client) -> None:
    """Of metrics that are gathered into shared inserts only the one that is refused is answered with 422."""
    values = [REFUSED if place == 30 else place for place in range(100)]
    with ThreadPoolExecutor(50) as threads:
        answers = list(
            threads.map(lambda value: client.post("/metrics", json={"name": "many", "value": value}), values)
        )
    assert answers[30].status_code == 422
    assert answers[30].json()["errors"] == [{"pointer": "", "detail": RULE}]
    assert Counter(answer.status_code for answer in answers) == {201: 99, 422: 1}
    assert client.get("/metrics/many/aggregate").json()["count"] == 99


def test_batch_says_how_many(client: httpx.Client) -> None:
    """A batch with some that are refused is a 400, which tells that the others may be stored."""
    batch = [{"name": "batch", "value": value} for value in (1, REFUSED, 2)]
    answer = client.post("/v1/metrics", json={"metrics": batch})
    assert answer.status_code == 400
    assert "1 of 3 are refused, and the others may be stored" in answer.json()["message"]
    assert client.get("/metrics/batch/aggregate").json()["count"] == 2


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_change_is_refused(client: httpx.Client, method: str) -> None:
    """A change to what is refused is a 422, and the metric stays as it is."""
    path = client.post("/metrics", json={"name": "kept", "value": 1}).headers["Location"]
    body = {"value": REFUSED} | ({"name": "kept"} if method == "PUT" else {})
    assert client.request(method, path, json=body).status_code == 422
    assert client.get(path).json()["value"] == 1
