"""The keys as one worker knows them: those of the settings, and those that were made, followed in MongoDB.

A key that was made or revoked through this `serve` is known as such at once, by a number in shared memory; one of
another server, or of the command line, within the time that a cached answer may be behind.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from ctypes import c_uint64
from datetime import datetime, timedelta

import structlog

from telemetry_server.access import auth
from telemetry_server.access.auth import EVERYBODY, Key, Keyhole
from telemetry_server.errors import Problem, Unavailable
from telemetry_server.stores.mongo import KeyStore

LEAST_POLL_SECONDS = 0.1
MOST_POLL_SECONDS = 2.0
REFRESH_SECONDS = 1.8
REREAD_SECONDS = 60.0  # all of them, so that what was deleted by hand is noticed
MARGIN = timedelta(seconds=10)  # a change may become visible later than one with a later `changed_at`

log = structlog.get_logger(__name__)


class KeyRing:
    """given: the digests of the settings' keys; changed: another number after each change through this serve."""

    def __init__(self, store: KeyStore, given: Sequence[bytes], changed: c_uint64, staleness_ms: int) -> None:
        self._store = store
        self._given = [(digest, Key(f"settings:{place}", "admin")) for place, digest in enumerate(given, 1)]
        self._changed = changed
        self._poll_seconds = min(max(staleness_ms / 2000, LEAST_POLL_SECONDS), MOST_POLL_SECONDS)
        self._keys = Keyhole(self._given)
        self._guards = bool(given)
        self._known_change = changed.value
        self._newest: datetime | None = None
        self._read_at = 0.0
        self._generation = 0
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.loaded = False

    @property
    def generation(self) -> int | None:
        """While this number is the same, `find` gives the same; None where it would have to look."""
        return self._generation if self._changed.value == self._known_change and self.loaded else None

    def start(self) -> None:
        self._task = asyncio.create_task(self._follow(), name="keys")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def find(self, authorization: str | None) -> Key | None:
        """The known key that an Authorization header holds; EVERYBODY where there are no keys at all.

        Raises Unavailable where that cannot be known.
        """
        if self._changed.value != self._known_change:
            await self._refresh()
        digest = auth.digest_of(authorization)
        key = None if digest is None else self._keys.find(digest)
        if key is not None and key.has_expired():
            return None
        if key is None and not self._guards:
            if not self.loaded:
                raise Unavailable("The API keys are being read.")
            return EVERYBODY
        if key is None and digest is not None and not self.loaded:
            raise Unavailable("The API keys are being read.")
        return key

    async def _refresh(self) -> None:
        try:
            async with asyncio.timeout(REFRESH_SECONDS):
                await self._poll()
        except TimeoutError:
            raise Unavailable("MongoDB does not answer.") from None

    async def _follow(self) -> None:
        while True:
            try:
                await self._poll()
            except Problem:
                log.warning("keys not read")
            except Exception:
                log.exception("keys not read")
            await asyncio.sleep(self._poll_seconds)

    async def _poll(self) -> None:
        async with self._lock:
            change = self._changed.value
            anew = time.monotonic() - self._read_at > REREAD_SECONDS or not self.loaded
            since = None if anew or self._newest is None else self._newest - MARGIN
            found = await self._store.changed_since(since)
            keys = Keyhole(self._given) if anew else self._keys
            for digest, key, changed_at in found:
                if key.revoked_at is None:
                    keys.put(digest, key)
                else:
                    keys.drop(digest)
                self._newest = changed_at if self._newest is None else max(self._newest, changed_at)
            if anew or found:
                self._generation += 1
            if anew:
                self._read_at = time.monotonic()
                self._guards = bool(self._given)
            # One that was revoked guards too: else the end of the last key would let everybody in.
            self._guards = self._guards or bool(found)
            self._keys = keys
            self._known_change = change
            self.loaded = True
