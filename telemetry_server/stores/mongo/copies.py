"""Whole databases, out as they were at one instant, and in again: that of the house, and those of its tenants.

While a database is being filled, the collection `restoring` holds one document {_id: "restore", began_at, digest}: what
is there beside it is not whole, and no server is to answer from it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo import errors as driver
from pymongo.write_concern import WriteConcern

from telemetry_server import instants
from telemetry_server.errors import Problem, Unavailable
from telemetry_server.stores.mongo.bounds import bounded
from telemetry_server.stores.mongo.migrations import Migrations
from telemetry_server.stores.mongo.store import RESTORING, Mongo

BATCH_SECONDS = 60.0  # of up to 16 MB
CATALOGUE_SECONDS = 30.0  # waiting for collections or indexes that are being made
MAX_INSERT = 1000
_TOO_OLD, _UNAVAILABLE = 239, 246  # SnapshotTooOld, SnapshotUnavailable
_TOLD_TOO_OLD = (
    "The backup took longer than MongoDB remembers what was. Let it remember for longer while the backup is taken: "
    "db.adminCommand({setParameter: 1, minSnapshotHistoryWindowInSeconds: 3600})"
)


class _Moved(Problem):
    """A collection or an index is newer than the instant: another one is to be taken."""


@dataclass(frozen=True, slots=True)
class Source:
    """A collection of a tenant ("" for that of none), and about how many documents it has."""

    tenant: str
    collection: str
    documents: int


class Snapshot:
    """What all collections held at the instant of `open`: with all that was acknowledged before, of nothing a part."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._session: Any = None

    async def open(self) -> list[Source]:
        """Choose the instant; the collections that were there. Raises Unavailable."""
        end = time.monotonic() + CATALOGUE_SECONDS
        while True:
            try:
                return await self._open()
            except _Moved:
                if time.monotonic() > end:
                    raise Unavailable("Collections or indexes are being made; try again later.") from None
                await asyncio.sleep(0.5)

    async def batches(self, source: Source) -> AsyncIterator[bytes]:
        """The documents as BSON, one behind the other, up to 16 MB at a time. Raises Unavailable."""
        collection = _database(self._mongo, source.tenant)[source.collection]
        cursor = collection.find_raw_batches({}, session=self._session)
        while True:
            async with bounded(BATCH_SECONDS):
                try:
                    batch: bytes = await anext(cursor, b"")
                except driver.OperationFailure as error:
                    raise _translated(error) from None
            if not batch:
                return
            yield batch

    async def _open(self) -> list[Source]:
        client = self._mongo.client
        async with bounded():
            self._session = await client.start_session(snapshot=True)
            await _probe(self._mongo.database["metrics"], self._session)  # the first read chooses the instant
        # What is there after it was there at it, or is newer, which its own read tells.
        found = []
        for tenant in ["", *await self._mongo.tenants()]:
            database = _database(self._mongo, tenant)
            async with bounded(BATCH_SECONDS):
                for name in await _collections(database):
                    await _probe(database[name], self._session)
                    found.append(Source(tenant, name, await database[name].estimated_document_count()))
        return found


class Target:
    """The databases that a backup goes into."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    async def unfinished_since(self) -> datetime | None:
        """When a restore began that has not ended."""
        async with bounded():
            found = await self._mongo.database[RESTORING].find_one({})
        return None if found is None else found["began_at"]

    async def is_empty(self) -> bool:
        """Whether there is no document in any collection."""
        for tenant in ["", *await self._mongo.tenants()]:
            database = _database(self._mongo, tenant)
            async with bounded(BATCH_SECONDS):
                for name in await _collections(database):
                    if await database[name].find_one({}, {"_id": 1}) is not None:
                        return False
        return True

    async def in_use_until(self) -> datetime | None:
        """Until when a server that runs holds the summariser's lease; None where none does."""
        async with bounded():
            found = await self._mongo.database["seals"].find_one({"_id": "leader"})
        return found["until"] if found is not None and found["until"] > instants.now() else None

    async def begin(self, digest: str) -> None:
        """Mark what is there as not whole, durably; then drop it."""
        marker = {"began_at": instants.now(), "digest": digest}
        async with bounded(BATCH_SECONDS):
            await self._mongo.database[RESTORING].update_one({"_id": "restore"}, {"$set": marker}, upsert=True)
            for tenant in await self._mongo.tenants():
                await self._mongo.client.drop_database(self._mongo.database_of(tenant))
            for name in await _collections(self._mongo.database):
                await self._mongo.database[name].drop()

    async def put(self, tenant: str, collection: str, raw: bytes) -> int:
        """Store documents; how many. Raises ValueError for what is no BSON. They are durable when `end` is done."""
        documents = [RawBSONDocument(each) for each in split(raw)]
        into = _database(self._mongo, tenant)[collection].with_options(write_concern=WriteConcern(w=1))
        for start in range(0, len(documents), MAX_INSERT):
            async with bounded(BATCH_SECONDS):
                await into.insert_many(documents[start : start + MAX_INSERT], ordered=False)
        return len(documents)

    async def end(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Make the indexes, see that all is there, and take the mark away. counts: by tenant and collection."""
        tenants = sorted({tenant for tenant, _ in counts} | {""})
        for (tenant, collection), count in counts.items():
            async with bounded(BATCH_SECONDS):
                found = await _database(self._mongo, tenant)[collection].count_documents({})
            if found != count:
                raise Unavailable(f"Of {count} documents of {collection} {found} are there.")
        for tenant in tenants:
            database, is_tenants = _database(self._mongo, tenant), bool(tenant)
            await Migrations(database, self._mongo.retention, is_tenants=is_tenants).migrate()
        async with bounded(BATCH_SECONDS):
            await self._mongo.database[RESTORING].delete_one({"_id": "restore"})
            await self._mongo.database[RESTORING].drop()


def split(raw: bytes) -> Iterator[bytes]:
    """BSON documents that lie one behind the other. Raises ValueError for what is no BSON."""
    start = 0
    while start < len(raw):
        end = start + int.from_bytes(raw[start : start + 4], "little", signed=True)
        if not start + 5 <= end <= len(raw):
            raise ValueError("no BSON")
        yield raw[start:end]
        start = end


def _database(mongo: Mongo, tenant: str) -> Any:
    return mongo.of_tenant(tenant).database if tenant else mongo.database


async def _collections(database: Any) -> list[str]:
    found = await database.list_collection_names(filter={"type": "collection"})
    return sorted(name for name in found if name != RESTORING and not name.startswith("system."))


async def _probe(collection: Any, session: Any) -> None:
    try:
        await collection.find_one({}, {"_id": 1}, session=session)
    except driver.OperationFailure as error:
        raise _translated(error) from None


def _translated(error: driver.OperationFailure) -> Exception:
    if error.code == _UNAVAILABLE:
        return _Moved("Collections or indexes were made while the backup was taken; take it again.")
    return Unavailable(_TOLD_TOO_OLD) if error.code == _TOO_OLD else error
