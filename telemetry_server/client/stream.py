"""A live stream that is come back to: what both clients share of it."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import httpx
import msgspec
from httpx_sse import ServerSentEvent

from telemetry_server.client.answer import Answer
from telemetry_server.client.calls import Instant, question
from telemetry_server.client.error import TelemetryError, no_answer
from telemetry_server.client.metric import Event, Metric, Tags, tag_list

SILENCE_SECONDS = 15.0  # heartbeats come every five
PAUSE_SECONDS = 1.0
MAX_PAUSE_SECONDS = 10.0
Item = TypeVar("Item")
Told = Callable[[TelemetryError | None], None]
"""Hears None as the stream stands, the first time too, and an error as the server goes away or events were missed."""


class Follow(Generic[Item]):
    """The state of one stream over all its connections."""

    def __init__(
        self, address: str, path: str, params: Mapping[str, Any], last_id: str | None, told: Told | None
    ) -> None:
        self.path = path
        self.params = dict(params)
        self._address = address
        self._last_id = last_id
        self._told = told or (lambda _: None)
        self._stood = self._stands = False
        self.pause_seconds = PAUSE_SECONDS

    def headers(self) -> dict[str, str]:
        return {} if self._last_id is None else {"Last-Event-ID": self._last_id}

    def stands(self) -> None:
        """The server has begun to tell."""
        if not self._stands:
            self._stands = self._stood = True
            self._told(None)

    def take(self, told: ServerSentEvent) -> Item | None:
        """What an event holds, if anything."""
        self.pause_seconds = PAUSE_SECONDS
        self._last_id = told.id or self._last_id
        if not told.data:
            return None  # a heartbeat
        try:
            return self._read(told)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise TelemetryError(
                "The stream of events has a form that this client does not know.", status=200
            ) from None

    def broke(self, why: httpx.HTTPError | TelemetryError) -> None:
        """Raises what cannot pass; a stream that has stood once is waited for."""
        error = why if isinstance(why, TelemetryError) else no_answer(self._address, why)
        if not self._stood or not error.is_passing:
            raise error from None
        if self._stands:
            self._stands = False
            self._told(error)
        self.pause_seconds = min(self.pause_seconds * 1.5, MAX_PAUSE_SECONDS)

    def _read(self, told: ServerSentEvent) -> Item | None:
        raise NotImplementedError

    def _tell(self, error: TelemetryError) -> None:
        self._told(error)


class Tail(Follow[Event]):
    """Metrics as they are stored and changed."""

    def __init__(
        self,
        address: str,
        *,
        name: str | None,
        tags: Tags | None,
        kind: str | None,
        last_id: str | None,
        told: Told | None,
    ) -> None:
        filters = {"name": name, "type": kind, "tags": tag_list(tags)}
        where = {key: value for key, value in filters.items() if value is not None}
        params = {"filters": msgspec.json.encode(where).decode()} if where else {}  # a tag may hold commas
        super().__init__(address, "/metrics/live", params, last_id, told)

    def _read(self, told: ServerSentEvent) -> Event | None:
        if told.event in {"metric", "changed"}:
            metric = msgspec.json.decode(told.data, type=Metric)
            return Event(told.id, metric, told.event == "changed")
        if told.event == "missed":
            self._tell(_problem(told.data))
        return None


class Watch(Follow[Answer | TelemetryError]):
    """The answer to a prompt, and each other one that it comes to have; an error while it has none."""

    def __init__(
        self,
        address: str,
        prompt: str,
        *,
        now: Instant | None,
        tz: str | None,
        limit: int | None,
        told: Told | None,
    ) -> None:
        super().__init__(address, "/query/live", question(prompt, now, tz, limit), None, told)

    def _read(self, told: ServerSentEvent) -> Answer | TelemetryError | None:
        if told.event == "answer":
            return msgspec.json.decode(told.data, type=Answer)
        return _problem(told.data) if told.event == "problem" else None


def _problem(data: str) -> TelemetryError:
    problem = msgspec.json.decode(data, type=dict[str, Any])
    return TelemetryError(str(problem.get("detail", "")), status=problem.get("status"), problem=problem)
