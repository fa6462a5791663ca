"""What a sharded cluster asks of the writes: whoever changes a document names its `_id`, which is the shard key."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pymongo
import pytest
from tools.server import Server
from tools.stack import Stack

from tests.server.test_otlp import point, request, total

WRITES = {"metrics": {"update", "remove", "command"}, "totals": {"update"}, "series": {"update"}, "seals": {"update"}}


@pytest.fixture
def profiled(server: Server, stack: Stack) -> Iterator[pymongo.database.Database[dict[str, Any]]]:
    """The server's database, which takes notes of all that it is asked to do."""
    with pymongo.MongoClient[dict[str, Any]](stack.mongo_uri) as mongo:
        database = mongo[f"telemetry_server_{server.environment['APP_ENV']}"]
        database.command("profile", 2)
        yield database
        database.command("profile", 0)


def test_writes_name_their_id(client: httpx.Client, profiled: pymongo.database.Database[dict[str, Any]]) -> None:
    """Each update, replacement, deletion and upsert goes to the one shard that has the document."""
    late = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    path = client.post("/metrics", json={"name": "a", "value": 1, "timestamp": late}).headers["Location"]
    assert client.put(path, json={"name": "a", "value": 2}).status_code == 200
    assert client.patch(path, json={"value": 3}).status_code == 200
    assert client.delete(path).status_code == 204
    present = client.post("/metrics", json={"name": "a", "value": 1}).headers["Location"]
    assert client.delete(present).status_code == 204
    for value in (5, 8):
        assert client.post("/v1/metrics", json=request(total("b", point(value, at=value)))).status_code == 200
    found: dict[str, set[str]] = {}
    writes = {"$or": [{"op": {"$in": ["update", "remove"]}}, {"command.findAndModify": "metrics"}]}
    for each in profiled["system.profile"].find(writes):
        collection = each["ns"].rpartition(".")[2]
        found.setdefault(collection, set()).add(each["op"])
        sought = (each["command"].get("q") or each["command"]["query"]).get("_id")
        assert sought is not None, each["command"]
        assert not (isinstance(sought, dict) and any(key.startswith("$") for key in sought)), each["command"]
    assert {collection: found.get(collection) for collection in WRITES} == WRITES
