"""Bodies that are small to send and large to read: compressed, nested, and simply too long."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import zlib
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import TYPE_CHECKING

import cramjam
import httpx

from tools.attacks.api import connect, operations, problem
from tools.attacks.honest import compared, resident_mb, waits
from tools.bench.stage import HEADERS
from tools.faults.ground import Ground
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    from tools.server import Server

EXPANDED = 64 * 1024 * 1024
MAX_MB = 64
BEFORE_SECONDS = 4
_ZEROS = b'{"name":"' + b"a" * EXPANDED
AT_ONCE = 4
READABLE = ("many keys", "many tags", "many metrics")  # JSON, which Grafana may add to its own


def bombs() -> dict[str, tuple[bytes, str]]:
    """Bodies with their Content-Encoding."""
    twice = gzip.compress(gzip.compress(_ZEROS))
    return {
        "gzip": (gzip.compress(_ZEROS), "gzip"),
        "gzip in gzip": (twice, "gzip"),
        "gzip in gzip, said": (twice, "gzip, gzip"),
        "many members of gzip": (gzip.compress(b" " * 1_000_000) * 200, "gzip"),
        "deflate": (zlib.compress(_ZEROS), "deflate"),
        "br": (bytes(cramjam.brotli.compress(_ZEROS)), "br"),
        "zstd": (bytes(cramjam.zstd.compress(_ZEROS)), "zstd"),
        "cut off": (gzip.compress(_ZEROS)[:1000], "gzip"),
        "not compressed": (b'{"name":"a"}', "gzip"),
        "arrays in arrays": (b"[" * 1_000_000, ""),
        "objects in objects": (b'{"a":' * 200_000, ""),
        "arrays in arrays, compressed": (gzip.compress(b"[" * 1_000_000), "gzip"),
        "one long number": (b"1" * 1_000_000, ""),
        "one long text": (b'"' + b"a" * 1_000_000 + b'"', ""),
        "many keys": (json.dumps({str(number): 0 for number in range(80_000)}).encode(), ""),
        "many tags": (json.dumps({"name": "a", "value": 1, "tags": [f"k{n}:v" for n in range(70_000)]}).encode(), ""),
        "many metrics": (json.dumps({"metrics": [{}] * 200_000}).encode(), ""),
        "too long": (b" " * 4_000_000, ""),
    }


def run(count: int) -> Outcome:
    """So many rounds: every bomb to every route with a JSON body, AT_ONCE at a time."""
    made = bombs()
    with Ground() as ground:
        server = ground.serve(RATE_LIMIT="0")
        with connect(server) as client:
            paths = [(each.method, each.url()) for each in operations(client) if each.has_body]
        tasks = [(method, path, what) for what in made for method, path in paths] * count
        return asyncio.run(_attack(server, tasks, made))


async def _attack(server: Server, tasks: list[tuple[str, str, str]], made: dict[str, tuple[bytes, str]]) -> Outcome:
    before, faults = await waits(server, asyncio.sleep(BEFORE_SECONDS))
    at_rest = most = resident_mb(server)

    pool = ProcessPoolExecutor(1)  # not the process that measures
    thrown = asyncio.wrap_future(pool.submit(throw, server.url, tasks, made))

    async def watch() -> None:
        nonlocal most
        while not thrown.done():
            most = max(most, resident_mb(server))
            await asyncio.sleep(0.1)

    watching = asyncio.ensure_future(watch())
    started = time.monotonic()
    during, more = await waits(server, thrown)
    await watching
    pool.shutdown()
    _, told = compared(before, during)
    faults += [*more, *await thrown]
    if most - at_rest > MAX_MB:
        faults.append(f"the server grew by {most - at_rest:.0f} MB")
    told += f"; memory +{most - at_rest:.1f} MB; {len(tasks) / (time.monotonic() - started):.0f} bombs a second"
    return Outcome(len(tasks), faults, 0, told)


def throw(url: str, tasks: list[tuple[str, str, str]], made: dict[str, tuple[bytes, str]]) -> list[str]:
    """Send them, AT_ONCE at a time; what was not answered as it must be."""
    with httpx.Client(base_url=url, headers=HEADERS, timeout=20) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        return [why for why in pool.map(lambda task: _one(client, task, *made[task[2]]), tasks) if why]


def _one(client: httpx.Client, task: tuple[str, str, str], body: bytes, coding: str) -> str:
    method, path, what = task
    headers = {"Content-Encoding": coding} if coding else {}
    answer = client.request(method, path, content=body, headers=headers)
    why = "" if answer.status_code == 200 and what in READABLE else problem(answer)
    return f"{what} at {method} {path}: {why}" if why else ""


ROW = Row(
    "bombs",
    "bodies that expand, nest or are too long, on every route",
    "4xx; memory +64 MB at most",
    "bodies",
    1,
    20,
    run,
)
