"""The cache over HTTP: hits, freshness, and life without Redis."""

import itertools
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import redis
from tools.stack import Stack

from tests.conftest import StartServer

SLACK_SECONDS = 0.35  # 0.1 s for Redis, the rest for a busy machine


@pytest.fixture
def own(start_server: StartServer, private_stack: Stack) -> Iterator[tuple[httpx.Client, Stack]]:
    """A server with a Redis that may be hurt."""
    server = start_server(REDIS_URI=private_stack.redis_uri, CACHE_STALENESS_MS="60000")
    with httpx.Client(base_url=server.url, timeout=10) as client:
        yield client, private_stack


SPELLINGS = itertools.cycle(
    "".join(letters) for letters in itertools.product(*(f"{c} %{ord(c):x}".split() for c in "name"))
)


def names(client: httpx.Client, **headers: str) -> tuple[list[float], str]:
    """Values and X-Cache of a list, asked in another spelling each time: what Redis has, not this process."""
    answer = client.get(f"/metrics?{next(SPELLINGS)}=cpu", headers=headers)
    assert answer.status_code == 200, answer.text
    return [metric["value"] for metric in answer.json()["data"]], answer.headers["X-Cache"]


def put(client: httpx.Client, value: float, **fields: Any) -> httpx.Response:
    answer = client.post("/metrics", json={"name": "cpu", "value": value} | fields)
    assert answer.status_code == 201, answer.text
    return answer


def counts(client: httpx.Client) -> tuple[int, int, int]:
    stats = client.get("/stats").json()
    return stats["cache_hits"], stats["cache_misses"], stats["cache_bypasses"]


def test_second_time_is_a_hit(own: tuple[httpx.Client, Stack]) -> None:
    """Lists and answers are cached; no-cache asks past the cache; /stats counts."""
    client, _ = own
    put(client, 1)
    assert [names(client)[1] for _ in range(3)] == ["miss", "hit", "hit"]
    assert names(client, **{"Cache-Control": "no-cache"})[1] == "bypass"
    prompts = [client.get("/query", params={"prompt": "count of cpu"}) for _ in range(2)]
    assert [answer.headers["X-Cache"] for answer in prompts] == ["miss", "hit"]
    assert prompts[0].content == prompts[1].content
    assert counts(client) == (3, 2, 1)


def test_same_bytes_are_a_hit_without_redis(own: tuple[httpx.Client, Stack]) -> None:
    """What this process answered itself it knows without Redis, until a write; its body and headers are the same."""
    client, stack = own
    put(client, 1)
    put(client, 2)
    stack.redis.down()
    for path in ("/metrics?name=cpu&limit=1", "/query?prompt=sum+of+cpu"):
        first, second = client.get(path), client.get(path)
        assert (first.headers["X-Cache"], second.headers["X-Cache"]) == ("miss", "hit")
        assert (first.content, first.headers.get("Link")) == (second.content, second.headers.get("Link"))
        assert client.get(path, headers={"Cache-Control": "no-cache"}).headers["X-Cache"] == "bypass"
        put(client, 3)
        third = client.get(path)
        assert third.headers["X-Cache"] == "miss"
        assert third.content != second.content


def test_hit_keeps_the_link(own: tuple[httpx.Client, Stack]) -> None:
    """A cached page has the same body and Link."""
    client, _ = own
    put(client, 1)
    put(client, 2)
    first, second = (client.get("/metrics?limit=1") for _ in range(2))
    assert (first.headers["X-Cache"], second.headers["X-Cache"]) == ("miss", "hit")
    assert (first.content, first.headers["Link"]) == (second.content, second.headers["Link"])


def test_every_write_is_seen_at_once(own: tuple[httpx.Client, Stack]) -> None:
    """After each acknowledged write the list and the answer are the new ones."""
    client, _ = own

    def check(*expected: float) -> None:
        for _ in range(2):
            assert sorted(names(client)[0]) == sorted(expected)
            rows = client.get("/query", params={"prompt": "sum of cpu"}).json().get("rows")
            assert rows == ([[float(sum(expected))]])

    for value in range(1, 6):
        put(client, value, type="counter")
        check(*range(1, value + 1))
    location = put(client, 10, type="counter").headers["Location"]
    check(1, 2, 3, 4, 5, 10)
    client.patch(location, json={"value": 20})
    check(1, 2, 3, 4, 5, 20)
    client.put(location, json={"name": "other", "value": 20})
    check(1, 2, 3, 4, 5)
    client.put(location, json={"name": "cpu", "value": 30, "type": "counter"})
    check(1, 2, 3, 4, 5, 30)
    client.delete(location)
    check(1, 2, 3, 4, 5)
    client.post("/v1/metrics", json={"metrics": [{"name": "cpu", "value": 40, "type": "counter"}] * 2})
    check(1, 2, 3, 4, 5, 40, 40)


@pytest.mark.parametrize(
    ("prompt", "first", "second"),
    [
        ("ratio of errors to requests", [[2, 4, 0.5]], [[2, 8, 0.25]]),
        ("what percentage of requests had status 500", [[0, 4, 0]], [[0, 8, 0]]),
        ("sum of requests where host starts with web", [[4]], [[8]]),
    ],
)
def test_answer_depends_on_all_that_it_reads(
    own: tuple[httpx.Client, Stack], prompt: str, first: list[list[float]], second: list[list[float]]
) -> None:
    """A write to what a result is divided by, or to a value that is matched in part, is seen at once."""
    client, _ = own
    put(client, 2, name="errors", type="counter")
    put(client, 0, name="requests", type="counter", tags=["status:500"])
    put(client, 4, name="requests", type="counter", tags=["host:web-1", "status:200"])
    for expected in (first, first):
        assert client.get("/query", params={"prompt": prompt}).json().get("rows") == expected
    put(client, 4, name="requests", type="counter", tags=["host:web-1", "status:200"])
    assert client.get("/query", params={"prompt": prompt}).json()["rows"] == second


def test_unrelated_writes_keep_a_hit(own: tuple[httpx.Client, Stack]) -> None:
    """A write that shares only the name or only the tag does not spoil a list of both."""
    client, _ = own
    put(client, 1, tags=["host:a"])
    parameters = {"name": "cpu", "tags": "host:a"}
    outcome = lambda: client.get("/metrics", params=parameters).headers["X-Cache"]  # noqa: E731
    assert [outcome(), outcome()] == ["miss", "hit"]
    put(client, 2, tags=["host:b"])
    assert outcome() == "hit"
    put(client, 3, tags=["host:a"])
    assert outcome() == "miss"


def test_staleness_is_bounded(start_server: StartServer, app_env: str) -> None:
    """A write through another server is seen within CACHE_STALENESS_MS."""
    one = start_server(APP_ENV=app_env, CACHE_STALENESS_MS="400")
    two = start_server(APP_ENV=app_env)
    with httpx.Client(base_url=one.url) as here, httpx.Client(base_url=two.url) as there:
        put(here, 1)
        assert names(here)[0] == [1.0]
        put(there, 2)
        time.sleep(0.45)
        assert names(here)[0] == [2.0, 1.0]


def test_servers_do_not_trust_each_others_entries(start_server: StartServer, app_env: str) -> None:
    """What one server cached is a miss for another, which knows nothing of the writes."""
    one, two = (start_server(APP_ENV=app_env, CACHE_STALENESS_MS="60000") for _ in range(2))
    with httpx.Client(base_url=one.url) as here, httpx.Client(base_url=two.url) as there:
        put(here, 1)
        assert [names(here)[1], names(here)[1]] == ["miss", "hit"]
        assert names(there)[1] == "miss"


def test_staleness_of_zero_is_no_cache(start_server: StartServer) -> None:
    """CACHE_STALENESS_MS=0 switches the cache off."""
    with httpx.Client(base_url=start_server(CACHE_STALENESS_MS="0").url) as client:
        assert [names(client)[1] for _ in range(2)] == ["bypass", "bypass"]


def test_corrupted_entries_are_a_miss(own: tuple[httpx.Client, Stack]) -> None:
    """Whatever lies in Redis under our keys, answers are right."""
    client, stack = own
    put(client, 1)
    with redis.Redis.from_url(stack.redis_uri) as cache:
        for spoil in (b"", b"x", b"\x00" * 100, None):
            names(client)
            for key in cache.keys("telemetry_server:*"):
                raw = cache.get(key)
                assert isinstance(raw, bytes)
                cache.set(key, raw[:-1] + bytes([raw[-1] ^ 1]) if spoil is None else spoil)
            assert names(client) == ([1.0], "miss")
            assert names(client) == ([1.0], "hit")
        assert client.get("/metrics?name=other.cached").json()["data"] == []
        entries = {key: cache.get(key) for key in cache.keys("telemetry_server:*")}
        for key, other in zip(entries, reversed(entries.values()), strict=True):
            assert isinstance(other, bytes)
            cache.set(key, other)  # whole, and another's
        assert names(client)[0] == [1.0]
        for key in cache.keys("telemetry_server:*"):
            cache.delete(key)
            cache.lpush(key, "a list")
        assert names(client)[0] == [1.0]


def test_flushed_redis_is_a_miss(own: tuple[httpx.Client, Stack]) -> None:
    """After FLUSHALL everything is right, and cached anew."""
    client, stack = own
    put(client, 1)
    assert [names(client)[1], names(client)[1]] == ["miss", "hit"]
    with redis.Redis.from_url(stack.redis_uri) as cache:
        cache.flushall()
    assert [names(client), names(client)] == [([1.0], "miss"), ([1.0], "hit")]


@pytest.mark.parametrize("harm", ["hung", "gone"])
def test_redis_may_hang_or_go(own: tuple[httpx.Client, Stack], harm: str) -> None:
    """Without Redis each request is right, at most one is slowed, and hits return when Redis does."""
    client, stack = own
    put(client, 1)
    assert [names(client)[1], names(client)[1]] == ["miss", "hit"]
    if harm == "hung":
        stack.redis.process.pause()
    else:
        stack.redis.down()
    slow = 0
    for value in range(2, 30):
        put(client, value)
        started = time.monotonic()
        assert names(client) == ([float(v) for v in range(value, 0, -1)], "miss")
        slow += time.monotonic() - started > 0.05
        assert time.monotonic() - started < SLACK_SECONDS
    assert slow <= 6
    if harm == "hung":
        stack.redis.process.resume()
    else:
        stack.redis.up()
    deadline = time.monotonic() + 5
    while names(client)[1] != "hit":
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_server_starts_without_redis(start_server: StartServer) -> None:
    """A Redis that was never there is only a cache that misses."""
    with httpx.Client(base_url=start_server(REDIS_URI="redis://127.0.0.1:1").url) as client:
        put(client, 1)
        assert [names(client), names(client)] == [([1.0], "miss"), ([1.0], "miss")]


def test_read_your_writes_through_two_workers(start_server: StartServer) -> None:
    """With two workers each acknowledged write is in every list and answer that is asked for afterwards."""
    server = start_server(WORKERS="2", CACHE_STALENESS_MS="60000")
    stop = threading.Event()
    failures: list[str] = []

    def readers() -> None:
        while not stop.is_set():
            with httpx.Client(base_url=server.url, timeout=10) as client:
                client.get("/metrics", params={"tags": "who:0"})
                client.get("/query", params={"prompt": "count of ryw"})

    def writer(number: int) -> None:
        for step in range(25):
            total = step + 1
            with httpx.Client(base_url=server.url, timeout=10) as client:  # a new connection may meet the other
                made = client.post("/metrics", json={"name": "ryw", "value": step, "tags": [f"who:{number}"]})
                assert made.status_code == 201
            with httpx.Client(base_url=server.url, timeout=10) as client:
                listed = client.get("/metrics", params={"tags": f"who:{number}"}).json()["data"]
                rows = client.get("/query", params={"prompt": "count of ryw by who"}).json()["rows"]
            if len(listed) != total or dict(rows).get(str(number)) != total:
                failures.append(f"{number}: {len(listed)} listed, {rows} counted of {total}")

    threads = [threading.Thread(target=writer, args=(number,)) for number in range(3)]
    background = threading.Thread(target=readers)
    background.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    background.join()
    assert failures == []
    with httpx.Client(base_url=server.url) as client:
        assert client.get("/stats").json()["total_metrics_received"] == 75


def test_new_names_reach_every_worker_at_once(start_server: StartServer) -> None:
    """A name that one worker stored is known to the other in the next prompt."""
    server = start_server(WORKERS="2")
    for number in range(20):
        name = "new." + "".join("abcdefghij"[int(digit)] for digit in f"{number:03d}") + "q"
        with httpx.Client(base_url=server.url) as client:
            client.post("/metrics", json={"name": name, "value": 1, "type": "counter"})
        with httpx.Client(base_url=server.url) as client:
            assert client.get("/query", params={"prompt": f"sum of {name}"}).json().get("rows") == [[1.0]]
