"""/admin and /metrics/query-performance: numbers that are true."""

import asyncio
from datetime import timedelta

import httpx
import pymongo
import pytest
from tools.stack import Stack

import nlq
from nlq.question import Aggregation, Over, Question, TagFilter, TimeRange
from telemetry_server.reading.slow import MAX_KEPT, SlowQuestions
from telemetry_server.stores.mongo import Mongo, Upkeep, upkeep
from telemetry_server.summaries.retention import Retention
from tests.conftest import StartServer

COUNT = Aggregation("count")


def question(name: str, tag: TagFilter, over: Over | None = None) -> Question:
    return Question(form="aggregate", range=TimeRange(), aggregations=(COUNT,), names=(name,), tags=(tag,), over=over)


def test_database_statistics(client: httpx.Client) -> None:
    """Each collection is told with its documents and its indexes."""
    for value in range(3):
        client.post("/metrics", json={"name": "admin.stats", "value": value})
    answer = client.get("/admin/stats").json()
    sizes = {each["name"]: each for each in answer["collections"]}
    assert answer["database"].startswith("telemetry_server_")
    assert sizes["metrics"]["document_count"] == 3
    assert sizes["metrics"]["index_count"] == 4
    assert sizes["metrics"]["data_bytes"] > 100
    assert answer["document_count"] == sum(each["document_count"] for each in sizes.values())


def test_optimize_makes_indexes(client: httpx.Client, mongo_uri: str) -> None:
    """A missing index is made again, and nothing is lost."""
    client.post("/metrics", json={"name": "admin.kept", "value": 1})
    database = client.get("/admin/stats").json()["database"]
    with pymongo.MongoClient[dict[str, object]](mongo_uri) as mongo:
        mongo[database]["metrics"].drop_index("name_1_timestamp_-1")
        answer = client.post("/admin/optimize", timeout=60)
        assert answer.status_code == 200, answer.text
        assert "name_1_timestamp_-1" in mongo[database]["metrics"].index_information()
    assert answer.json()["status"] == ("partial" if answer.json()["left"] else "success")
    assert answer.json()["freed_bytes"] == sum(answer.json()["collections"].values())
    assert "metrics" in {*answer.json()["collections"], *answer.json()["left"]}
    assert client.get("/metrics/admin.kept").json()["values"] == [1]


def test_unused_room_is_given_back(private_stack: Stack, app_env: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A collection is compacted where much of its file is unused, and nothing of it is lost."""

    async def run() -> None:
        mongo = Mongo(private_stack.mongo_uri, app_env, Retention(*[timedelta(days=1)] * 3))

        async def compacted() -> int:
            status = await mongo.client.admin.command("serverStatus")
            return int(status["metrics"]["commands"]["compact"]["total"])

        await mongo.database["metrics"].insert_many([{"text": "x" * 1000} for _ in range(1000)])
        assert await Upkeep(mongo).compact() == ({"metrics": 0}, [])
        assert await compacted() == 0
        monkeypatch.setattr(upkeep, "LEAST_UNUSED_BYTES", 0)
        freed, left = await Upkeep(mongo).compact()
        assert [*freed, *left] == ["metrics"]
        assert await compacted() == 1
        assert await mongo.database["metrics"].count_documents({}) == 1000
        mongo.close()

    asyncio.run(run())


def test_cache_statistics(start_server: StartServer) -> None:
    """Hits and misses are those of the requests."""
    server = start_server(CACHE_STALENESS_MS="60000")
    with httpx.Client(base_url=server.url) as client:
        assert client.get("/admin/metrics/cache").json()["hit_ratio"] is None
        for _ in range(4):
            client.get("/metrics?name=cached")
        told = client.get("/admin/metrics/cache").json()
    assert (told["hits"], told["misses"], told["bypasses"], told["hit_ratio"]) == (3, 1, 0, 0.75)
    assert told["memory"]["entries"] == 1
    assert 0 < told["memory"]["bytes"] < told["memory"]["max_bytes"]
    assert told["redis_available"] is True


def test_questions_are_counted(client: httpx.Client) -> None:
    """A question that is worked out counts; the path is no metric's name."""
    before = client.get("/metrics/query-performance").json()["questions_worked_out"]
    client.get("/query?prompt=count+today", headers={"Cache-Control": "no-cache"})
    assert client.get("/metrics/query-performance").json()["questions_worked_out"] == before + 1


def test_slow_questions_hide_values() -> None:
    """Questions that differ in tag values alone are one reading, which has none of them."""
    slow = SlowQuestions(10)
    for took_ms, value in ((30, "alice"), (50, "bob"), (9, "carol")):
        own = TagFilter("user", (value, "secret"))
        over = Over(("signups",), COUNT, (own,))
        slow.record(question("logins", own, over), took_ms, nlq.Plan())
    (kept,) = slow.listed()
    assert (slow.asked_count, slow.slow_count) == (3, 2)
    assert (kept.count, kept.total_ms, kept.max_ms) == (2, 80, 50)
    assert not any(word in kept.reading for word in ("alice", "bob", "secret"))
    assert "user" in kept.reading


def test_slow_questions_are_bounded() -> None:
    """The slowest stay."""
    slow = SlowQuestions(0)
    for took_ms in range(MAX_KEPT * 2):
        slow.record(question(f"name.{took_ms}", TagFilter("a", ("b",))), took_ms, nlq.Plan())
    assert [each.max_ms for each in slow.listed()] == list(range(MAX_KEPT * 2 - 1, MAX_KEPT - 1, -1))


@pytest.mark.parametrize("path", ["/admin/stats", "/admin/metrics/cache", "/metrics/query-performance"])
def test_a_key_is_needed(start_server: StartServer, path: str) -> None:
    """Where there are keys, these need one."""
    assert httpx.get(f"{start_server(API_KEYS='0123456789abcdef').url}{path}").status_code == 401
