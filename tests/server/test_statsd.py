"""StatsD over UDP: what is sent is stored every second, in bounded memory, and a flood harms nothing."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pymongo
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.processes import free_port
from tools.server import Server
from tools.stack import Stack

from telemetry_server.dialects import statsd
from telemetry_server.dialects.statsd import Sample, Series
from telemetry_server.statsd.window import MAX_LEVELS, MAX_MEMBERS, MAX_METRICS, MAX_TIMED, Window
from tests.conftest import StartServer

STATSD_PORT = str(free_port())
WAIT_SECONDS = 5
Send = Callable[..., None]


@pytest.fixture
def server(start_server: StartServer) -> Server:
    return start_server(STATSD_PORT=STATSD_PORT)


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=10) as client:
        yield client


@pytest.fixture
def send() -> Iterator[Send]:
    """`send(*lines)`: in one datagram."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", int(STATSD_PORT)))
        yield lambda *lines: sender.sendall("\n".join(lines).encode(errors="surrogateescape"))


def stats(client: httpx.Client) -> dict[str, int]:
    found: dict[str, int] = client.get("/stats").json()
    return found


def stored(client: httpx.Client, name: str, count: int = 1) -> list[dict[str, Any]]:
    """The metrics of a name, oldest first, once there are `count`."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        found: list[dict[str, Any]] = client.get("/metrics", params={"name": name, "limit": 1000}).json()["data"]
        if len(found) >= count or time.monotonic() > deadline:
            return found[::-1]
        time.sleep(0.1)


def test_lines_become_metrics(client: httpx.Client, send: Send) -> None:
    """Counters are summed over a second by what their rates stand for; timers are kept; sets are counted."""
    send("hits:1|c", "hits:2|c|@0.5", "hits:3:4|c", "hits:7|c|#host:web-01,canary", "marks:3|m", "hits:-1|c")
    send("took:1.5|ms", "took:2.5:3.5|ms|@0.1", "size:10|h|#b:2,a:1", "size:20|d", "users:ann|s", "users:bob|s")
    send("users:ann|s", "level:5|g|c:ci-1|e:it", "level:-7|g|#a:1", f"past:4|c|T{int(time.time()) - 600}")
    assert [(each["type"], each["value"], each["tags"]) for each in stored(client, "hits", 2)] == [
        ("counter", 11, []),
        ("counter", 7, ["canary", "host:web-01"]),
    ]
    assert [(each["type"], each["value"]) for each in stored(client, "marks")] == [("meter", 3)]
    assert [(each["type"], each["value"]) for each in stored(client, "took")] == [("timer", n) for n in (1.5, 2.5, 3.5)]
    assert [(each["type"], each["tags"]) for each in stored(client, "size")] == [
        ("histogram", ["a:1", "b:2"]),
        ("histogram", []),
    ]
    assert [(each["type"], each["value"]) for each in stored(client, "users")] == [("gauge", 2)]
    assert {(each["value"], *each["tags"]) for each in stored(client, "level")} == {(5,), (-7, "a:1")}
    (past,) = stored(client, "past")
    assert past["timestamp"].endswith(".000Z")
    assert client.get("/query", params={"prompt": "total hits"}).json()["rows"] == [[18]]


def test_bad_lines_are_counted(client: httpx.Client, send: Send) -> None:
    """A bad line takes no other with it; events and service checks are passed over."""
    good = ["good:1|c", "_e{5,4}:title|text|#a:b", "_sc|db|0", "", "good:1|c|x:later"]
    bad = ["bad", "bad:1", "bad:1|q", "bad:|c", "bad:x|g", "bad:nan|g", "bad:1e999|c", "bad:1|c|@0", "bad:1|c|@2"]
    bad += [":1|c", "b" * 201 + ":1|c"]
    send(*good, *bad)
    send("n" * 20_000)
    (metric,) = stored(client, "good")
    assert metric["value"] == 2
    told = stats(client)
    assert (told["statsd_samples"], told["statsd_bad_lines"], told["statsd_dropped"]) == (2, len(bad) + 1, 0)


def test_what_cannot_be_stored_is_dropped(client: httpx.Client, send: Send) -> None:
    """A metric that is not valid is dropped by itself, and counted."""
    crowd = ",".join(f"k{n}:1" for n in range(40))
    send("old:1|c|T1", "fine:1|c", f"crowd:1|c|#{crowd}", "bytes\udcff:1|c|#\udcfe:\udcfd")
    assert len(stored(client, "fine")) == 1
    assert stats(client)["statsd_dropped"] == 2
    assert stored(client, "bytes_")[0]["tags"] == ["_:\ufffd"]


def test_changes_of_a_gauge(start_server: StartServer) -> None:
    """A sign without tags is a change of the level that was last sent, from whichever socket, with many workers too."""
    server = start_server("--workers", "2", STATSD_PORT=STATSD_PORT)
    with httpx.Client(base_url=server.url, timeout=10) as client:
        for line in ("depth:10|g", "depth:+5|g", "depth:-2|g", "other:+1|g"):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(line.encode(), ("127.0.0.1", int(STATSD_PORT)))
        assert stored(client, "depth")[-1]["value"] == 13
        assert stored(client, "other")[-1]["value"] == 1
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"depth:-3|g", ("127.0.0.1", int(STATSD_PORT)))
        assert stored(client, "depth", 2)[-1]["value"] == 10


def test_a_server_that_stops_stores_what_it_has(server: Server, send: Send, mongo_uri: str) -> None:
    """SIGTERM loses nothing that had arrived."""
    send(*(f"last:{n}|c" for n in range(10)))
    server.stop()
    with pymongo.MongoClient[dict[str, Any]](mongo_uri) as mongo:
        (metric,) = mongo[f"telemetry_server_{server.environment['APP_ENV']}"]["metrics"].find({"name": "last"})
    assert metric["value"] == 45


def test_mongodb_away(start_server: StartServer, private_stack: Stack, send: Send) -> None:
    """What comes while MongoDB is gone is stored, once, when it is back."""
    server = start_server(MONGO_URI=private_stack.mongo_uri, STATSD_PORT=STATSD_PORT)
    with httpx.Client(base_url=server.url, timeout=10) as client:
        private_stack.mongo.down()
        for n in range(1, 5):
            send(f"away:{n}|c", f"away.took:{n}|ms")
            time.sleep(1)
        private_stack.mongo.up()
        assert [metric["value"] for metric in stored(client, "away.took", 4)] == [1, 2, 3, 4]
        assert sum(metric["value"] for metric in stored(client, "away")) == 10


def test_a_flood_harms_nothing(server: Server, client: httpx.Client) -> None:
    """While far more comes than is taken, requests are answered, and memory stays where it is."""
    ended = threading.Event()

    def flood() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(("127.0.0.1", int(STATSD_PORT)))
            n = 0
            while not ended.is_set():
                lines = [f"flood.{(n + place) % 50_000}:1|{'c' if place % 2 else 'ms'}" for place in range(30)]
                sender.sendall("\n".join(lines).encode())
                n += 30
                if n % 300 == 0:
                    time.sleep(0.001)  # the client below needs some of this process's time

    (worker,) = {each.pid: each for each in server.workers()}.values()
    client.post("/metrics", json={"name": "before", "value": 1})
    flooding = threading.Thread(target=flood)
    flooding.start()
    took = []
    rss = []
    try:
        until = time.monotonic() + 4
        while time.monotonic() < until:
            started = time.monotonic()
            answer = client.post("/metrics", json={"name": "meanwhile", "value": 1})
            took.append(time.monotonic() - started)
            assert answer.status_code == 201
            rss.append(worker.memory_info().rss)
    finally:
        ended.set()
        flooding.join()
    told = stats(client)
    assert told["statsd_dropped"] > 0
    assert told["statsd_samples"] > MAX_METRICS
    assert sorted(took)[len(took) // 2] < 0.25
    assert max(rss) - rss[len(rss) // 4] < 60_000_000


def counter(name: str, value: float = 1.0) -> Sample:
    return Sample(Series("c", name, ()), (value,))


def test_a_window_is_bounded() -> None:
    """However many series come, a window gives MAX_METRICS; those that it has go on."""
    window = Window()
    assert all(window.add(counter(f"n{n}")) for n in range(MAX_METRICS))
    assert not window.add(counter("more"))
    assert not window.add(Sample(Series("ms", "more", ()), (1.0,)))
    assert not window.add(Sample(Series("s", "more", ()), member="a"))
    assert window.add(counter("n0", 4))
    found = window.take(5)
    assert len(found) == MAX_METRICS
    assert found[0] == {"name": "n0", "type": "counter", "value": 5.0, "tags": [], "timestamp": 5}
    assert window.take(6) == []
    assert window.add(counter("more"))


def test_members_are_bounded() -> None:
    """All sets together hold MAX_MEMBERS; one that is known needs no room."""
    window, series = Window(), Series("s", "users", ())
    assert all(window.add(Sample(series, member=str(n))) for n in range(MAX_MEMBERS))
    assert not window.add(Sample(series, member="more"))
    assert window.add(Sample(series, member="0"))
    assert [each["value"] for each in window.take(0)] == [MAX_MEMBERS]


def test_timers_are_an_even_sample() -> None:
    """Of more values than are kept each is as likely to stay: their mean is that of all, about."""
    window, series = Window(), Series("ms", "took", ())
    for n in range(20_000):
        assert window.add(Sample(series, (float(n),)))
    values = [each["value"] for each in window.take(0)]
    assert len(values) == MAX_TIMED
    assert sum(values) / len(values) == pytest.approx(10_000, abs=6 * 5774 / MAX_TIMED**0.5)


def test_levels_are_bounded() -> None:
    """The gauges that were sent last are known; one that is forgotten changes from nought."""
    window = Window()
    for n in range(MAX_LEVELS + 1):
        window.add(Sample(Series("g", f"n{n}", ()), (5.0,)))
    window.take(0)
    for name in ("n0", f"n{MAX_LEVELS}"):
        window.add(Sample(Series("g", name, ()), (1.0,), change=True))
    assert [each["value"] for each in window.take(0)] == [1, 6]


@given(st.lists(st.sampled_from([*"ab:|@#,+-1.eTs\n", "|c", "|ms", "|g", "|#a:b", "_e{", "é", "\udcff"])).map("".join))
def test_any_datagram(text: str) -> None:
    """Whatever comes, each line is a sample, bad or passed over, and the lines after it are read."""
    samples, bad = statsd.read(f"{text}\nlast:2|c".encode(errors="surrogateescape"))
    assert samples[-1] == counter("last", 2.0)
    assert len(samples) + bad <= text.count("\n") + 2
