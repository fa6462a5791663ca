"""python -m telemetry_server backup and restore: what comes back is what was there, at one instant, or nothing does."""

import asyncio
import contextlib
import itertools
import os
import pty
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pymongo
import pytest
from tools.processes import free_port
from tools.stack import Stack

from telemetry_server import backups
from telemetry_server.config import load
from telemetry_server.errors import Problem
from telemetry_server.stores.mongo import Mongo, Snapshot
from telemetry_server.summaries.retention import Retention
from tests.conftest import StartServer, servers

ROOT = Path(__file__).resolve().parents[2]
ADMIN = "the-admin-key-of-backups"
METRIC_COUNT = 10_000
HOSTS = 40
KEPT = Retention(*(timedelta(days=days) for days in (90, 400, 1830)))
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)  # nothing before it moves on
ATTEMPTS = 10  # to kill what may end before it is met
QUESTIONS = (
    "how many drill.load yesterday",
    "average drill.load per host last 2 days",
    "p95 drill.load by host today",
    "top 5 hosts by drill.load last 7 days",
)


def run(stack: Stack, app_env: str, *arguments: str | Path, **environment: str) -> tuple[int, list[str]]:
    """A command; its status and its lines."""
    result = subprocess.run(  # noqa: S603 - our own program
        command(*arguments),
        env=settings(stack, app_env, **environment),
        cwd=stack.folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in result.stderr, result.stderr
    return result.returncode, (result.stdout + result.stderr).splitlines()


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "telemetry_server", *map(str, arguments)]


def settings(stack: Stack, app_env: str, **environment: str) -> dict[str, str]:
    own = {"PYTHONPATH": str(ROOT), "MONGO_URI": stack.mongo_uri, "APP_ENV": app_env, "ENVIRONMENT": "test"}
    return {**os.environ, **own, **environment}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def databases(stack: Stack, app_env: str) -> list[str]:
    with pymongo.MongoClient[dict[str, Any]](stack.mongo_uri) as mongo:
        return [name for name in mongo.list_database_names() if name.startswith(f"telemetry_server_{app_env}")]


@pytest.fixture(scope="module")
def small(stack: Stack) -> Iterator[tuple[str, Path]]:
    """The APP_ENV of a database with some thousand metrics that no server uses, and a backup of it."""
    with servers(stack) as start:
        server = start()
        app_env = server.environment["APP_ENV"]
        with httpx.Client(base_url=server.url, timeout=30) as client:
            store(client, 6000)
        server.stop()
        with pymongo.MongoClient[dict[str, Any]](stack.mongo_uri) as mongo:
            mongo[f"telemetry_server_{app_env}"]["seals"].delete_one({"_id": "leader"})
        file = stack.folder / f"{app_env}.backup"
        assert run(stack, app_env, "backup", file)[0] == 0
        yield app_env, file
        file.unlink()


def store(client: httpx.Client, count: int, **headers: str) -> None:
    """So many metrics over the last three days."""
    for start in range(0, count, 1000):
        batch = [
            {
                "name": "drill.load",
                "value": number % 997,
                "tags": [f"host:h{number % HOSTS}"],
                "timestamp": (NOW - timedelta(seconds=number * 259_200 / count)).isoformat(),
            }
            for number in range(start, start + 1000)
        ]
        client.post("/v1/metrics", json={"metrics": batch}, headers=headers).raise_for_status()


def answers(client: httpx.Client, key: str) -> list[Any]:
    """All that can be seen with a key, of what does not change."""
    found: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        parameters = {"name": "drill.load", "limit": 1000, "cursor": cursor}
        page = client.get("/metrics", params={k: v for k, v in parameters.items() if v}, headers=bearer(key)).json()
        found += page["data"]
        cursor = page["next_cursor"]
    for metric in found[:: len(found) // 20]:
        found.append(client.get(f"/metrics/{metric['id']}", headers=bearer(key)).headers["ETag"])
    for prompt in QUESTIONS:
        asked = {"prompt": prompt, "now": NOW.isoformat()}
        response = client.get("/query", params=asked, headers=bearer(key) | {"Cache-Control": "no-cache"})
        found.append(response.raise_for_status().json())
    return found


class Writer(threading.Thread):
    """Writes 0, 1, 2 ..., each to the house first and then to the tenant, each when the last is stored."""

    def __init__(self, url: str, *keys: str) -> None:
        super().__init__()
        self._url, self._keys = url, keys
        self.stored = 0
        self.ended = threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self._url, timeout=30) as client:
            for number in itertools.count():
                metric = {"id": f"{number:024x}", "name": "drill.steps", "value": number, "tags": [f"step:{number}"]}
                for key in self._keys:
                    while client.post("/metrics", json=metric, headers=bearer(key)).status_code not in (200, 201):
                        time.sleep(0.1)
                self.stored = number + 1
                if self.ended.is_set():
                    return


def test_drill(stack: Stack, start_server: StartServer, app_env: str, scratch: Path) -> None:
    """Backed up under writes, restored elsewhere: lists, questions, keys, ETags and the audit log are the same."""
    server = start_server(API_KEYS=ADMIN, WORKERS="2")
    source, file = server.environment["APP_ENV"], scratch / "drill.backup"
    with httpx.Client(base_url=server.url, timeout=30) as client:

        def made(**wanted: str) -> dict[str, Any]:
            response = client.post("/admin/keys", json=wanted, headers=bearer(ADMIN)).raise_for_status()
            return dict(response.json())

        reader, tenants, gone = made(role="reader"), made(role="writer", tenant="acme"), made(role="reader")
        client.delete(f"/admin/keys/{gone['id']}", headers=bearer(ADMIN)).raise_for_status()
        store(client, METRIC_COUNT, **bearer(ADMIN))
        store(client, 2000, **bearer(tenants["key"]))
        with pymongo.MongoClient[dict[str, Any]](stack.mongo_uri) as mongo:
            seals, settled = mongo[f"telemetry_server_{source}"]["seals"], datetime.now(UTC) - timedelta(minutes=10)
            seals.delete_one({"_id": "leader"})
            seals.update_many({"marked_at": {"$exists": True}}, {"$set": {"marked_at": settled}})
        run(stack, source, "summarise")
        writer = Writer(server.url, ADMIN, tenants["key"])
        writer.start()
        while writer.stored < 20:
            time.sleep(0.01)
        before = writer.stored
        status, lines = run(stack, source, "backup", file)
        after = writer.stored
        writer.ended.set()
        writer.join()
        assert status == 0, lines
        assert after > before
        there = {key: answers(client, key) for key in (ADMIN, reader["key"], tenants["key"])}
        kept = [client.get(path, headers=bearer(ADMIN)).json() for path in ("/admin/keys", "/admin/audit")]

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    status, lines = run(stack, source, "restore", file, "--into", app_env)
    assert (status, lines[0].split(". ")[0]) == (0, f"Restored into {app_env}")
    assert run(stack, app_env, "migrate", "verify") == (0, ["The indexes are those of the table."])
    restored = start_server(API_KEYS=ADMIN, APP_ENV=app_env)
    with httpx.Client(base_url=restored.url, timeout=30) as client:
        assert {key: answers(client, key) for key in there} == there
        assert [client.get(path, headers=bearer(ADMIN)).json() for path in ("/admin/keys", "/admin/audit")] == kept
        assert client.get("/metrics", headers=bearer(gone["key"])).status_code == 401
        steps = []
        for key in (ADMIN, tenants["key"]):
            page = client.get("/metrics", params={"name": "drill.steps", "limit": 1000}, headers=bearer(key)).json()
            steps.append(sorted(metric["value"] for metric in page["data"]))
            named = client.get("/query", params={"prompt": "how many drill.steps"}, headers=bearer(key)).json()
            assert named["rows"] == [[len(steps[-1])]]
    assert steps[0] == list(range(len(steps[0])))
    assert steps[1] == list(range(len(steps[1])))
    assert len(steps[0]) - len(steps[1]) in (0, 1)  # one instant over both databases
    assert before <= len(steps[1]) <= after + 1


def test_damage_is_told_and_changes_nothing(stack: Stack, small: tuple[str, Path], app_env: str, scratch: Path) -> None:
    """A file that is cut off, changed, added to, or none at all is one line and status 1; nothing is restored."""
    raw, file = small[1].read_bytes(), scratch / "damaged.backup"
    places = [0, 30, 40, len(raw) // 3, len(raw) // 2, len(raw) - 40, len(raw) - 1]
    spoiled = [raw[:place] for place in places]
    spoiled += [raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :] for place in places]
    spoiled += [raw + b"x", b"", b"telemetry-server backup 2\n" + raw[26:]]
    config = load(settings(stack, app_env), scratch)
    for each in spoiled:
        file.write_bytes(each)
        with pytest.raises(Problem, match=r"backup"):
            backups.restored(config, file, replace=True)
    status, lines = run(stack, app_env, "restore", file)
    assert (status, len(lines)) == (1, 1), lines
    assert run(stack, app_env, "restore", "--check", file)[0] == 1
    assert databases(stack, app_env) == []
    assert run(stack, app_env, "restore", scratch / "none")[0] == 1
    assert run(stack, app_env, "backup", "--check", small[1])[1][0].startswith(f"{small[1]}: whole. ")


def test_what_is_there_stays(stack: Stack, small: tuple[str, Path], scratch: Path) -> None:
    """No file is written over, and no database but an empty one filled, unless that is asked for."""
    source, file = small
    assert run(stack, source, "backup", file) == (1, [f"{file} is there already; choose another name."])
    assert run(stack, source, "backup", scratch / "no" / "folder")[0] == 1
    assert not list(scratch.iterdir())
    status, lines = run(stack, source, "restore", file)
    assert (status, len(lines)) == (1, 1)
    assert "is not empty" in lines[0]
    assert run(stack, source, "restore", file, "--into", "not/a/name")[0] == 2
    with pymongo.MongoClient[dict[str, Any]](stack.mongo_uri) as mongo:
        metrics = mongo[f"telemetry_server_{source}"]["metrics"]
        before = list(metrics.find().sort("_id"))
        metrics.delete_many({"value": {"$lt": 500}})
        assert run(stack, source, "restore", file, "--replace")[0] == 0
        assert list(metrics.find().sort("_id")) == before


def test_server_that_runs_keeps_its_database(stack: Stack, small: tuple[str, Path], start_server: StartServer) -> None:
    """While a server uses a database, nothing is put into it."""
    server = start_server()
    with pymongo.MongoClient[dict[str, Any]](stack.mongo_uri) as mongo:
        seals = mongo[f"telemetry_server_{server.environment['APP_ENV']}"]["seals"]
        until = time.monotonic() + 30
        while seals.find_one({"_id": "leader"}) is None and time.monotonic() < until:
            time.sleep(0.1)
    status, lines = run(stack, server.environment["APP_ENV"], "restore", small[1], "--replace")
    assert (status, len(lines)) == (1, 1)
    assert "A server uses this database" in lines[0]


def test_killed_restore_is_seen(
    stack: Stack, small: tuple[str, Path], app_env: str, start_server: StartServer, scratch: Path
) -> None:
    """After kill -9 in the middle of a restore servers, backups and a second restore say so, until one is done anew."""
    database = f"telemetry_server_{app_env}"
    with pymongo.MongoClient[dict[str, Any]](stack.mongo_uri) as mongo:
        for _ in range(ATTEMPTS):
            process = subprocess.Popen(  # noqa: S603 - our own program
                command("restore", small[1], "--replace"), env=settings(stack, app_env), cwd=stack.folder
            )
            while process.poll() is None and mongo[database]["restoring"].find_one({}) is None:
                pass
            process.send_signal(signal.SIGKILL)
            process.wait()
            if mongo[database]["restoring"].find_one({}) is not None:
                break
        assert mongo[database]["restoring"].count_documents({}) == 1
    for arguments in (("restore", small[1]), ("backup", scratch / "half.backup")):
        status, lines = run(stack, app_env, *arguments)
        assert (status, len(lines)) == (1, 1)
        assert "has not ended" in lines[0]
    with unready(stack, app_env) as url, httpx.Client(base_url=url) as client:
        for path in ("/health/ready", "/metrics", "/query?prompt=count+today"):
            response = client.get(path)
            assert response.status_code == 503
            assert "has not ended" in response.text
        assert client.get("/health/live").status_code == 200
    assert run(stack, app_env, "restore", small[1], "--replace")[0] == 0
    server = start_server(APP_ENV=app_env)
    assert httpx.get(f"{server.url}/metrics").json()["data"]


@contextlib.contextmanager
def unready(stack: Stack, app_env: str) -> Iterator[str]:
    """A server that answers, and may never be ready; its URL."""
    port = free_port()
    environment = settings(stack, app_env, PORT=str(port), REDIS_URI=stack.redis_uri)
    process = subprocess.Popen(command("serve"), env=environment, cwd=stack.folder)  # noqa: S603 - our own program
    try:
        until = time.monotonic() + 30
        while "has not ended" not in _text(f"http://127.0.0.1:{port}/health/ready") and time.monotonic() < until:
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _text(url: str) -> str:
    try:
        return httpx.get(url).text
    except httpx.TransportError:
        return ""


def test_killed_backup_leaves_no_file(stack: Stack, small: tuple[str, Path], scratch: Path) -> None:
    """After kill -9 in the middle of a backup there is no file of its name."""
    for number in range(ATTEMPTS):
        file = scratch / f"killed-{number}.backup"
        process = subprocess.Popen(  # noqa: S603 - our own program
            command("backup", file), env=settings(stack, small[0]), cwd=stack.folder
        )
        while process.poll() is None and not list(scratch.glob(f"{file.name}*")):
            pass
        process.send_signal(signal.SIGKILL)
        if process.wait() == -signal.SIGKILL:
            break
    assert process.returncode == -signal.SIGKILL
    assert not file.exists()
    assert run(stack, small[0], "backup", file)[0] == 0


def test_bar_on_a_terminal(stack: Stack, small: tuple[str, Path], scratch: Path) -> None:
    """Where somebody looks on, a bar tells how far it is."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(  # noqa: S603 - our own program
        command("backup", scratch / "seen.backup"),
        env=settings(stack, small[0], TERM="xterm", COLUMNS="100"),
        cwd=stack.folder,
        stderr=theirs,
        stdout=subprocess.DEVNULL,
    )
    os.close(theirs)
    seen = b""
    while True:
        try:
            seen += os.read(ours, 65_536)
        except OSError:  # the other end is closed
            break
    os.close(ours)
    assert process.wait() == 0
    assert b"backing up" in seen


def test_what_moves_meanwhile_is_told(private_stack: Stack, app_env: str) -> None:
    """A collection that is made anew, or an instant that MongoDB no longer remembers, ends the backup in a line."""
    private_stack.up()

    async def read(meanwhile: Callable[[Any], Awaitable[None]]) -> str:
        mongo = Mongo(private_stack.mongo_uri, app_env, KEPT)
        try:
            await mongo.prepare()
            await mongo.database["metrics"].insert_many([{"value": number} for number in range(1000)])
            snapshot = Snapshot(mongo)
            sources = await snapshot.open()
            await meanwhile(mongo)
            try:
                for source in sources:
                    async for _ in snapshot.batches(source):
                        pass
            except Problem as problem:
                return problem.detail
            return "all is well"
        finally:
            mongo.close()

    async def make_anew(mongo: Any) -> None:
        await mongo.database["metrics"].drop()
        await mongo.database["metrics"].insert_one({"value": 1})

    async def forget(mongo: Any) -> None:
        await mongo.client.admin.command({"setParameter": 1, "minSnapshotHistoryWindowInSeconds": 1})
        for number in range(40):
            await mongo.database["other"].insert_one({"number": number})
            await asyncio.sleep(0.1)

    assert "take it again" in asyncio.run(read(make_anew))
    assert "minSnapshotHistoryWindowInSeconds" in asyncio.run(read(forget))
