"""Summaries of hours and days, and what is sealed: the collections `hours`, `days` and `seals`.

`seals` holds one document `sealed`: {since, hours, days, changes, kept, gone}, the first hour that had metrics, the
ends of what is sealed, how long metrics and hours are kept, and until when they are gone; and for each stale hour or
day {_id: {unit, start}, mark, marked_at}, another mark after each change.

A summary and its seal are written in one transaction, which fails where the mark has changed since it was read: so no
summary is ever taken for one of metrics that it has not seen.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

import pymongo
from bson import ObjectId
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import errors as driver

import nlq
from nlq.spans import DAY, HOUR, floor
from telemetry_server.stores.mongo.bounds import bounded
from telemetry_server.stores.mongo.store import Mongo

Unit = Literal["hour", "day"]
WIDTHS: dict[Unit, timedelta] = {"hour": HOUR, "day": DAY}
SUMMARY_SECONDS = 1800.0  # an hour must not take one
LEASE = timedelta(seconds=60)

_SOURCES: dict[Unit, str] = {"hour": nlq.METRICS, "day": "hours"}
_MEMORY_EXCEEDED = 146  # ExceededMemoryLimit
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)


@dataclass(frozen=True, slots=True)
class Stale:
    """An hour or day to be summarised again. settled: by MongoDB's clock, no write that it was marked for can
    still be under way.
    """

    unit: Unit
    start: datetime
    mark: ObjectId
    settled: bool

    @property
    def marked_at(self) -> datetime:
        """By the clock of the server that did so."""
        return self.mark.generation_time


class Kept(NamedTuple):
    """How long metrics and the summaries of hours are kept, and what is gone: of an hour, and of a day, before which
    only summaries are left, however long they are kept now.
    """

    metrics: timedelta
    hours: timedelta
    metrics_gone: datetime
    hours_gone: datetime


@dataclass(frozen=True, slots=True)
class Sealed:
    """Until when hours and days are sealed, since the first hour that had metrics; what of them is stale; and what is
    kept, by the latest summariser.
    """

    since: datetime
    hours: datetime
    days: datetime
    stale: tuple[Stale, ...] = ()
    kept: Kept | None = None


class SummaryStore:
    """settle: how long after its mark an hour is left alone; every write ends sooner."""

    def __init__(self, mongo: Mongo, settle: timedelta) -> None:
        self._client = mongo.client
        self._database = mongo.database
        self._seals = mongo.database["seals"]
        self._settle = settle

    async def mark(self, hours: Collection[datetime], seconds: float) -> None:
        """Hours whose metrics are about to change are stale from now on."""
        updates = [_marking("hour", hour) for hour in hours]
        async with bounded(seconds):
            await self._seals.bulk_write(updates, ordered=False)

    async def sealed(self) -> Sealed | None:
        """What is sealed and what is stale; None before anything is."""
        settled = {"$lt": ["$marked_at", {"$subtract": ["$$NOW", self._settle // timedelta(milliseconds=1)]}]}
        async with bounded():
            found = await self._seals.aggregate([{"$set": {"settled": settled}}]).to_list(None)
        state = next((each for each in found if each["_id"] == "sealed"), None)
        stale = (each for each in found if isinstance(each["_id"], dict))
        marks = tuple(Stale(s["_id"]["unit"], s["_id"]["start"], s["mark"], s["settled"]) for s in stale)
        if state is None:
            return None
        kept = state.get("kept")
        return Sealed(state["since"], state["hours"], state["days"], marks, kept and _kept(kept, state["gone"]))

    async def keep(self, kept: Kept) -> None:
        """From now on this is kept; what is gone stays so."""
        lengths = {"metrics": kept.metrics.total_seconds(), "hours": kept.hours.total_seconds()}
        gone = {"gone.metrics": kept.metrics_gone, "gone.hours": kept.hours_gone}
        async with bounded():
            await self._seals.update_one({"_id": "sealed"}, {"$set": {"kept": lengths}, "$max": gone})

    async def begin(self) -> None:
        """Nothing is sealed yet, from the first metric on."""
        async with bounded(SUMMARY_SECONDS):
            first = await self._database[nlq.METRICS].find_one({}, {"timestamp": 1}, sort=[("timestamp", 1)])
            now = datetime.now(UTC)
            # An hour more: what comes late to it may not be marked yet.
            since = floor(min(first["timestamp"], now) if first else now, HOUR) - HOUR
            state = {"since": since, "hours": since, "days": floor(since, DAY)}
            await self._seals.update_one({"_id": "sealed"}, {"$setOnInsert": state}, upsert=True)

    async def summarise(self, unit: Unit, start: datetime, mark: ObjectId | None = None) -> bool:
        """Summarise an hour or day anew, and seal it: one that has this mark, or (None) the first that is not sealed.

        False where others did so meanwhile, or its metrics have changed.
        """
        width = WIDTHS[unit]
        collection = self._database.get_collection(f"{unit}s", codec_options=_RAW)
        async with bounded(SUMMARY_SECONDS):
            summaries = await self._made(unit, start)
            try:
                async with await self._client.start_session() as session, session.start_transaction():
                    if mark is not None:
                        stale = {"_id": {"unit": unit, "start": start}, "mark": mark}
                        changed = (await self._seals.delete_one(stale, session=session)).deleted_count
                    else:
                        state, end = {"_id": "sealed", f"{unit}s": start}, {"$set": {f"{unit}s": start + width}}
                        changed = (await self._seals.update_one(state, end, session=session)).modified_count
                    if not changed:
                        await session.abort_transaction()
                        return False
                    await collection.delete_many({"timestamp": start}, session=session)
                    if summaries:
                        await collection.insert_many(summaries, ordered=False, session=session)
                    if mark is not None:  # changes `sealed` too, so that of two that summarise the same one fails
                        moved = {"$min": {"since": start}, "$inc": {"changes": 1}}
                        await self._seals.update_one({"_id": "sealed"}, moved, session=session)
                    if unit == "hour" and mark is not None:
                        day = _marking("day", floor(start, DAY))
                        await self._seals.bulk_write([day], session=session)
            except driver.PyMongoError as error:
                if error.has_error_label("TransientTransactionError"):
                    return False
                raise
        return True

    async def _made(self, unit: Unit, start: datetime) -> list[RawBSONDocument]:
        """The summaries; where there are too many metrics of one series for an hour at once, bit by bit."""
        source = self._database.get_collection(_SOURCES[unit], codec_options=_RAW)

        async def made(*, bit_by_bit: bool) -> list[RawBSONDocument]:
            stages = nlq.summary(start, WIDTHS[unit], _SOURCES[unit], bit_by_bit=bit_by_bit)
            return list(await source.aggregate(stages, allowDiskUse=True).to_list(None))

        try:
            return await made(bit_by_bit=False)
        except driver.OperationFailure as error:
            if error.code != _MEMORY_EXCEEDED:
                raise
        return await made(bit_by_bit=True)

    async def unseal(self, until: datetime) -> None:
        """No hour from `until` on, and no day with one, is sealed; what was made of them stays, and is not read."""
        state = {"$min": {"hours": until, "days": floor(until, DAY)}, "$inc": {"changes": 1}}
        async with bounded():
            await self._seals.update_one({"_id": "sealed"}, state)

    async def forget(self, stale: Stale) -> None:
        """What is stale and has expired stays as it is."""
        async with bounded():
            await self._seals.delete_one({"_id": {"unit": stale.unit, "start": stale.start}, "mark": stale.mark})

    async def lead(self, who: str) -> bool:
        """Whether `who` is to summarise for now: one at a time, so that no work is done twice."""
        free = {"$or": [{"$eq": ["$who", who]}, {"$lt": ["$until", "$$NOW"]}, {"$eq": [{"$type": "$who"}, "missing"]}]}
        until = {"$add": ["$$NOW", LEASE // timedelta(milliseconds=1)]}
        lease = {"who": {"$cond": [free, who, "$who"]}, "until": {"$cond": [free, until, "$until"]}}
        async with bounded():
            leader = await self._seals.find_one_and_update(
                {"_id": "leader"}, [{"$set": lease}], upsert=True, return_document=pymongo.ReturnDocument.AFTER
            )
        return bool(leader["who"] == who)


def _kept(lengths: Mapping[str, float], gone: Mapping[str, datetime]) -> Kept:
    metrics, hours = (timedelta(seconds=lengths[each]) for each in ("metrics", "hours"))
    return Kept(metrics, hours, gone["metrics"], gone["hours"])


def _marking(unit: Unit, start: datetime) -> Any:
    return pymongo.UpdateOne(
        {"_id": {"unit": unit, "start": start}},
        {"$set": {"mark": ObjectId()}, "$currentDate": {"marked_at": True}},
        upsert=True,
    )
