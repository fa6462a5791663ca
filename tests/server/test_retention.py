"""Another retention than before: what is gone stays gone, and its summaries stay right."""

import random
from datetime import timedelta
from typing import Any

from nlq.question import Question, TimeRange
from telemetry_server import instants
from telemetry_server.summaries.retention import Retention
from tests.server.test_summaries import DAY, EVERY, HOST, HOUR, World, copied, metric, run

SHORT, LONG = Retention(2 * DAY, 4 * DAY, 50 * DAY), Retention(20 * DAY, 30 * DAY, 50 * DAY)


def test_a_longer_retention_does_not_bring_back_what_is_gone(mongo_uri: str, app_env: str) -> None:
    """An hour whose metrics went is read from its summary still, which a late metric does not replace."""
    chance = random.Random(11)  # noqa: S311  test data
    metrics: dict[str, Any] = {}

    async def shorter(world: World) -> None:
        world.metrics = metrics
        await world.insert(*(metric(chance, 6 * DAY) for _ in range(400)))
        await summarise(world)
        now = instants.now()
        for collection, since in (("metrics", SHORT.metrics_since(now)), ("hours", SHORT.hours_since(now))):
            await world.mongo.database[collection].delete_many({"timestamp": {"$lt": since}})

    async def longer(world: World) -> None:
        world.metrics = metrics
        await check(world)
        for age in (3 * DAY, 5 * DAY):  # of hours, and of days, that are gone
            assert not await world.ingest.write([copied(metric(chance, age, age), id=f"{age.days:024x}")])
            await check(world)
            await summarise(world)
            await check(world)
        await world.insert(metric(chance, 30 * HOUR, 28 * HOUR))  # late, but kept
        await summarise(world)
        await check(world)

    run(lambda: World(mongo_uri, app_env, timedelta(0), SHORT), shorter)
    run(lambda: World(mongo_uri, app_env, timedelta(0), LONG), longer)


async def summarise(world: World) -> None:
    while await world.summariser.work():
        pass


async def check(world: World) -> None:
    everything = TimeRange(None, instants.now())
    counted = await world.check(Question("aggregate", everything, EVERY, names=("cpu.usage",), groups=(HOST,)))
    assert counted["days"] >= 2
    assert counted["raw_hours"] <= 2
