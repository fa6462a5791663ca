"""python -m telemetry_server migrate: the indexes, their versions, and the way back."""

import asyncio
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pymongo
import pytest
from tools.stack import Stack

from telemetry_server.stores.indexes import indexes
from telemetry_server.stores.mongo import Migrations, Mongo
from telemetry_server.summaries.retention import Retention
from tests.conftest import StartServer

ROOT = Path(__file__).resolve().parents[2]
KEPT = Retention(*(timedelta(days=days) for days in (90, 400, 1830)))
TABLE = [f"{index.collection}.{index.name}" for index in indexes(KEPT)]


def migrate(stack: Stack, app_env: str, folder: Path, *arguments: str) -> tuple[int, list[str]]:
    settings = {"PYTHONPATH": str(ROOT), "MONGO_URI": stack.mongo_uri, "APP_ENV": app_env, "ENVIRONMENT": "test"}
    result = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "telemetry_server", "migrate", *arguments],
        env={**os.environ, **settings},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in result.stderr, result.stderr
    return result.returncode, (result.stdout + result.stderr).splitlines()


def standing(stack: Stack, app_env: str) -> set[str]:
    with pymongo.MongoClient[dict[str, Any]](stack.mongo_uri) as mongo:
        database = mongo[f"telemetry_server_{app_env}"]
        names = database.list_collection_names()
        return {f"{name}.{index}" for name in names for index in database[name].index_information()} - {
            f"{name}._id_" for name in names
        }


def test_there_and_back(stack: Stack, app_env: str, tmp_path: Path) -> None:
    """Made, verified, recorded, rolled back, and made again as the next version."""
    assert migrate(stack, app_env, tmp_path, "verify") == (1, [f"{name}: missing" for name in TABLE])
    assert migrate(stack, app_env, tmp_path, "rollback") == (1, ["There is no version to roll back."])
    assert migrate(stack, app_env, tmp_path) == (0, [f"Version 1: {', '.join(TABLE)}."])
    assert standing(stack, app_env) == set(TABLE)
    assert migrate(stack, app_env, tmp_path) == (0, ["Nothing to do."])
    assert migrate(stack, app_env, tmp_path, "verify") == (0, ["The indexes are those of the table."])
    status, lines = migrate(stack, app_env, tmp_path, "rollback")
    assert (status, len(lines)) == (0, 2)
    assert standing(stack, app_env) == set()
    assert migrate(stack, app_env, tmp_path)[1][0].startswith("Version 2: ")
    _, lines = migrate(stack, app_env, tmp_path, "status")
    assert [("rolled back" in line, "stands" in line) for line in lines[1:]] == [(True, False), (False, True)]


def test_index_of_a_shard_key_is_no_difference(stack: Stack, app_env: str, tmp_path: Path) -> None:
    """A sharded collection has an index of the hashes of its ids, which is MongoDB's own affair."""
    migrate(stack, app_env, tmp_path)
    with pymongo.MongoClient[dict[str, Any]](stack.mongo_uri) as mongo:
        mongo[f"telemetry_server_{app_env}"]["metrics"].create_index([("_id", "hashed")])
    assert migrate(stack, app_env, tmp_path, "verify") == (0, ["The indexes are those of the table."])


def test_differences_are_told(stack: Stack, app_env: str) -> None:
    """An index that is missing, of another expiry, on other keys, or not of the table is each named."""

    async def run() -> list[str]:
        store = Mongo(stack.mongo_uri, app_env, KEPT)
        try:
            migrations = Migrations(store.database, KEPT)
            await migrations.migrate()
            metrics = store.database["metrics"]
            await metrics.drop_index("tags_1_timestamp_-1")
            await metrics.drop_index("name_1_timestamp_-1")
            await metrics.create_index([("value", 1)], name="name_1_timestamp_-1")
            await metrics.create_index([("type", 1)])
            shorter = {"name": "timestamp_1", "expireAfterSeconds": 5}
            await store.database.command("collMod", "metrics", index=shorter)
            return await migrations.differences()
        finally:
            store.close()

    assert asyncio.run(run()) == [
        "metrics.name_1_timestamp_-1: on other keys",
        "metrics.tags_1_timestamp_-1: missing",
        "metrics.timestamp_1: another expiry",
        "metrics.type_1: not in the table",
    ]


def test_many_at_once_make_one_version(stack: Stack, app_env: str) -> None:
    """Of several processes that migrate at the same time one records it."""

    async def run() -> tuple[list[Any], int]:
        stores = [Mongo(stack.mongo_uri, app_env, KEPT) for _ in range(5)]
        try:
            made = await asyncio.gather(*(Migrations(store.database, KEPT).migrate() for store in stores))
            return made, len(await Migrations(stores[0].database, KEPT).applied())
        finally:
            for store in stores:
                store.close()

    made, count = asyncio.run(run())
    assert count == 1
    assert [each.version for each in made if each] == [1]


def test_server_makes_what_was_rolled_back(
    stack: Stack, app_env: str, start_server: StartServer, tmp_path: Path
) -> None:
    """A server that starts makes the indexes again, as a new version."""
    migrate(stack, app_env, tmp_path)
    migrate(stack, app_env, tmp_path, "rollback")
    start_server(APP_ENV=app_env)
    assert standing(stack, app_env) >= set(TABLE)
    assert len(migrate(stack, app_env, tmp_path, "status")[1]) == 3


@pytest.mark.parametrize("arguments", [("sideways",), ("verify", "x")])
def test_misuse(stack: Stack, app_env: str, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """What is no command is told."""
    assert migrate(stack, app_env, tmp_path, *arguments)[0] == 2
