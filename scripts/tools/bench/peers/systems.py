"""The systems that are compared: how each is started, fed, asked, and how much of the disk it takes."""

from __future__ import annotations

import asyncio
import datetime as dt
import http.client
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from pymongo import MongoClient

from telemetry_server import errors
from telemetry_server.stores.mongo import Mongo, SummaryStore
from telemetry_server.summaries.retention import Retention
from tools import debian
from tools.bench.peers import answers
from tools.bench.peers.data import DAY, as_json, as_lines
from tools.bench.peers.questions import SINCE_HOUR
from tools.bench.stage import HEADERS
from tools.processes import free_port
from tools.terminal import Problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from tools.bench.peers.answers import Answer
    from tools.bench.peers.data import Sample
    from tools.bench.peers.questions import Question
    from tools.bench.stage import Stage

WORKERS = 2


@dataclass(frozen=True)
class Request:
    """What is sent over HTTP."""

    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class System(ABC):
    """One system, which runs from its making until the stage ends; each has its data in a folder of its own.

    `day`: the start of the day that the metrics are of. Raises Problem where the system is not to be had.
    """

    name: ClassVar[str]
    port: int

    @abstractmethod
    def __init__(self, stage: Stage, day: dt.datetime) -> None:
        self.day = day

    @abstractmethod
    def write(self, batch: Sequence[Sample]) -> Request:
        """The request that stores the batch."""

    @abstractmethod
    def ask(self, question: Question) -> Request:
        """The request that asks, past every cache of answers."""

    @abstractmethod
    def read(self, question: Question, body: bytes) -> Answer:
        """The answer in the common form."""

    @abstractmethod
    def settle(self) -> None:
        """Bring it to the state in which it is asked."""

    @abstractmethod
    def stored_bytes(self) -> int:
        """What its data takes of the disk, indexes included."""

    def connect(self) -> http.client.HTTPConnection:
        """A connection that is kept open."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def send(self, request: Request) -> bytes:
        """One request on a connection of its own; its answer."""
        connection = self.connect()
        try:
            return exchange(connection, request)[0]
        finally:
            connection.close()

    def at(self, hour: int) -> dt.datetime:
        """That hour of the day."""
        return self.day + dt.timedelta(hours=hour)


def exchange(connection: http.client.HTTPConnection, request: Request) -> tuple[bytes, http.client.HTTPMessage]:
    """The answer's body and headers. Raises Problem for anything but a 2xx."""
    connection.request(request.method, request.path, request.body, request.headers)
    response = connection.getresponse()
    body = response.read()
    if response.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise Problem(f"{request.method} {request.path}: {response.status} {body[:200]!r}")
    return body, response.headers


class TelemetryServer(System):
    """Our own, with keys, rate limits and all else switched on."""

    name = "telemetry-server"
    _app_env = "peers"

    def __init__(self, stage: Stage, day: dt.datetime) -> None:
        super().__init__(stage, day)
        self.port = stage.server(self._app_env, WORKERS).process.port
        self._mongo_uri = stage.stack.mongo_uri
        asyncio.run(self._summaries(SummaryStore.begin))  # so every hour that is fed is marked, and summarised below

    def write(self, batch: Sequence[Sample]) -> Request:
        return Request("POST", "/v1/metrics", as_json(batch), HEADERS)

    def ask(self, question: Question) -> Request:
        parameters = {"prompt": question.prompt, "now": self.at(24).isoformat()}
        return Request("GET", f"/query?{urlencode(parameters)}", headers={**HEADERS, "Cache-Control": "no-cache"})

    def read(self, question: Question, body: bytes) -> Answer:  # noqa: ARG002  the rows say it all
        return answers.of_prompt(body)

    def settle(self) -> None:
        """Summarise its hours now; the server would begin five minutes after the last write to them."""
        asyncio.run(self._summaries(_summarise))

    async def _summaries(self, work: Callable[[SummaryStore], Awaitable[None]]) -> None:
        mongo = Mongo(self._mongo_uri, self._app_env, Retention(90 * DAY, 90 * DAY, 90 * DAY))
        try:
            await work(SummaryStore(mongo, settle=dt.timedelta(0)))
        except errors.Problem as problem:
            raise Problem(f"the metrics were not summarised: {problem.detail}") from problem
        finally:
            mongo.close()

    def stored_bytes(self) -> int:
        """Of the database: MongoDB's journal and oplog, which are of a fixed size, are not in it."""
        with MongoClient[dict[str, Any]](self._mongo_uri) as client:
            client.admin.command("fsync")
            return int(client[f"telemetry_server_{self._app_env}"].command("dbStats")["totalSize"])


class VictoriaMetrics(System):
    """Version 1.79.5 in Debian 12. It acknowledges before what it was sent is on disk."""

    name = "VictoriaMetrics"

    def __init__(self, stage: Stage, day: dt.datetime) -> None:
        super().__init__(stage, day)
        program = debian.find("victoria-metrics", ["victoria-metrics"])
        self.port, self._folder = free_port(), stage.folder / "victoria-metrics"
        switches = ["-retentionPeriod=3", "-influxSkipSingleField", "-search.disableCache", "-loggerLevel=WARN"]
        place = [f"-httpListenAddr=127.0.0.1:{self.port}", f"-storageDataPath={self._folder}"]
        stage.program("victoria-metrics", [str(program), *place, *switches], self.port, {})

    def write(self, batch: Sequence[Sample]) -> Request:
        return Request("POST", "/write?precision=ms", as_lines(batch))

    def ask(self, question: Question) -> Request:
        until, step = self.at(question.until_hour), question.bucket_seconds
        asked: dict[str, Any] = {"query": question.metricsql, "nocache": 1}
        if step is None:
            return Request("GET", f"/api/v1/query?{urlencode({**asked, 'time': until.timestamp()})}")
        ends = {"start": self.at(SINCE_HOUR).timestamp() + step, "end": until.timestamp(), "step": step}
        return Request("GET", f"/api/v1/query_range?{urlencode({**asked, **ends})}")

    def read(self, question: Question, body: bytes) -> Answer:
        return answers.of_metricsql(body, question.bucket_seconds)

    def settle(self) -> None:
        self.send(Request("GET", "/internal/force_flush"))

    def stored_bytes(self) -> int:
        return _size(self._folder)


class InfluxDB(System):
    """Version 1.6.7 in Debian 12."""

    name = "InfluxDB"

    def __init__(self, stage: Stage, day: dt.datetime) -> None:
        super().__init__(stage, day)
        program = debian.find("influxd", ["influxdb"])
        self.port, self._folder = free_port(), stage.folder / "influxdb"
        environment = {
            "INFLUXDB_REPORTING_DISABLED": "true",
            "INFLUXDB_BIND_ADDRESS": f"127.0.0.1:{free_port()}",
            "INFLUXDB_META_DIR": str(self._folder / "meta"),
            "INFLUXDB_DATA_DIR": str(self._folder / "data"),
            "INFLUXDB_DATA_WAL_DIR": str(self._folder / "wal"),
            "INFLUXDB_DATA_CACHE_SNAPSHOT_WRITE_COLD_DURATION": "1s",  # else its files are written after minutes
            "INFLUXDB_DATA_QUERY_LOG_ENABLED": "false",
            "INFLUXDB_HTTP_BIND_ADDRESS": f"127.0.0.1:{self.port}",
            "INFLUXDB_HTTP_LOG_ENABLED": "false",
        }
        stage.program("influxd", [str(program), "run", "-config", "/dev/null"], self.port, environment)
        self.send(Request("POST", f"/query?{urlencode({'q': 'CREATE DATABASE peers'})}"))

    def write(self, batch: Sequence[Sample]) -> Request:
        return Request("POST", "/write?db=peers&precision=ms", as_lines(batch))

    def ask(self, question: Question) -> Request:
        since, until = (f"{self.at(hour):%Y-%m-%dT%H:%M:%SZ}" for hour in (SINCE_HOUR, question.until_hour))
        query = question.influxql.format(within=f"time >= '{since}' AND time < '{until}'")
        return Request("GET", f"/query?{urlencode({'db': 'peers', 'epoch': 's', 'q': query})}")

    def read(self, question: Question, body: bytes) -> Answer:
        return answers.of_influxql(body, question.bucket_seconds)

    def settle(self) -> None:
        """There is nothing to wait for."""

    def stored_bytes(self) -> int:
        return _size(self._folder)


async def _summarise(store: SummaryStore) -> None:
    for unit in ("hour", "day"):
        sealed = await store.sealed()
        for each in sealed.stale if sealed else ():
            if each.unit == unit:
                await store.summarise(each.unit, each.start, each.mark)


SYSTEMS: tuple[type[System], ...] = (TelemetryServer, VictoriaMetrics, InfluxDB)


def _size(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):  # files are merged meanwhile
            total += file.stat().st_blocks * 512
    return total
