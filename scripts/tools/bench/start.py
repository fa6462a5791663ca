"""A cold start: how long until it is ready, and what the first request of each kind takes."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

from tools.bench.figures import whole_number
from tools.bench.stage import Stage, Verdict, ask

if TYPE_CHECKING:
    import argparse

TITLE = "from process start to ready, and the first request of each kind"
MAX_READY_SECONDS, MAX_FIRST_MS = 3, 500
METRIC = {"name": "cpu.usage", "value": 1, "tags": ["host:web-1"]}
KINDS = (
    ("POST", "/metrics", METRIC),
    ("POST", "/v1/metrics", {"metrics": [METRIC]}),
    ("GET", "/metrics?name=cpu.usage", None),
    ("GET", "/query?prompt=average+cpu.usage+by+host+today", None),
    ("GET", "/query/complete?prefix=aver", None),
    ("GET", "/metrics/cpu.usage/aggregate", None),
)


def options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--rounds", type=whole_number(50), default=5, metavar="N", help="starts (default %(default)s)")


def run(options: argparse.Namespace) -> bool:
    """Measure; whether every bar is met."""
    verdict = Verdict()
    ready: list[float] = []
    first: dict[str, list[float]] = {f"{method} {path.partition('?')[0]}": [] for method, path, _ in KINDS}
    with Stage() as stage:
        for turn in range(options.rounds):
            started = time.monotonic()
            server = stage.server(f"start-{turn}", workers=1)
            ready.append(time.monotonic() - started)
            for method, path, body in KINDS:
                began = time.perf_counter()
                ask(server, method, path, body)
                first[f"{method} {path.partition('?')[0]}"].append((time.perf_counter() - began) * 1000)
            server.stop()
    verdict.below("ready: seconds", statistics.median(ready), MAX_READY_SECONDS)
    for kind, times_ms in first.items():
        verdict.below(f"first {kind}: ms", max(times_ms), MAX_FIRST_MS)
    return verdict.met
