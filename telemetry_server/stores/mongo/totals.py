"""The last total of each stream: the collection `totals`.

{_id: the stream, at, amount, claim: of who remembered it, steps: [[at, amount], ...] that may not be stored yet,
seen_at: by MongoDB's clock}.
"""

from collections.abc import Iterable, Mapping

import pymongo
from bson import ObjectId
from pymongo import errors as driver
from pymongo.write_concern import WriteConcern

from telemetry_server.stores.documents import Remembered
from telemetry_server.stores.mongo.bounds import bounded
from telemetry_server.stores.mongo.store import DUPLICATE_KEY, Mongo


class TotalStore:
    """Compare and set: a total takes the place of the one that it was worked out from, and of no other."""

    def __init__(self, mongo: Mongo) -> None:
        self._totals = mongo.database["totals"]
        self._hints = self._totals.with_options(write_concern=WriteConcern(w=1, j=False))

    async def last(self, streams: Iterable[str]) -> dict[str, Remembered]:
        """What is remembered, by stream."""
        async with bounded():
            found = await self._totals.find({"_id": {"$in": [ObjectId(each) for each in streams]}}).to_list(None)
        return {
            str(each["_id"]): Remembered(
                each["at"], each["amount"], each["claim"], tuple((at, amount) for at, amount in each["steps"])
            )
            for each in found
        }

    async def advance(self, ahead: Mapping[str, tuple[Remembered | None, Remembered]]) -> set[str]:
        """Of each stream (what is remembered, what is to be); the streams that hold what they are to, durably."""
        updates = [
            pymongo.UpdateOne(
                {"_id": ObjectId(stream), "claim": None if before is None else before.claim},
                {
                    "$set": {"at": after.at, "amount": after.amount, "claim": after.claim, "steps": after.steps},
                    "$currentDate": {"seen_at": True},
                },
                upsert=before is None,
            )
            for stream, (before, after) in ahead.items()
        ]
        async with bounded():
            try:
                await self._totals.bulk_write(updates, ordered=False)
            except driver.BulkWriteError as error:
                details = error.details or {}
                failures = details.get("writeErrors", [])
                if details.get("writeConcernErrors") or any(f.get("code") != DUPLICATE_KEY for f in failures):
                    raise
        held = await self.last(ahead)
        return {stream for stream, (_, after) in ahead.items() if stream in held and held[stream].claim == after.claim}

    async def settle(self, claims: Mapping[str, str]) -> None:
        """The steps of these claims are stored. That this may be forgotten does no harm."""
        updates = [
            pymongo.UpdateOne({"_id": ObjectId(stream), "claim": claim}, {"$set": {"steps": []}})
            for stream, claim in claims.items()
        ]
        async with bounded():
            await self._hints.bulk_write(updates, ordered=False)
