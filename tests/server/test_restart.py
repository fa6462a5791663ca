"""Workers and servers are replaced under load, and no request is lost."""

import contextlib
import http.client
import itertools
import json
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Self

import httpx
import psutil
import pymongo
import pytest
from tools.server import Server

from tests.conftest import StartServer

CLIENTS = 6
CHECK_SECONDS = 0.1


class Balancer:
    """Hands out servers in turn, of those that were ready when it last looked; retries nothing."""

    def __init__(self, *servers: Server) -> None:
        self._turns = itertools.count()
        self._servers = servers
        self._ready = list(servers)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def pick(self) -> Server:
        ready = self._ready
        return ready[next(self._turns) % len(ready)]

    def close(self) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(CHECK_SECONDS):
            self._ready = [server for server in self._servers if server.is_ready()] or self._ready


class Load:
    """Posts and reads as fast as it goes; even clients keep connections as long as the server does, odd ones do not."""

    def __init__(self, pick: Callable[[], Server]) -> None:
        self._pick = pick
        self.acknowledged: list[str] = []
        self.failures: list[object] = []
        self.closed = 0
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(CLIENTS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        self.wait(100)
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def wait(self, more: int) -> None:
        """Wait until so many more writes are acknowledged."""
        wanted, deadline = len(self.acknowledged) + more, time.monotonic() + 20
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def _work(self, number: int) -> None:
        connections: dict[int, http.client.HTTPConnection] = {}
        for count in itertools.count():
            if self._end.is_set():
                break
            port = self._pick().process.port
            connection = connections.setdefault(port, http.client.HTTPConnection("127.0.0.1", port, timeout=10))
            if connection.sock and select.select([connection.sock], [], [], 0)[0]:
                connection.close()  # the server has closed it long ago, as any client would see
            metric_id = f"{number:04x}{count:020x}"
            body = json.dumps({"id": metric_id, "name": "restart", "value": count})
            for method, path, sent, wanted in (("POST", "/metrics", body, 201), ("GET", "/metrics?limit=1", None, 200)):
                try:
                    connection.request(method, path, sent)
                    answer = connection.getresponse()
                    answer.read()
                except (OSError, http.client.HTTPException) as error:
                    self.failures.append(repr(error))
                    connection.close()
                    continue
                if answer.status != wanted:
                    self.failures.append((method, answer.status))
                elif method == "POST":
                    self.acknowledged.append(metric_id)
                self.closed += answer.headers["Connection"] == "close"
                if number % 2:
                    connection.close()
        for connection in connections.values():
            connection.close()


@contextlib.contextmanager
def load(pick: Callable[[], Server], mongo_uri: str, database: str) -> Iterator[Load]:
    """A load without a failure, whose acknowledged writes are all there afterwards."""
    with Load(pick) as running:
        yield running
    assert running.failures == []
    assert running.closed > 0
    with pymongo.MongoClient[dict[str, object]](mongo_uri) as mongo:
        found = mongo[f"telemetry_server_{database}"]["metrics"].find({"name": "restart"}, {"_id": 1})
        assert {str(each["_id"]) for each in found} == set(running.acknowledged)


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_are_replaced_under_load(start_server: StartServer, mongo_uri: str, workers: int) -> None:
    """SIGUSR1 replaces all workers, twice: every request is answered, and the server is never told to be unready."""
    server = start_server(WORKERS=str(workers))
    with load(lambda: server, mongo_uri, server.environment["APP_ENV"]) as running:
        for _ in range(2):
            before = server.workers()
            assert len(before) == workers
            server.process.send(signal.SIGUSR1)
            deadline = time.monotonic() + 30
            while any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in before):
                assert time.monotonic() < deadline
                assert httpx.get(f"{server.url}/health/ready", timeout=10).status_code == 200
                time.sleep(0.05)
            assert len(server.workers()) == workers
            running.wait(100)
    assert server.stop()
    assert "Traceback" not in server.process.log.read_text()


def test_servers_are_replaced_under_load(start_server: StartServer, mongo_uri: str, app_env: str) -> None:
    """Of two servers behind a balancer that follows readiness, one after the other is stopped and started."""
    servers = [start_server(APP_ENV=app_env, DRAIN_SECONDS="3") for _ in range(2)]
    balancer = Balancer(*servers)
    try:
        with load(balancer.pick, mongo_uri, app_env) as running:
            for server in servers:
                server.process.send(signal.SIGTERM)
                while httpx.get(f"{server.url}/health/ready", timeout=10).status_code != 503:
                    time.sleep(CHECK_SECONDS)  # it refuses connections once it has drained, which would fail here
                assert server.process.wait(15)
                server.start(server.environment, port=server.process.port, folder=server.process.log.parent)
                time.sleep(2 * CHECK_SECONDS)
                running.wait(100)
    finally:
        balancer.close()


@pytest.mark.parametrize("twice", [False, True])
def test_idle_connection_has_one_more_answer(start_server: StartServer, twice: bool) -> None:
    """A request that comes just when the server stops is answered; also where its workers are told so twice."""
    server = start_server()
    with httpx.Client(base_url=server.url, timeout=10) as client:
        assert client.get("/health").headers["Connection"] == "keep-alive"
        if twice:  # as by systemd, which signals all processes of a service
            for worker in server.workers():
                worker.send_signal(signal.SIGTERM)
            time.sleep(0.3)
        server.process.send(signal.SIGTERM)
        time.sleep(0.3)
        answer = client.post("/metrics", json={"name": "late", "value": 1})
    assert (answer.status_code, answer.headers["Connection"]) == (201, "close")
    assert server.process.wait(9)
    assert "Traceback" not in server.process.log.read_text()
