"""Where servers are measured: a stack of their own, the product with all switched on, and other programs beside it."""

from __future__ import annotations

import http.client
import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tools.environment import ROOT
from tools.processes import Process, free_port, is_free
from tools.server import Server
from tools.stack import Stack
from tools.terminal import Problem, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROGRAMS = Path(__file__).parent  # its modules `bare` and `ungathered` run by themselves
KEY = "a-key-of-the-benchmarks"
HEADERS = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}


class Stage:
    """MongoDB of so many members, Redis and a folder; what is started here is stopped at the end."""

    def __init__(self, members: int = 1) -> None:
        self._cleanup = ExitStack()
        self._members = members

    def __enter__(self) -> Self:
        try:
            self._set_up()
        except BaseException:
            self._cleanup.close()
            raise
        return self

    def _set_up(self) -> None:
        self.folder = Path(self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="telemetry-bench-")))
        self.stack = Stack(self.folder / "stack")
        self._prepare()
        self._cleanup.callback(self.stack.down)
        self.stack.up(members=self._members)

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def _prepare(self) -> None:
        """What is to be done before MongoDB and Redis are started."""

    def environment(self, name: str, workers: int) -> dict[str, str]:
        """Keys, rate limits and own metrics are on; the limit is one that no load reaches."""
        return {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": f"{ROOT}{os.pathsep}{PROGRAMS}",
            "ENVIRONMENT": "test",
            "APP_ENV": name,
            "MONGO_URI": self.stack.mongo_uri,
            "REDIS_URI": self.stack.redis_uri,
            "API_KEYS": KEY,
            "RATE_LIMIT": "1000000",
            "WORKERS": str(workers),
            "LOG_LEVEL": "warning",
        }

    def server(self, name: str, workers: int, module: str = "telemetry_server", **settings: str) -> Server:
        """A server with a database of its own, ready; `settings` go before those of `environment`."""
        folder = self.folder / name
        folder.mkdir()
        server = Server(folder)
        self._cleanup.callback(server.stop)
        server.start(self.environment(name, workers) | settings, port=free_port(), folder=folder, module=module)
        return server

    def bare(self, body: bytes, workers: int) -> Process:
        """A Sanic server that answers `GET /` with `body`."""
        file, port = self.folder / f"{time.monotonic_ns()}.json", free_port()
        file.write_bytes(body)
        environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(PROGRAMS)}
        command = [sys.executable, "-m", "bare", str(file), str(port), str(workers)]
        return self.program(f"bare-{port}", command, port, environment)

    def program(self, name: str, command: Sequence[str], port: int, environment: Mapping[str, str]) -> Process:
        """Another program, once it listens on its port. Raises Problem."""
        process = Process(self.folder, name)
        self._cleanup.callback(process.stop)
        process.start(command, port=port, environment=environment, folder=self.folder)
        deadline = time.monotonic() + 10
        while is_free(port):
            if time.monotonic() > deadline:
                raise Problem(process.failure("does not listen"))
            time.sleep(0.05)
        return process


def ask(server: Server, method: str, path: str, body: Any = None) -> bytes:
    """One request; its answer. Raises Problem for anything but a 2xx."""
    connection = http.client.HTTPConnection(server.host, server.process.port, timeout=10)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), HEADERS)
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status >= 300:
        raise Problem(f"{method} {path}: {response.status} {answer[:200]!r}")
    return answer


class Verdict:
    """Figures against their bars, each told in one line; `met` as long as none is missed."""

    def __init__(self) -> None:
        self.met = True

    def at_least(self, what: str, value: float, bar: float, note: str = "") -> None:
        self._tell(what, value, f">= {bar:g}", value >= bar, note)

    def below(self, what: str, value: float, bar: float, note: str = "") -> None:
        self._tell(what, value, f"< {bar:g}", value < bar, note)

    def ratio(self, what: str, values: Sequence[float], baselines: Sequence[float], bar: float) -> None:
        """The median over the rounds of value / baseline, round by round."""
        ratios = [value / baseline for value, baseline in zip(values, baselines, strict=True)]
        note = f"{statistics.median(values):,.0f} beside {statistics.median(baselines):,.0f}"
        self.at_least(what, statistics.median(ratios), bar, note)

    def _tell(self, what: str, value: float, bar: str, met: bool, note: str) -> None:
        self.met = self.met and met
        say(f"{what:<52} {value:>12,.2f}  {bar:<10} {'ok' if met else 'MISSED':<6}  {note}".rstrip())
