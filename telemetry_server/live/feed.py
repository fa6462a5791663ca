"""Feed: the changes of the metrics, read once for all who follow them in this worker."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Protocol

import structlog

from telemetry_server.errors import Gone, Problem
from telemetry_server.stores.mongo import Change, Changes, Mongo

RETRY_SECONDS = 0.5
READERS_AT_ONCE = 2  # of those who read by themselves

log = structlog.get_logger(__name__)


class Reader(Protocol):
    """Who follows the feed. Neither call may wait."""

    def take(self, changes: Sequence[Change]) -> None:
        """Told what has changed, in order, each change once."""

    def miss(self) -> None:
        """Told that changes were lost to the feed."""


class Feed:
    """Reads while somebody follows; `position` is behind what its readers were given."""

    def __init__(self, store: Mongo) -> None:
        self._store = store
        self._readers: set[Reader] = set()
        self._task: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()
        self._slots = asyncio.Semaphore(READERS_AT_ONCE)
        self.position = ""

    @property
    def is_followed(self) -> bool:
        return bool(self._readers)

    async def join(self, reader: Reader) -> None:
        """Give `reader` what changes from now on. Raises Unavailable."""
        async with self._lock:
            if self._task is None:
                changes = await self._store.changes()
                self.position = changes.position
                self._task = asyncio.create_task(self._follow(changes), name="live")
            self._readers.add(reader)

    def leave(self, reader: Reader) -> None:
        """Give it nothing more."""
        self._readers.discard(reader)
        if not self._readers and self._task is not None:
            self._task.cancel()
            self._task = None

    async def read(self, position: str) -> tuple[list[Change], str]:
        """Some of the changes behind a position, and the position behind them. Raises Gone, Unavailable."""
        async with self._slots:
            changes = await self._store.changes(position)
            try:
                return await changes.read(), changes.position
            finally:
                changes.close()

    async def _follow(self, changes: Changes | None) -> None:
        position: str | None = self.position
        try:
            while True:
                try:
                    changes = changes or await self._store.changes(position)
                    found = await changes.read()
                except Exception as error:
                    if not isinstance(error, Problem):
                        log.exception("live updates failed")
                    if changes is not None:
                        changes.close()
                    changes = None
                    if isinstance(error, Gone):
                        position = None
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                self.position = changes.position
                for reader in tuple(self._readers):
                    if position is None:
                        reader.miss()
                    reader.take(found)
                position = self.position
        finally:
            if changes is not None:
                with contextlib.suppress(RuntimeError):  # the loop is closing
                    changes.close()
