"""AsyncClient: the same API for programs that go on meanwhile."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing
from typing import Any, Self, TypeVar

import httpx
from httpx_sse import EventSource

from telemetry_server.client import calls
from telemetry_server.client.answer import Answer, Completion, Lines
from telemetry_server.client.calls import Call, Form, Instant
from telemetry_server.client.error import TelemetryError, error_of, not_an_answer
from telemetry_server.client.metric import Catalog, Event, Metric, Tags, batches, document
from telemetry_server.client.stream import SILENCE_SECONDS, Follow, Tail, Told, Watch

Result = TypeVar("Result")
Item = TypeVar("Item")


class AsyncClient:
    """One server, for the tasks of one event loop; all else as of Client.

    async with AsyncClient() as client:
        async for event in client.tail("deploys"):
            print(event.metric.value)
    """

    def __init__(
        self, url: str | None = None, key: str | None = None, *, timeout_seconds: float = 30.0, retries: int = 2
    ) -> None:
        self.url = calls.address(url)
        self._retries = retries
        self._listening = httpx.Timeout(timeout_seconds, read=SILENCE_SECONDS)
        self._http = httpx.AsyncClient(base_url=self.url, headers=calls.authorization(key), timeout=timeout_seconds)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(
        self,
        prompt: str,
        *,
        now: Instant | None = None,
        tz: str | None = None,
        limit: int | None = None,
        context: Answer | Mapping[str, Any] | None = None,
        fresh: bool = False,
    ) -> Answer:
        """Ask in English. now: as of then; tz: an IANA zone; context: the answer that this prompt follows.

        fresh: from the database, whatever is cached.
        """
        return await self._call(calls.ask(prompt, now=now, tz=tz, limit=limit, context=context, fresh=fresh))

    async def ask_text(
        self,
        prompt: str,
        form: Form,
        *,
        now: Instant | None = None,
        tz: str | None = None,
        limit: int | None = None,
    ) -> Lines:
        """The answer as the server writes it: whole (json), or its rows alone (csv, ndjson)."""
        return await self._call(calls.ask_text(prompt, form, now=now, tz=tz, limit=limit))

    async def complete(
        self, prefix: str, *, now: Instant | None = None, tz: str | None = None
    ) -> tuple[Completion, ...]:
        """How a prompt may go on; each text is a prompt that is answered."""
        return await self._call(calls.complete(prefix, now=now, tz=tz))

    async def metrics(self) -> Catalog:
        """The names that are stored."""
        return await self._call(calls.metrics())

    async def send(
        self,
        name: str,
        value: float | None = None,
        *,
        type: str | None = None,  # noqa: A002 - as the API has it
        tags: Tags | None = None,
        at: Instant | None = None,
        idempotency_key: str | None = None,
    ) -> Metric:
        """Store one metric; as it is stored. type: gauge where not said; at: else now; value: an event needs none.

        However often it has to be sent, it is stored once. With an idempotency key that holds for later runs too.
        """
        return await self._call(calls.send(document(name, value, type, tags, at), idempotency_key))

    async def send_all(
        self,
        metrics: Iterable[Mapping[str, Any]],
        *,
        idempotency_key: str | None = None,
        told: Callable[[int], None] | None = None,
    ) -> int:
        """Store many metrics, each as the API has it: {"name", "type", "value", "tags", "timestamp"}; how many.

        They go in batches of up to 1,000, each of which is stored whole or not at all; `told` hears how many are stored
        so far, and so does the error's `stored`. However often a batch has to be sent, it is stored once; with an
        idempotency key (for the same metrics in the same order) that holds for later runs too.
        """
        stored = 0
        for batch in batches(metrics, idempotency_key):
            try:
                stored += await self._call(calls.send_batch(batch))
            except TelemetryError as error:
                error.stored = stored
                raise
            if told is not None:
                told(stored)
        return stored

    def tail(
        self,
        name: str | None = None,
        *,
        tags: Tags | None = None,
        type: str | None = None,  # noqa: A002 - as the API has it
        last_id: str | None = None,
        told: Told | None = None,
    ) -> AsyncIterator[Event]:
        """Metrics as they are stored and changed from now on, or after the event `last_id`; without end.

        When the server goes away it is waited for, and all that came meanwhile is told: `told` hears of it.
        """
        return self._follow(Tail(self.url, name=name, tags=tags, kind=type, last_id=last_id, told=told))

    def watch(
        self,
        prompt: str,
        *,
        now: Instant | None = None,
        tz: str | None = None,
        limit: int | None = None,
        told: Told | None = None,
    ) -> AsyncIterator[Answer | TelemetryError]:
        """The answer to a prompt, and each other one that it comes to have, without end; `told` as of `tail`.

        An error is given where a question can no longer be answered, as when a word has become ambiguous.
        """
        return self._follow(Watch(self.url, prompt, now=now, tz=tz, limit=limit, told=told))

    async def _call(self, call: Call[Result]) -> Result:
        retries = calls.Retries(self.url, self._retries)
        while True:
            try:
                return calls.read_response(call, await self._http.send(call.build(self._http)))
            except (httpx.HTTPError, TelemetryError) as error:
                pause_seconds = retries.failed(error)
            await asyncio.sleep(pause_seconds)

    async def _follow(self, follow: Follow[Item]) -> AsyncIterator[Item]:
        while True:
            try:
                async with aclosing(self._listen(follow)) as items:
                    async for item in items:
                        yield item
            except (httpx.HTTPError, TelemetryError) as error:
                follow.broke(error)
            await asyncio.sleep(follow.pause_seconds)

    async def _listen(self, follow: Follow[Item]) -> AsyncGenerator[Item, None]:
        headers = {**follow.headers(), "Accept": "text/event-stream"}
        async with self._http.stream(
            "GET", follow.path, params=follow.params, headers=headers, timeout=self._listening
        ) as response:
            if response.status_code != 200:
                await response.aread()
                raise error_of(response)
            if not response.headers.get("content-type", "").startswith("text/event-stream"):
                raise not_an_answer(response)
            follow.stands()
            async with aclosing(EventSource(response).aiter_sse()) as events:
                async for event in events:
                    item = follow.take(event)
                    if item is not None:
                        yield item
