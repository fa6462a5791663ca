"""scripts/load: the whole load test in one command.

Stack, Server -> a day of made-up metrics -> cold start -> Locust -> one table against the targets
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import ipaddress
import json
import math
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rich.progress import track
from tools import demo_history, seed_demo
from tools.environment import ROOT
from tools.processes import Process, free_port, interrupts_deferred
from tools.server import Server
from tools.stack import Stack
from tools.terminal import Parser, Problem, say

from loadtests import cold_start, samples
from loadtests.targets import QUERY, READ, UNDER_LOAD
from loadtests.verdict import Result, table
from telemetry_server.collector.sender import Sender

if TYPE_CHECKING:
    from collections.abc import Sequence

OWN_KEY = "a-key-of-the-load-test"
GRACE_SECONDS = 30
MAX = {"users": 500, "duration": 600, "rate": 2000, "restarts": 20}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; 0 when every target is met, 1 when one is missed or a request failed, 2 for misuse."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="telemetry-load-") as name:
        folder = Path(name)
        if options.url:
            _seed(options.url, options.key)
            results = _under_load(folder, options.url, options)
        else:
            results = _on_a_stack_of_its_own(folder, options)
    say(table(results))
    missed = any(result.problems for result in results)
    say("a target is missed" if missed else "every target is met")
    return int(missed)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser("scripts/load", description="Put the server under load, and hold it to its latency targets.")
    parser.add_argument("--users", type=int, default=25, help="clients, shared out (default %(default)s)")
    parser.add_argument("--duration", type=int, default=30, help="seconds of load (default %(default)s)")
    parser.add_argument(
        "--rate",
        type=int,
        default=50,
        help="requests a second of each of the five kinds (default %(default)s)",
    )
    parser.add_argument(
        "--limits", type=_share, default=1.0, help="hold it to this share of the targets (default %(default)s)"
    )
    parser.add_argument("--uncached", action="store_true", help="reads and questions go past the cache")
    parser.add_argument("--restarts", type=int, default=5, help="cold starts (default %(default)s)")
    parser.add_argument(
        "--url", help="a running server of this machine, which keeps the made-up metrics; else one is started"
    )
    options = parser.parse_args(arguments)
    options.key = os.environ.get("TELEMETRY_API_KEY") if options.url else OWN_KEY
    for option, most in MAX.items():
        if not 1 <= getattr(options, option) <= most:
            parser.error(f"--{option} {getattr(options, option)} is not within 1 to {most}")
    if options.users < len(UNDER_LOAD):
        parser.error(f"--users {options.users} is too few: each of the {len(UNDER_LOAD)} kinds needs one")
    if options.url:
        try:
            Sender(options.url)
        except ValueError as error:
            parser.error(f"--url: {error}")
        if not _is_loopback(options.url):
            parser.error(f"--url {options.url}: load goes to this machine only (127.0.0.1, ::1 or localhost)")
        options.url = options.url.rstrip("/")
    return options


def _share(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < (share := float(text)) <= 1:
            return share
    raise argparse.ArgumentTypeError(f"{text} is not above 0 and up to 1")


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _on_a_stack_of_its_own(folder: Path, options: argparse.Namespace) -> list[Result]:
    stack, server = Stack(folder / "stack"), Server(folder)
    try:
        say("starting MongoDB, Redis and the server")
        stack.up()
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(ROOT),
            "ENVIRONMENT": "local",
            "APP_ENV": "load",
            "MONGO_URI": stack.mongo_uri,
            "REDIS_URI": stack.redis_uri,
            "API_KEYS": OWN_KEY,
            "RATE_LIMIT": "1000000",  # which no load reaches
            "LOG_LEVEL": "warning",
        }

        def start() -> None:
            server.start(environment, port=free_port(), folder=folder)

        start()
        _seed(server.url, options.key)
        ids = samples.metrics_with_ids(2 * options.restarts)
        with contextlib.closing(Sender(server.url, options.key)) as sender:
            sender.send(ids)
        say(f"cold start: {options.restarts} restarts")
        cold = cold_start.measure(server, start, options.restarts, [metric["id"] for metric in ids], options.key)
        return [*_under_load(folder, server.url, options), replace(cold, target=cold.target.scaled(options.limits))]
    finally:
        with interrupts_deferred():
            server.stop()
            stack.down()


def _seed(url: str, key: str | None) -> None:
    today = dt.datetime.now(dt.UTC).date()
    count = seed_demo.write(demo_history.days(42, 1, today), lambda: Sender(url, key, timeout_seconds=30))
    say(f"stored {count:,} made-up metrics of yesterday")


def _under_load(folder: Path, url: str, options: argparse.Namespace) -> list[Result]:
    """Run Locust, which patches the standard library for itself, in a process of its own."""
    kinds, total = len(UNDER_LOAD), options.rate * len(UNDER_LOAD)
    say(f"load: {total} requests/s of {kinds} kinds from {options.users} users for {options.duration} s")
    saved = folder / "measured.json"
    arguments = {
        "--locustfile": ROOT / "loadtests" / "locustfile.py",
        "--host": url,
        "--users": options.users,
        "--spawn-rate": options.users,
        "--run-time": f"{options.duration}s",
        "--stop-timeout": 10,
        "--rate": options.rate,
        "--results": saved,
    }
    command = [sys.executable, "-m", "locust", "--headless", "--only-summary"]
    command += [str(part) for pair in arguments.items() for part in pair]
    command += ["--uncached"] if options.uncached else []
    locust = Process(folder, "locust")
    environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), "TELEMETRY_API_KEY": options.key or ""}
    locust.start(command, environment=environment, folder=folder)
    try:
        for _ in track(range(options.duration), description="load", transient=True, disable=not sys.stdout.isatty()):
            locust.wait(1)
        if not locust.wait(GRACE_SECONDS):
            raise Problem("Locust does not end; it is stopped")
    finally:
        with interrupts_deferred():
            locust.stop()
    try:
        measured = json.loads(saved.read_text())
    except (OSError, ValueError):
        raise Problem(locust.failure("measured nothing")) from None
    return _results(measured, options)


def _results(measured: dict[str, Any], options: argparse.Namespace) -> list[Result]:
    """One result for each operation, from what the Locust file saved."""
    times_ms, failures, cached = measured["times_ms"], measured["failures"], measured["cached"]
    if "prepare" in failures:
        raise Problem(f"preparing the load failed: {failures['prepare'][0]}")
    for name in (READ.operation, QUERY.operation):
        if asked := len(times_ms.get(name, ())):
            say(f"{name}: {100 * cached.get(name, 0) / asked:.0f} % came from the cache")
    # Users take up to a second to get going, and come at random instants: fewer is not by chance.
    mean = options.rate * max(options.duration - 1, 0)
    planned = max(int(0.95 * mean - 4 * math.sqrt(mean)), 1)
    return [
        Result(
            target.scaled(options.limits),
            times_ms.get(target.operation, ()),
            failures.get(target.operation, ()),
            planned,
        )
        for target in UNDER_LOAD
    ]
