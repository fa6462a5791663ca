"""MongoDB as the server leaves it: indexes, expiry, plans, few inserts."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pymongo
import pytest
from pymongo.database import Database

from telemetry_server.stores.indexes import indexes
from telemetry_server.stores.mongo import Mongo
from tests.conftest import StartServer

DAY = 86_400


@pytest.fixture
def database(mongo_uri: str, app_env: str) -> Iterator[Database[dict[str, Any]]]:
    with pymongo.MongoClient[dict[str, Any]](mongo_uri, tz_aware=True) as mongo:
        yield mongo[f"telemetry_server_{app_env}"]


def prepare(mongo_uri: str, app_env: str, days: int) -> None:
    async def run() -> None:
        stores = [Mongo(mongo_uri, app_env, timedelta(days=days)) for _ in range(4)]
        await asyncio.gather(*(store.prepare() for store in stores))
        for store in stores:
            store.close()

    asyncio.run(run())


def expiries(database: Database[dict[str, Any]]) -> dict[str, Any]:
    return {
        f"{name}.{index}": made.get("expireAfterSeconds")
        for name in ("metrics", "series", "misses")
        for index, made in database[name].index_information().items()
        if index != "_id_"
    }


def test_indexes_are_made_by_any_number_of_workers(
    database: Database[dict[str, Any]], mongo_uri: str, app_env: str
) -> None:
    """Several workers that start at once, and again, make the declared indexes and no others."""
    for _ in range(2):
        prepare(mongo_uri, app_env, 90)
        assert expiries(database) == {
            "metrics.name_1_timestamp_-1": None,
            "metrics.tags_1_timestamp_-1": None,
            "metrics.timestamp_1": 90 * DAY,
            "series.seen_at_1": 92 * DAY,
            "misses.code_1_count_-1_seen_at_-1": None,
            "misses.seen_at_1": 90 * DAY,
        }


def test_changed_retention_changes_the_standing_index(
    database: Database[dict[str, Any]], mongo_uri: str, app_env: str
) -> None:
    """Another RETENTION_DAYS changes the expiry of the index that stands."""
    for days in (90, 7, 3650):
        prepare(mongo_uri, app_env, days)
        assert expiries(database)["metrics.timestamp_1"] == days * DAY
        assert expiries(database)["series.seen_at_1"] == (days + 2) * DAY


def test_index_names_are_the_drivers_own() -> None:
    """Names say the keys, so that an index made by hand is the same one."""
    assert {index.name for index in indexes(timedelta(days=1))} == {
        "name_1_timestamp_-1",
        "tags_1_timestamp_-1",
        "timestamp_1",
        "seen_at_1",
        "code_1_count_-1_seen_at_-1",
    }


def test_expired_metrics_are_never_shown(
    database: Database[dict[str, Any]], start_server: StartServer, app_env: str
) -> None:
    """What MongoDB has not yet deleted is in no list, no answer, and not found by id or name."""
    server = start_server(APP_ENV=app_env, RETENTION_DAYS="1")
    old = datetime.now(UTC) - timedelta(days=1, minutes=2)
    document = {"name": "old", "type": "counter", "value": 1.0, "tags": []}
    database["metrics"].drop_index("timestamp_1")
    metric_id = str(database["metrics"].insert_one(document | {"timestamp": old}).inserted_id)
    with httpx.Client(base_url=server.url) as client:
        fresh = client.post("/metrics", json={"name": "new", "type": "counter", "value": 2}).json()
        assert client.get("/metrics").json()["data"] == [fresh]
        assert client.get("/metrics", params={"from": "2020-01-01T00:00:00Z"}).json()["data"] == [fresh]
        assert client.get(f"/metrics/{metric_id}").status_code == 404
        assert client.put(f"/metrics/{metric_id}", json={"name": "a", "value": 1}).status_code == 404
        assert client.delete(f"/metrics/{metric_id}").status_code == 404
        assert client.get("/metrics/old").status_code == 404
        assert client.get("/metrics/old/aggregate").status_code == 404
        assert client.get("/query", params={"prompt": "count events"}).json()["rows"] == [[1]]


def test_what_is_stored(database: Database[dict[str, Any]], start_server: StartServer, app_env: str) -> None:
    """Values are doubles, tags a sorted list, instants dates; the series stands before the acknowledgement."""
    server = start_server(APP_ENV=app_env)
    body = {"name": "n", "type": "Counter", "value": 3, "tags": {"b": "2", "a": "1"}, "timestamp": 1795353205123}
    made = httpx.post(f"{server.url}/metrics", json=body)
    if made.status_code == 422:  # that instant is no longer, or not yet, within the retention
        body["timestamp"] = int(datetime.now(UTC).timestamp()) * 1000 + 123
        made = httpx.post(f"{server.url}/metrics", json=body)
    (stored,) = database["metrics"].find()
    assert str(stored.pop("_id")) == made.json()["id"]
    at = stored.pop("timestamp")
    assert (at.timestamp() * 1000, at.microsecond) == (pytest.approx(body["timestamp"]), 123_000)
    assert stored == {"name": "n", "type": "counter", "value": 3.0, "tags": ["a:1", "b:2"]}
    assert isinstance(stored["value"], float)
    (series,) = database["series"].find()
    assert (series["name"], series["type"], series["tags"]) == ("n", "counter", ["a:1", "b:2"])


def test_concurrent_posts_share_inserts(
    database: Database[dict[str, Any]], start_server: StartServer, app_env: str
) -> None:
    """Many posts at once need fewer inserts than there are posts, and none is lost."""
    server = start_server(APP_ENV=app_env)
    before = _inserts(database)
    with httpx.Client(base_url=server.url, timeout=20) as client, ThreadPoolExecutor(32) as pool:
        statuses = list(
            pool.map(lambda n: client.post("/metrics", json={"name": "group", "value": n}).status_code, range(400))
        )
    assert statuses == [201] * 400
    assert database["metrics"].count_documents({"name": "group"}) == 400
    assert _inserts(database) - before < 300


def _inserts(database: Database[dict[str, Any]]) -> int:
    status = database.client.admin.command("serverStatus")
    return int(status["metrics"]["commands"]["insert"]["total"])


def test_lists_use_an_index(database: Database[dict[str, Any]], start_server: StartServer, app_env: str) -> None:
    """Lists read about as many documents as they show, and sort none in memory."""
    server = start_server(APP_ENV=app_env)
    metrics = [{"name": f"n{n % 20}", "value": n, "tags": [f"host:{n % 50}"]} for n in range(3000)]
    now = datetime.now(UTC)
    for n, metric in enumerate(metrics):
        metric["timestamp"] = (now - timedelta(seconds=n)).isoformat()
    assert httpx.post(f"{server.url}/v1/metrics", json={"metrics": metrics}).status_code == 200
    database.command("profile", 2)
    for query in ("", "?name=n3", "?tags=host:7", "?name=n3&tags=host:3"):
        httpx.get(f"{server.url}/metrics{query}", params={"limit": "10"} if not query else None)
    database.command("profile", 0)
    profiled = [
        entry
        for entry in database["system.profile"].find({"op": "query", "ns": f"{database.name}.metrics"})
        if "timestamp" in entry["command"].get("sort", {})
    ]
    assert len(profiled) == 4
    for entry in profiled:
        assert "IXSCAN" in entry["planSummary"]
        assert not entry.get("hasSortStage")
        assert entry["docsExamined"] <= 150
