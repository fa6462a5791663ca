"""Percentiles, least and greatest values of metrics that carry a distribution, on a real MongoDB."""

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pymongo
import pytest
from bson import ObjectId
from bson.codec_options import CodecOptions
from pymongo.collection import Collection

import nlq
from nlq.plan import ERROR, Plan, Summaries
from nlq.question import Aggregation, Grain, GroupKey, Question, TimeRange
from nlq.spans import DAY, HOUR
from tests.nlq.evaluation import evaluate

Document = dict[str, Any]
START = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = 50
BOUNDS = ([1.0, 2.5, 5.0, 10.0], [-3.0, 0.0, 4.0], [100.0], [])
FUNCTIONS = (
    *(Aggregation("percentile", percent) for percent in (1.0, 50.0, 95.0, 99.9, 100.0)),
    *map(Aggregation, ("count", "sum", "avg", "min", "max", "range", "stddev", "first", "latest")),
)
RANGE = TimeRange(START, START + HOURS * HOUR)


def documents() -> list[Document]:
    """Histograms with several buckets and with none, and plain values of the same series. Always the same."""
    chance = random.Random(4)  # noqa: S311  test data
    made = []
    for number in range(600):
        seen = sorted(round(chance.gauss(3, 4), 2) for _ in range(chance.choice((1, 3, 40))))
        bounds = chance.choice(BOUNDS)
        counts = [sum(low < value <= high for value in seen) for low, high in edges(bounds)] if bounds else []
        document = {
            "_id": ObjectId(f"{number:024x}"),
            "name": chance.choice(("request.ms", "job.ms")),
            "type": chance.choice(("histogram", "summary")),
            "value": math.fsum(seen) / len(seen),
            "tags": [f"host:{chance.choice('abc')}"],
            "timestamp": START + timedelta(seconds=chance.randrange(HOURS * 3600)),
        }
        spread = {"count": len(seen), "sum": math.fsum(seen), "min": seen[0], "max": seen[-1]}
        has_one = chance.random() < 0.8
        made.append(document | ({"distribution": spread | {"bounds": bounds, "counts": counts}} if has_one else {}))
    made += [{**each, "_id": ObjectId(), "type": "gauge", "value": 7.0} for each in made if "distribution" not in each]
    return made


def edges(bounds: list[float]) -> Iterator[tuple[float, float]]:
    return zip([-math.inf, *bounds], [*bounds, math.inf], strict=True)


DOCUMENTS = documents()
SUMMARIES = Summaries(START, START, START, START + 40 * HOUR, START + DAY, frozenset([START + 30 * HOUR]))


@pytest.fixture(scope="module")
def collection(mongo_uri: str) -> Iterator[Collection[Document]]:
    with pymongo.MongoClient[Document](mongo_uri) as client:
        name = f"telemetry_server_distributions_{ObjectId()}"
        options: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
        found = client[name].get_collection("metrics", codec_options=options)
        found.insert_many(DOCUMENTS)
        for hour in range(HOURS):
            made = list(found.aggregate(nlq.summary(START + hour * HOUR, HOUR, "metrics", bit_by_bit=hour % 2 == 0)))
            found.database["hours"].insert_many(made)
        found.database["days"].insert_many(list(found.database["hours"].aggregate(nlq.summary(START, DAY, "hours"))))
        yield found
        client.drop_database(name)


@pytest.mark.parametrize("summaries", [None, SUMMARIES], ids=["metrics", "summaries"])
@pytest.mark.parametrize(
    "question",
    [
        Question("aggregate", RANGE, FUNCTIONS, names=("request.ms",)),
        Question("aggregate", RANGE, FUNCTIONS, names=("job.ms",), types=("gauge",)),
        Question("aggregate", RANGE, FUNCTIONS, groups=(GroupKey("name", "name"), GroupKey("tag", "host"))),
        Question(
            "aggregate", RANGE, FUNCTIONS, names=("job.ms",), grain=Grain("hour"), groups=(GroupKey("type", "type"),)
        ),
        Question("aggregate", RANGE, FUNCTIONS[:1], names=("request.ms",), grain=Grain("day")),
    ],
    ids=["all", "gauges", "by name and host", "hourly by type", "daily"],
)
def test_percentiles_read_distributions(
    collection: Collection[Document], question: Question, summaries: Summaries | None
) -> None:
    """A metric counts as all values that it saw, those of a bucket at its middle; results are those of plain Python."""
    plan = Plan(sketched=True, distributed=True, summaries=summaries)
    pipeline = nlq.compile_question(question, nlq.Limits(max_rows=1000), plan)
    source = collection.database.get_collection(pipeline.collection, codec_options=collection.codec_options)
    got = [document["row"] for document in source.aggregate(list(pipeline.stages))]
    wanted = evaluate(question, DOCUMENTS)
    assert len(got) == len(wanted)
    percentiles = {column.name for column in pipeline.columns if column.name.startswith("p") or column.name == "median"}
    assert percentiles
    for got_row, wanted_row in zip(got, wanted, strict=True):
        for column, result, expected in zip(pipeline.columns, got_row, wanted_row, strict=True):
            if isinstance(expected, float):
                error = ERROR * 1.001 if column.name in percentiles else 1e-9
                assert math.isclose(result, expected, rel_tol=error, abs_tol=1e-9), (column.name, got_row, wanted_row)
            else:
                assert result == expected, (column.name, got_row, wanted_row)
