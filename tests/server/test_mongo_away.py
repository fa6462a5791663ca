"""MongoDB hung, gone and killed: 503 in time, no loss, and back by itself."""

import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pymongo
import pytest
from tools.server import Server
from tools.stack import Stack

from tests.conftest import StartServer

MAX_SECONDS = 2.0
SLACK_SECONDS = 0.4  # of a busy machine


@pytest.fixture
def server(start_server: StartServer, private_stack: Stack) -> Server:
    """A server with a MongoDB that may be hurt."""
    return start_server(MONGO_URI=private_stack.mongo_uri)


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=10) as client:
        yield client


def requests(client: httpx.Client, location: str) -> dict[str, Callable[[], httpx.Response]]:
    """One request of each kind."""
    body = {"name": "cpu", "value": 2}
    return {
        "create": lambda: client.post("/metrics", json=body),
        "batch": lambda: client.post("/v1/metrics", json={"metrics": [body]}),
        "get": lambda: client.get(location),
        "list": lambda: client.get("/metrics", headers={"Cache-Control": "no-cache"}),
        "put": lambda: client.put(location, json=body),
        "patch": lambda: client.patch(location, json={"value": 3}),
        "delete": lambda: client.delete(location),
        "name": lambda: client.get("/metrics/cpu"),
        "aggregate": lambda: client.get("/metrics/cpu/aggregate"),
        "query": lambda: client.get("/query", params={"prompt": "count of cpu"}, headers={"Cache-Control": "no-cache"}),
        "ready": lambda: client.get("/health/ready"),
    }


def wait_until_ready(client: httpx.Client) -> None:
    deadline = time.monotonic() + 20
    while client.get("/health/ready").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("harm", ["hung", "gone"])
def test_every_route_answers_503_in_time(client: httpx.Client, private_stack: Stack, harm: str) -> None:
    """Each request gets 503 with Retry-After within 2 s, and works again when MongoDB does."""
    location = client.post("/metrics", json={"name": "cpu", "value": 1}).headers["Location"]
    kinds = requests(client, location)
    if harm == "hung":
        private_stack.mongo.process.pause()
    else:
        private_stack.mongo.down()
    results: dict[str, tuple[int, bool, float]] = {}

    def call(kind: str) -> None:
        started = time.monotonic()
        answer = kinds[kind]()
        results[kind] = (answer.status_code, "Retry-After" in answer.headers, time.monotonic() - started)

    threads = [threading.Thread(target=call, args=(kind,)) for kind in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {kind: result[:2] for kind, result in results.items()} == dict.fromkeys(kinds, (503, True))
    assert max(seconds for _, _, seconds in results.values()) < MAX_SECONDS + SLACK_SECONDS
    assert client.get("/health").status_code == client.get("/health/live").status_code == 200
    assert client.get("/stats").status_code == 200
    if harm == "hung":
        private_stack.mongo.process.resume()
    else:
        private_stack.mongo.up()
    wait_until_ready(client)
    for kind, call_again in kinds.items():
        assert call_again().status_code in {200, 201, 204, 404}, kind


def test_long_answer_ends_soon_after_mongodb_hangs(client: httpx.Client, private_stack: Stack) -> None:
    """An answer under way when MongoDB hangs is given up within 2 s, not after its own longer limit."""
    metrics = [{"name": "cpu", "value": value} for value in range(5000)]
    for _ in range(4):
        client.post("/v1/metrics", json={"metrics": metrics})
    private_stack.mongo.process.pause()
    started = time.monotonic()
    answer = client.get("/query", params={"prompt": "p95 of cpu"}, headers={"Cache-Control": "no-cache"})
    private_stack.mongo.process.resume()
    assert answer.status_code == 503
    assert time.monotonic() - started < MAX_SECONDS + SLACK_SECONDS


def test_short_pause_is_only_a_delay(client: httpx.Client, private_stack: Stack) -> None:
    """A write during a pause shorter than the deadline is acknowledged, once."""
    private_stack.mongo.process.pause()
    timer = threading.Timer(0.7, private_stack.mongo.process.resume)
    timer.start()
    answer = client.post("/metrics", json={"name": "paused", "value": 1})
    timer.join()
    assert answer.status_code == 201
    assert len(client.get("/metrics?name=paused").json()["data"]) == 1


def test_acknowledged_survives_kill_9_of_mongod(client: httpx.Client, private_stack: Stack) -> None:
    """After kill -9 of mongod in the middle of writes, each acknowledged one is there, none is doubled."""
    acknowledged: list[str] = []
    stop = threading.Event()

    def write(number: int) -> None:
        count = 0
        while not stop.is_set():
            count += 1
            metric_id = f"{number:04x}{count:020x}"
            try:
                answer = client.post("/metrics", json={"id": metric_id, "name": "kill", "value": count})
            except httpx.TransportError:
                continue
            if answer.status_code in {200, 201}:
                acknowledged.append(metric_id)
            else:
                assert answer.status_code == 503
                assert "Retry-After" in answer.headers

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 20
    while len(acknowledged) < 50:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    private_stack.mongo.process.kill()
    private_stack.mongo.up()
    wait_until_ready(client)
    time.sleep(0.3)
    stop.set()
    for thread in threads:
        thread.join()
    with pymongo.MongoClient[dict[str, object]](private_stack.mongo_uri) as mongo:
        database = next(name for name in mongo.list_database_names() if name.startswith("telemetry_server_t-"))
        stored = [str(found["_id"]) for found in mongo[database]["metrics"].find({"name": "kill"})]
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))


def test_server_waits_for_mongodb_at_start(
    start_server: StartServer, private_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without MongoDB the server starts unready, answers its health, and is ready when MongoDB is."""
    uri = private_stack.mongo_uri
    private_stack.mongo.down()
    unready: list[Server] = []

    def wait(server: Server) -> None:
        unready.append(server)
        deadline = time.monotonic() + 20
        while True:
            try:
                assert httpx.get(f"{server.url}/health").status_code == 200
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        assert httpx.get(f"{server.url}/health/ready", timeout=5).status_code == 503
        assert httpx.get(f"{server.url}/query?prompt=count", timeout=5).status_code == 503

    monkeypatch.setattr(Server, "wait_until_ready", wait)
    server = start_server(MONGO_URI=uri)
    private_stack.mongo.up()
    monkeypatch.undo()
    server.wait_until_ready()
    assert httpx.post(f"{server.url}/metrics", json={"name": "a", "value": 1}).status_code == 201
