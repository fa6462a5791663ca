"""The asynchronous client: the same calls, awaited."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tools.processes import free_port
from tools.server import Server

from telemetry_server.client import Answer, AsyncClient, TelemetryError
from tests.client.relay import losing_answers
from tests.conftest import StartServer


def run(url: str, work: Callable[[AsyncClient], Awaitable[None]]) -> None:
    async def working() -> None:
        async with AsyncClient(url) as client, asyncio.timeout(60):
            await work(client)

    asyncio.run(working())


async def count(client: AsyncClient, name: str) -> int:
    (row,) = (await client.ask(f"how many {name}", fresh=True)).rows
    return int(row[0])


def test_calls_are_awaited(server: Server) -> None:
    """Sending, asking, following up, listing and completing."""

    async def work(client: AsyncClient) -> None:
        stored = await client.send("awaited", 2.5, tags={"host": "a"})
        assert stored.tags == ("host:a",)
        told: list[int] = []
        metrics = [{"name": "awaited", "value": 1}] * 1200
        assert await client.send_all(metrics, told=told.append) == 1200
        assert told == [1000, 1200]
        assert await count(client, "awaited") == 1201
        before = await client.ask("max awaited today")
        assert before.rows == [[2.5]]
        assert (await client.ask("and yesterday?", context=before)).rows == [[None]]
        assert (await client.ask_text("max awaited today", "csv")).text.split() == ["max", "2.5"]
        assert "awaited" in {each.name for each in (await client.metrics()).metrics}
        assert await client.complete("top 5 ev")
        with pytest.raises(TelemetryError) as caught:
            await client.ask("max awaited todai")
        assert caught.value.is_refusal
        with pytest.raises(TelemetryError) as caught:
            await client.send_all([*metrics, {"name": "no spaces", "value": 1}])
        assert caught.value.stored == 1000

    run(server.url, work)


def test_a_lost_answer_doubles_nothing(server: Server) -> None:
    """A metric whose answer was lost is sent again, and stored once."""

    async def work(client: AsyncClient) -> None:
        await client.send("async.lost", 3)

    async def look(client: AsyncClient) -> None:
        assert await count(client, "async.lost") == 1

    with losing_answers(server.process.port, 1) as relay:
        run(relay, work)
    run(server.url, look)


def test_many_ask_at_once(server: Server) -> None:
    """Calls of several tasks overlap."""

    async def work(client: AsyncClient) -> None:
        await asyncio.gather(*(client.send("at.once", value) for value in range(20)))
        answers = await asyncio.gather(*(client.ask("count of at.once") for _ in range(5)))
        assert [answer.rows for answer in answers] == [[[20]]] * 5

    run(server.url, work)


def test_tail_survives_a_server_that_goes_away(start_server: StartServer) -> None:
    """What came while it was away is told, and its going and coming are said."""
    server = start_server()
    said: list[TelemetryError | None] = []

    async def work(client: AsyncClient) -> None:
        stands, goes = asyncio.Event(), asyncio.Event()

        def told(error: TelemetryError | None) -> None:
            said.append(error)
            (goes if error else stands).set()

        tail = client.tail("async.tailed", told=told)
        first = asyncio.ensure_future(anext(tail))
        await stands.wait()
        await client.send("async.tailed", 1)
        assert (await first).metric.value == 1
        following = asyncio.ensure_future(anext(tail))
        await asyncio.to_thread(server.stop)
        await goes.wait()
        folder = server.process.log.parent
        await asyncio.to_thread(server.start, server.environment, port=server.process.port, folder=folder)
        await client.send("async.tailed", 2)
        assert (await following).metric.value == 2

    run(server.url, work)
    assert [error is None for error in said] == [True, False, True]


def test_watch_gives_each_new_answer(server: Server) -> None:
    """The first answer at once, another one when a write has changed it; leaving it early is no error."""

    async def work(client: AsyncClient) -> None:
        await client.send("async.watched", 1, type="counter")
        rows = []
        async for answer in client.watch("sum of async.watched"):
            assert isinstance(answer, Answer)
            rows.append(answer.rows)
            if len(rows) == 2:
                break
            await client.send("async.watched", 4, type="counter")
        assert rows == [[[1]], [[5]]]

    run(server.url, work)


def test_a_server_that_is_away_is_one_clear_line() -> None:
    """As of the other client."""

    async def work(client: AsyncClient) -> None:
        for call in (client.metrics(), anext(client.tail())):
            with pytest.raises(TelemetryError, match=r"No server answers at .*: Connection refused\."):
                await call

    run(f"http://127.0.0.1:{free_port()}", work)
