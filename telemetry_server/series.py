"""The series that were seen: written before a metric is acknowledged, followed by every worker's catalog."""

import asyncio
import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import structlog

from nlq import Catalog
from telemetry_server.errors import Problem, Unavailable
from telemetry_server.metric import Metric
from telemetry_server.stores.mongo import Mongo
from telemetry_server.versions import Versions

CATALOG_KEY = "catalog"
POLL_SECONDS = 2.0
REFRESH_SECONDS = 1.8
MARGIN = timedelta(seconds=10)  # a write may become visible later than one with a later `seen_at`
MAX_KNOWN = 200_000

log = structlog.get_logger(__name__)


class SeriesLog:
    """Sees to it that the series of every acknowledged metric is stored, and that the catalog knows it.

    A series is written again once a day, so that it expires only when nothing of it has come for long.
    """

    def __init__(self, store: Mongo, versions: Versions, aliases: Iterable[tuple[str, str]] = ()) -> None:
        self.catalog = Catalog()
        for alias, meant in aliases:
            self.catalog.add_alias(alias, meant)
        self.loaded = False
        self._store = store
        self._versions = versions
        self._written: OrderedDict[str, int] = OrderedDict()  # id -> day, in this process
        self._added: set[str] = set()
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
        for series_id, series in fresh.items():
            self._written[series_id] = day
            self._written.move_to_end(series_id)
            if self._add(series_id, series):
                self._versions.touch((CATALOG_KEY,))
        while len(self._written) > MAX_KNOWN:
            self._written.popitem(last=False)

    async def refresh(self) -> int:
        """Bring the catalog up to date where another worker has added to it; the version that it then has."""
        if not self.loaded:
            raise Unavailable("The catalog of metrics is being read.")
        if self._versions.version(CATALOG_KEY) != self._version:
            try:
                async with asyncio.timeout(REFRESH_SECONDS):
                    await self._poll()
            except TimeoutError:
                raise Unavailable("MongoDB does not answer.") from None
        return self._version

    async def _follow(self) -> None:
        while True:
            try:
                await self._poll()
                self.loaded = True
            except Problem:
                log.warning("catalog not read")
            except Exception:
                log.exception("catalog not read")
            await asyncio.sleep(POLL_SECONDS if self.loaded else 0.2)

    async def _poll(self) -> None:
        async with self._lock:
            version = self._versions.version(CATALOG_KEY)
            newest = self._seen_at
            async for batch in self._store.series_since(None if newest is None else newest - MARGIN):
                for series in batch:
                    self._add(series.id, (series.name, series.type, series.tags))
                    newest = series.seen_at if newest is None else max(newest, series.seen_at)
                await asyncio.sleep(0)
            self._seen_at = newest
            self._version = version

    def _add(self, series_id: str, series: tuple[str, str, tuple[str, ...]]) -> bool:
        if series_id in self._added:
            return False
        self._added.add(series_id)
        self.catalog.add(*series)
        return True


def identify(series: tuple[str, str, tuple[str, ...]]) -> str:
    """A series' id: a hash of its name, type and tags."""
    name, kind, tags = series
    text = "\0".join((name, kind, *tags))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
