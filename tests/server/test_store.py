"""MongoDB as the server leaves it: indexes, expiry, plans, few inserts."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pymongo
import pytest
from pymongo.database import Database
from tools.stack import Stack

from telemetry_server.errors import TimedOut, Unavailable
from telemetry_server.metric import Metric
from telemetry_server.metric_filter import MetricFilter
from telemetry_server.stores.indexes import indexes
from telemetry_server.stores.mongo import Mongo
from telemetry_server.stores.mongo.bounds import SLACK_SECONDS
from telemetry_server.summaries.retention import Retention
from tests.conftest import StartServer

DAY = 86_400


@pytest.fixture
def database(mongo_uri: str, app_env: str) -> Iterator[Database[dict[str, Any]]]:
    with pymongo.MongoClient[dict[str, Any]](mongo_uri, tz_aware=True) as mongo:
        yield mongo[f"telemetry_server_{app_env}"]


def prepare(mongo_uri: str, app_env: str, days: int) -> None:
    async def work(store: Mongo) -> None:
        with contextlib.closing(store):
            for _ in range(20):  # as a server does where MongoDB is too busy to answer
                with contextlib.suppress(Unavailable):
                    return await store.prepare()
        raise AssertionError("the indexes are not made")

    async def run() -> None:
        stores = [Mongo(mongo_uri, app_env, Retention(*[timedelta(days=days)] * 3)) for _ in range(4)]
        await asyncio.gather(*map(work, stores))

    asyncio.run(run())


def expiries(database: Database[dict[str, Any]]) -> dict[str, Any]:
    return {
        f"{name}.{index}": made.get("expireAfterSeconds")
        for name in ("metrics", "hours", "days", "series", "totals", "misses")
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
            "metrics.timestamp_1": 91 * DAY,
            "hours.name_1_timestamp_-1": None,
            "hours.tags_1_timestamp_-1": None,
            "hours.timestamp_1": 91 * DAY,
            "hours.timestamp_1_name_1_count_1": None,
            "days.name_1_timestamp_-1": None,
            "days.tags_1_timestamp_-1": None,
            "days.timestamp_1": 91 * DAY,
            "days.timestamp_1_name_1_count_1": None,
            "series.name_1": None,
            "series.tags_1": None,
            "series.seen_at_1": 92 * DAY,
            "totals.seen_at_1": 91 * DAY,
            "misses.code_1_count_-1_seen_at_-1": None,
            "misses.seen_at_1": 90 * DAY,
        }


def test_changed_retention_changes_the_standing_index(
    database: Database[dict[str, Any]], mongo_uri: str, app_env: str
) -> None:
    """Another RETENTION_DAYS changes the expiry of the index that stands."""
    for days in (90, 7, 3650):
        prepare(mongo_uri, app_env, days)
        assert expiries(database)["metrics.timestamp_1"] == (days + 1) * DAY
        assert expiries(database)["series.seen_at_1"] == (days + 2) * DAY


def test_index_names_are_the_drivers_own() -> None:
    """Names say the keys, so that an index made by hand is the same one."""
    assert {index.name for index in indexes(Retention(*[timedelta(days=1)] * 3))} == {
        "name_1_timestamp_-1",
        "tags_1_timestamp_-1",
        "timestamp_1",
        "timestamp_1_name_1_count_1",
        "name_1",
        "tags_1",
        "seen_at_1",
        "code_1_count_-1_seen_at_-1",
        "changed_at_1",
        "revoked_at_1",
        "at_1",
    }


def test_expired_metrics_are_never_shown(
    database: Database[dict[str, Any]], start_server: StartServer, app_env: str
) -> None:
    """What MongoDB has not yet deleted is in no list, no answer, and not found by id or name."""
    server = start_server(APP_ENV=app_env, RETENTION_DAYS="1")
    old = datetime.now(UTC) - timedelta(days=1, hours=1)
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
    body = b'{"name":"group","value":1}'
    head = b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
    with ExitStack() as stack:  # all are there before the first is sent: threads of a client would come one by one
        sockets = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.process.port), 20)) for _ in range(200)
        ]
        for each in sockets:
            each.sendall(head + body)
        statuses = [each.makefile("rb").readline().split()[1] for each in sockets]
    inserts = httpx.get(f"{server.url}/stats").json()["inserts"]
    assert statuses == [b"201"] * 200
    assert database["metrics"].count_documents({"name": "group"}) == 200
    assert inserts < 150


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


def test_answers_are_bounded_in_time_and_size(
    database: Database[dict[str, Any]], start_server: StartServer, app_env: str
) -> None:
    """Every pipeline of an answer, as it reaches MongoDB, has a time limit, returns a few rows, and uses an index."""
    server = start_server(APP_ENV=app_env)
    metrics = [{"name": f"n{n % 5}", "value": n, "tags": [f"host:{n}"]} for n in range(40)]
    assert httpx.post(f"{server.url}/v1/metrics", json={"metrics": metrics}).status_code == 200
    prompts = ("events by host", "list n1", "top 3 hosts", "n1 today vs yesterday", "n1 per n2", "values of host")
    database.command("profile", 2)
    for prompt in prompts:
        answer = httpx.get(f"{server.url}/query", params={"prompt": prompt, "limit": 4})
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["rows"]) <= 4
    database.command("profile", 0)
    profiled = list(database["system.profile"].find({"command.aggregate": {"$in": ["metrics", "series"]}}))
    assert len(profiled) >= len(prompts)
    for entry in profiled:
        assert 0 < entry["command"]["maxTimeMS"] <= 5000
        assert entry["nreturned"] <= 5  # one more tells whether there are more
        assert "IXSCAN" in entry["planSummary"]


def test_write_without_time_left_is_unavailable(mongo_uri: str, app_env: str) -> None:
    """A primary that is found too late is no question that takes too long: 503, which is tried again, and not 504."""
    metric = Metric("a" * 24, "late", "gauge", 1, (), datetime.now(UTC), None)

    async def run() -> None:
        store = Mongo(mongo_uri, app_env, Retention(*[timedelta(days=1)] * 3))
        assert not any(await store.insert([metric], 1))
        for _ in range(20):
            with pytest.raises(Unavailable):
                await store.insert([metric], 1e-6)
        store.close()

    asyncio.run(run())


def test_write_that_takes_mongodb_too_long_is_unavailable(private_stack: Stack, start_server: StartServer) -> None:
    """Where MongoDB itself gives a write or a look-up up it is 503, with Retry-After, and a list is 504."""
    private_stack.mongo.down()
    private_stack.mongo.arguments = [*private_stack.mongo.arguments, "--setParameter", "enableTestCommands=1"]
    private_stack.mongo.up()
    server = start_server(MONGO_URI=private_stack.mongo_uri)
    with (
        httpx.Client(base_url=server.url, timeout=10) as client,
        pymongo.MongoClient[dict[str, Any]](private_stack.mongo_uri) as mongo,
    ):
        path = client.post("/metrics", json={"name": "given.up", "value": 1}).headers["Location"]
        known = [client.get("/metrics?tags=any").headers["X-Cache"] for _ in range(2)]
        expired = {"configureFailPoint": "failCommand", "mode": "alwaysOn"}
        commands = ["insert", "update", "delete", "findAndModify", "find"]
        mongo.admin.command(expired | {"data": {"failCommands": commands, "errorCode": 50}})
        answers = [
            client.post("/metrics", json={"name": "given.up", "value": 1}),
            client.put(path, json={"name": "given.up", "value": 2}),
            client.delete(path),
            client.get(path),
        ]
        listed = client.get("/metrics?name=given.up")
        mongo.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
        known.append(client.get("/metrics?tags=any").headers["X-Cache"])
    assert known == ["miss", "hit", "miss"]  # nobody has seen what may be gone, so it may have been of any list
    assert [(answer.status_code, answer.headers.get("Retry-After")) for answer in answers] == [(503, "1")] * 4
    assert listed.status_code == 504


def test_instant_that_a_page_cuts_is_read_by_when_it_was(
    database: Database[dict[str, Any]], mongo_uri: str, app_env: str
) -> None:
    """And not by the order of ids, in which all that came later would be gone through."""
    at = datetime.now(UTC).replace(microsecond=0)
    old = [Metric(f"{place:024x}", "same", "event", 1, (), at, None) for place in range(10)]
    new = [Metric(f"{place + 10:024x}", "same", "event", 1, (), at + timedelta(hours=12), None) for place in range(900)]

    async def run() -> None:
        store = Mongo(mongo_uri, app_env, Retention(*[timedelta(days=1)] * 3))
        with contextlib.closing(store):
            await store.prepare()
            await store.insert([*old, *new], 1)
            database.command("profile", 2)
            for end, newest in ((13, new), (13, new), (13, new), (1, old)):  # what is newest by id too is found at once
                where = MetricFilter(type="event", end=at + timedelta(hours=end))
                found = await store.page(where, None, 3)
                assert [each.id for each in found] == [each.id for each in newest[:-4:-1]]

    asyncio.run(run())
    read = list(database["system.profile"].find({"op": "query", "ns": f"{database.name}.metrics"}))
    database.command("profile", 0)
    assert [each["planSummary"] for each in read] == ["IXSCAN { timestamp: 1 }"] * 8


def test_answer_that_takes_mongodb_too_long_says_so(mongo_uri: str, app_env: str) -> None:
    """It is MongoDB that gives it up, and the connection stays: the driver would hang up, as if MongoDB were away."""
    endless = [{"$set": {key: {"$range": [0, 2000]}}} for key in "abc"]
    stages = [stage for each, key in zip(endless, "abc", strict=True) for stage in (each, {"$unwind": f"${key}"})]
    metric = Metric("a" * 24, "long", "gauge", 1, (), datetime.now(UTC), None)

    async def run() -> None:
        store = Mongo(mongo_uri, app_env, Retention(*[timedelta(days=1)] * 3))
        await store.insert([metric], 1)
        for seconds in (0.1, 0.1, 0.1, 0.5):
            began_at = time.monotonic()
            with pytest.raises(TimedOut, match="ask for less"):
                await store.rows("metrics", [*stages, {"$count": "row"}], began_at + seconds)
            assert seconds <= time.monotonic() - began_at < seconds + SLACK_SECONDS
        store.close()

    asyncio.run(run())
