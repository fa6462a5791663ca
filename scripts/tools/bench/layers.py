"""What each layer of a request costs: CPU time of a worker, with the layers switched on one after the other."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import psutil

from tools.bench import wrk
from tools.bench.figures import cpu_seconds, rounds_of_seconds, table
from tools.bench.stage import HEADERS, Stage, ask
from tools.bench.writes import SINGLE
from tools.terminal import Problem, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from pathlib import Path

    from tools.processes import Process

TITLE = "µs of CPU that each layer of a request costs"
CONNECTIONS = 16
OFF = {"API_KEYS": "", "RATE_LIMIT": "0", "COLLECT": "0"}
SWITCHES = {
    "none": {},
    "key": {"API_KEYS": HEADERS["Authorization"].removeprefix("Bearer ")},
    "limit": {"RATE_LIMIT": "1000000"},
    "collect": {"COLLECT": "1"},
}
LIST = f"/metrics?{urlencode({'name': 'cpu.usage', 'tags': 'host:web-1', 'limit': 20})}"
QUERY = f"/query?{urlencode({'prompt': 'average cpu.usage by host today'})}"
UNCACHED = {"Cache-Control": "no-cache"}
# The same list, each time with other bytes: the memory of the process does not know them, Redis knows the meaning.
SPELLINGS = """
local function spell(text)
  return (text:gsub(".", function(c) return math.random(2) == 1 and string.format("%%%02x", c:byte()) or c end))
end
request = function()
  return wrk.format(nil, "/metrics?name=" .. spell("cpu.usage") .. "&tags=" .. spell("host:web-1") .. "&limit=20")
end
"""


@dataclass(frozen=True)
class Rung:
    """One kind of request to one of the servers; what it costs beyond the rung `base` is the layer's."""

    layer: str
    base: str | None
    server: str
    path: str = LIST
    headers: Mapping[str, str] = field(default_factory=dict)
    script: str | None = None


RUNGS = (
    Rung("Sanic: a short answer", None, "bare, short", "/"),
    Rung("request id, Server-Timing", "Sanic: a short answer", "none", "/health/live"),
    Rung("Sanic: a list", None, "bare, list", "/"),
    Rung("request id, Server-Timing, memory of the process", "Sanic: a list", "none"),
    Rung("key", "request id, Server-Timing, memory of the process", "key"),
    Rung("rate limit", "key", "limit"),
    Rung("own metrics", "rate limit", "collect"),
    Rung("reading the URL, Redis", "own metrics", "collect", script=SPELLINGS),
    Rung("reading the URL, MongoDB, encoding", "own metrics", "collect", headers=UNCACHED),
    Rung("a question: prompt, MongoDB, encoding", "own metrics", "collect", QUERY, UNCACHED),
    Rung("a write: checking, MongoDB, encoding", "own metrics", "collect", "/metrics", script=SINGLE),
)


def options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    rounds_of_seconds(parser)


def run(options: argparse.Namespace) -> None:
    """Measure, and print the table."""
    costs: dict[str, list[_Cost]] = {rung.layer: [] for rung in RUNGS}
    with Stage() as stage:
        servers = _servers(stage)
        stores = [psutil.Process(service.process.pid) for service in (stage.stack.mongo, stage.stack.redis)]
        for _ in range(options.rounds):
            for rung in RUNGS:
                costs[rung.layer].append(_measure(rung, servers[rung.server], stores, options.seconds, stage.folder))
    medians = {layer: statistics.median(each.worker for each in found) for layer, found in costs.items()}
    numbers = {rung.layer: number for number, rung in enumerate(RUNGS, 1)}
    rows = [
        (
            f"{numbers[rung.layer]:>2} {rung.layer}",
            f"{medians[rung.layer]:,.0f}",
            "" if rung.base is None else f"{medians[rung.layer] - medians[rung.base]:+,.0f}",
            "" if rung.base is None else str(numbers[rung.base]),
            f"{statistics.median(each.stores for each in costs[rung.layer]):,.0f}",
        )
        for rung in RUNGS
    ]
    say(f"µs of CPU a request, one worker, {CONNECTIONS} connections, medians of {options.rounds} rounds")
    table(("layer", "in all", "adds", "to line", "MongoDB and Redis"), rows)


@dataclass(frozen=True)
class _Cost:
    """µs a request."""

    worker: float
    stores: float


def _servers(stage: Stage) -> dict[str, Process]:
    """By name; of the product, each has one switch more than the one before."""
    servers: dict[str, Process] = {}
    settings = OFF
    metrics = [{"name": "cpu.usage", "value": value / 7, "tags": [f"host:web-{value % 8}"]} for value in range(1000)]
    for name, switched in SWITCHES.items():
        settings = settings | switched
        server = stage.server(name, 1, **settings)
        ask(server, "POST", "/v1/metrics", {"metrics": metrics})
        servers[name] = server.process
    for name, path in (("bare, short", "/health/live"), ("bare, list", LIST)):
        servers[name] = stage.bare(ask(server, "GET", path), workers=1)
    return servers


def _measure(rung: Rung, server: Process, stores: list[psutil.Process], seconds: int, folder: Path) -> _Cost:
    (worker,) = server.listeners()
    script = None
    if rung.script:
        script = folder / "script.lua"
        script.write_text(rung.script)
    before = cpu_seconds(worker), sum(map(cpu_seconds, stores))
    load = wrk.drive(
        f"http://127.0.0.1:{server.port}{rung.path}",
        seconds,
        connections=CONNECTIONS,
        headers={**HEADERS, **rung.headers},
        script=script,
    )
    after = cpu_seconds(worker), sum(map(cpu_seconds, stores))
    if load.failures:
        raise Problem(f"{rung.layer}: {load.failures} requests failed")
    return _Cost(*((late - early) / load.count * 1e6 for late, early in zip(after, before, strict=True)))
