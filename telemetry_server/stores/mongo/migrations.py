"""The indexes as they stand in MongoDB: made from the table, compared with it, and taken back.

Whenever indexes were made that no version has, they are recorded as the next one, in the collection `migrations`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pymongo
import structlog
from pymongo import errors as driver

from telemetry_server.stores.indexes import Index, indexes
from telemetry_server.stores.mongo.bounds import bounded
from telemetry_server.summaries.retention import Retention

PREPARE_SECONDS = 600.0  # an index on a large collection
OF_IDS = ("_id_", "_id_hashed")  # the second is that of a sharded collection
ATTEMPTS = 20  # to record a version, while others do
_OTHER_OPTIONS = (85, 86)  # IndexOptionsConflict, IndexKeySpecsConflict
_NOT_FOUND = (26, 27)  # NamespaceNotFound, IndexNotFound

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Migration:
    """A version: the indexes that were made (`metrics.timestamp_1`), when, and when they were taken back, if ever."""

    version: int
    made: tuple[str, ...]
    made_at: datetime
    rolled_back_at: datetime | None


class Migrations:
    """Of one database. `database`: Motor's."""

    def __init__(self, database: Any, retention: Retention, *, is_tenants: bool = False) -> None:
        self._database = database
        self._versions = database["migrations"]
        self._table = tuple(each for each in indexes(retention) if not (is_tenants and each.is_shared))

    async def migrate(self) -> Migration | None:
        """Make the indexes, or give a standing one its new expiry; the version where there was something to record.

        Several processes may do so at once.
        """
        for index in self._table:
            await self._make(index)
        return await self._record()

    async def applied(self) -> list[Migration]:
        """All versions, the first one first."""
        async with bounded():
            found = await self._versions.find().sort("_id", 1).to_list(None)
        return [Migration(d["_id"], tuple(d["made"]), d["made_at"], d["rolled_back_at"]) for d in found]

    async def differences(self) -> list[str]:
        """What differs from the table, each in a few words."""
        standing = await self._standing()
        told = []
        for index in self._table:
            found = standing.pop(_name(index), None)
            if found is None:
                told.append(f"{_name(index)}: missing")
            elif [(key, int(direction)) for key, direction in found["key"].items()] != list(index.keys):
                told.append(f"{_name(index)}: on other keys")
            elif found.get("expireAfterSeconds") != _expiry(index).get("expireAfterSeconds"):
                told.append(f"{_name(index)}: another expiry")
        return [*told, *(f"{name}: not in the table" for name in standing)]

    async def roll_back(self) -> Migration | None:
        """Drop what the last version that stands has made; None where none stands."""
        standing = [each for each in await self.applied() if each.rolled_back_at is None]
        if not standing:
            return None
        last = standing[-1]
        for name in last.made:
            collection, _, index = name.partition(".")
            async with bounded(PREPARE_SECONDS):
                try:
                    await self._database[collection].drop_index(index)
                except driver.OperationFailure as error:
                    if error.code not in _NOT_FOUND:
                        raise
        async with bounded():
            await self._versions.update_one({"_id": last.version}, {"$set": {"rolled_back_at": datetime.now(UTC)}})
        return last

    async def _make(self, index: Index) -> None:
        options = {"name": index.name}
        async with bounded(PREPARE_SECONDS):
            try:
                model = pymongo.IndexModel(list(index.keys), **options, **_expiry(index))
                await self._database[index.collection].create_indexes([model], commitQuorum="majority")
            except driver.OperationFailure as error:
                if error.code not in _OTHER_OPTIONS or index.expire_after is None:
                    raise
                await self._database.command("collMod", index.collection, index=options | _expiry(index))
                log.info("retention changed", collection=index.collection, **_expiry(index))

    async def _record(self) -> Migration | None:
        for _ in range(ATTEMPTS):
            versions = await self.applied()
            known = {name for each in versions if each.rolled_back_at is None for name in each.made}
            made = tuple(name for name in map(_name, self._table) if name not in known)
            if not made:
                return None
            migration = Migration(len(versions) + 1, made, datetime.now(UTC), None)
            document = {"_id": migration.version, "made": list(made), "made_at": migration.made_at}
            async with bounded():
                try:
                    await self._versions.insert_one(document | {"rolled_back_at": None})
                except driver.DuplicateKeyError:  # another process was first: look again
                    continue
            return migration
        return None

    async def _standing(self) -> dict[str, dict[str, Any]]:
        """The indexes by name, beside those of ids."""
        found: dict[str, dict[str, Any]] = {}
        async with bounded():
            for collection in sorted(await self._database.list_collection_names()):
                for index in await self._database[collection].list_indexes().to_list(None):
                    if index["name"] not in OF_IDS:
                        found[f"{collection}.{index['name']}"] = index
        return found


def _name(index: Index) -> str:
    return f"{index.collection}.{index.name}"


def _expiry(index: Index) -> dict[str, int]:
    return {} if index.expire_after is None else {"expireAfterSeconds": int(index.expire_after.total_seconds())}
