"""Keys: made, listed, revoked, kept as digests; and the audit log of what admins did."""

import asyncio
import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ctypes import c_uint64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pymongo
import pytest
from tools.server import Server
from tools.stack import Stack

from telemetry_server.access.auth import EVERYBODY, Key, Keyhole, check, digest_of
from telemetry_server.access.key_ring import KeyRing
from telemetry_server.config import key_digest
from telemetry_server.errors import Forbidden, Unauthorized, Unavailable
from telemetry_server.stores.mongo import KeyStore, Mongo, new_id
from telemetry_server.summaries.retention import Retention
from tests.conftest import StartServer

ROOT = Path(__file__).resolve().parents[2]
ADMIN = "an-admin-key-of-the-tests"
STALENESS_SECONDS = 1.0
SLACK_SECONDS = 1.0  # of a busy machine
KEPT = Retention(*[timedelta(days=90)] * 3)


def with_key(server: Server, key: str | None = ADMIN) -> httpx.Client:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=server.url, headers=headers, timeout=60)


def made(client: httpx.Client, **wanted: Any) -> dict[str, Any]:
    answer = client.post("/admin/keys", json={"role": "reader", **wanted})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_key_is_shown_once_and_kept_as_digest(start_server: StartServer, mongo_uri: str) -> None:
    """The answer has 256 random bits as text; nothing else has it, neither MongoDB nor the log nor a list."""
    server = start_server(API_KEYS=ADMIN)
    with with_key(server) as client:
        answer = client.post("/admin/keys", json={"role": "writer", "note": "of a test", "rate_limit": 7})
        body = answer.json()
        listed = client.get("/admin/keys")
        audit = client.get("/admin/audit")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Location"] == f"/admin/keys/{body['id']}"
    assert re.fullmatch(r"telemetry_[A-Za-z0-9_-]{43}", body["key"])
    (shown,) = listed.json()["data"]
    assert shown == {name: value for name, value in body.items() if name != "key"}
    assert (shown["role"], shown["note"], shown["rate_limit"], shown["revoked_at"]) == ("writer", "of a test", 7, None)
    secret = body["key"].removeprefix("telemetry_")
    with pymongo.MongoClient[dict[str, Any]](mongo_uri) as mongo:
        database = mongo[f"telemetry_server_{server.environment['APP_ENV']}"]
        stored = str([list(database[name].find()) for name in ("keys", "audit")])
        assert bytes(next(database["keys"].find())["digest"]) == hashlib.sha256(body["key"].encode()).digest()
    assert not any(secret in text for text in (stored, listed.text, audit.text, server.process.log.read_text()))


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/role"),
        ({"role": "owner"}, "/role"),
        ({"role": ["admin"]}, "/role"),
        ({"role": "reader", "rate_limit": -1}, "/rate_limit"),
        ({"role": "reader", "rate_limit": 1_000_001}, "/rate_limit"),
        ({"role": "reader", "rate_limit": "7"}, "/rate_limit"),
        ({"role": "reader", "rate_limit": True}, "/rate_limit"),
        ({"role": "reader", "note": "x" * 201}, "/note"),
        ({"role": "reader", "note": "a\nb"}, "/note"),
        ({"role": "reader", "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"role": "reader", "expires_at": "9998-01-01T00:00:00Z"}, "/expires_at"),
        ({"role": "reader", "expires_at": "tomorrow"}, "/expires_at"),
        ({"role": "reader", "key": "of-my-own-making"}, "/key"),
        ([], ""),
    ],
)
def test_wrong_wishes(client: httpx.Client, body: Any, pointer: str) -> None:
    """Each wrong field is named, and no key is made."""
    answer = client.post("/admin/keys", json=body)
    assert answer.status_code == 422, answer.text
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert client.get("/admin/keys").json()["data"] == []


def test_keys_that_are_not_there(client: httpx.Client) -> None:
    """Revoking what is no key is 404, what is no id 422."""
    assert client.delete(f"/admin/keys/{'0' * 24}").status_code == 404
    assert client.delete("/admin/keys/nonsense").status_code == 422


def test_known_and_refused_at_once_by_every_worker(start_server: StartServer) -> None:
    """A key works at all workers as soon as it is made, and at none as soon as it is revoked."""
    server = start_server(API_KEYS=ADMIN, WORKERS="3", CACHE_STALENESS_MS="60000")
    for _ in range(5):
        with with_key(server) as client:
            key = made(client)
        for _ in range(9):  # connections, to whichever worker
            with with_key(server, key["key"]) as own:
                assert own.get("/metrics").status_code == 200
        with with_key(server) as client:
            assert client.delete(f"/admin/keys/{key['id']}").status_code == 204
            assert client.delete(f"/admin/keys/{key['id']}").status_code == 404
        for _ in range(9):
            with with_key(server, key["key"]) as own:
                assert own.get("/metrics").status_code == 401
    with with_key(server) as client:
        assert all(each["revoked_at"] for each in client.get("/admin/keys").json()["data"])


def test_other_servers_know_within_the_staleness(start_server: StartServer, app_env: str) -> None:
    """What one server makes and revokes, another knows within CACHE_STALENESS_MS."""
    one, other = (start_server(API_KEYS=ADMIN, APP_ENV=app_env) for _ in range(2))
    with with_key(one) as client:
        key = made(client)
        with with_key(other, key["key"]) as own:
            assert until(lambda: own.get("/stats").status_code == 200, STALENESS_SECONDS + SLACK_SECONDS)
            client.delete(f"/admin/keys/{key['id']}")
            assert until(lambda: own.get("/stats").status_code == 401, STALENESS_SECONDS + SLACK_SECONDS)


def test_first_key_closes_an_open_server_for_good(start_server: StartServer) -> None:
    """Without keys everybody is an admin; with one made nobody else may; and its end lets nobody in."""
    server = start_server()
    with with_key(server, None) as anybody:
        key = made(anybody, role="admin")
        assert anybody.get("/stats").status_code == 401
        with with_key(server, key["key"]) as own:
            assert own.get("/stats").status_code == 200
            assert own.delete(f"/admin/keys/{key['id']}").status_code == 204
        assert anybody.get("/stats").status_code == 401
        assert anybody.get("/health").status_code == 200


def test_key_with_an_end(start_server: StartServer) -> None:
    """It stands until then, at each worker, and neither a listener nor a cached answer outlives it."""
    server = start_server(API_KEYS=ADMIN, WORKERS="2")
    end = datetime.now(UTC) + timedelta(seconds=4)
    with with_key(server) as admin:
        key = made(admin, expires_at=end.isoformat())
        assert key["expires_at"] == end.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    began_at = time.monotonic()
    with with_key(server, key["key"]) as own, own.stream("GET", "/metrics/live") as stream:
        assert stream.status_code == 200
        assert own.get("/stats").status_code == 200
        assert until(lambda: own.get("/stats").status_code == 401, 4 + SLACK_SECONDS)
        for _ in range(8):
            assert own.get("/stats", headers={"Connection": "close"}).status_code == 401
        stream.read()  # it ends
    assert time.monotonic() - began_at < 4 + 5 + 2 * SLACK_SECONDS


def test_a_revoked_key_listens_no_more(start_server: StartServer) -> None:
    """What is told live ends within a heartbeat of the key's end."""
    server = start_server(API_KEYS=ADMIN)
    with with_key(server) as admin:
        key = made(admin)
        with with_key(server, key["key"]) as own, own.stream("GET", "/metrics/live") as stream:
            lines = stream.iter_lines()
            next(lines)
            assert admin.delete(f"/admin/keys/{key['id']}").status_code == 204
            revoked_at = time.monotonic()
            assert admin.post("/metrics", json={"name": "secret", "value": 1}).status_code == 201
            told = "".join(lines)
            assert "secret" not in told
            assert time.monotonic() - revoked_at < 5 + SLACK_SECONDS


def test_own_rate_limit(start_server: StartServer) -> None:
    """A key with a limit of its own is counted by itself, others by their address."""
    server = start_server(API_KEYS=ADMIN, RATE_LIMIT="30")
    with with_key(server) as client:
        slow, free = made(client, rate_limit=3), made(client, rate_limit=0)
    with with_key(server, slow["key"]) as client:
        answers = [client.get("/stats") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
        assert answers[0].headers["X-RateLimit-Limit"] == "3"
        assert answers[0].headers["RateLimit-Policy"] == '"client";q=3;w=1'
        assert client.get("/admin/keys").status_code == 429
    with with_key(server, free["key"]) as client:
        assert {client.get("/stats").status_code for _ in range(40)} == {200}
    with with_key(server) as client:
        assert client.get("/stats").headers["X-RateLimit-Limit"] == "30"


def test_own_rate_limit_holds_over_workers(start_server: StartServer) -> None:
    """The limit of a key is one over all workers, where the setting has none, too."""
    for _ in range(5):
        server = start_server(API_KEYS=ADMIN, WORKERS="2")
        with with_key(server) as client:
            key = made(client, rate_limit=6)
        stamps = allowed_at(server, key["key"])
        if "redis away" not in server.process.log.read_text():  # too busy a machine: then each worker counts for itself
            break
    assert len(stamps) >= 6
    groups = (stamps[place : place + 7] for place in range(len(stamps) - 6))
    assert all(max(known for _, known in group) - group[0][0] > 0.95 for group in groups)


def allowed_at(server: Server, key: str) -> list[tuple[float, float]]:
    """When requests were made that were allowed, and when that was known; the earliest first."""

    def ask(_: int) -> list[tuple[float, float]]:
        allowed = []
        for _ in range(5):
            with with_key(server, key) as client:
                made_at = time.monotonic()
                if client.get("/stats").status_code == 200:
                    allowed.append((made_at, time.monotonic()))
        return allowed

    with ThreadPoolExecutor(6) as pool:
        return sorted(stamp for found in pool.map(ask, range(6)) for stamp in found)


def test_who_did_what(start_server: StartServer) -> None:
    """The audit log names the key by its id, what was done, and to what; it is read page by page."""
    server = start_server(API_KEYS=ADMIN)
    with with_key(server) as client:
        boss = made(client, role="admin", note="boss")
    with with_key(server, boss["key"]) as client:
        clerk = made(client, rate_limit=5)
        client.post("/admin/keys", json={})
        client.post("/admin/optimize")
        client.delete(f"/admin/keys/{clerk['id']}")
        client.delete(f"/admin/keys/{clerk['id']}")
        deeds: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = client.get("/admin/audit", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
            assert len(page["data"]) <= 2
            deeds += page["data"]
            cursor = page["next_cursor"]
    assert [(each["who"], each["action"], each["about"]) for each in deeds] == [
        (boss["id"], "revoke key", {"id": clerk["id"]}),
        (boss["id"], "optimize", {}),
        (
            boss["id"],
            "make key",
            {"id": clerk["id"], "role": "reader", "tenant": None, "rate_limit": 5, "note": "", "expires_at": None},
        ),
        (
            "settings:1",
            "make key",
            {"id": boss["id"], "role": "admin", "tenant": None, "rate_limit": None, "note": "boss", "expires_at": None},
        ),
    ]
    assert [each["at"] for each in deeds] == sorted((each["at"] for each in deeds), reverse=True)


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "cursor=x", "who=me"])
def test_wrong_parameters_of_the_audit_log(client: httpx.Client, query: str) -> None:
    """They are named."""
    assert client.get(f"/admin/audit?{query}").status_code == 422


def command(mongo_uri: str, app_env: str, folder: Path, *arguments: str) -> tuple[int, list[str], list[str]]:
    settings = {"PYTHONPATH": str(ROOT), "MONGO_URI": mongo_uri, "APP_ENV": app_env, "ENVIRONMENT": "test"}
    result = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "telemetry_server", "keys", *arguments],
        env={**os.environ, **settings},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in result.stderr, result.stderr
    return result.returncode, result.stdout.splitlines(), result.stderr.splitlines()


def test_command_line(start_server: StartServer, mongo_uri: str, app_env: str, tmp_path: Path) -> None:
    """A key that is made there works, is listed, and is refused when it is revoked; each deed is in the audit log."""
    server = start_server(APP_ENV=app_env, API_KEYS=ADMIN)
    status, out, told = command(
        mongo_uri, app_env, tmp_path, "make", "writer", "--note", "a note", "--rate-limit", "50"
    )
    assert (status, len(out), len(told)) == (0, 1, 1)
    with with_key(server, out[0]) as own, with_key(server) as admin:
        assert until(lambda: own.get("/stats").status_code == 200, STALENESS_SECONDS + SLACK_SECONDS)
        (listed,) = admin.get("/admin/keys").json()["data"]
        _, lines, _ = command(mongo_uri, app_env, tmp_path, "list")
        assert [line.split()[0] for line in lines] == ["id", listed["id"]]
        assert lines[1].endswith("a note")
        assert command(mongo_uri, app_env, tmp_path, "revoke", listed["id"])[0] == 0
        assert until(lambda: own.get("/stats").status_code == 401, STALENESS_SECONDS + SLACK_SECONDS)
        deeds = admin.get("/admin/audit").json()["data"]
    assert [(each["who"], each["action"]) for each in deeds] == [
        ("command line", "revoke key"),
        ("command line", "make key"),
    ]
    assert command(mongo_uri, app_env, tmp_path, "revoke", listed["id"])[::2] == (
        1,
        ["There is no key with this id."],
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("make", "owner"), "role: "),
        (("make", "reader", "--rate-limit", "-1"), "rate_limit: "),
        (("make", "reader", "--expires-in", "soon"), "expires-in: "),
        (("make", "reader", "--expires-in", "0s"), "expires_at: "),
        (("make", "reader", "--expires-in", "99999d"), "expires_at: "),
        (("revoke", "nonsense"), "id: "),
    ],
)
def test_misuse_is_one_line(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    """Exit status 2, before MongoDB is asked."""
    status, _, lines = command("mongodb://127.0.0.1:1/", "none", tmp_path, *arguments)
    assert (status, len(lines)) == (2, 1)
    assert lines[0].startswith(told)


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ("Bearer some-key", True),
        ("bearer  some-key ", True),
        ("Token some-key", True),
        ("Bearer some-ke", False),
        ("Bearer some-key2", False),
        ("Basic some-key", False),
        ("some-key", False),
        ("Bearer", False),
        ("Bearer ", False),
        ("", False),
        (None, False),
    ],
)
def test_what_a_key_is_found_by(header: str | None, known: bool) -> None:
    """The scheme in any case, then the key to its last character."""
    keys = Keyhole([(key_digest("some-key"), Key("a", "reader"))])
    digest = digest_of(header)
    assert (digest is not None and keys.find(digest) is not None) is known


def test_a_digest_counts_in_whole() -> None:
    """One that is like a known one at its beginning is not known."""
    digest = key_digest("some-key")
    keys = Keyhole([(digest, Key("a", "reader"))])
    assert keys.find(digest[:31] + bytes([digest[31] ^ 1])) is None
    keys.drop(digest)
    assert keys.find(digest) is None


def test_roles_are_a_ladder() -> None:
    """Each may do what those before it may."""
    for place, role in enumerate(("reader", "writer", "admin")):
        for least_place, least in enumerate(("reader", "writer", "admin")):
            if place < least_place:
                with pytest.raises(Forbidden):
                    check(Key("a", role), least)  # type: ignore[arg-type]
            else:
                check(Key("a", role), least)  # type: ignore[arg-type]
    with pytest.raises(Unauthorized):
        check(None, "reader")


def test_nobody_is_let_in_while_keys_cannot_be_read() -> None:
    """Without MongoDB a server that knows no keys yet says so, but lets in who has a key of the settings."""

    async def run() -> None:
        store = Mongo("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100", "none", KEPT)
        try:
            open_ring, ring = (
                KeyRing(KeyStore(store), given, c_uint64(), 1000) for given in ((), (key_digest(ADMIN),))
            )
            for authorization in (None, "Bearer whatever"):
                with pytest.raises(Unavailable):
                    await open_ring.find(authorization)
            found = await ring.find(f"Bearer {ADMIN}")
            assert found is not None
            assert found.role == "admin"
            assert await ring.find(None) is None
            with pytest.raises(Unavailable):
                await ring.find("Bearer whatever")
        finally:
            store.close()

    asyncio.run(run())


def test_a_change_that_cannot_be_read_is_no_pass(private_stack: Stack, app_env: str) -> None:
    """After a change through this serve nothing is answered from what was known before."""

    async def run() -> None:
        store = Mongo(private_stack.mongo_uri, app_env, KEPT)
        changed = c_uint64()
        try:
            keys = KeyStore(store)
            ring = KeyRing(keys, (), changed, 60_000)
            changed.value = 1
            assert await ring.find(None) is EVERYBODY
            key = Key(new_id(), "reader")
            await keys.add(key, key_digest("some-key"))
            changed.value = 2
            found = await ring.find("Bearer some-key")
            assert found is not None
            assert found.id == key.id
            private_stack.mongo.down()
            changed.value = 3
            with pytest.raises(Unavailable):
                await ring.find("Bearer some-key")
        finally:
            store.close()

    asyncio.run(run())


def test_keys_deleted_by_hand_are_noticed(mongo_uri: str, app_env: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no longer in MongoDB at all is no key, at the next reading of all of them."""
    from telemetry_server.access import key_ring  # noqa: PLC0415

    monkeypatch.setattr(key_ring, "REREAD_SECONDS", 0.0)

    async def run() -> None:
        store = Mongo(mongo_uri, app_env, KEPT)
        changed = c_uint64()
        try:
            keys = KeyStore(store)
            ring = KeyRing(keys, (key_digest(ADMIN),), changed, 60_000)
            await keys.add(Key(new_id(), "reader"), key_digest("some-key"))
            changed.value = 1
            assert await ring.find("Bearer some-key") is not None
            await store.database["keys"].delete_many({})
            changed.value = 2
            assert await ring.find("Bearer some-key") is None
            assert await ring.find(f"Bearer {ADMIN}") is not None
        finally:
            store.close()

    asyncio.run(run())
