"""The metrics, the series that were seen, and the prompts that were refused."""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from copy import copy
from datetime import UTC, datetime
from typing import Any, NamedTuple

os.environ.setdefault("MOTOR_MAX_WORKERS", "32")  # read when motor is imported; its own default is 5 a core

import pymongo
import structlog
from bson import ObjectId
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import errors as driver
from pymongo.uri_parser import parse_uri

from telemetry_server import instants
from telemetry_server.errors import HalfRestored, Problem, Unavailable
from telemetry_server.metric import Metric
from telemetry_server.metric_filter import Cursor, MetricFilter
from telemetry_server.stores.documents import Miss, Series
from telemetry_server.stores.mongo.bounds import REFUSED, answering, bounded
from telemetry_server.stores.mongo.bson_form import condition, exactly, to_document, to_metric, to_rows
from telemetry_server.stores.mongo.changes import Changes
from telemetry_server.stores.mongo.explained import indexes_of
from telemetry_server.stores.mongo.migrations import Migrations
from telemetry_server.summaries.retention import Retention

ANSWER_SECONDS = 5.0
LEAST_SECONDS = 0.05  # for a pipeline that begins late
WATCH_SECONDS = 0.5
PING_SECONDS = 0.8

CLIENT: Mapping[str, Any] = {
    "appname": "telemetry-server",
    "w": "majority",
    "journal": True,
    "serverSelectionTimeoutMS": 1500,
    "connectTimeoutMS": 1000,
    "heartbeatFrequencyMS": 2000,
}
AWARE: Mapping[str, Any] = {"tz_aware": True, "tzinfo": UTC}

DUPLICATE_KEY = 11000
RESTORING = "restoring"  # a collection that is there while a backup is being put back

log = structlog.get_logger(__name__)


class NotInserted(NamedTuple):
    """Places of metrics: `taken`, whose id was; `refused`, by a rule that the database has been given."""

    taken: frozenset[int] = frozenset()
    refused: frozenset[int] = frozenset()


def new_id() -> str:
    """24 hex digits, never used before."""
    return str(ObjectId())


def check_uri(uri: str) -> None:
    """Raise ValueError for a URI that the driver cannot read."""
    try:
        parse_uri(uri, warn=False)
    except (driver.PyMongoError, ValueError):
        raise ValueError("not a URI of MongoDB") from None  # the driver's words may hold the password


class Mongo:
    """The database `telemetry_server_<app_env>`; or that of a tenant, with `~<tenant>` behind it."""

    is_tenants = False

    def __init__(self, uri: str, app_env: str, retention: Retention) -> None:
        self.client: Any = AsyncIOMotorClient(uri, **CLIENT, **AWARE)
        # Its reads are ended by MongoDB: `pymongo.timeout` would hang up a moment before, which looks like a failure.
        # What it reads is not aware: rows have few instants, many times each, and zones were most of the decoding.
        self._answering: Any = AsyncIOMotorClient(uri, **CLIENT, socketTimeoutMS=int(2000 * ANSWER_SECONDS))
        self._name = f"telemetry_server_{app_env}"
        self.retention = retention
        self._use(self._name)

    def _use(self, name: str) -> None:
        self.database = self.client[name]
        self._metrics = self.database["metrics"]
        self._series = self.database["series"]
        self._misses = self.database["misses"]

    def of_tenant(self, tenant: str) -> "Mongo":
        """The database of a tenant, over the same connections."""
        other = copy(self)
        other.is_tenants = True
        other._use(self.database_of(tenant))  # noqa: SLF001 - it is one of us
        return other

    def database_of(self, tenant: str) -> str:
        """The name of a tenant's database: no APP_ENV has a `~`, so it is that of no other server."""
        return f"{self._name}~{tenant}"

    def close(self) -> None:
        self.client.close()
        self._answering.close()

    async def prepare(self) -> None:
        """Make the indexes, or give a standing one its new expiry. Several processes may do so at once.

        Raises HalfRestored, Unavailable.
        """
        if not self.is_tenants:
            async with bounded():
                unfinished = await self.database[RESTORING].find_one({})
            if unfinished is not None:
                since = instants.render(unfinished["began_at"])
                raise HalfRestored(f"A restore of this database, begun at {since}, has not ended; it is not whole.")
        await self._watched(Migrations(self.database, self.retention, is_tenants=self.is_tenants).migrate())

    async def ping(self, seconds: float = PING_SECONDS) -> bool:
        """Whether MongoDB answers, and can be written to, within `seconds`."""
        try:
            async with bounded(seconds):
                hello = await self.client.admin.command("hello")
        except Problem:
            return False
        return bool(hello.get("isWritablePrimary"))

    async def tenants(self) -> list[str]:
        """The tenants that have a database."""
        prefix = self.database_of("")
        wanted = {"listDatabases": 1, "nameOnly": True, "filter": {"name": {"$regex": f"^{re.escape(prefix)}"}}}
        async with bounded():
            found = await self.client.admin.command(wanted)
        return sorted(each["name"].removeprefix(prefix) for each in found["databases"])

    # --- writing

    async def insert(self, metrics: Sequence[Metric], seconds: float) -> NotInserted:
        """Insert all whose id is free, durably; give back the places of the others."""
        async with bounded(seconds):
            try:
                await self._metrics.insert_many([to_document(metric) for metric in metrics], ordered=False)
            except driver.BulkWriteError as error:
                details = error.details or {}
                failures = details.get("writeErrors", [])
                codes = {failure["index"]: failure.get("code") for failure in failures}
                if not {DUPLICATE_KEY, *REFUSED}.issuperset(codes.values()) or details.get("writeConcernErrors"):
                    raise
                taken = frozenset(place for place, code in codes.items() if code == DUPLICATE_KEY)
                return NotInserted(taken, frozenset(codes) - taken)
        return NotInserted()

    async def replace(self, old: Metric, new: Metric) -> bool:
        """Put `new` in the place of `old`; False where the stored document is no longer `old`."""
        async with bounded():
            result = await self._metrics.replace_one(exactly(old), to_document(new))
        return bool(result.matched_count)

    async def delete(self, old: Metric) -> bool:
        """Delete `old`; False where the stored document is no longer `old`."""
        async with bounded():
            result = await self._metrics.delete_one(exactly(old))
        return bool(result.deleted_count)

    async def take(self, metric_id: str, since: datetime) -> Metric | None:
        """Delete the metric with this id where it is of `since` or later; the metric that it was."""
        async with bounded():
            document = await self._metrics.find_one_and_delete(
                {"_id": ObjectId(metric_id), "timestamp": {"$gte": since}}
            )
        return None if document is None else to_metric(document)

    # --- reading

    async def get(self, metric_id: str) -> Metric | None:
        """The metric with this id, expired or not."""
        async with bounded():
            document = await self._metrics.find_one({"_id": ObjectId(metric_id)})
        return None if document is None else to_metric(document)

    async def get_many(self, metric_ids: Iterable[str]) -> dict[str, Metric]:
        """Those of the metrics that exist, by id."""
        wanted = {"_id": {"$in": [ObjectId(metric_id) for metric_id in metric_ids]}}
        async with bounded():
            documents = await self._metrics.find(wanted).to_list(None)
        return {metric.id: metric for metric in map(to_metric, documents)}

    async def page(self, where: MetricFilter, after: Cursor | None, count: int) -> list[Metric]:
        """Up to `count` metrics, newest first and by falling id within an instant, that come after a cursor.

        No index holds the id behind the timestamp: an instant that a page cuts is read in order of id by itself.
        """
        async with bounded(less_helps=True):
            found: list[Metric] = []
            if after is not None:
                found = await self._instant(where, after.timestamp, count, ObjectId(after.id))
            if len(found) < count:
                end = where.end if after is None else after.timestamp
                missing = count - len(found)
                more = missing + 1  # in one batch, which tells whether the page ends within an instant
                cursor = self._metrics.find(condition(where, end=end), batch_size=more).sort("timestamp", -1)
                rest = [to_metric(document) for document in await cursor.limit(more).to_list(more)]
                rest.sort(key=lambda metric: (metric.timestamp, metric.id), reverse=True)
                if len(rest) > missing and (last := rest[missing].timestamp) == rest[missing - 1].timestamp:
                    rest = [metric for metric in rest if metric.timestamp > last]
                    rest += await self._instant(where, last, missing - len(rest), None)
                found += rest[:missing]
        return found

    async def rows(self, collection: str, stages: Sequence[Mapping[str, Any]], until: float) -> list[list[Any]]:
        """The `row` of each document that comes of a pipeline, which runs until then, by the monotonic clock.

        Raises Unavailable soon where MongoDB falls silent.
        """
        seconds = max(until - time.monotonic(), LEAST_SECONDS)
        found = self._answering[self.database.name][collection]

        async def run() -> list[list[Any]]:
            async with answering(seconds):
                documents = await found.aggregate(list(stages), maxTimeMS=int(1000 * seconds)).to_list(None)
            return to_rows(documents)

        rows: list[list[Any]] = await self._watched(run())
        return rows

    async def explain(self, collection: str, stages: Sequence[Mapping[str, Any]]) -> list[str | None]:
        """The indexes by which a pipeline would be read; None among them where a whole collection would be."""
        command = {"aggregate": collection, "pipeline": list(stages), "cursor": {}}

        async def run() -> Any:
            async with bounded(ANSWER_SECONDS):
                return await self.database.command("explain", command, verbosity="queryPlanner")

        return indexes_of(await self._watched(run()))

    async def changes(self, position: str | None = None) -> Changes:
        """What happens to the metrics behind `position`, or from now on; to be closed. Raises Gone, Unavailable."""
        changes = Changes(self._metrics.delegate, to_metric)
        await changes.open(position)
        return changes

    # --- series

    async def save_series(self, series: Mapping[str, tuple[str, str, tuple[str, ...]]], seconds: float) -> None:
        """Record series, by id, as seen now."""
        updates = [
            pymongo.UpdateOne(
                {"_id": series_id},
                {
                    "$setOnInsert": {"name": name, "type": kind, "tags": list(tags)},
                    "$currentDate": {"seen_at": True},
                },
                upsert=True,
            )
            for series_id, (name, kind, tags) in series.items()
        ]
        async with bounded(seconds):
            try:
                await self._series.bulk_write(updates, ordered=False)
            except driver.BulkWriteError as error:
                details = error.details or {}
                failures = details.get("writeErrors", [])
                # Two upserts of the same series at once: one of them made it.
                if details.get("writeConcernErrors") or any(f.get("code") != DUPLICATE_KEY for f in failures):
                    raise

    async def series_since(self, at: datetime | None, batch: int = 500) -> AsyncIterator[list[Series]]:
        """All series seen after `at` (None: ever), in batches."""
        cursor = self._series.find({} if at is None else {"seen_at": {"$gt": at}}).batch_size(batch)
        while True:
            async with bounded():
                documents = await cursor.to_list(batch)
            if not documents:
                return
            yield [Series(d["_id"], d["name"], d["type"], tuple(d["tags"]), d["seen_at"]) for d in documents]

    # --- misses

    async def count_misses(self, misses: Mapping[str, tuple[str, str, int]]) -> None:
        """Add to the counts of misses: (code, text, count) by id."""
        updates = [
            pymongo.UpdateOne(
                {"_id": miss_id},
                {
                    "$setOnInsert": {"code": code, "text": text},
                    "$inc": {"count": count},
                    "$currentDate": {"seen_at": True},
                },
                upsert=True,
            )
            for miss_id, (code, text, count) in misses.items()
        ]
        async with bounded():
            await self._misses.bulk_write(updates, ordered=False)

    async def forget_misses(self, code: str, most: int) -> None:
        """Keep at most so many of a code: the most frequent, of equals the latest."""
        async with bounded():
            order = [("code", 1), ("count", -1), ("seen_at", -1)]
            extra = await self._misses.find({"code": code}, {"_id": 1}).sort(order).skip(most).to_list(None)
            if extra:
                await self._misses.delete_many({"_id": {"$in": [miss["_id"] for miss in extra]}})

    async def misses(self) -> list[Miss]:
        """All that are kept, in no order."""
        async with bounded():
            documents = await self._misses.find().to_list(None)
        return [Miss(d["code"], d["text"], d["count"], d["seen_at"]) for d in documents]

    # --- helpers

    async def _instant(self, where: MetricFilter, at: datetime, count: int, below: ObjectId | None) -> list[Metric]:
        wanted = condition(where, at=at) | ({} if below is None else {"_id": {"$lt": below}})
        # By the id alone MongoDB might go through all ids there are, the newest first, until it has found enough.
        cursor = self._metrics.find(wanted).sort([("timestamp", -1), ("_id", -1)]).limit(count)
        return [to_metric(document) for document in await cursor.to_list(count)]

    async def _watched(self, work: Awaitable[Any]) -> Any:
        task = asyncio.ensure_future(work)
        try:
            while True:
                done, _ = await asyncio.wait({task}, timeout=WATCH_SECONDS)
                if done:
                    return task.result()
                if not await self.ping():
                    raise Unavailable("MongoDB does not answer.")
        finally:
            task.cancel()
