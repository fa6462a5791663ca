"""/metrics/live and /query/live: each change once, in order, whatever comes between."""

import contextlib
import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psutil
import pytest
from tools.server import Server
from tools.stack import Stack
from websockets.sync.client import connect

from tests.conftest import StartServer, servers

Told = dict[str, Any]

CLIENT = httpx.Client(timeout=10)


def events(lines: Iterator[str]) -> Iterator[Told]:
    """Read server-sent events as a browser does: what has no data is not told, but its id counts."""
    event: Told = {"event": "message", "data": "", "id": None}
    for line in lines:
        if line:
            field, _, value = line.partition(": ")
            event[field] = value
        else:
            yield {**event, "data": json.loads(event["data"]) if event["data"] else None}
            event = {"event": "message", "data": "", "id": event["id"]}


@contextmanager
def listening(url: str, path: str, last_id: str | None = None, **params: str) -> Iterator[Iterator[Told]]:
    """The events of a stream, heartbeats too; what is told first has come."""
    headers = {} if last_id is None else {"Last-Event-ID": last_id}
    with (
        httpx.Client(base_url=url, timeout=20) as client,
        client.stream("GET", path, params=params, headers=headers) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield (event for event in events(answer.iter_lines()) if event["id"] is not None)


def until(told: Iterator[Told], kind: str, count: int = 1) -> list[Told]:
    """The next `count` events of a kind; what else comes meanwhile can only be heartbeats."""
    found: list[Told] = []
    for event in told:
        if event["event"] == kind:
            found.append(event)
            if len(found) == count:
                return found
        else:
            assert event["data"] is None, event
    raise AssertionError(found)


def post(server: Server, name: str, values: Any, **more: Any) -> None:
    metrics = [{"name": name, "value": value, **more} for value in values]
    assert CLIENT.post(f"{server.url}/v1/metrics", json={"metrics": metrics}).status_code == 200


def values(found: list[Told]) -> list[float]:
    return [event["data"]["value"] for event in found]


def follow(server: Server, name: str, last: str, count: int) -> tuple[list[float], int]:
    """The next values behind an id, coming again whenever the stream ends; and how many streams that took."""
    found: list[float] = []
    streams = 0
    while len(found) < count:
        streams += 1
        with listening(server.url, "/metrics/live", last, name=name) as told:
            for event in told:
                last = event["id"]
                assert event["event"] in ("ready", "metric", "message")
                found += [event["data"]["value"]] if event["event"] == "metric" else []
                if len(found) == count:
                    break
            else:
                time.sleep(0.2)
    return found, streams


@pytest.fixture(autouse=True, scope="module")
def _client_is_closed() -> Iterator[None]:
    yield
    CLIENT.close()


@pytest.fixture(params=[1, 2], scope="module")
def server(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Server]:
    """A server of one worker, and one of two."""
    with servers(stack) as start:
        yield start(WORKERS=str(request.param))


def test_metrics_are_told_as_they_are_stored(server: Server) -> None:
    """Each metric that the filter lets through is told once, in order, by whichever worker it was stored."""
    with listening(server.url, "/metrics/live", name="live.a", tags="host:a", min="0") as told:
        until(told, "ready")
        post(server, "live.a", range(-2, 20), tags=["host:a", "zone:b"])
        post(server, "live.a", [99], tags=["host:b"])
        post(server, "live.b", [99], tags=["host:a"])
        CLIENT.post(f"{server.url}/metrics", json={"name": "live.a", "value": 20, "tags": ["host:a"]})
        found = until(told, "metric", 21)
    assert values(found) == list(range(21))
    assert found[0]["data"]["tags"] == ["host:a", "zone:b"]
    assert [event["id"] for event in found] == sorted({event["id"] for event in found})


def test_change_is_told_and_deletion_is_not(server: Server) -> None:
    """A replaced metric is told as `changed`, as it then is."""
    with listening(server.url, "/metrics/live", name="live.c") as told:
        until(told, "ready")
        metric = CLIENT.post(f"{server.url}/metrics", json={"name": "live.c", "value": 1}).json()
        CLIENT.patch(f"{server.url}/metrics/{metric['id']}", json={"value": 2})
        CLIENT.delete(f"{server.url}/metrics/{metric['id']}")
        CLIENT.post(f"{server.url}/metrics", json={"name": "live.c", "value": 3})
        assert values([*until(told, "metric"), *until(told, "changed"), *until(told, "metric")]) == [1, 2, 3]


def test_last_event_id_resumes(server: Server) -> None:
    """Who comes again with the id of the last event is told all that came since, and nothing twice."""
    with listening(server.url, "/metrics/live", name="live.d") as told:
        until(told, "ready")
        post(server, "live.d", range(5))
        last = until(told, "metric", 3)[-1]
    post(server, "live.d", range(5, 2500))
    with listening(server.url, "/metrics/live", last["id"], name="live.d") as told:
        until(told, "ready")
        post(server, "live.d", range(2500, 2600))
        assert sorted(values(until(told, "metric", 2597))) == list(range(3, 2600))
    with listening(server.url, "/metrics/live", name="live.d", last_event_id=last["id"]) as told:
        until(told, "ready")
        assert values(until(told, "metric", 2)) == [3, 4]


def test_unknown_position_is_told(server: Server) -> None:
    """A place that MongoDB does not know is told as `missed`, and the stream goes on from now."""
    with listening(server.url, "/metrics/live", "82" + "0" * 60, name="live.e") as told:
        until(told, "ready")
        assert until(told, "missed")[0]["data"]["status"] == 410
        post(server, "live.e", [1])
        assert values(until(told, "metric")) == [1]


def test_heartbeat_moves_the_position(server: Server) -> None:
    """While nothing is told, heartbeats say from where to go on."""
    with listening(server.url, "/metrics/live", name="live.f") as told:
        ready = until(told, "ready")[0]
        post(server, "live.other", [1])
        beat = next(told)
        assert beat["data"] is None
        assert beat["id"] > ready["id"]


@pytest.mark.parametrize(
    ("path", "params", "pointer"),
    [
        ("/metrics/live", {"name": "a b"}, "/name"),
        ("/metrics/live", {"limit": "1"}, "/limit"),
        ("/metrics/live", {"last_event_id": "x"}, "/last_event_id"),
        ("/metrics/live", {"last_event_id": "A" * 2000}, "/last_event_id"),
        ("/query/live", {}, "/prompt"),
        ("/query/live", {"prompt": "flobberwock"}, "/prompt"),
        ("/query/live", {"prompt": "count today", "tz": "x"}, "/tz"),
    ],
)
def test_what_is_wrong_is_told_before_the_stream(
    server: Server, path: str, params: dict[str, str], pointer: str
) -> None:
    """Wrong parameters and refused prompts are problem+json, also to a WebSocket."""
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }
    for headers in ({}, upgrade):
        answer = CLIENT.get(f"{server.url}{path}", params=params, headers=headers)
        assert answer.status_code == 422
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


def test_question_answers_itself_again(server: Server) -> None:
    """The answer comes at once, and again when a write, a change or a deletion makes it another one."""
    metric = CLIENT.post(f"{server.url}/metrics", json={"name": "live.g", "value": 1}).json()
    with listening(server.url, "/query/live", prompt="count live.g today") as told:
        assert until(told, "answer")[0]["data"]["rows"] == [[1]]
        post(server, "live.h", range(50))
        post(server, "live.g", range(50))
        last = until(told, "answer")[0]
        assert last["data"]["rows"] == [[51]]
        CLIENT.delete(f"{server.url}/metrics/{metric['id']}")
        assert until(told, "answer")[0]["data"]["rows"] == [[50]]
    with listening(server.url, "/query/live", last["id"], prompt="count live.g today") as told:
        again = until(told, "answer")[0]
        assert again["data"]["rows"] == [[50]]
    with listening(server.url, "/query/live", again["id"], prompt="count live.g today") as told:
        assert next(told)["data"] is None  # it is known


def test_range_that_slides(server: Server) -> None:
    """The clock alone makes an answer another one."""
    post(server, "live.i", [1])
    with listening(server.url, "/query/live", prompt="count live.i in the last 5 seconds") as told:
        assert [event["data"]["rows"] for event in until(told, "answer", 2)] == [[[1]], [[0]]]


def test_answers_are_at_most_one_a_second(server: Server) -> None:
    """Under steady writes an answer comes about once a second, to each of many who ask the same."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            post(server, "live.j", [1])

    post(server, "live.j", [1])
    writer = threading.Thread(target=write)
    writer.start()
    try:
        with listening(server.url, "/query/live", prompt="count live.j") as told:
            until(told, "answer")
            started = time.monotonic()
            until(told, "answer", 3)
            assert time.monotonic() - started > 2
    finally:
        stop.set()
        writer.join()


def test_websocket_tells_the_same(server: Server) -> None:
    """Messages of a WebSocket hold the event, its id and its data, and resume by a parameter."""
    url = server.url.replace("http", "ws")
    with connect(f"{url}/metrics/live?name=live.k") as socket:
        assert json.loads(socket.recv(5))["event"] == "ready"
        post(server, "live.k", range(3))
        found = [json.loads(socket.recv(5)) for _ in range(3)]
        assert [(each["event"], each["data"]["value"]) for each in found] == [("metric", n) for n in range(3)]
    with connect(f"{url}/metrics/live?name=live.k&last_event_id={found[0]['id']}") as socket:
        assert json.loads(socket.recv(5))["event"] == "ready"
        assert [json.loads(socket.recv(5))["data"]["value"] for _ in range(2)] == [1, 2]
    with connect(f"{url}/query/live?prompt=count+live.k") as socket:
        assert json.loads(socket.recv(5))["data"]["rows"] == [[3]]


def test_other_server_is_followed(start_server: StartServer) -> None:
    """What another server stores is told, and answers follow it, well within the time that caches may lag."""
    one = start_server()
    two = start_server(APP_ENV=one.environment["APP_ENV"])
    post(one, "live.l", [1])
    with (
        listening(one.url, "/metrics/live", name="live.l") as metrics,
        listening(one.url, "/query/live", prompt="count live.l") as answers,
    ):
        until(metrics, "ready")
        until(answers, "answer")
        post(two, "live.l", [2])
        assert values(until(metrics, "metric")) == [2]
        assert until(answers, "answer")[0]["data"]["rows"] == [[2]]


@pytest.mark.parametrize("harm", ["down", "hung"])
def test_mongodb_away_is_only_a_delay(start_server: StartServer, private_stack: Stack, harm: str) -> None:
    """A stream goes on when MongoDB is back, with everything that was stored; meanwhile a new question is 503."""
    server = start_server(MONGO_URI=private_stack.mongo_uri, REDIS_URI=private_stack.redis_uri)
    post(server, "live.p", [1])
    with (
        listening(server.url, "/metrics/live", name="live.p") as metrics,
        listening(server.url, "/query/live", prompt="count live.p") as answers,
    ):
        until(metrics, "ready")
        until(answers, "answer")
        if harm == "hung":
            private_stack.mongo.process.pause()
        else:
            private_stack.mongo.down()
        refused = CLIENT.get(f"{server.url}/query/live", params={"prompt": "maximum live.p"})
        assert refused.status_code == 503
        time.sleep(3)
        if harm == "hung":
            private_stack.mongo.process.resume()
        else:
            private_stack.mongo.up()
        metric = {"id": "0123456789abcdef01234567", "name": "live.p", "value": 2}
        deadline = time.monotonic() + 15
        while CLIENT.post(f"{server.url}/metrics", json=metric).status_code not in (200, 201):
            assert time.monotonic() < deadline
        assert values(until(metrics, "metric")) == [2]
        assert until(answers, "answer")[0]["data"]["rows"] == [[2]]


def test_listeners_are_limited(start_server: StartServer) -> None:
    """One too many is 503 with Retry-After; one who leaves makes room."""
    server = start_server(MAX_LISTENERS="1")
    with listening(server.url, "/metrics/live"):
        refused = CLIENT.get(f"{server.url}/query/live", params={"prompt": "count"})
        assert refused.status_code == 503
        assert refused.headers["Retry-After"]
    deadline = time.monotonic() + 5
    while CLIENT.get(f"{server.url}/query/live", params={"prompt": "nonsense"}).status_code == 503:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_key_is_needed(start_server: StartServer) -> None:
    """A stream needs a key as any route does."""
    server = start_server(API_KEYS="0123456789abcdef")
    assert CLIENT.get(f"{server.url}/metrics/live").status_code == 401


def test_streams_end_with_the_server(start_server: StartServer) -> None:
    """SIGTERM ends each stream in order, soon."""
    server = start_server()
    url = server.url.replace("http", "ws")
    with (
        listening(server.url, "/metrics/live") as told,
        connect(f"{url}/metrics/live") as socket,
        listening(server.url, "/query/live", prompt="count") as answers,
    ):
        until(told, "ready")
        until(answers, "answer")
        socket.recv(5)
        started = time.monotonic()
        server.process.send(signal.SIGTERM)
        assert all(event["data"] is None for event in told)
        assert all(event["data"] is None for event in answers)
        assert server.process.wait(9)
        assert time.monotonic() - started < 5
    assert "Traceback" not in server.process.log.read_text()


def test_replaced_worker_loses_nothing(start_server: StartServer) -> None:
    """Through SIGUSR1 a client that comes again with the last id is told everything, once."""
    server = start_server()

    def write() -> None:
        for value in range(200):
            post(server, "live.m", [value])
            time.sleep(0.01)

    with listening(server.url, "/metrics/live", name="live.m") as told:
        last = until(told, "ready")[0]["id"]
    writer = threading.Thread(target=write)
    writer.start()
    server.process.send(signal.SIGUSR1)
    found, streams = follow(server, "live.m", last, 200)
    writer.join()
    assert found == list(range(200))
    assert streams > 1


def test_slow_client_reads_on(server: Server) -> None:
    """One who takes nothing for a while holds nobody up, and is told everything in the end."""
    with (
        listening(server.url, "/metrics/live", name="live.n") as slow,
        listening(server.url, "/metrics/live", name="live.n") as quick,
    ):
        until(slow, "ready")
        until(quick, "ready")
        long = [f"k{n}:{'x' * 190}" for n in range(30)]
        for start in range(0, 3000, 120):
            post(server, "live.n", range(start, start + 120), tags=long)
        assert values(until(quick, "metric", 3000)) == list(range(3000))
        found, last = [], ""
        with contextlib.suppress(httpx.RemoteProtocolError):  # cut off, where it took nothing for too long
            for event in slow:
                last = event["id"]
                found += [event["data"]["value"]] if event["event"] == "metric" else []
                if len(found) == 3000:
                    break
    assert found + follow(server, "live.n", last, 3000 - len(found))[0] == list(range(3000))


def test_listeners_that_come_and_go_cost_no_memory(start_server: StartServer) -> None:
    """Memory stays flat over hundreds of listeners, who vanish without a word."""
    server = start_server()
    post(server, "live.o", range(10))
    pid = server.process.pid
    assert pid is not None

    def memory_bytes() -> int:
        return sum(child.memory_info().rss for child in psutil.Process(pid).children())

    def come_and_go() -> None:
        with httpx.Client(base_url=server.url, limits=httpx.Limits(max_connections=60), timeout=20) as client:
            streams = []
            for number in range(50):
                path = ("/metrics/live?name=live.o", "/query/live?prompt=count live.o")[number % 2]
                streams.append(client.send(client.build_request("GET", path), stream=True))
            post(server, "live.o", range(10))
            for stream in streams:
                stream.close()

    for _ in range(3):
        come_and_go()
    before = memory_bytes()
    for _ in range(8):
        come_and_go()
    assert memory_bytes() - before < 6_000_000
