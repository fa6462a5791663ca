"""Turns: who waits for whom, and that those of a process that dies are free again."""

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import pytest

from telemetry_server.errors import TimedOut, Unavailable
from telemetry_server.reading import turns
from telemetry_server.reading.places import Places
from telemetry_server.reading.turns import QUICK_SECONDS, Turns
from telemetry_server.stores.mongo import ANSWER_SECONDS


def lasting(seconds: float, begun: list[float] | None = None) -> Callable[[float], "asyncio.Future[str]"]:
    """Work of so many seconds, which is given up when it has to be; `begun`: how long it was given."""

    async def work(until: float) -> str:
        left = until - time.monotonic()
        if begun is not None:
            begun.append(left)
        await asyncio.sleep(min(seconds, left))
        if seconds > left:
            raise TimedOut("It takes too long.")
        return "done"

    return lambda until: asyncio.ensure_future(work(until))


def test_alone_it_has_all_the_time() -> None:
    begun: list[float] = []
    assert asyncio.run(Turns(Places(1)).take("long", lasting(3 * QUICK_SECONDS, begun))) == "done"
    assert [round(each) for each in begun] == [ANSWER_SECONDS]


def test_what_is_quick_does_not_wait_for_what_takes_long() -> None:
    async def scene() -> float:
        own = Turns(Places(1))
        long = asyncio.ensure_future(own.take("long", lasting(1)))
        await asyncio.sleep(0.01)
        began_at = time.monotonic()
        assert await asyncio.gather(*(own.take("quick", lasting(0.01)) for _ in range(10))) == ["done"] * 10
        took = time.monotonic() - began_at
        assert not long.done()
        assert await long == "done"
        return took

    assert asyncio.run(scene()) < 0.5


def test_what_takes_long_waits_for_its_turn_and_the_next_like_it_at_once() -> None:
    async def scene() -> tuple[list[float], list[float]]:
        own = Turns(Places(1))
        first, then = [], []
        one = asyncio.ensure_future(own.take("one", lasting(3 * QUICK_SECONDS)))
        await asyncio.sleep(0.01)
        await own.take("two", lasting(2 * QUICK_SECONDS, first))
        assert one.done()  # it was over before the other had its turn
        one = asyncio.ensure_future(own.take("one", lasting(3 * QUICK_SECONDS)))
        await asyncio.sleep(0.01)
        await own.take("two", lasting(0, then))
        assert one.done()
        await asyncio.gather(own.take("one", lasting(2 * QUICK_SECONDS)), own.take("two", lasting(0, then)))
        return first, then

    first, then = asyncio.run(scene())
    assert [each > QUICK_SECONDS for each in first] == [False, True]
    assert [each > QUICK_SECONDS for each in then] == [True, False]  # it was quick in its turn, so it may be so again


def test_no_turn_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0.3)

    async def scene() -> None:
        own = Turns(Places(1))
        long = asyncio.ensure_future(own.take("long", lasting(1)))
        await asyncio.sleep(0.01)
        began_at = time.monotonic()
        with pytest.raises(Unavailable, match="under way"):
            await own.take("long", lasting(1))
        assert 0.25 < time.monotonic() - began_at < 0.9
        assert await long == "done"
        assert await own.take("long", lasting(0.2)) == "done"

    asyncio.run(scene())


def test_it_may_go_away_while_it_waits_and_while_it_works() -> None:
    async def scene() -> None:
        own = Turns(Places(1))
        for _ in range(3):
            tasks = [asyncio.ensure_future(own.take("long", lasting(1))) for _ in range(5)]
            await asyncio.sleep(2 * QUICK_SECONDS)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        began_at = time.monotonic()
        assert await own.take("long", lasting(0.2)) == "done"
        assert time.monotonic() - began_at < 0.9

    asyncio.run(scene())


def _hold(places: Places, told: Connection) -> None:
    told.send(places.take())
    time.sleep(60)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_places_are_those_of_all_processes_until_they_die(method: str) -> None:
    context = multiprocessing.get_context(method)
    places = Places(2)
    assert places.take() == 0
    ours, theirs = multiprocessing.Pipe()
    other = context.Process(target=_hold, args=(places, theirs))
    other.start()
    try:
        assert ours.poll(30)
        assert ours.recv() == 1
        assert places.take() is None
        places.leave(0)
        assert places.take() == 0
    finally:
        other.kill()
        other.join()
    assert places.take() == 1
