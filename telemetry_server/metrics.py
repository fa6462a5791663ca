"""The metrics as a resource: create, read, list, replace, change, delete."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from telemetry_server import instants
from telemetry_server.errors import Conflict, Fault, Invalid, NotFound, PreconditionFailed, Unavailable
from telemetry_server.http import wire
from telemetry_server.metric import Metric, build, etag, same_content
from telemetry_server.metric_filter import Cursor, MetricFilter
from telemetry_server.reading.versions import Versions
from telemetry_server.stores.mongo import OPERATION_SECONDS, Mongo, new_id
from telemetry_server.summaries.seals import Seals
from telemetry_server.writing.ingest import Ingest
from telemetry_server.writing.series import SeriesLog

MAX_ATTEMPTS = 20  # of a replacement that others overtake


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `next`: where the following one begins, None at the end."""

    metrics: list[Metric]
    next: Cursor | None


class Metrics:
    """What the routes do with metrics. Expired ones, which MongoDB may not have deleted yet, do not exist."""

    def __init__(
        self, store: Mongo, ingest: Ingest, series: SeriesLog, seals: Seals, versions: Versions, app_env: str
    ) -> None:
        self._store = store
        self._seals = seals
        self._ingest = ingest
        self._series = series
        self._versions = versions
        self._app_env = app_env

    async def create(self, fields: Mapping[str, Any], idempotency_key: str | None) -> tuple[Metric, bool]:
        """Store one metric; the document, and whether it is new.

        The id is the client's, or derived from the idempotency key, or fresh. Where it is taken, the same
        content gives the stored document; other content raises Conflict, or Invalid for an idempotency key.
        """
        metric_id = fields.get("id") or (derived_id(self._app_env, idempotency_key) if idempotency_key else new_id())
        metric = build(fields, metric_id, instants.now())
        if not await self._ingest.write([metric]):
            return metric, True
        if "id" not in fields and idempotency_key is None:
            return metric, True  # a fresh id is taken only by an earlier attempt of our own
        stored = await self._store.get(metric_id)
        if stored is None:
            raise Unavailable("The document changed meanwhile.")
        if same_content(stored, fields):
            return stored, False
        if idempotency_key is not None:
            raise Invalid([Fault("", "This Idempotency-Key was used for another document.")])
        raise Conflict("This id belongs to another document.", faults=[Fault("/id", "Taken.")])

    async def create_all(self, batch: Sequence[Mapping[str, Any]]) -> None:
        """Store a batch. Raises Conflict where ids belong to other documents; all else is then stored."""
        now = instants.now()
        metrics = [build(fields, fields.get("id") or new_id(), now) for fields in batch]
        taken = await self._ingest.write(metrics)
        given = {fields["id"] for fields in batch if "id" in fields}
        if not taken & given:
            return
        stored = await self._store.get_many(taken & given)
        others = [
            place
            for place, fields in enumerate(batch)
            if fields.get("id") in stored and not same_content(stored[fields["id"]], fields)
        ]
        if others:
            raise Conflict(
                f"{len(batch) - len(others)} of {len(batch)} metrics are stored; the other ids are taken.",
                faults=[Fault(f"/metrics/{place}/id", "Belongs to another document.") for place in others],
            )

    async def get(self, metric_id: str) -> Metric:
        """One metric. Raises NotFound."""
        metric = await self._store.get(metric_id)
        if metric is None or metric.timestamp < self._oldest():
            raise NotFound("There is no metric with this id.")
        return metric

    async def page(self, where: MetricFilter, after: Cursor | None, limit: int) -> Page:
        """The `limit` newest metrics that fulfil `where` and come after the cursor."""
        metrics = await self._store.page(self.kept(where), after, limit + 1)
        if len(metrics) <= limit:
            return Page(metrics, None)
        last = metrics[limit - 1]
        return Page(metrics[:limit], Cursor(last.timestamp, last.id))

    async def update(
        self, metric_id: str, if_match: str | None, change: Callable[[Metric], Mapping[str, Any]]
    ) -> Metric:
        """Replace a metric by what `change` makes of it. Raises NotFound, PreconditionFailed."""
        for _ in range(MAX_ATTEMPTS):
            old = await self._matching(metric_id, if_match)
            new = build(change(old), metric_id, old.timestamp)
            await self._series.save([new], OPERATION_SECONDS)
            await self._seals.break_for((old.timestamp, new.timestamp), OPERATION_SECONDS)
            try:
                if await self._store.replace(old, new):  # equal or not: what was read may not be durable yet
                    return new
            finally:
                self._versions.touch({*old.keys(), *new.keys()})
        raise Unavailable("Others change this metric all the time.")

    async def delete(self, metric_id: str, if_match: str | None) -> None:
        """Delete a metric. Raises NotFound, PreconditionFailed."""
        if if_match is None and await self._take(metric_id):
            return
        for _ in range(MAX_ATTEMPTS):
            old = await self._matching(metric_id, if_match)
            await self._seals.break_for((old.timestamp,), OPERATION_SECONDS)
            try:
                if await self._store.delete(old):
                    return
            finally:
                self._versions.touch(old.keys())
        raise Unavailable("Others change this metric all the time.")

    async def _take(self, metric_id: str) -> bool:
        """Delete a metric at once, where it breaks no seal; else it is still there."""
        try:
            old = await self._store.take(metric_id, self._seals.open_since())
        except BaseException:  # it may be gone, and nobody knows what it was
            self._versions.touch_all()
            raise
        if old is not None:
            self._versions.touch(old.keys())
        return old is not None

    async def _matching(self, metric_id: str, if_match: str | None) -> Metric:
        try:
            metric = await self.get(metric_id)
        except NotFound:
            if if_match is not None:
                raise PreconditionFailed("There is no metric with this id.") from None
            raise
        if if_match is not None and not matches(if_match, etag(wire.encode(metric.to_wire()))):
            raise PreconditionFailed("The metric has changed: its ETag is another one.")
        return metric

    def _oldest(self) -> datetime:
        return self._store.retention.metrics_since(instants.now())

    def kept(self, where: MetricFilter) -> MetricFilter:
        """`where`, without what has expired."""
        start = max(where.start or self._oldest(), self._oldest())
        return MetricFilter(where.name, where.tags, where.type, start, where.end, where.least, where.most)


def derived_id(app_env: str, idempotency_key: str) -> str:
    """The id that an idempotency key stands for."""
    return hashlib.blake2b(f"{app_env}\0{idempotency_key}".encode(), digest_size=12).hexdigest()


def matches(condition: str, tag: str, *, weak: bool = False) -> bool:
    """Whether an If-Match (or, `weak`, an If-None-Match) header holds for an ETag."""
    candidates = [candidate.strip() for candidate in condition.split(",")]
    if weak:
        candidates = [candidate.removeprefix("W/") for candidate in candidates]
    return "*" in candidates or tag in candidates
