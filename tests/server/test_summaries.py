"""Answers read from summaries are those of the metrics themselves, whatever is written, changed or interrupted."""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId
from msgspec.structs import replace as copied
from pymongo.errors import OperationFailure
from tools.stack import Stack

import nlq
from nlq.question import Aggregation, Grain, GroupKey, Question, Rank, TimeRange
from nlq.spans import floor
from telemetry_server import instants
from telemetry_server.metric import Metric
from telemetry_server.metrics import Metrics
from telemetry_server.monitoring.counters import Counters
from telemetry_server.reading.versions import Versions
from telemetry_server.stores.mongo import ANSWER_SECONDS, Mongo, SummaryStore
from telemetry_server.summaries import summariser
from telemetry_server.summaries.retention import Retention
from telemetry_server.summaries.seals import Seals
from telemetry_server.summaries.summariser import Behind, Summariser
from telemetry_server.writing.ingest import Ingest
from telemetry_server.writing.series import SeriesLog
from tests.nlq.evaluation import evaluate

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEPT = Retention(30 * DAY, 40 * DAY, 50 * DAY)
HOST = GroupKey("tag", "host")
EVERY = tuple(map(Aggregation, ("count", "sum", "min", "max", "avg", "range", "stddev", "first", "latest")))
P95 = Aggregation("percentile", 95)


class World:
    """A database, what writes to it and summarises it, and in plain Python what it ought to hold."""

    def __init__(self, uri: str, app_env: str, settle: timedelta, retention: Retention = KEPT) -> None:
        self.retention = retention
        self.mongo = Mongo(uri, app_env, KEPT)  # MongoDB itself deletes nothing while a test runs
        self.versions = Versions()
        self.store = store = SummaryStore(self.mongo, settle)
        self.seals = Seals(store, retention, settle)
        self.series = SeriesLog(self.mongo, self.versions)
        self.ingest = Ingest(self.mongo, self.series, self.seals, self.versions, Counters())
        self.api = Metrics(self.mongo, self.ingest, self.series, self.seals, self.versions, app_env)
        self.summariser = Summariser(store, retention, settle)
        self.metrics: dict[str, Metric] = {}

    async def insert(self, *metrics: Metric) -> None:
        assert not await self.ingest.write(metrics)
        self.metrics |= {metric.id: metric for metric in metrics}

    async def replace(self, old: Metric, new: Metric) -> None:
        fields = {"name": new.name, "type": new.type, "value": new.value, "tags": new.tags}
        assert await self.api.update(old.id, None, lambda _: fields | {"timestamp": new.timestamp}) == new
        self.metrics[new.id] = new

    async def delete(self, metric: Metric) -> None:
        await self.api.delete(metric.id, None)
        del self.metrics[metric.id]

    async def check(self, question: Question) -> dict[str, int]:
        """Compare the answer with that of plain Python; what it was read from."""
        now = instants.now()
        percentiles = any(each.percent for each in question.aggregations)
        plan = nlq.Plan(sketched=percentiles, summaries=await self.seals.known(nlq.read_since(question)))
        pipeline = nlq.compile_question(question, plan=plan)
        until = time.monotonic() + ANSWER_SECONDS
        rows = await self.mongo.rows(pipeline.collection, pipeline.stages, until)
        documents = [
            {"_id": ObjectId(m.id), "name": m.name, "type": m.type, "value": m.value, "tags": list(m.tags)}
            | {"timestamp": m.timestamp}
            for m in self.metrics.values()
        ]
        error = 0.0101 if percentiles else 1e-9
        wanted = evaluate(question, documents)
        assert len(rows) == len(wanted), (question, rows, wanted)
        for row, right in zip(rows, wanted, strict=True):
            same = (
                math.isclose(got, cell, rel_tol=error, abs_tol=1e-9) if isinstance(cell, float) else got == cell
                for got, cell in zip(row, right, strict=True)
            )
            assert all(same), (question, plan.counted(question, now), row, right)
        counted = plan.counted(question, now)
        assert counted is not None
        return counted


def run(world: Callable[[], World], play: Callable[[World], Awaitable[None]]) -> None:
    async def played() -> None:
        made = world()
        await made.mongo.prepare()
        made.ingest.start()
        try:
            await play(made)
        finally:
            await made.ingest.stop()
            made.mongo.close()

    asyncio.run(played())


def metric(chance: random.Random, since: timedelta, until: timedelta = timedelta(0)) -> Metric:
    """One of six series; whole values, so that sums are exact in any order."""
    age = timedelta(seconds=chance.uniform(until.total_seconds(), since.total_seconds()))
    at = instants.now() - age
    return Metric(
        id=str(ObjectId()),
        name=chance.choice(("cpu.usage", "api.latency_ms")),
        type="gauge",
        value=float(chance.randrange(-50, 1000)),
        tags=(f"host:web-0{chance.randrange(3)}",),
        timestamp=at.replace(microsecond=at.microsecond // 1000 * 1000),
        distribution=None,
    )


def questions(chance: random.Random, since: timedelta) -> Question:
    """Any range, any groups and buckets."""
    now = instants.now()
    ends = sorted(now - timedelta(minutes=chance.randrange(int(since / timedelta(minutes=1)))) for _ in range(2))
    span = chance.choice((TimeRange(None, now), TimeRange(ends[0], now), TimeRange(*ends)))
    groups = chance.choice(((), (HOST,), (GroupKey("name", "name"), HOST), (GroupKey("hour", "hour"),)))
    return Question(
        "aggregate",
        span,
        chance.choice((EVERY, (P95,), (Aggregation("count"),), (Aggregation("total_latest"),))),
        names=chance.choice(((), ("cpu.usage",))),
        groups=groups,
        grain=chance.choice((None, None, Grain("hour"), Grain("day"))),
        zone=chance.choice(("UTC", "Europe/Berlin")),
    )


@pytest.mark.parametrize("seed", range(4))
def test_answers_are_right_whatever_happens(mongo_uri: str, app_env: str, seed: int) -> None:
    """Late writes, changes, deletions and crashes of the summariser at any point, asked about after each."""
    chance = random.Random(seed)  # noqa: S311  test data

    async def crash(world: World) -> None:
        task = asyncio.create_task(world.summariser.work())
        await asyncio.sleep(chance.uniform(0, 0.3))
        task.cancel()
        await asyncio.wait([task])

    async def play(world: World) -> None:
        read = {"days": 0, "hours": 0, "raw_hours": 0}
        await world.insert(*(metric(chance, 4 * DAY) for _ in range(300)))
        for _ in range(40):
            deed = chance.randrange(7)
            if deed == 0:
                await world.insert(*(metric(chance, 4 * DAY) for _ in range(chance.randrange(1, 9))))
            elif deed == 1:
                old = chance.choice(list(world.metrics.values()))
                new = metric(chance, 4 * DAY)
                await world.replace(old, Metric(old.id, new.name, "gauge", new.value, new.tags, new.timestamp, None))
            elif deed == 2:
                await world.delete(chance.choice(list(world.metrics.values())))
            elif deed == 3:
                await world.insert(metric(chance, timedelta(minutes=50)))
            elif deed == 4:
                await crash(world)
            else:
                await world.summariser.work()
            counted = await world.check(questions(chance, 5 * DAY))
            read = {key: read[key] + counted[key] for key in read}
        assert all(read.values()), "each kind was read"

    run(lambda: World(mongo_uri, app_env, timedelta(0)), play)


def test_writers_beside_the_summariser(mongo_uri: str, app_env: str) -> None:
    """While several write to hours that are being summarised, nothing is lost from any summary."""
    chance = random.Random(5)  # noqa: S311  test data

    async def play(world: World) -> None:
        async def write() -> None:
            for _ in range(25):
                await world.insert(*(metric(chance, 2 * DAY, HOUR * 2) for _ in range(5)))
                await asyncio.sleep(chance.uniform(0, 0.1))

        async def summarise() -> None:
            while not writers.done():
                await world.summariser.work()
                await asyncio.sleep(0.02)

        writers = asyncio.gather(*(write() for _ in range(3)))
        await asyncio.gather(writers, summarise())
        await asyncio.sleep(4.1)
        await world.summariser.work()
        counted = await world.check(Question("aggregate", TimeRange(None, instants.now()), EVERY, groups=(HOST,)))
        assert counted["raw_hours"] <= 2

    run(lambda: World(mongo_uri, app_env, timedelta(seconds=4)), play)


@pytest.mark.parametrize("of_day", [timedelta(minutes=30), 12.5 * HOUR, 23.5 * HOUR])
def test_clock_that_jumps(mongo_uri: str, app_env: str, monkeypatch: pytest.MonkeyPatch, of_day: timedelta) -> None:
    """What it seals when it is ahead is not read when it is right again, and soon unsealed; what is stored while it is
    behind is late.
    """
    chance = random.Random(12)  # noqa: S311  test data
    settle = timedelta(seconds=1)
    system, ahead = instants.now, timedelta(0)
    apart = floor(system(), DAY) + of_day - system()
    monkeypatch.setattr(instants, "now", lambda: true_now() + ahead)

    def true_now() -> datetime:
        return system() + apart

    async def play(world: World) -> None:
        nonlocal ahead

        async def check() -> int:
            """The hours read from summaries of hours and days."""
            whole_hours = TimeRange(None, instants.now() + 3 * HOUR)
            counted = await world.check(Question("aggregate", whole_hours, EVERY, groups=(HOST,)))
            return counted["hours"] + 24 * counted["days"]

        async def jump(to: timedelta) -> None:
            nonlocal ahead
            ahead = to
            assert not await world.summariser.work()  # it waits until nothing by the other clock is under way
            await asyncio.sleep(1.1)
            while await world.summariser.work():
                pass

        def this_hour() -> Metric:
            return copied(metric(chance, HOUR), timestamp=instants.now())

        await world.insert(*(metric(chance, 5 * HOUR) for _ in range(200)))
        await asyncio.sleep(1.1)
        while await world.summariser.work():
            pass
        ahead = -HOUR
        await world.insert(this_hour())
        ahead = timedelta(0)
        await check()
        await jump(2 * HOUR)
        sealed = await world.store.sealed()
        assert sealed is not None
        assert sealed.hours > true_now()
        ahead = timedelta(0)
        await world.insert(this_hour())
        counted = await check()
        await jump(timedelta(0))
        await world.insert(this_hour())
        assert await check() == counted
        sealed = await world.store.sealed()
        assert sealed is not None
        assert sealed.hours <= true_now()
        await jump(1 * HOUR)
        assert await check() > counted

    run(lambda: World(mongo_uri, app_env, settle), play)


def test_what_has_expired_is_read_from_its_summaries(mongo_uri: str, app_env: str) -> None:
    """Metrics go, then hours: what was summarised is answered as before, and late changes of it are not summarised."""
    chance = random.Random(6)  # noqa: S311  test data
    short = Retention(2 * DAY, 4 * DAY, 50 * DAY)

    async def play(world: World) -> None:
        await world.insert(*(metric(chance, 6 * DAY) for _ in range(400)))
        while await world.summariser.work():
            pass
        now = instants.now()
        gone = short.metrics_since(now)
        await world.mongo.database["metrics"].delete_many({"timestamp": {"$lt": gone}})
        await world.mongo.database["hours"].delete_many({"timestamp": {"$lt": short.hours_since(now)}})
        everything = TimeRange(None, now)
        counted = await world.check(Question("aggregate", everything, EVERY, names=("cpu.usage",), groups=(HOST,)))
        assert counted["days"] >= 2
        assert counted["raw_hours"] <= 2
        await world.check(Question("aggregate", everything, (P95,), groups=(HOST,), rank=Rank(2)))
        await world.check(Question("aggregate", TimeRange(short.hours_since(now), now), EVERY, grain=Grain("hour")))
        part = Question("aggregate", everything, (Aggregation("count"),), grain=Grain("minute"))
        plan = nlq.Plan(summaries=await world.seals.known())
        assert plan.lacks(part)
        assert plan.reads(part).metrics[0].start == gone

    run(lambda: World(mongo_uri, app_env, timedelta(0), short), play)


def test_an_hour_with_more_metrics_than_memory_is_summarised_bit_by_bit(private_stack: Stack, app_env: str) -> None:
    """MongoDB holds so many values of a series at most; here few, so that few are too many."""
    chance = random.Random(9)  # noqa: S311  test data
    uri = private_stack.mongo_uri

    async def play(world: World) -> None:
        made = (copied(metric(chance, 3 * HOUR, 2 * HOUR), name="cpu.usage", tags=("host:web",)) for _ in range(4000))
        await world.insert(*(copied(each, value=float(index % 5 - 2)) for index, each in enumerate(made)))
        times = [each.timestamp for each in world.metrics.values()]
        hour = max(
            floor(min(times), HOUR), floor(max(times), HOUR), key=lambda at: sum(at <= t < at + HOUR for t in times)
        )
        await world.mongo.client.admin.command("setParameter", 1, internalQueryMaxPushBytes=16_000)
        with pytest.raises(OperationFailure, match="push used too much memory"):
            await world.mongo.database["metrics"].aggregate(nlq.summary(hour, HOUR, "metrics")).to_list(None)
        await world.summariser.work()
        await world.mongo.client.admin.command("setParameter", 1, internalQueryMaxPushBytes=104_857_600)
        assert await world.mongo.database["hours"].count_documents({}) == len({floor(at, HOUR) for at in times})
        everything = TimeRange(None, instants.now())
        for asked in (EVERY, (P95,)):
            counted = await world.check(Question("aggregate", everything, asked, groups=(HOST,), grain=Grain("hour")))
            assert counted["raw_hours"] <= 2

    run(lambda: World(uri, app_env, timedelta(0)), play)


def test_who_summarises_for_long_leads_all_the_while(
    mongo_uri: str, app_env: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease is renewed while the work goes on, and nobody else works meanwhile; it ends some time after."""
    chance = random.Random(10)  # noqa: S311  test data
    monkeypatch.setattr(summariser, "RENEWAL_SECONDS", 0.02)

    async def play(world: World) -> None:
        await world.insert(*(metric(chance, 4 * DAY) for _ in range(50)))
        working = asyncio.create_task(world.summariser.work())
        ends = set()
        while not working.done():
            leader = await world.mongo.database["seals"].find_one({"_id": "leader"})
            ends |= {leader["until"]} if leader else set()
            assert not leader or not await world.store.lead("another")
            await asyncio.sleep(0.01)
        assert len(ends) > 2

    run(lambda: World(mongo_uri, app_env, timedelta(0)), play)


def test_what_is_still_to_be_done_is_known(mongo_uri: str, app_env: str) -> None:
    """How long the first hour that is not summarised has been due, and how many are to be made again."""

    async def play(world: World) -> None:
        assert await world.summariser.behind() is None
        chance = random.Random(11)  # noqa: S311  test data
        await world.insert(*(metric(chance, 5 * HOUR, 4 * HOUR) for _ in range(20)))
        await world.store.begin()
        behind = await world.summariser.behind()
        assert behind is not None
        assert 3 * HOUR < behind.lag < 6 * HOUR
        while await world.summariser.work():
            pass
        assert await world.summariser.behind() == Behind(timedelta(0), 0)
        await world.insert(metric(chance, 5 * HOUR, 4 * HOUR))
        behind = await world.summariser.behind()
        assert behind is not None
        assert behind.stale_hours == 1

    run(lambda: World(mongo_uri, app_env, timedelta(0)), play)


def test_the_present_hour_needs_no_mark(mongo_uri: str, app_env: str) -> None:
    """Only writes to hours that have ended are marked, and each hour once in a while."""

    async def play(world: World) -> None:
        now = instants.now()
        await world.seals.break_for([now, now.replace(minute=0)], 1)
        assert await world.mongo.database["seals"].count_documents({}) == 0
        for _ in range(3):
            await world.seals.break_for([now - 3 * HOUR, now - 3 * HOUR, now - 50 * HOUR], 1)
        (first, second) = await world.mongo.database["seals"].find().sort("_id.start", 1).to_list(None)
        assert first["_id"] == {"unit": "hour", "start": (now - 50 * HOUR).replace(minute=0, second=0, microsecond=0)}
        assert second["marked_at"] <= datetime.now(UTC) + timedelta(seconds=1)

    run(lambda: World(mongo_uri, app_env, timedelta(minutes=5)), play)


def test_a_summary_of_what_has_changed_meanwhile_is_not_sealed(mongo_uri: str, app_env: str) -> None:
    """A write that marks an hour while it is being summarised keeps it stale; so do two summarisers at once."""
    chance = random.Random(8)  # noqa: S311  test data

    async def play(world: World) -> None:
        await world.insert(*(metric(chance, 5 * HOUR, 2 * HOUR) for _ in range(50)))
        await world.summariser.work()
        late = metric(chance, 3 * HOUR, 2 * HOUR)
        await world.insert(late)
        sealed = await world.store.sealed()
        assert sealed
        (stale,) = (each for each in sealed.stale if each.unit == "hour")
        again = Metric(str(ObjectId()), late.name, late.type, 7.0, late.tags, late.timestamp, None)
        await world.insert(again)
        assert not await world.store.summarise("hour", stale.start, stale.mark)
        everything = Question("aggregate", TimeRange(None, instants.now()), EVERY, groups=(HOST,))
        assert (await world.check(everything))["raw_hours"] >= 2
        sealed = await world.store.sealed()
        assert sealed
        mark = next(each.mark for each in sealed.stale if (each.unit, each.start) == ("hour", stale.start))
        twice = [world.store.summarise("hour", stale.start, mark) for _ in range(2)]
        assert sorted(await asyncio.gather(*twice)) == [False, True]
        await world.check(everything)

    run(lambda: World(mongo_uri, app_env, timedelta(0)), play)


@pytest.mark.parametrize("place", range(5))
def test_an_hour_is_not_summarised_twice_at_once(mongo_uri: str, app_env: str, place: int) -> None:
    """One that is stale before it is first sealed can be summarised for both reasons; one of two at once fails."""
    chance = random.Random(place)  # noqa: S311  test data

    async def play(world: World) -> None:
        await world.insert(*(metric(chance, 4 * HOUR, 3 * HOUR) for _ in range(200)))
        await world.store.begin()
        sealed = await world.store.sealed()
        assert sealed
        while sealed.hours < min(each.start for each in sealed.stale):
            await world.store.summarise("hour", sealed.hours)
            sealed = await world.store.sealed()
            assert sealed
        first = next(each for each in sealed.stale if each.start == sealed.hours)
        await asyncio.gather(
            world.store.summarise("hour", first.start), world.store.summarise("hour", first.start, first.mark)
        )
        await world.summariser.work()
        everything = Question("aggregate", TimeRange(None, instants.now()), EVERY, groups=(HOST,))
        await world.check(everything)
        hours = await world.mongo.database["hours"].count_documents({"timestamp": first.start})
        series = {metric.series for metric in world.metrics.values() if floor(metric.timestamp, HOUR) == first.start}
        assert hours == len(series)

    run(lambda: World(mongo_uri, app_env, timedelta(0)), play)
