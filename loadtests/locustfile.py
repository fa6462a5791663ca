"""Locust users, one class for each operation of the targets; run by `scripts/load`.

Every response time is kept, for exact percentiles: Locust's own statistics round theirs.
"""

import json
import os
import random
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, ClassVar

from locust import FastHttpUser, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from loadtests import samples
from loadtests.targets import DELETE, QUERY, READ, UNDER_LOAD, UPDATE, WRITE, Target

PREPARE = "prepare"
OWN_METRICS = 20
HEADERS = {"Authorization": f"Bearer {key}"} if (key := os.environ.get("TELEMETRY_API_KEY")) else {}


class Operation(FastHttpUser):
    """A client of one kind of request, at a steady rate."""

    abstract = True
    connection_timeout = 5.0
    network_timeout = 10.0
    period_seconds: ClassVar[float] = 1.0
    run_seconds: ClassVar[float] = 1.0
    target: ClassVar[Target]
    headers: ClassVar[dict[str, str]] = HEADERS

    def on_start(self) -> None:
        self.prepare()
        self.next_at = time.perf_counter()
        time.sleep(self.wait_time())

    def wait_time(self) -> float:
        """Seconds to the next request: at random instants, on a schedule that slow answers do not stretch.

        At equal steps the users fall into step with each other, and come in bursts of all at once.
        """
        self.next_at += random.expovariate(1 / self.period_seconds)
        return max(0.0, self.next_at - time.perf_counter())

    def prepare(self) -> None:
        """Store what the user needs, outside of what is measured."""

    def call(self, method: str, path: str, body: Any = None) -> None:
        self.client.request(method, path, name=self.target.operation, json=body, headers=self.headers)

    def store(self, metrics: list[dict[str, Any]]) -> list[str]:
        """Store metrics in one batch; their ids."""
        self.client.request("POST", "/v1/metrics", name=PREPARE, json={"metrics": metrics}, headers=HEADERS)
        return [metric["id"] for metric in metrics]


class Reader(Operation):
    target = READ

    def prepare(self) -> None:
        self.paths = samples.read_paths()

    @task
    def read(self) -> None:
        self.call("GET", next(self.paths))


class Asker(Operation):
    target = QUERY

    def prepare(self) -> None:
        self.paths = samples.query_paths()

    @task
    def ask(self) -> None:
        self.call("GET", next(self.paths))


class Writer(Operation):
    target = WRITE

    @task
    def write(self) -> None:
        self.call("POST", "/metrics", samples.metric())


class Updater(Operation):
    target = UPDATE

    def prepare(self) -> None:
        self.ids = self.store(samples.metrics_with_ids(OWN_METRICS))

    @task
    def update(self) -> None:
        self.call("PUT", f"/metrics/{random.choice(self.ids)}", samples.metric())


class Deleter(Operation):
    target = DELETE

    def prepare(self) -> None:
        enough = int(self.run_seconds / self.period_seconds) + OWN_METRICS
        self.ids = self.store(samples.metrics_with_ids(min(enough, 1000)))

    @task
    def delete(self) -> None:
        if not self.ids:
            self.prepare()
        self.call("DELETE", f"/metrics/{self.ids.pop()}")


OPERATIONS = (Reader, Asker, Writer, Updater, Deleter)

_times_ms: dict[str, list[float]] = defaultdict(list)
_failures: dict[str, list[str]] = defaultdict(list)
_cached: dict[str, int] = defaultdict(int)


def _options(parser: LocustArgumentParser) -> None:
    parser.add_argument("--rate", type=float, default=50.0, help="requests a second for each operation")
    parser.add_argument("--uncached", action="store_true", help="reads and questions go past the cache")
    parser.add_argument("--results", default="", help="file for what was measured")


def _share(environment: Environment, **_: Any) -> None:
    """Share the users and the rate out equally; say who goes past the cache."""
    options = environment.parsed_options
    if options is None:
        return
    if options.uncached:
        Reader.headers = Asker.headers = HEADERS | {"Cache-Control": "no-cache"}
    users = max(int(options.num_users or 1) // len(UNDER_LOAD), 1)
    for operation in OPERATIONS:
        operation.fixed_count = users
        operation.period_seconds = users / options.rate
        operation.run_seconds = float(options.run_time or 1)


def _keep(name: str, response_time: float, exception: BaseException | None, response: Any = None, **_: Any) -> None:
    if name != PREPARE:
        _times_ms[name].append(response_time)
    if exception is not None:
        _failures[name].append(f"{exception} {getattr(response, 'text', '') or ''}"[:300])
    elif response is not None and response.headers and response.headers.get("X-Cache") == "hit":
        _cached[name] += 1


def _save(environment: Environment, **_: Any) -> None:
    if environment.parsed_options and environment.parsed_options.results:
        found = {"times_ms": _times_ms, "failures": _failures, "cached": _cached}
        Path(environment.parsed_options.results).write_text(json.dumps(found), encoding="utf-8")


for event, listener in (
    (events.init_command_line_parser, _options),
    (events.init, _share),
    (events.request, _keep),
    (events.quitting, _save),
):
    event.add_listener(listener)  # type: ignore[no-untyped-call]
