"""Client: the API for programs that wait."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
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


class Client:
    """One server, for one thread at a time.

    with Client() as client:
        client.send("deploys", 1, type="counter", tags={"service": "checkout"})
        print(client.ask("deploys by service today").rows)

    url: else TELEMETRY_URL, else http://127.0.0.1:8080. key: else TELEMETRY_API_KEY. retries: how often a call is made
    again that got no answer, or one that says `later`. Raises ValueError for a url or key that cannot be; all calls
    raise TelemetryError.
    """

    def __init__(
        self, url: str | None = None, key: str | None = None, *, timeout_seconds: float = 30.0, retries: int = 2
    ) -> None:
        self.url = calls.address(url)
        self._retries = retries
        self._listening = httpx.Timeout(timeout_seconds, read=SILENCE_SECONDS)
        self._http = httpx.Client(base_url=self.url, headers=calls.authorization(key), timeout=timeout_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def ask(
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
        return self._call(calls.ask(prompt, now=now, tz=tz, limit=limit, context=context, fresh=fresh))

    def ask_text(
        self,
        prompt: str,
        form: Form,
        *,
        now: Instant | None = None,
        tz: str | None = None,
        limit: int | None = None,
    ) -> Lines:
        """The answer as the server writes it: whole (json), or its rows alone (csv, ndjson)."""
        return self._call(calls.ask_text(prompt, form, now=now, tz=tz, limit=limit))

    def complete(self, prefix: str, *, now: Instant | None = None, tz: str | None = None) -> tuple[Completion, ...]:
        """How a prompt may go on; each text is a prompt that is answered."""
        return self._call(calls.complete(prefix, now=now, tz=tz))

    def metrics(self) -> Catalog:
        """The names that are stored."""
        return self._call(calls.metrics())

    def send(
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
        return self._call(calls.send(document(name, value, type, tags, at), idempotency_key))

    def send_all(
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
                stored += self._call(calls.send_batch(batch))
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
    ) -> Iterator[Event]:
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
    ) -> Iterator[Answer | TelemetryError]:
        """The answer to a prompt, and each other one that it comes to have, without end; `told` as of `tail`.

        An error is given where a question can no longer be answered, as when a word has become ambiguous.
        """
        return self._follow(Watch(self.url, prompt, now=now, tz=tz, limit=limit, told=told))

    def _call(self, call: Call[Result]) -> Result:
        retries = calls.Retries(self.url, self._retries)
        while True:
            try:
                return calls.read_response(call, self._http.send(call.build(self._http)))
            except (httpx.HTTPError, TelemetryError) as error:
                pause_seconds = retries.failed(error)
            time.sleep(pause_seconds)

    def _follow(self, follow: Follow[Item]) -> Iterator[Item]:
        while True:
            try:
                yield from self._listen(follow)
            except (httpx.HTTPError, TelemetryError) as error:
                follow.broke(error)
            time.sleep(follow.pause_seconds)

    def _listen(self, follow: Follow[Item]) -> Iterator[Item]:
        headers = {**follow.headers(), "Accept": "text/event-stream"}
        with self._http.stream(
            "GET", follow.path, params=follow.params, headers=headers, timeout=self._listening
        ) as response:
            if response.status_code != 200:
                response.read()
                raise error_of(response)
            if not response.headers.get("content-type", "").startswith("text/event-stream"):
                raise not_an_answer(response)
            follow.stands()
            for event in EventSource(response).iter_sse():
                item = follow.take(event)
                if item is not None:
                    yield item
