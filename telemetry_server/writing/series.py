"""The series that were seen: written before a metric is acknowledged, followed by every worker's catalog."""

import asyncio
import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from time import monotonic

import structlog

from nlq import Catalog
from telemetry_server.errors import Problem, Unavailable
from telemetry_server.metric import Metric
from telemetry_server.reading.versions import Versions
from telemetry_server.stores.mongo import Mongo

CATALOG_KEY = "catalog"
POLL_SECONDS = 2.0
REFRESH_SECONDS = 1.8
REBUILD_SECONDS = 86_400.0
MARGIN = timedelta(seconds=10)  # a write may become visible later than one with a later `seen_at`
MAX_KNOWN = 200_000

log = structlog.get_logger(__name__)


class SeriesLog:
    """Sees to it that the series of every acknowledged metric is stored, and that the catalog knows it.

    A series is written again once a day, so that it expires only when nothing of it has come for long. The catalog
    only grows; once a day it is read anew, and what has expired is no longer in it.
    """

    def __init__(self, store: Mongo, versions: Versions, aliases: Iterable[tuple[str, str]] = ()) -> None:
        self._aliases = tuple(aliases)
        self.catalog = self._empty()
        self._next: Catalog | None = None  # the one that is being read anew
        self.loaded = False
        self._store = store
        self._versions = versions
        self._written: OrderedDict[str, int] = OrderedDict()  # id -> day, in this process
        self._version = 0
        self._seen_at: datetime | None = None
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._follow(), name="catalog")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def save(self, metrics: Iterable[Metric], seconds: float) -> None:
        """Store those series of `metrics` that this process has not stored today."""
        day = datetime.now(UTC).toordinal()
        fresh = {}
        for series in {metric.series for metric in metrics}:
            series_id = identify(series)
            if self._written.get(series_id) != day:
                fresh[series_id] = series
        if not fresh:
            return
        await self._store.save_series(fresh, seconds)
        if not fresh.keys() <= self._written.keys():
            self._versions.touch((CATALOG_KEY,))
        for series_id, series in fresh.items():
            self._written[series_id] = day
            self._written.move_to_end(series_id)
            self._add(series)
        while len(self._written) > MAX_KNOWN:
            self._written.popitem(last=False)

    async def load(self) -> None:
        """Read the catalog, where that is still to be done. Raises Unavailable."""
        if not self.loaded:
            await self._poll_soon()
            self.loaded = True

    async def refresh(self) -> int:
        """Bring the catalog up to date where another worker has added to it; the version that it then has."""
        if not self.loaded:
            raise Unavailable("The catalog of metrics is being read.")
        if self._versions.version(CATALOG_KEY) != self._version:
            await self._poll_soon()
        return self._version

    async def _follow(self) -> None:
        built = monotonic()
        while True:
            try:
                await self._poll()
                self.loaded = True
                if monotonic() - built > REBUILD_SECONDS:
                    await self.rebuild()
                    built = monotonic()
            except Problem:
                log.warning("catalog not read")
            except Exception:
                log.exception("catalog not read")
            await asyncio.sleep(POLL_SECONDS if self.loaded else 0.2)

    async def _poll_soon(self) -> None:
        try:
            async with asyncio.timeout(REFRESH_SECONDS):
                await self._poll()
        except TimeoutError:
            raise Unavailable("MongoDB does not answer.") from None

    async def _poll(self) -> None:
        async with self._lock:
            version = self._versions.version(CATALOG_KEY)
            newest = self._seen_at
            async for batch in self._store.series_since(None if newest is None else newest - MARGIN):
                for series in batch:
                    self._add((series.name, series.type, series.tags))
                    newest = series.seen_at if newest is None else max(newest, series.seen_at)
                await asyncio.sleep(0)
            self._seen_at = newest
            self._version = version

    async def rebuild(self) -> None:
        """Read the catalog anew, while the present one is in use; what comes meanwhile goes into both."""
        self._next = fresh = self._empty()
        try:
            async for batch in self._store.series_since(None):
                for series in batch:
                    fresh.add(series.name, series.type, series.tags)
                await asyncio.sleep(0)
            self.catalog = fresh
        finally:
            self._next = None
        if fresh.is_full:
            log.warning("catalog full", names=len(fresh.names))

    def _empty(self) -> Catalog:
        catalog = Catalog()
        for alias, meant in self._aliases:
            catalog.add_alias(alias, meant)
        return catalog

    def _add(self, series: tuple[str, str, tuple[str, ...]]) -> None:
        self.catalog.add(*series)
        if self._next is not None:
            self._next.add(*series)


def identify(series: tuple[str, str, tuple[str, ...]]) -> str:
    """A series' id: a hash of its name, type and tags."""
    name, kind, tags = series
    text = "\0".join((name, kind, *tags))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
