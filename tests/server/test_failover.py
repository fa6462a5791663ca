"""MongoDB as a replica set of three: members are killed, step down, and fall silent.

Elections begin after ELECTION_SECONDS here, where MongoDB's own default is 10.
"""

import itertools
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import httpx
import pymongo
import pytest
from tools.replica_set import Member, ReplicaSet
from tools.server import Server
from tools.stack import Stack

from tests.conftest import STACK, StartServer, _folder
from tests.server.test_live import listening

ELECTION_SECONDS = 2
RESUMED_SECONDS = ELECTION_SECONDS + 3
SLACK_SECONDS = 5.0  # of a busy machine
ANSWER_SECONDS = 2.0
WRITERS = 4
PAUSE_SECONDS = 0.02
TAG = "run:failover"

Database = pymongo.database.Database[dict[str, Any]]


@pytest.fixture(scope="module")
def members(pytestconfig: pytest.Config, redis_uri: str) -> Iterator[ReplicaSet]:
    """Three members, all up at the start of each test."""
    with _folder(pytestconfig.stash[STACK]) as folder:
        stack = Stack(folder / "stack", redis_uri=redis_uri)
        try:
            stack.up(members=3)
            assert stack.replica_set
            elect_after(ELECTION_SECONDS, stack.replica_set)
            yield stack.replica_set
        finally:
            stack.down()


@pytest.fixture
def whole(members: ReplicaSet) -> Iterator[ReplicaSet]:
    """The members; those that a test has killed or paused are brought back after it."""
    yield members
    revive(members)


@pytest.fixture(params=["1"])
def server(whole: ReplicaSet, start_server: StartServer, request: pytest.FixtureRequest) -> Server:
    """A server of one worker, or of as many as a test asks for."""
    return start_server(MONGO_URI=whole.uri, WORKERS=request.param)


@pytest.fixture
def database(server: Server, whole: ReplicaSet) -> Iterator[Database]:
    """The server's database."""
    with pymongo.MongoClient[dict[str, Any]](whole.uri, w="majority", tz_aware=True) as client:
        yield client[f"telemetry_server_{server.environment['APP_ENV']}"]


def elect_after(seconds: int, members: ReplicaSet) -> None:
    """Let elections begin after so much silence of the primary."""
    with pymongo.MongoClient[dict[str, Any]](members.uri) as client:
        config = client.admin.command("replSetGetConfig")["config"]
        config["settings"]["electionTimeoutMillis"] = seconds * 1000
        config["version"] += 1
        client.admin.command("replSetReconfig", config)


def primary(members: ReplicaSet) -> Member:
    deadline = time.monotonic() + 30
    while (found := members.primary()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def revive(members: ReplicaSet) -> None:
    for member in members.members:
        member.process.resume()
        member.up()
    members.unite()


def until(what: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


class Writer:
    """Writes in all ways, as a client does that repeats what was answered 503 until it is acknowledged.

    Each document has a value that no other one ever has.
    """

    def __init__(self, url: str, number: int) -> None:
        self._client = httpx.Client(base_url=url, timeout=10)
        self._thread = threading.Thread(target=self._run)
        self._number = number
        self._counts = itertools.count(1)
        self._end = threading.Event()
        self.values: dict[str, int] = {}  # by id, of what was acknowledged
        self.deleted: set[str] = set()
        self.refused: set[int] = set()
        self.statuses: Counter[int] = Counter()
        self.acknowledged_at: list[tuple[float, float]] = []  # sent, answered
        self.odd: list[str] = []

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._end.set()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        ways = (self._fresh, self._keyed, self._with_id, self._batch, self._late, self._bad, self._change, self._delete)
        with self._client:
            for way in itertools.cycle(ways):
                if self._end.is_set():
                    return
                way()
                time.sleep(PAUSE_SECONDS)

    def _fresh(self) -> None:
        metric = self._metric()
        answer = self._send("POST", "/metrics", metric)
        if answer.status_code == 201:
            self.values[answer.json()["id"]] = metric["value"]
            self._read_back(answer.json()["id"])

    def _keyed(self) -> None:
        metric = self._metric()
        answer = self._insist("POST", "/metrics", metric, **{"Idempotency-Key": f"{metric['value']}"})
        self.values[answer.json()["id"]] = metric["value"]

    def _with_id(self) -> None:
        metric = self._identified()
        self._insist("POST", "/metrics", metric)
        self.values[metric["id"]] = metric["value"]
        self._read_back(metric["id"])

    def _late(self) -> None:
        hour_ago = datetime.now(UTC) - timedelta(hours=self._number + 2)
        metric = self._identified() | {"timestamp": hour_ago.isoformat()}
        self._insist("POST", "/metrics", metric)
        self.values[metric["id"]] = metric["value"]

    def _batch(self) -> None:
        metrics = [self._identified() for _ in range(5)]
        self._insist("POST", "/v1/metrics", {"metrics": metrics})
        self.values |= {metric["id"]: metric["value"] for metric in metrics}

    def _bad(self) -> None:
        metric = self._metric()
        self.refused.add(metric["value"])
        answer = self._send("POST", "/v1/metrics", {"metrics": [metric, {"name": "a b", "value": "c"}]})
        assert answer.status_code == 400

    def _change(self) -> None:
        metric_id = next(reversed(self.values))
        metric = self._metric()
        self._insist("PUT", f"/metrics/{metric_id}", metric)
        self.values[metric_id] = metric["value"]
        self._read_back(metric_id)

    def _delete(self) -> None:
        metric_id = next(iter(self.values))
        del self.values[metric_id]
        self._insist("DELETE", f"/metrics/{metric_id}")
        self.deleted.add(metric_id)

    def _metric(self) -> dict[str, Any]:
        return {"name": "failover", "value": self._number * 1_000_000 + next(self._counts), "tags": [TAG]}

    def _identified(self) -> dict[str, Any]:
        metric = self._metric()
        return {"id": f"{metric['value']:024x}", **metric}

    def _read_back(self, metric_id: str) -> None:
        """What was acknowledged is there, whichever member answers."""
        answer = self._send("GET", f"/metrics/{metric_id}")
        if answer.status_code != 503 and (answer.status_code, answer.json()["value"]) != (200, self.values[metric_id]):
            self.odd.append(f"{metric_id}: {answer.text}")

    def _insist(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        deadline = time.monotonic() + 30
        while (answer := self._send(method, path, body, **headers)).status_code == 503:
            assert time.monotonic() < deadline
            time.sleep(PAUSE_SECONDS)
        gone_before = method == "DELETE" and answer.status_code == 404  # by the request whose fate was unknown
        if not (answer.is_success or gone_before):
            self.odd.append(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer

    def _send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        sent_at = time.monotonic()
        answer = self._client.request(method, path, json=body, headers=headers)
        took = time.monotonic() - sent_at
        self.statuses[answer.status_code] += 1
        if answer.is_success and method != "GET":
            self.acknowledged_at.append((sent_at, sent_at + took))
        if answer.status_code == 503 and "Retry-After" not in answer.headers:
            self.odd.append("503 without Retry-After")
        if took > ANSWER_SECONDS + SLACK_SECONDS:
            self.odd.append(f"{method} {path} took {took:.1f} s")
        return answer


class Load:
    """Writers, while the block runs."""

    def __init__(self, url: str) -> None:
        self.writers = [Writer(url, number) for number in range(WRITERS)]

    def __enter__(self) -> Self:
        for writer in self.writers:
            writer.start()
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self.writers:
            writer.end()
        for writer in self.writers:
            writer.join()

    def go_on(self, count: int) -> None:
        """Wait for so many more acknowledgements."""
        wanted = count + sum(len(writer.acknowledged_at) for writer in self.writers)
        until(lambda: sum(len(writer.acknowledged_at) for writer in self.writers) >= wanted, 60)

    def resumed_after(self, at: float) -> float:
        """Seconds from `at` until a request that was sent later was acknowledged."""
        times = [end - at for writer in self.writers for sent, end in writer.acknowledged_at if sent > at]
        return min(times)


@contextmanager
def told(url: str) -> Iterator[list[dict[str, Any]]]:
    """What a listener of the metrics hears until, after the block, it is quiet."""
    heard: list[dict[str, Any]] = []
    ready = threading.Event()
    ended = threading.Event()

    def listen() -> None:
        with listening(url, "/metrics/live", tags=TAG) as events:
            for event in events:
                heard.append(event)
                ready.set()
                if ended.is_set() and event["data"] is None:  # a heartbeat: all before it was told
                    return

    thread = threading.Thread(target=listen)
    thread.start()
    assert ready.wait(10)
    yield heard
    ended.set()
    thread.join(20)
    assert not thread.is_alive()


def kill(member: Member) -> None:
    member.process.kill()


def step_down(member: Member) -> None:
    with pymongo.MongoClient[dict[str, Any]]("127.0.0.1", member.process.port, directConnection=True) as client:
        client.admin.command("replSetStepDown", 30)


def pause(member: Member) -> None:
    member.process.pause()


@pytest.mark.parametrize("server", ["2"], indirect=True)
def test_failover_loses_and_doubles_nothing(server: Server, database: Database, whole: ReplicaSet) -> None:
    """A primary killed under writes, then one that steps down: all goes on by itself, and each write is there once."""
    resumed = {}
    with told(server.url) as heard, Load(server.url) as load:
        for harm in (kill, step_down):
            load.go_on(40)
            old = primary(whole)
            harmed_at = time.monotonic()
            changed_at = datetime.now(UTC)
            harm(old)
            load.go_on(60)
            assert primary(whole) is not old
            resumed[harm.__name__] = load.resumed_after(harmed_at)
            revive(whole)
        load.go_on(40)
    writers = load.writers
    print("resumed", resumed, sum((writer.statuses for writer in writers), Counter()))  # noqa: T201
    assert max(resumed.values()) < RESUMED_SECONDS + SLACK_SECONDS
    assert [odd for writer in writers for odd in writer.odd] == []
    assert {status for writer in writers for status in writer.statuses} <= {200, 201, 204, 400, 404, 503}

    stored = {str(each["_id"]): each["value"] for each in database["metrics"].find({"tags": TAG})}
    expected = {metric_id: value for writer in writers for metric_id, value in writer.values.items()}
    assert {metric_id: stored.get(metric_id) for metric_id in expected} == expected
    assert len(set(stored.values())) == len(stored)
    assert stored.keys().isdisjoint(set().union(*(writer.deleted for writer in writers)))
    assert set(stored.values()).isdisjoint(set().union(*(writer.refused for writer in writers)))

    assert {event["event"] for event in heard} <= {"ready", "metric", "changed", "message"}
    stored_once = Counter(event["data"]["id"] for event in heard if event["event"] == "metric")
    assert set(stored_once.values()) == {1}
    assert expected.keys() <= stored_once.keys()

    count = httpx.post(f"{server.url}/metrics", json={"name": "later", "value": 7, "type": "counter"})
    assert count.status_code == 201
    assert httpx.get(f"{server.url}/query", params={"prompt": "sum of later"}).json()["rows"] == [[7]]
    lease = timedelta(seconds=60)
    leader = {"_id": "leader", "until": {"$gt": changed_at + lease}}
    until(lambda: database["seals"].find_one(leader) is not None, 20)


def test_nothing_is_acknowledged_without_a_majority(server: Server, database: Database, whole: ReplicaSet) -> None:
    """While two of three are silent, reads are answered, and writes are 503, also when they are repeated."""
    elect_after(10, whole)
    metric_id, changed_id, old_id = "a" * 24, "b" * 24, "c" * 24
    with httpx.Client(base_url=server.url, timeout=10) as client:
        for each in (changed_id, old_id):
            assert client.post("/metrics", json={"id": each, "name": "kept", "value": 1}).status_code == 201
        leader = primary(whole)
        for member in whole.members:
            if member is not leader:
                pause(member)
        metric = {"id": metric_id, "name": "kept", "value": 2}
        writes: list[Callable[[], httpx.Response]] = [
            lambda: client.post("/metrics", json=metric),
            lambda: client.put(f"/metrics/{changed_id}", json={"name": "kept", "value": 3}),
        ]
        results: list[tuple[int, str | None]] = []

        def insist(write: Callable[[], httpx.Response]) -> None:
            for _ in range(2):
                answer = write()
                results.append((answer.status_code, answer.headers.get("Retry-After")))

        threads = [threading.Thread(target=insist, args=(write,)) for write in writes]
        for thread in threads:
            thread.start()
        assert client.get(f"/metrics/{old_id}").status_code == 200
        for thread in threads:
            thread.join()
        assert results == [(503, "1")] * 4
        revive(whole)
        until(lambda: client.get("/health/ready").status_code == 200, 10)
        assert all(write().is_success for write in writes)
    stored = {str(each["_id"]): each["value"] for each in database["metrics"].find()}
    assert stored == {metric_id: 2, changed_id: 3, old_id: 1}


def test_index_is_made_while_a_member_is_gone(server: Server, database: Database, whole: ReplicaSet) -> None:
    """An index of a collection that has metrics needs a majority, not all."""
    assert httpx.post(f"{server.url}/metrics", json={"name": "kept", "value": 1}).status_code == 201
    database["metrics"].drop_index("name_1_timestamp_-1")
    leader = primary(whole)
    next(member for member in whole.members if member is not leader).process.kill()
    command = [sys.executable, "-m", "telemetry_server", "migrate"]
    subprocess.run(command, env=server.environment, check=True, timeout=20)  # noqa: S603  our own program
    assert "name_1_timestamp_-1" in database["metrics"].index_information()
