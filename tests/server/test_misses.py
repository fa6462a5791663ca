"""Refused prompts are counted, without what may be personal."""

import asyncio
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pymongo
import pytest
from tools.stack import Stack

import nlq
from telemetry_server.reading.misses import MAX_WAITING, Misses, without_values
from telemetry_server.stores.mongo import Mongo
from telemetry_server.summaries.retention import Retention
from tests.conftest import StartServer

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


def catalog() -> nlq.Catalog:
    known = nlq.Catalog()
    known.add("cpu.usage", "gauge", ["host:web-01", "user:alice smith"])
    known.add("api.latency_ms", "timer", ["service:checkout"])
    return known


def refused(prompt: str, known: nlq.Catalog) -> nlq.Refusal:
    result = nlq.interpret(prompt, nlq.Context(now=NOW, catalog=known))
    assert isinstance(result, nlq.Refusal), result
    return result


@pytest.mark.parametrize(
    ("prompt", "kept"),
    [
        ("frobnicate the cpu usage", "frobnicate the cpu usage"),
        ("Average CPU.usage squiggled by host", "average cpu.usage squiggled by host"),
        ("frobnicate cpu.usage on web-01", "frobnicate cpu.usage on <value>"),
        ("frobnicate cpu usage of checkout", "frobnicate cpu usage of <value>"),
        ("cpu usage of alice", "cpu usage of <word>"),
        ("frobnicate alice", "frobnicate <word>"),
        ("frobnicate alise smith", "frobnicate <word>"),
        ("cpu usage host payroll", "cpu usage host <value>"),
        ("cpu usage host=payroll", "cpu usage host = <value>"),
        ("frobnicate cpu usage for bob", "frobnicate cpu usage for <word>"),
        ("frobnicate Bob", "frobnicate <word>"),
        ("frobnicate 'bob jones'", "frobnicate ' <word> '"),
        ('frobnicate "bob jones"', "frobnicate <value>"),
        ("frobnicate bob@example.org", "frobnicate <word>"),
        ("frobnicate 10.1.2.3 and agent007", "frobnicate <value> and <value>"),
        ("frobnicate host:payroll", "frobnicate <word>"),
        ("top 5000 events", "top <number> events"),
        ("predict cpu usage tomorrow", "predict cpu usage tomorrow"),
    ],
)
def test_nothing_personal_is_kept(prompt: str, kept: str) -> None:
    """Values, quoted text, and words that may be either are replaced; words that the language lacks are kept."""
    known = catalog()
    assert without_values(prompt, refused(prompt, known), known) == kept


def rows(stack: Stack, app_env: str, count: int) -> list[dict[str, Any]]:
    """The stored misses, as soon as there are so many."""
    deadline = time.monotonic() + 10
    with pymongo.MongoClient[dict[str, Any]](stack.mongo_uri) as mongo:
        while True:
            found = list(mongo[f"telemetry_server_{app_env}"]["misses"].find({}, {"_id": 0, "seen_at": 0}))
            if sum(row["count"] for row in found) >= count or time.monotonic() > deadline:
                return sorted(found, key=lambda row: (-row["count"], row["text"]))
            time.sleep(0.1)


def listing(stack: Stack, app_env: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = {"MONGO_URI": stack.mongo_uri, "APP_ENV": app_env, "PYTHONPATH": str(ROOT)}
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "telemetry_server", "misses", *arguments],
        env={**os.environ, **settings},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_refused_prompts_are_counted_and_listed(
    start_server: StartServer, stack: Stack, app_env: str, tmp_path: Path
) -> None:
    """Each refusal counts once, answers never; the operator sees the code with most of them first."""
    server = start_server(APP_ENV=app_env)
    with httpx.Client(base_url=server.url) as client:
        for prompt in ("frobnicate everything", "frobnicate  EVERYTHING", "delete all metrics", "frobnicate 'x'"):
            assert client.get("/query", params={"prompt": prompt}).status_code == 422
        assert client.get("/query", params={"prompt": "count of events today"}).status_code == 200
        assert client.get("/query", params={"prompt": ""}).status_code == 422
    found = rows(stack, app_env, 4)
    assert [(row["code"], row["count"]) for row in found] == [
        ("not_understood", 2),
        ("unsupported", 1),
        ("not_understood", 1),
    ]
    server.stop()
    result = listing(stack, app_env, tmp_path)
    assert result.returncode == 0, result.stderr
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [line[:2] for line in lines] == [
        ["code", "count"],
        ["not_understood", "2"],
        ["not_understood", "1"],
        ["unsupported", "1"],
    ]
    assert listing(stack, app_env, tmp_path, "--limit", "1").stdout.splitlines()[2] == "2 more: --limit 3"


def test_last_misses_are_counted_at_stop(start_server: StartServer, stack: Stack, app_env: str) -> None:
    """What waited when SIGTERM came is stored."""
    server = start_server(APP_ENV=app_env)
    assert httpx.get(f"{server.url}/query", params={"prompt": "frobnicate"}).status_code == 422
    server.stop()
    assert [row["text"] for row in rows(stack, app_env, 1)] == ["frobnicate"]


@pytest.mark.parametrize("arguments", [("--limit", "0"), ("--limit", "x"), ("extra",)])
def test_misuse_is_status_2(stack: Stack, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Wrong options are no traceback."""
    result = listing(stack, "none", tmp_path, *arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_absent_mongodb_is_one_line(tmp_path: Path) -> None:
    """Without MongoDB the command says so; exit status 1."""
    result = subprocess.run(
        [sys.executable, "-m", "telemetry_server", "misses"],
        env={**os.environ, "MONGO_URI": "mongodb://127.0.0.1:1/?replicaSet=rs0", "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1


def test_rarest_are_forgotten(mongo_uri: str, app_env: str) -> None:
    """Of each code only so many are kept: the most frequent."""

    async def run() -> list[tuple[str, str]]:
        store = Mongo(mongo_uri, app_env, Retention(*[timedelta(days=1)] * 3))
        await store.count_misses({str(n): ("not_understood", f"word {n}", 1 + n % 7) for n in range(30)})
        await store.count_misses({"other": ("future", "tomorrow", 1)})
        await store.forget_misses("not_understood", 4)
        found = await store.misses()
        store.close()
        return sorted((miss.code, miss.text) for miss in found)

    assert asyncio.run(run()) == [
        ("future", "tomorrow"),
        *(("not_understood", text) for text in ("word 13", "word 20", "word 27", "word 6")),
    ]


def test_absent_store_neither_delays_nor_grows() -> None:
    """Without MongoDB a refusal costs nothing, and what waits is bounded."""
    known = catalog()
    refusal = refused("frobnicate", known)

    async def run() -> int:
        store = Mongo("mongodb://127.0.0.1:1/", "none", Retention(*[timedelta(days=1)] * 3))
        misses = Misses(store, lambda: known)
        misses.start()
        started = time.perf_counter()
        for _ in range(MAX_WAITING + 500):
            misses.record("frobnicate", refusal)
        assert time.perf_counter() - started < 0.5
        waiting = len(misses._waiting)
        await misses.stop()
        store.close()
        assert not misses._waiting
        return waiting

    assert asyncio.run(run()) == MAX_WAITING
