"""`migrate` and `rollback` killed at each of their steps: the next `migrate` completes, and `verify` finds nothing.

The steps are held by mongod itself (failCommand, hangAfterStartingIndexBuild), so that the kill always meets them.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pymongo
import pytest
from tools.stack import Stack

from telemetry_server.migrate import Action, run
from tests.conftest import MONGOD_ARGUMENTS, ROOT
from tests.server.test_migrate import KEPT, TABLE

HELD_MS = 5_000
WELL = (["The indexes are those of the table."], True)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory, stack: Stack) -> Iterator[Stack]:
    """A MongoDB that can be told to hold a command."""
    arguments = (*MONGOD_ARGUMENTS, "--setParameter", "enableTestCommands=1")
    with Stack(stack.folder / tmp_path_factory.mktemp("held").name, mongod_arguments=arguments) as own:
        own.up()
        yield own


class Hold:
    """Holds what a command of `migrate` does, from the one with this number on; `reached` waits for it."""

    def __init__(self, stack: Stack, command: str, number: int) -> None:
        self._mongo = pymongo.MongoClient[dict[str, Any]](stack.mongo_uri)
        self._name, self._data = (
            "failCommand",
            {
                "failCommands": [command],
                "blockConnection": True,
                "blockTimeMS": HELD_MS,
                "appName": "telemetry-server",
            },
        )
        self._mode: Any = {"skip": number}
        if command == "build":
            self._name, self._data, self._mode = "hangAfterStartingIndexBuild", {}, "alwaysOn"
        self._before = 0

    def __enter__(self) -> Self:
        told = self._set(self._mode, self._data)
        self._before = told["count"]
        return self

    def __exit__(self, *_: object) -> None:
        self._set("off", {})
        self._mongo.close()

    def reached(self) -> None:
        self._mongo.admin.command(
            {"waitForFailPoint": self._name, "timesEntered": self._before + 1, "maxTimeMS": 20_000}
        )

    def _set(self, mode: Any, data: dict[str, Any]) -> dict[str, Any]:
        return dict(self._mongo.admin.command({"configureFailPoint": self._name, "mode": mode, "data": data}))


def killed_at(stack: Stack, app_env: str, folder: Path, hold: Hold, *arguments: str) -> None:
    """Run `migrate` until it is held, and kill it there."""
    settings = {"PYTHONPATH": str(ROOT), "MONGO_URI": stack.mongo_uri, "APP_ENV": app_env, "ENVIRONMENT": "test"}
    with hold:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "telemetry_server", "migrate", *arguments],
            env={**os.environ, **settings},
            cwd=folder,
        )
        try:
            hold.reached()
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def migrate(stack: Stack, app_env: str, action: Action = "apply") -> tuple[list[str], bool]:
    return asyncio.run(run(action, stack.mongo_uri, app_env, KEPT))


def versions(stack: Stack, app_env: str) -> list[dict[str, Any]]:
    with pymongo.MongoClient[dict[str, Any]](stack.mongo_uri) as mongo:
        return list(mongo[f"telemetry_server_{app_env}"]["migrations"].find().sort("_id"))


@pytest.mark.parametrize(
    "step", [("createIndexes", number) for number in (0, 7, len(TABLE) - 1)] + [("insert", 0)], ids=str
)
def test_migrate(held: Stack, tmp_path: Path, step: tuple[str, int]) -> None:
    """Killed before an index, the first or the last, or before its version is recorded, it completes the next time."""
    app_env = f"k-{step[0]}-{step[1]}"
    killed_at(held, app_env, tmp_path, Hold(held, *step))
    assert versions(held, app_env) == []
    assert migrate(held, app_env) == ([f"Version 1: {', '.join(TABLE)}."], True)
    assert migrate(held, app_env, "verify") == WELL
    assert migrate(held, app_env) == (["Nothing to do."], True)


def test_migrate_under_an_index(held: Stack, tmp_path: Path) -> None:
    """Killed while MongoDB builds an index of metrics that are there, it completes the next time."""
    app_env = "k-build"
    with pymongo.MongoClient[dict[str, Any]](held.mongo_uri) as mongo:
        metrics = mongo[f"telemetry_server_{app_env}"]["metrics"]
        metrics.insert_many([{"name": "a", "tags": [f"n:{number}"]} for number in range(5000)])
    killed_at(held, app_env, tmp_path, Hold(held, "build", 0))
    assert migrate(held, app_env)[1]
    assert migrate(held, app_env, "verify") == WELL
    assert [each["_id"] for each in versions(held, app_env)] == [1]


@pytest.mark.parametrize("step", [("dropIndexes", number) for number in (0, 3)] + [("update", 0)], ids=str)
def test_rollback(held: Stack, tmp_path: Path, step: tuple[str, int]) -> None:
    """Killed on the way back, either way may be gone on with."""
    for way in ("on", "back"):
        app_env = f"r-{step[0]}-{step[1]}-{way}"
        migrate(held, app_env)
        killed_at(held, app_env, tmp_path, Hold(held, *step), "rollback")
        if way == "back":
            assert migrate(held, app_env, "rollback")[1]
            assert [each["rolled_back_at"] is None for each in versions(held, app_env)] == [False]
        assert migrate(held, app_env)[1]
        assert migrate(held, app_env, "verify") == WELL
        standing = [each["_id"] for each in versions(held, app_env) if each["rolled_back_at"] is None]
        assert standing == ([1] if way == "on" else [2])
