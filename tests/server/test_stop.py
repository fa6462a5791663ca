"""SIGTERM and SIGKILL: nothing acknowledged is lost."""

import os
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import psutil
import pymongo
import pytest
from tools.processes import Process, free_port, is_free
from tools.server import Server
from tools.stack import Stack

from tests.conftest import ROOT, StartServer


def write_until_gone(server: Server, acknowledged: list[str], statuses: Counter[object], number: int) -> None:
    """Post as fast as it goes until the server is no longer there."""
    count = 0
    with httpx.Client(base_url=server.url, timeout=10) as client:
        while True:
            count += 1
            metric_id = f"{number:04x}{count:020x}"
            try:
                answer = client.post("/metrics", json={"id": metric_id, "name": "stop", "value": count})
            except httpx.ConnectError:
                return
            except httpx.TransportError as error:
                statuses[type(error)] += 1
                continue
            statuses[answer.status_code] += 1
            if answer.status_code == 201:
                acknowledged.append(metric_id)


def wait_for(acknowledged: list[str]) -> None:
    """Wait until the writes are well under way."""
    deadline = time.monotonic() + 20
    while len(acknowledged) < 100:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(("number", "workers"), [(signal.SIGTERM, 1), (signal.SIGTERM, 2), (signal.SIGINT, 1)])
def test_stop_under_load_loses_nothing(
    start_server: StartServer, mongo_uri: str, number: signal.Signals, workers: int
) -> None:
    """A stop in the middle of writes ends within seconds, and every acknowledged write is stored."""
    server = start_server(WORKERS=str(workers))
    acknowledged: list[str] = []
    statuses: Counter[object] = Counter()
    threads = [
        threading.Thread(target=write_until_gone, args=(server, acknowledged, statuses, index)) for index in range(6)
    ]
    for thread in threads:
        thread.start()
    wait_for(acknowledged)
    started = time.monotonic()
    server.process.send(number)
    assert server.process.wait(9)
    assert time.monotonic() - started < 9
    for thread in threads:
        thread.join()
    with pymongo.MongoClient[dict[str, object]](mongo_uri) as mongo:
        collection = mongo[f"telemetry_server_{server.environment['APP_ENV']}"]["metrics"]
        stored = {str(found["_id"]) for found in collection.find({"name": "stop"}, {"_id": 1})}
    assert set(acknowledged) <= stored
    assert {status for status in statuses if isinstance(status, int)} <= {201, 503}
    assert is_free(server.process.port)
    assert "Traceback" not in server.process.log.read_text()


def starting(stack: Stack, app_env: str, scratch: Path, *program: str, port: int = 0) -> Process:
    """A server of two workers that has just been started, and is not waited for."""
    server = Process(scratch, "server")
    settings = {"APP_ENV": app_env, "MONGO_URI": stack.mongo_uri, "REDIS_URI": stack.redis_uri, "WORKERS": "2"}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PORT": str(port or free_port()), **settings}
    command = [sys.executable, *(program or ("-m", "telemetry_server")), "serve"]
    server.start(command, environment=environment, folder=scratch)
    return server


@pytest.mark.parametrize("tenths", range(8))
def test_stop_while_starting(stack: Stack, app_env: str, scratch: Path, tenths: int) -> None:
    """SIGTERM before the workers are up ends all that has been started by then."""
    server = starting(stack, app_env, scratch)
    assert server.pid
    started = psutil.Process(server.pid)
    deadline = time.monotonic() + 30
    while not (found := started.children(recursive=True)):
        assert time.monotonic() < deadline
        time.sleep(0.001)
    time.sleep(tenths / 10)
    found = started.children(recursive=True)
    server.send(signal.SIGTERM)
    try:
        assert server.wait(9)
        assert psutil.wait_procs(found, timeout=3)[1] == []
        assert "Traceback" not in server.log.read_text()
    finally:
        server.kill()


DEAF = """
import signal
import time

from sanic.server import runners

from telemetry_server.__main__ import main

listen = runners._setup_system_signals

def deaf(*arguments):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print("deaf", flush=True)
    time.sleep(1)
    listen(*arguments)

runners._setup_system_signals = deaf
main()
"""


def test_stop_while_workers_are_deaf(stack: Stack, app_env: str, scratch: Path) -> None:
    """A worker that the signal came too early for stops all the same; here the moment of that is made a second."""
    (scratch / "deaf.py").write_text(DEAF)
    server = starting(stack, app_env, scratch, "deaf.py")
    try:
        deadline = time.monotonic() + 30
        while server.log.read_text().count("deaf") < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        server.send(signal.SIGTERM)
        assert server.wait(9)
        assert "Traceback" not in server.log.read_text()
    finally:
        server.kill()


def test_worker_that_dies_while_it_starts_is_replaced(stack: Stack, app_env: str, scratch: Path) -> None:
    """Killed before it is up, it is replaced at once, and a stop ends all."""
    port = free_port()
    server = starting(stack, app_env, scratch, port=port)
    assert server.pid
    try:
        parent, deadline = psutil.Process(server.pid), time.monotonic() + 20
        while len(started := parent.children()) < 3:  # the first keeps what is known of the workers
            assert time.monotonic() < deadline
            time.sleep(0.001)
        killed = max(started, key=lambda child: child.pid)
        killed.kill()
        while not (is_up(port) and len(parent.children()) == 3 and killed not in parent.children()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        server.send(signal.SIGTERM)
        assert server.wait(9)
        assert "Traceback" not in server.log.read_text()
    finally:
        server.kill()


@pytest.mark.parametrize("tenths", range(4, 12, 2))
def test_stop_while_workers_are_replaced(start_server: StartServer, tenths: int) -> None:
    """SIGTERM between the start of a successor and the end of its predecessor ends both."""
    server = start_server(WORKERS="2")
    started = psutil.Process(server.process.pid)
    server.process.send(signal.SIGUSR1)
    time.sleep(tenths / 10)
    found = started.children(recursive=True)
    server.process.send(signal.SIGTERM)
    assert server.process.wait(9)
    assert psutil.wait_procs(found, timeout=3)[1] == []
    assert "Traceback" not in server.process.log.read_text()


def is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def test_request_under_way_is_finished(start_server: StartServer) -> None:
    """A request that is being handled when SIGTERM comes is answered."""
    server = start_server()
    metrics = [{"name": "late", "value": value} for value in range(8000)]
    answers: list[int] = []

    with httpx.Client(base_url=server.url, timeout=20) as client:
        client.get("/health")

        def post() -> None:
            answers.append(client.post("/v1/metrics", json={"metrics": metrics}).status_code)

        thread = threading.Thread(target=post)
        thread.start()
        time.sleep(0.1)
        server.process.send(signal.SIGTERM)
        thread.join()
    assert server.process.wait(9)
    assert answers == [200]


def test_acknowledged_survives_kill_9_of_the_server(start_server: StartServer, mongo_uri: str) -> None:
    """What the server acknowledged is stored, however it ends."""
    server = start_server()
    acknowledged: list[str] = []
    threads = [
        threading.Thread(target=write_until_gone, args=(server, acknowledged, Counter(), index)) for index in range(4)
    ]
    for thread in threads:
        thread.start()
    wait_for(acknowledged)
    server.process.kill()
    for thread in threads:
        thread.join()
    with pymongo.MongoClient[dict[str, object]](mongo_uri) as mongo:
        collection = mongo[f"telemetry_server_{server.environment['APP_ENV']}"]["metrics"]
        stored = {str(found["_id"]) for found in collection.find({"name": "stop"}, {"_id": 1})}
    assert set(acknowledged) <= stored


def test_vanished_client_harms_nobody(start_server: StartServer) -> None:
    """Clients that go away in the middle of a write do not cancel the writes of others."""
    server = start_server()
    stop = threading.Event()

    def vanish() -> None:
        while not stop.is_set():
            try:
                httpx.post(f"{server.url}/metrics", json={"name": "gone", "value": 1}, timeout=0.004)
            except httpx.TimeoutException:
                continue

    threads = [threading.Thread(target=vanish) for _ in range(3)]
    for thread in threads:
        thread.start()
    with httpx.Client(base_url=server.url, timeout=10) as client:
        statuses = [client.post("/metrics", json={"name": "stay", "value": n}).status_code for n in range(100)]
        stop.set()
        for thread in threads:
            thread.join()
        assert statuses == [201] * 100
        assert len(client.get("/metrics?name=stay&limit=1000").json()["data"]) == 100
    assert '"level": "error"' not in server.process.log.read_text()  # as what is known by the name of an error may be


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_worker_is_replaced(start_server: StartServer, workers: int) -> None:
    """After kill -9 of a worker another takes its place, and knows what was written."""
    server = start_server(WORKERS=str(workers))
    httpx.post(f"{server.url}/metrics", json={"name": "before", "value": 1}, timeout=10)
    pid = server.process.pid
    assert pid is not None
    before = _workers(pid)
    victim = max(before)
    victim_process = psutil.Process(victim)
    victim_process.kill()
    deadline = time.monotonic() + 15
    while len(_workers(pid) - {victim}) < len(before) or not server.is_ready():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for _ in range(4):
        assert httpx.get(f"{server.url}/metrics/before", timeout=10).status_code == 200
    assert server.stop()


def _workers(pid: int) -> set[int]:
    return {child.pid for child in psutil.Process(pid).children() if child.status() != psutil.STATUS_ZOMBIE}
