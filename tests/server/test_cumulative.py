"""Running totals: whoever takes them, and whatever ends when, what came is stored once."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pymongo
import pytest
from tools.server import Server

from tests.conftest import StartServer

SECOND = 1_000_000_000
NOW = time.time_ns() // SECOND * SECOND
THREADS = 8
CLIENT = httpx.Client(timeout=10)


def totals(name: str, *points: tuple[float, int]) -> dict[str, Any]:
    """An OTLP request of (seconds from now, total) of one stream."""
    data = {
        "aggregationTemporality": 2,
        "isMonotonic": True,
        "dataPoints": [
            {"startTimeUnixNano": NOW - 3600 * SECOND, "timeUnixNano": NOW + int(at * SECOND), "asInt": total}
            for at, total in points
        ],
    }
    return {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": name, "sum": data}]}]}]}


def send(url: str, body: dict[str, Any]) -> None:
    assert CLIENT.post(f"{url}/v1/metrics", json=body, timeout=10).json() == {}


def values(url: str, name: str) -> list[float]:
    """What is stored, oldest first."""
    found = CLIENT.get(f"{url}/metrics", params={"name": name, "limit": 1000}).json()["data"]
    return [metric["value"] for metric in reversed(found)]


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    with CLIENT:
        yield


@pytest.fixture
def remembered(server: Server, mongo_uri: str) -> Any:
    """The collection in which totals are remembered."""
    with pymongo.MongoClient[dict[str, Any]](mongo_uri, tz_aware=True) as mongo:
        collection = mongo[f"telemetry_server_{server.environment['APP_ENV']}"]["totals"]
        collection.delete_many({})
        yield collection


@pytest.mark.parametrize("then", [(-20, 25), (-10, 40)], ids=["the same again", "the next"])
def test_who_died_before_storing(server: Server, remembered: Any, then: tuple[int, int]) -> None:
    """What was remembered and never stored is stored by whoever comes next, once."""
    name = f"died.{then[1]}"
    send(server.url, totals(name, (-30, 10)))
    (first,) = remembered.find()
    send(server.url, totals(name, (-20, 25)))
    (second,) = remembered.find()
    (metric,) = CLIENT.get(f"{server.url}/metrics", params={"name": name, "min": 15}).json()["data"]
    CLIENT.delete(f"{server.url}/metrics/{metric['id']}")
    steps = [[second["at"], 15]]
    remembered.update_one({"_id": first["_id"]}, {"$set": {"steps": steps}})  # as it is until it is stored
    for _ in range(2):
        send(server.url, totals(name, then))
    assert values(server.url, name) == ([10, 15] if then[1] == 25 else [10, 15, 15])


def test_settled(server: Server, remembered: Any) -> None:
    """Of what is stored no step is kept."""
    send(server.url, totals("settled", *((n - 300, n) for n in range(250))))
    (last,) = remembered.find()
    assert (last["amount"], last["steps"]) == (249, [])
    assert sum(values(server.url, "settled")) == 249


def test_a_changed_metric_is_left_alone(server: Server, remembered: Any) -> None:
    """A step that is stored, and was changed by somebody before it was known to be, stays as it was changed."""
    send(server.url, totals("changed", (-30, 10)))
    (last,) = remembered.find()
    (metric,) = CLIENT.get(f"{server.url}/metrics", params={"name": "changed"}).json()["data"]
    CLIENT.patch(f"{server.url}/metrics/{metric['id']}", json={"value": 11})
    remembered.update_one({"_id": last["_id"]}, {"$set": {"steps": [[last["at"], 10]]}})
    send(server.url, totals("changed", (-20, 15)))
    assert values(server.url, "changed") == [11, 5]


def test_workers_and_servers_share_streams(start_server: StartServer) -> None:
    """Totals of the same streams, sent in any order to several servers at once, add up to the last."""
    one = start_server("--workers", "2")
    other = start_server("--workers", "2", APP_ENV=one.environment["APP_ENV"])
    names = [f"shared.{n}" for n in range(3)]
    points = [(name, n) for name in names for n in range(1, 31)]
    random.Random(7).shuffle(points)  # noqa: S311 - any order will do
    points += [(name, 31) for name in names]

    def work(place: int) -> None:
        name, n = points[place]
        send((one, other)[place % 2].url, totals(name, (n - 200, n * n)))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(len(points))))
    for name in names:
        assert sum(values(other.url, name)) == 31**2
