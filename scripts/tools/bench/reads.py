"""Cached reads and answers beside a bare Sanic handler that gives the same bytes."""

from __future__ import annotations

import statistics
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tools.bench import sampler, wrk
from tools.bench.figures import rounds_of_seconds
from tools.bench.stage import HEADERS, Stage, Verdict, ask

if TYPE_CHECKING:
    import argparse

TITLE = "GET /metrics and GET /query, cached, beside bare Sanic"
WORKERS = 2
PATHS = {
    "GET /metrics": (f"/metrics?{urlencode({'name': 'cpu.usage', 'tags': 'host:web-1', 'limit': 20})}", 0.6),
    "GET /query": (f"/query?{urlencode({'prompt': 'average cpu.usage by host today'})}", 0.5),
}
MIN_RATE, MAX_P99_MS = 10_000, 20


def options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    rounds_of_seconds(parser)
    sampler.option(parser)


def run(options: argparse.Namespace) -> bool:
    """Measure; whether every bar is met."""
    verdict = Verdict()
    with Stage() as stage:
        server = stage.server("reads", WORKERS)
        metrics = [
            {"name": "cpu.usage", "value": value / 7, "tags": [f"host:web-{value % 8}"]} for value in range(1000)
        ]
        ask(server, "POST", "/v1/metrics", {"metrics": metrics})
        for name, (path, bar) in PATHS.items():
            bare = f"http://127.0.0.1:{stage.bare(ask(server, 'GET', path), WORKERS).port}/"
            own, baseline = [], []
            for _ in range(options.rounds):
                baseline.append(wrk.drive(bare, options.seconds, headers={}))
                own.append(wrk.drive(f"{server.url}{path}", options.seconds, headers=HEADERS))
            rates = [load.rate for load in own]
            verdict.ratio(f"{name}: of bare Sanic", rates, [load.rate for load in baseline], bar)
            verdict.at_least(f"{name}: requests a second", statistics.median(rates), MIN_RATE)
            note = f"bare Sanic: {statistics.median(load.p99_ms for load in baseline):.1f}"
            verdict.below(f"{name}: p99 ms", statistics.median(load.p99_ms for load in own), MAX_P99_MS, note)
            verdict.below(f"{name}: failures", sum(load.failures for load in own), 1)
            if options.profile:
                sampler.show(name, server, partial(_count, f"{server.url}{path}", options.seconds))
    return verdict.met


def _count(url: str, seconds: int) -> int:
    return wrk.drive(url, seconds, headers=HEADERS).count
