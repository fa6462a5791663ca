"""scripts/run: everything on this machine, in the foreground."""

from __future__ import annotations

import errno
import os
import re
import sys
import time
from typing import TYPE_CHECKING

import pymongo
from pymongo.errors import PyMongoError

from tools import run_lock, settings
from tools.environment import ROOT
from tools.processes import Process, bind_error, is_free
from tools.server import Server
from tools.stack import Stack
from tools.terminal import Parser, Problem, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.services import Outcome, Service
    from tools.settings import Settings

PROMPTS = ("average cpu.usage over the last 5 minutes", "slowest 3 routes today", "top 5 events today")
# What can be asked where nothing is recorded yet.
PROMPTS_WITHOUT_COLLECTOR = ("what metrics are there", "how many events today", "top 5 events today")
WATCH_SECONDS = 0.5
MONGO_SECONDS = 3


def main() -> int:
    """Start all, say where it is, watch it until it is interrupted or a part dies, stop all."""
    parser = Parser("scripts/run", description="Start MongoDB, Redis, the server and the collector; Ctrl-C stops all.")
    parser.add_argument("--port", type=int, metavar="N", help="the server's port (default: PORT, else 8080)")
    parser.add_argument("--no-collect", action="store_true", help="record neither this machine nor the server itself")
    options = parser.parse_args()
    chosen = settings.read(options.port)
    advice = f"stop it, or choose another folder and port: APP_ENV=second PORT={_another(chosen)} scripts/run"
    with run_lock.hold(chosen.folder, advice=advice):
        return Run(chosen, collect=not options.no_collect).to_its_end()


class Run:
    """What one `scripts/run` starts, in order, and stops in the opposite order."""

    def __init__(self, chosen: Settings, *, collect: bool) -> None:
        self.settings = chosen
        self.collect = collect
        self.stack = Stack(chosen.folder, mongo_uri=chosen.mongo_uri, redis_uri=chosen.redis_uri)
        self.server = Server(chosen.folder, chosen.host)
        self.collector = Process(chosen.folder, "collector")

    def to_its_end(self) -> int:
        """Run until Ctrl-C or SIGTERM (status 0); raises Problem when something does not start or dies."""
        cut_off = [process.name for process in (self.server.process, self.collector) if process.record.pid]
        self.server.stop()
        self.collector.stop()
        self._require_port()
        self._require_mongo()
        started = False
        try:
            self._start(cut_off)
            started = True
            self._watch()
        except (KeyboardInterrupt, SystemExit):
            if not started:
                raise
        finally:
            self._stop()
        return 0

    def _require_port(self) -> None:
        host, port = self.settings.host, self.settings.port
        error = bind_error(port, host)
        if error and error.errno == errno.EADDRINUSE:
            raise Problem(f"port {port} is taken; choose another: PORT={_another(self.settings)} scripts/run")
        if error:
            raise Problem(f"cannot listen on {host} port {port}: {error.strerror or error}")

    def _require_mongo(self) -> None:
        """A server waits for MongoDB for ever; who starts one by hand would rather know."""
        uri = self.settings.mongo_uri
        if uri is None:
            return
        try:
            with pymongo.MongoClient[dict[str, object]](uri, serverSelectionTimeoutMS=MONGO_SECONDS * 1000) as client:
                client.admin.command("ping")
        except PyMongoError:
            raise Problem(
                f"MONGO_URI is set, and {_without_password(uri)} does not answer in {MONGO_SECONDS} s;"
                " unset it to start a MongoDB here"
            ) from None

    def _start(self, cut_off: list[str]) -> None:
        outcomes = self.stack.up()
        _tell_of_earlier(cut_off, outcomes, kept=self.stack.is_kept)
        if "adopted" not in outcomes.values():
            self.stack.is_kept = False
        found = {"MONGO_URI": self.stack.mongo_uri, "REDIS_URI": self.stack.redis_uri}
        found["TLS_CERT_FILE"] = self.settings.tls_cert_file  # known here: how it is asked whether it is ready
        arguments = [] if self.collect else ["--no-collect"]
        self.server.start({**os.environ, **found}, port=self.settings.port, arguments=arguments, folder=ROOT)
        if self.collect:
            self._start_collector()
        say(self._summary())

    def _start_collector(self) -> None:
        environment = dict(os.environ)
        if self.settings.api_key:
            environment.setdefault("TELEMETRY_API_KEY", self.settings.api_key)
        command = [sys.executable, "-m", "telemetry_server.collector", "--url", self.server.url]
        self.collector.start(command, environment=environment, folder=ROOT)

    def _watch(self) -> None:
        vital = [service.process for service in self.stack.services if not service.has_others]
        processes = [self.server.process, *vital]
        if self.collect:
            processes.append(self.collector)
        while True:
            for process in processes:
                if not process.pid:
                    raise Problem(process.failure("died, and the rest is stopped"))
            time.sleep(WATCH_SECONDS)

    def _stop(self) -> None:
        stopped = [name for name, stop in (("server", self.server.stop), ("collector", self.collector.stop)) if stop()]
        if not self.stack.is_kept:
            stopped += [service.process.name for service in self.stack.down()]
        if stopped:
            say(f"stopped {', '.join(stopped)}; the data stays in {self._folder}")

    def _summary(self) -> str:
        app_env = self.settings.app_env
        mongo, redis = _without_password(self.stack.mongo_uri), _without_password(self.stack.redis_uri)
        key = ' -H "Authorization: Bearer $TELEMETRY_API_KEY"' if self.settings.api_key else ""
        prompts = PROMPTS if self.collect else PROMPTS_WITHOUT_COLLECTOR
        asking = [f"  curl -G{key} --data-urlencode 'prompt={prompt}' {self.server.url}/query" for prompt in prompts]
        lines = [
            f"telemetry-server is running (APP_ENV {app_env}); Ctrl-C stops it",
            f"  page     {self.server.url}/  (ask there, and look)",
            f"  server   {self.server.url}",
            f"  MongoDB  {mongo}",
            f"  Redis    {redis}",
            f"  logs     {self._folder}/*.log",
            f"  data     {self._folder}/  ({self._prefix}scripts/local_stack down --wipe removes it)",
            "try, after a minute:" if self.collect else "try:",
            *asking,
        ]
        return "\n".join(lines)

    @property
    def _folder(self) -> str:
        return str(self.settings.folder.relative_to(ROOT))

    @property
    def _prefix(self) -> str:
        return "" if self.settings.app_env == "local" else f"APP_ENV={self.settings.app_env} "


def _tell_of_earlier(cut_off: list[str], outcomes: Mapping[Service, Outcome], *, kept: bool) -> None:
    news = [f"stopped its {name}" for name in cut_off]
    for service, outcome in outcomes.items():
        if outcome == "restarted":
            news.append(f"started {service.process.name} again")
        if outcome == "adopted" and not kept:
            news.append(f"adopted its {service.process.name}")
    if news:
        say(f"an earlier run was cut off: {', '.join(news)}")


def _another(chosen: Settings) -> int:
    candidates = range(chosen.port + 1, min(chosen.port + 100, 65_536))
    return next((port for port in candidates if is_free(port, chosen.host)), 8081)


def _without_password(uri: str) -> str:
    return re.sub(r"//[^/@]*@", "//", uri)
