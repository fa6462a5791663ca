"""What an operator asks of the database: how large it is, and that it be made smaller."""

import time
from dataclasses import dataclass

from telemetry_server.errors import TimedOut, Unavailable
from telemetry_server.stores.mongo.bounds import bounded
from telemetry_server.stores.mongo.store import Mongo

COMPACT_SECONDS = 8.0  # of all
LEAST_UNUSED_BYTES = 16 << 20  # to be worth it: MongoDB waits for checkpoints of all its files for each collection


@dataclass(frozen=True, slots=True)
class Size:
    """A collection: its documents, and how large they are, as stored (compressed) and with which indexes."""

    name: str
    document_count: int
    data_bytes: int
    storage_bytes: int
    index_bytes: int
    index_count: int


class Upkeep:
    """The collections of one database."""

    def __init__(self, mongo: Mongo) -> None:
        self._database = mongo.database

    async def sizes(self) -> list[Size]:
        """Each collection, by name."""
        async with bounded():
            found = [await self._database.command("collStats", name) for name in await self._names()]
        return [
            Size(
                each["ns"].partition(".")[2],
                *(int(each[part]) for part in ("count", "size", "storageSize", "totalIndexSize", "nindexes")),
            )
            for each in found
        ]

    async def compact(self) -> tuple[dict[str, int], list[str]]:
        """Give room that nothing uses back to the file system, where there is much.

        The bytes that were freed, by collection; and the collections for which there was no time.
        """
        end = time.monotonic() + COMPACT_SECONDS
        freed, left = {}, []
        for name in await self._names():
            try:
                async with bounded(max(0.1, end - time.monotonic())):
                    freed[name] = await self._compact(name)
            except (TimedOut, Unavailable):
                left.append(name)
        return freed, left

    async def _compact(self, name: str) -> int:
        stats = await self._database.command("collStats", name)
        file = stats.get("wiredTiger", {}).get("block-manager", {})  # of a collection over shards nothing is told
        if file.get("file bytes available for reuse", -1) < LEAST_UNUSED_BYTES:
            return 0
        done = await self._database.command("compact", name, force=True)
        return int(done.get("bytesFreed", 0))

    async def _names(self) -> list[str]:
        async with bounded():
            return sorted(await self._database.list_collection_names())
