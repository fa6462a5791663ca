"""The rate limit: in no second more than so many requests, and no fewer than that for who keeps to it."""

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tools.stack import Stack

from telemetry_server.access import shared_limit
from telemetry_server.access.rate_limit import SWEEP_SECONDS, RateLimit
from telemetry_server.access.shared_limit import SharedLimit
from telemetry_server.errors import TooManyRequests
from telemetry_server.stores.redis import Redis
from tests.conftest import StartServer


class Clock:
    """Seconds, set by the test."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def is_allowed(limit: RateLimit, client: str = "a") -> bool:
    try:
        limit.hit(client)
    except TooManyRequests:
        return False
    return True


@pytest.mark.parametrize("seed", range(20))
def test_no_second_has_more_than_the_limit(seed: int) -> None:
    """Whenever requests come, in bursts or not; and one is refused only where the second before it is full."""
    chance, clock = random.Random(seed), Clock()  # noqa: S311 - no secret
    most = chance.choice((1, 3, 20))
    limit, allowed = RateLimit(most, clock), list[float]()
    for _ in range(500):
        clock.now += chance.choice((0, 0, 0.0004, 0.01, 0.2, 1.3)) * chance.random()
        within = [at for at in allowed if at > clock.now - 1]
        a_little_longer = [at for at in allowed if at > clock.now - 1.002]
        if is_allowed(limit):
            assert len(within) < most
            allowed.append(clock.now)
        else:
            assert len(a_little_longer) >= most


def test_steady_client_at_the_limit_is_never_refused() -> None:
    """So many requests a second, evenly, for a minute."""
    clock = Clock()
    limit = RateLimit(50, clock)
    for _ in range(3000):
        assert is_allowed(limit)
        clock.now += 0.0201


def test_headers_tell_where_the_client_stands() -> None:
    """What is left counts down to nothing, and the refusal says when to come again."""
    clock = Clock()
    limit = RateLimit(2, clock)
    assert [limit.hit("a")["X-RateLimit-Remaining"] for _ in range(2)] == ["1", "0"]
    with pytest.raises(TooManyRequests) as refused:
        limit.hit("a")
    assert refused.value.headers == {
        "X-RateLimit-Limit": "2",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1000001",
        "RateLimit-Policy": '"client";q=2;w=1',
        "RateLimit": '"client";r=0;t=1',
        "Retry-After": "1",
    }
    assert limit.hit("b")["X-RateLimit-Remaining"] == "1"


def test_clients_that_have_gone_are_forgotten() -> None:
    """Memory is for those who ask: a million clients that came once leave nothing behind."""
    clock = Clock()
    limit = RateLimit(10, clock)
    for number in range(1000):
        limit.hit(f"client{number}")
    clock.now += SWEEP_SECONDS + 2
    limit.hit("a")
    assert list(limit._windows) == ["a"]


def test_no_limit() -> None:
    """0 switches it off."""
    limit = RateLimit(0)
    assert all(limit.hit("a") == {} for _ in range(10))


Stamps = list[tuple[float, float]]  # when a request was made, and when it was known to be allowed


def shortest_span(stamps: Stamps, count: int) -> float:
    """The least time in which so many surely came, in seconds."""
    ordered = sorted(stamps)
    groups = (ordered[place : place + count] for place in range(len(ordered) - count + 1))
    return min(max(known for _, known in group) - group[0][0] for group in groups)


async def hit_all_the_time(limit: SharedLimit, until: float, pause: Callable[[], float]) -> tuple[Stamps, Stamps]:
    """When requests were allowed, and when they were refused."""
    allowed, refused = Stamps(), Stamps()
    while (made_at := time.time()) < until:
        try:
            await limit.hit("a")
            allowed.append((made_at, time.time()))
        except TooManyRequests:
            refused.append((made_at, time.time()))
        await asyncio.sleep(pause())
    return allowed, refused


async def flood(redis_uri: str, app_env: str, most: int) -> tuple[Stamps, Stamps]:
    """Three workers, and four clients of the same address at each, for three seconds."""
    workers = [Redis(redis_uri, app_env) for _ in range(3)]
    limits = [SharedLimit(RateLimit(most), redis) for redis in workers]
    until = time.time() + 3.2
    pause, longest = random.Random(1), 0.01 if most < 1000 else 0  # noqa: S311 - no secret
    found = await asyncio.gather(
        *(hit_all_the_time(limit, until, lambda: pause.uniform(0, longest)) for limit in limits for _ in range(4))
    )
    for redis in workers:
        await redis.close()
    return [at for allowed, _ in found for at in allowed], [at for _, refused in found for at in refused]


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("most", [7, 100, 1000])
def test_limit_holds_over_workers(redis_uri: str, app_env: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three workers that are flooded let a client's limit through in any second, no more; and refuse none before that.

    Of a high limit the first half is let through at once; so high is 1,000 here, at a tenth of the times.
    """
    monkeypatch.setattr(shared_limit, "LEAST", 1000)
    monkeypatch.setattr(shared_limit, "FRESH_SECONDS", shared_limit.FRESH_SECONDS / 10)
    monkeypatch.setattr(shared_limit, "PAUSE_SECONDS", shared_limit.PAUSE_SECONDS / 10)
    allowed, refused = asyncio.run(flood(redis_uri, app_env, most))
    assert refused or len(allowed) < 3 * most  # a machine may be too busy to come to the limit
    assert len(allowed) <= 4 * most
    for made_at, known_at in refused:
        assert sum(made_at - 1.05 < known and made < known_at for made, known in allowed) >= most
    assert shortest_span(allowed, most + 1) > 0.95  # Redis counts a request that is let through at once a little later


@pytest.mark.usefixtures("patient")
def test_high_limit_is_counted_in_thousandths(redis_uri: str, app_env: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So Redis keeps no mark for each request; three workers are off by a thousandth each at most."""
    most, coarse = 1000, 100
    monkeypatch.setattr(shared_limit, "MARKS", most // coarse)
    allowed, refused = asyncio.run(flood(redis_uri, app_env, most))
    assert refused or len(allowed) < 3 * most  # a machine may be too busy to come to the limit
    for made_at, known_at in refused:
        assert sum(made_at - 1.05 < known and made < known_at for made, known in allowed) >= most - 3 * coarse
    assert shortest_span(allowed, most + 3 * coarse + 1) > 0.95


@pytest.mark.usefixtures("patient")
def test_client_below_the_limit_is_never_refused(redis_uri: str, app_env: str) -> None:
    """One that stays below it, all of it at one worker or in turn at two."""

    async def run() -> None:
        workers = [Redis(redis_uri, app_env) for _ in range(2)]
        limits = [SharedLimit(RateLimit(20), redis) for redis in workers]
        for number in range(60):
            turn = limits[0] if number < 30 else limits[number % 2]
            headers = await turn.hit("b")
            assert 0 <= int(headers["X-RateLimit-Remaining"]) < 20
            await asyncio.sleep(1 / 18)
        for redis in workers:
            await redis.close()

    asyncio.run(run())


def test_each_worker_counts_for_itself_while_redis_is_away(private_stack: Stack, app_env: str) -> None:
    """One answer waits for Redis, at most 100 ms; what was allowed before still counts; then Redis counts again."""

    async def run() -> None:
        redis = Redis(private_stack.redis_uri, app_env)
        limit = SharedLimit(RateLimit(10), redis)
        for _ in range(4):
            await limit.hit("a")
        private_stack.redis.process.pause()
        took = []
        for _ in range(6):
            began = time.perf_counter()
            await limit.hit("a")
            took.append(time.perf_counter() - began)
        with pytest.raises(TooManyRequests):
            await limit.hit("a")
        assert max(took) < 0.1
        assert max(took[1:]) < 0.02
        private_stack.redis.process.resume()
        while not redis.available:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.05)
        assert (await limit.hit("b"))["X-RateLimit-Remaining"] == "9"
        await redis.close()

    asyncio.run(run())


def flood_server(url: str, seconds: float) -> list[tuple[int, tuple[float, float]]]:
    """The status of each answer, and when it was asked for and given."""
    end = time.monotonic() + seconds

    def ask(_: int) -> list[tuple[int, tuple[float, float]]]:
        found = []
        while time.monotonic() < end:
            with httpx.Client(base_url=url) as client:
                for _ in range(5):
                    made_at = time.monotonic()
                    found.append((client.get("/stats").status_code, (made_at, time.monotonic())))
        return found

    with ThreadPoolExecutor(6) as pool:
        return [each for found in pool.map(ask, range(6)) for each in found]


def test_two_workers_of_a_server_share_the_limit(start_server: StartServer) -> None:
    """Connections to whichever worker: in no second more than the limit; the others are 429."""
    for _ in range(5):
        server = start_server(WORKERS="2", RATE_LIMIT="20")
        answers = flood_server(server.url, seconds=2.5)
        if "redis away" not in server.process.log.read_text():  # too busy a machine: then each worker counts for itself
            break
    assert {status for status, _ in answers} == {200, 429}
    allowed = [stamp for status, stamp in answers if status == 200]
    assert 40 <= len(allowed) <= 80
    assert shortest_span(allowed, 21) > 0.95
