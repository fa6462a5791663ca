"""The cache by itself, on a real Redis: equal computations at the same time are done once."""

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from telemetry_server.errors import Unavailable
from telemetry_server.monitoring.counters import Counters
from telemetry_server.reading.cache import RENEW_SHARE, Cache, Result
from telemetry_server.reading.versions import Versions
from telemetry_server.stores.redis import Redis

Scene = Callable[["Bench"], Coroutine[Any, Any, None]]
pytestmark = pytest.mark.usefixtures("patient")


class Bench:
    """A cache, and a computation that waits for `gate` and counts its runs."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.versions = Versions()
        self.cache = self.another_cache()
        self.gate = asyncio.Event()
        self.runs = 0
        self.value = b"one"
        self.error: Exception | None = None

    def another_cache(self, staleness_ms: int = 10_000) -> Cache:
        return Cache(self._redis, self.versions, Counters(), serve_id="s", staleness_ms=staleness_ms)

    async def compute(self) -> Result:
        self.runs += 1
        stamp = self.versions.stamp((("*",),))
        value = self.value
        await self.gate.wait()
        if self.error:
            raise self.error
        return Result(value, {}, stamp)

    def ask(self) -> "asyncio.Task[tuple[Result, str]]":
        return asyncio.create_task(self._get())

    async def _get(self) -> tuple[Result, str]:
        asked: Awaitable[tuple[Result, str]] = self.cache.get("list", ["q"], self.compute)
        return await asked


@pytest.fixture
def play(redis_uri: str, app_env: str) -> Callable[[Scene], None]:
    def run(scene: Scene) -> None:
        async def main() -> None:
            redis = Redis(redis_uri, app_env)
            await redis.connect()
            await scene(Bench(redis))
            await redis.close()

        asyncio.run(main())

    return run


def test_equal_misses_share_one_computation(play: Callable[[Scene], None]) -> None:
    """Of many equal requests one computes; a later one finds the entry."""

    async def scene(bench: Bench) -> None:
        tasks = [bench.ask() for _ in range(10)]
        await asyncio.sleep(0.1)
        bench.gate.set()
        answers = await asyncio.gather(*tasks)
        assert {(result.body, outcome) for result, outcome in answers} == {(b"one", "miss")}
        assert bench.runs == 1
        assert (await bench.ask())[1] == "hit"

    play(scene)


def test_vanished_client_does_not_cancel_the_others(play: Callable[[Scene], None]) -> None:
    """Whoever goes away, the one who began included, the others get their answer."""

    async def scene(bench: Bench) -> None:
        tasks = [bench.ask() for _ in range(3)]
        await asyncio.sleep(0.1)
        tasks[0].cancel()
        await asyncio.sleep(0)
        bench.gate.set()
        answers = await asyncio.gather(*tasks[1:])
        assert [result.body for result, _ in answers] == [b"one", b"one"]
        assert bench.runs == 1

    play(scene)


def test_request_after_a_write_does_not_join_an_older_computation(play: Callable[[Scene], None]) -> None:
    """A computation that began before a write may lack it: who asks after the write gets a new one."""

    async def scene(bench: Bench) -> None:
        early = bench.ask()
        await asyncio.sleep(0.1)
        bench.value = b"two"
        bench.versions.touch(["*"])
        late = [bench.ask() for _ in range(3)]
        await asyncio.sleep(0.1)
        bench.gate.set()
        await early
        assert {result.body for result, _ in await asyncio.gather(*late)} == {b"two"}
        assert bench.runs == 2
        assert (await bench.ask())[0].body == b"two"

    play(scene)


def test_error_belongs_to_the_one_who_began(play: Callable[[Scene], None]) -> None:
    """An error is not cached, and who waited computes anew."""

    async def scene(bench: Bench) -> None:
        bench.error = Unavailable("away")
        first, second = bench.ask(), bench.ask()
        await asyncio.sleep(0.1)
        bench.gate.set()
        answers = await asyncio.gather(first, second, return_exceptions=True)
        assert [type(answer) for answer in answers] == [Unavailable, Unavailable]
        assert bench.runs == 2
        bench.error = None
        assert (await bench.ask())[1] == "miss"

    play(scene)


def test_what_has_landed_is_remembered(play: Callable[[Scene], None]) -> None:
    """Whoever comes when a computation has just ended finds its result in memory: there is no moment between."""

    async def scene(bench: Bench) -> None:
        bench.gate.set()
        asked = asyncio.create_task(bench.cache.get("list", ["q"], bench.compute, raw=b"/q"))
        while not bench.cache._flights:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0)
        while bench.cache._flights:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert bench.cache.recall(b"/q") is not None
        await asked

    play(scene)


def test_what_is_still_asked_for_is_renewed_before_it_is_too_old(play: Callable[[Scene], None]) -> None:
    """Once, while the present answer is given on; another process takes what the first has computed."""

    async def scene(bench: Bench) -> None:
        bench.gate.set()
        first, second = bench.another_cache(2_000), bench.another_cache(2_000)
        for cache in (first, second):
            await cache.get("list", ["q"], bench.compute, raw=b"/q")
        assert bench.runs == 1
        await asyncio.sleep(2 * (RENEW_SHARE + 0.05))
        bench.value = b"two"
        for cache in (first, second):
            assert {(found := cache.recall(b"/q")) and found.result.body for _ in range(3)} == {b"one"}
            await asyncio.gather(*cache._renewals)
            found = cache.recall(b"/q")
            assert found is not None
            assert found.result.body == b"two"
        assert bench.runs == 2

    play(scene)


def test_renewal_that_fails_harms_nobody(play: Callable[[Scene], None]) -> None:
    """The answer is given on until it is too old; then who asks is told."""

    async def scene(bench: Bench) -> None:
        bench.gate.set()
        cache = bench.another_cache(2_000)
        await cache.get("list", ["q"], bench.compute, raw=b"/q")
        await asyncio.sleep(2 * (RENEW_SHARE + 0.05))
        bench.error = Unavailable("away")
        for _ in range(2):
            assert cache.recall(b"/q") is not None
            await asyncio.gather(*cache._renewals)
        assert bench.runs == 2
        await asyncio.sleep(0.7)
        assert cache.recall(b"/q") is None
        with pytest.raises(Unavailable):
            await cache.get("list", ["q"], bench.compute, raw=b"/q")

    play(scene)


def test_an_error_holds_nothing_that_was_asked(play: Callable[[Scene], None]) -> None:
    """What was read of a request is freed with its answer, and not at the collector's next round."""

    class Asked(list[str]):
        pass

    async def scene(bench: Bench) -> None:
        async def ask() -> "weakref.ref[Asked]":
            asked = Asked()

            async def compute() -> Result:
                await asyncio.sleep(0)
                raise Unavailable(str(asked))

            with pytest.raises(Unavailable):
                await bench.cache.get("list", asked, compute)
            return weakref.ref(asked)

        gc.disable()
        try:
            kept = await ask()
            await asyncio.sleep(0)  # what is to be called when the task is done still is
            assert kept() is None
        finally:
            gc.enable()

    play(scene)
