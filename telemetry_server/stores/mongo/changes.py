"""What happens to the metrics, in the order in which it became durable: MongoDB's change stream.

A position is text that MongoDB gives; of two, the later one is the greater. It outlives servers and stores, and is
understood as long as MongoDB's own log goes back to it.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

from pymongo import errors as driver

from telemetry_server.errors import Gone
from telemetry_server.metric import Metric
from telemetry_server.stores.mongo.bounds import bounded

MAX_CHANGES = 1000  # read at once
GATHER_SECONDS = 0.05
AWAIT_MS = 50
_EVENTS = [{"$match": {"operationType": {"$in": ["insert", "replace", "update", "delete"]}}}]
_POSITION = re.compile(r"[0-9A-F]{2,1024}")
_UNKNOWN_POSITION = (9, 136, 260, 280, 286, 40615, 40647, 40649, 50811, 50795)  # how often it is told otherwise

Kind = Literal["stored", "replaced", "deleted"]


@dataclass(frozen=True, slots=True)
class Change:
    """One change; `metric` as it then was, None where it is deleted."""

    position: str
    kind: Kind
    metric: Metric | None


def is_position(text: str) -> bool:
    """Whether this may be a position."""
    return _POSITION.fullmatch(text) is not None


class Changes:
    """One reader of the changes; `position` is behind the last one that was read."""

    def __init__(self, collection: Any, to_metric: Callable[[Mapping[str, Any]], Metric]) -> None:
        self._collection = collection
        self._to_metric = to_metric
        self._stream: Any = None
        self._lock = Lock()  # the driver's stream may be closed while a thread still reads it
        self.position = ""

    async def open(self, position: str | None) -> None:
        """Begin behind `position`, or now. Raises Gone where MongoDB no longer knows it, Unavailable."""
        after = None if position is None else {"_data": position}

        def watch() -> Any:
            with self._lock:
                return self._collection.watch(
                    _EVENTS, full_document="updateLookup", resume_after=after, max_await_time_ms=AWAIT_MS
                )

        self._stream = await _run(watch)
        self.position = self._stream.resume_token["_data"]

    async def read(self) -> list[Change]:
        """Up to MAX_CHANGES; waits a moment for the first. Raises as `open` does."""
        changes: list[Change] = await _run(self._gather)
        self.position = self._stream.resume_token["_data"]
        return changes

    def close(self) -> None:
        """Give the stream up, soon."""
        if self._stream is not None:
            asyncio.get_running_loop().run_in_executor(None, self._close)

    def _gather(self) -> list[Change]:
        changes: list[Change] = []
        until = 0.0
        with self._lock:
            while len(changes) < MAX_CHANGES and (raw := self._stream.try_next()) is not None:
                changes.append(self._change(raw))
                until = until or time.monotonic() + GATHER_SECONDS
                if time.monotonic() > until:
                    break
            if not self._stream.alive:
                raise Gone("The metrics were dropped.")
        return changes

    def _change(self, raw: Mapping[str, Any]) -> Change:
        position, document = raw["_id"]["_data"], raw.get("fullDocument")
        try:
            metric = None if document is None else self._to_metric(document)
        except (KeyError, TypeError):  # put there by others
            metric = None
        if metric is None:
            return Change(position, "deleted", None)
        return Change(position, "stored" if raw["operationType"] == "insert" else "replaced", metric)

    def _close(self) -> None:
        with self._lock:
            self._stream.close()


async def _run(work: Callable[[], Any]) -> Any:
    async with bounded():
        try:
            return await asyncio.to_thread(work)
        except driver.OperationFailure as error:
            if error.code in _UNKNOWN_POSITION:
                raise Gone("MongoDB no longer knows what happened since then.") from None
            raise
