"""Another retention than before: what is gone stays gone, and its summaries stay right."""

import random
from datetime import timedelta
from typing import Any

import pytest

from nlq.question import Question, TimeRange
from telemetry_server import instants
from telemetry_server.errors import Invalid, NotFound
from telemetry_server.metric import Metric
from telemetry_server.summaries.retention import Retention
from tests.server.test_summaries import DAY, EVERY, HOST, HOUR, World, copied, metric, run

SHORT, LONG = Retention(2 * DAY, 4 * DAY, 50 * DAY), Retention(20 * DAY, 30 * DAY, 50 * DAY)


def test_a_longer_retention_does_not_bring_back_what_is_gone(mongo_uri: str, app_env: str) -> None:
    """An hour whose metrics went is read from its summary still; what would change it is refused, and told why."""
    chance = random.Random(11)  # noqa: S311  test data
    metrics: dict[str, Metric] = {}

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
        gone = copied(metric(chance, 3 * DAY, 3 * DAY), id="f" * 24)
        await world.mongo.insert([gone], 1)  # MongoDB deletes a day later
        await refuse_all_of(world, gone)
        await world.mongo.delete(gone)
        await summarise(world)
        await check(world)
        await refuse_all_of(world, gone)
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


async def refuse_all_of(world: World, gone: Metric) -> None:
    fields: dict[str, Any] = {"name": "a", "type": "gauge", "value": 1.0, "tags": (), "timestamp": gone.timestamp}
    recent = max(world.metrics.values(), key=lambda each: each.timestamp)
    for refused in (
        world.api.create(fields, None),
        world.api.create_all([fields | {"timestamp": recent.timestamp}, fields]),
        world.api.update(recent.id, None, lambda _: fields),
    ):
        with pytest.raises(Invalid, match="timestamp"):
            await refused
    for missing in (world.api.delete(gone.id, None), world.api.update(gone.id, None, lambda _: fields)):
        with pytest.raises(NotFound):
            await missing
