"""Pipelines give, on a real MongoDB, what plain Python works out over the same documents."""

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
from nlq.question import Aggregation, Grain, GroupKey, Question, Rank, TagFilter, TimeRange
from tests.nlq.conftest import NOW, read_series
from tests.nlq.evaluation import evaluate
from tests.nlq.test_corpus import CONTEXT, READ

Document = dict[str, Any]


def documents() -> list[Document]:
    """A year of documents, the last day dense, with ties in value and in time. Always the same."""
    chance = random.Random(20261122)  # noqa: S311  test data
    made = []
    for name, type_, tags in read_series():
        for _ in range(30):
            age = chance.choice((timedelta(days=420), timedelta(days=60), timedelta(days=7), timedelta(hours=11)))
            made.append(
                {
                    "_id": ObjectId(f"{len(made):024x}"),
                    "name": name,
                    "type": type_,
                    "value": float(chance.choice((chance.randrange(120), round(chance.lognormvariate(4, 1), 3)))),
                    "tags": tags,
                    "timestamp": NOW - timedelta(seconds=chance.randrange(1, int(age.total_seconds()))),
                }
            )
    made.append(made[0] | {"_id": ObjectId(f"{len(made):024x}"), "tags": []})
    return made


DOCUMENTS = documents()


@pytest.fixture(scope="module")
def collection(mongo_uri: str) -> Iterator[Collection[Document]]:
    with pymongo.MongoClient[Document](mongo_uri) as client:
        name = f"telemetry_server_pipelines_{ObjectId()}"
        options: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
        found = client[name].get_collection("metrics", codec_options=options)
        found.create_index([("name", 1), ("timestamp", 1)])
        found.create_index([("tags", 1), ("timestamp", 1)])
        found.insert_many(DOCUMENTS)
        series = {(each["name"], each["type"], tuple(each["tags"])) for each in DOCUMENTS}
        client[name]["series"].insert_many([{"name": n, "type": t, "tags": list(tags)} for n, t, tags in series])
        yield found
        client.drop_database(name)


def answer(collection: Collection[Document], question: Question) -> list[list[Any]]:
    pipeline = nlq.compile_question(question, nlq.Limits(max_rows=len(DOCUMENTS)))
    source = collection.database.get_collection(pipeline.collection, codec_options=collection.codec_options)
    rows = [document["row"] for document in source.aggregate(list(pipeline.stages))]
    assert all(len(row) == len(pipeline.columns) for row in rows)
    return rows


def same(got: Any, wanted: Any) -> bool:
    if isinstance(wanted, float) and got is not None:
        return math.isclose(got, wanted, rel_tol=1e-9, abs_tol=1e-9)
    return bool(got == wanted)


def assert_answers(collection: Collection[Document], question: Question) -> None:
    got, wanted = answer(collection, question), evaluate(question, DOCUMENTS)
    assert len(got) == len(wanted), (got, wanted)
    for got_row, wanted_row in zip(got, wanted, strict=True):
        assert all(map(same, got_row, wanted_row)), (got_row, wanted_row)


def question_of(prompt: str) -> Question:
    result = nlq.interpret(prompt, CONTEXT)
    assert isinstance(result, nlq.Interpretation), result
    return result.question


@pytest.mark.parametrize("reading", sorted({reading for reading, _ in READ}))
def test_every_corpus_question_is_answered_as_python_would(collection: Collection[Document], reading: str) -> None:
    """Row by row, in order."""
    assert_answers(collection, question_of(reading))


ALL = TimeRange(None, NOW)
HOST, REGION = GroupKey("tag", "host"), GroupKey("tag", "region")
P95 = Aggregation("percentile", 95)
QUESTIONS = {
    "groups that lack the key are null": Question("aggregate", ALL, (Aggregation("count"),), groups=(HOST,)),
    "and are left out of a ranking": Question("aggregate", ALL, (Aggregation("count"),), groups=(HOST,), rank=Rank(9)),
    "not leaves out documents without the key": Question(
        "aggregate", ALL, (Aggregation("count"),), tags=(TagFilter("host", ("web-01",), negated=True),)
    ),
    "all aggregations at once": Question(
        "aggregate",
        ALL,
        (
            *map(Aggregation, ("count", "sum", "avg", "min", "max", "range", "stddev", "variance", "first", "latest")),
            P95,
        ),
        names=("cpu.usage",),
        groups=(HOST, REGION),
        grain=Grain("day"),
    ),
    "nothing stored": Question(
        "aggregate", TimeRange(NOW, NOW), (Aggregation("count"), Aggregation("sum"), Aggregation("avg"), P95)
    ),
    "groups by name and tag": Question(
        "aggregate", ALL, (P95,), groups=(GroupKey("name", "name"), REGION), grain=Grain("month")
    ),
}
QUESTIONS |= {
    "what merges over tag lists": Question(
        "aggregate",
        ALL,
        (*map(Aggregation, ("first", "latest", "range", "avg")), Aggregation("distinct", key=REGION)),
        names=("cpu.usage",),
        groups=(HOST,),
    ),
    "distinct, with what does not merge": Question(
        "aggregate", ALL, (Aggregation("distinct", key=REGION), P95), names=("cpu.usage",), groups=(HOST,)
    ),
    "distinct names of each type": Question(
        "aggregate",
        ALL,
        (Aggregation("distinct", key=GroupKey("name", "name")),),
        groups=(GroupKey("type", "type"), HOST),
    ),
    "rates of buckets that the range cuts": Question(
        "aggregate",
        TimeRange(NOW - timedelta(minutes=95), NOW - timedelta(minutes=7)),
        (Aggregation("count", per="minute"), Aggregation("sum", per="second")),
        grain=Grain("hour"),
    ),
}
QUESTIONS |= {
    f"percentile {percent:g}": Question(
        "aggregate", ALL, (Aggregation("percentile", percent),), names=("api.latency_ms",), groups=(REGION,)
    )
    for percent in (0.001, 1, 25, 50, 75, 99, 99.9, 99.999, 100)
}
QUESTIONS |= {
    f"every {count} {unit} in {zone}": Question(
        "aggregate", ALL, (Aggregation("count"),), groups=(HOST,), grain=Grain(unit, count), zone=zone
    )
    for unit, count in (("minute", 15), ("hour", 1), ("day", 1), ("week", 1), ("month", 1), ("year", 1))
    for zone in ("UTC", "Europe/Berlin", "Asia/Kolkata")
}


@pytest.mark.parametrize("case", QUESTIONS)
def test_hard_question_is_answered_as_python_would(collection: Collection[Document], case: str) -> None:
    """Missing keys, nothing stored, calendars of other zones, percentiles at the edges."""
    assert_answers(collection, QUESTIONS[case])


def test_beyond_tells_whether_there_is_more(collection: Collection[Document]) -> None:
    """`beyond` finds a document exactly when the limit cut rows off."""
    question = Question("aggregate", ALL, (Aggregation("count"),), groups=(HOST,))
    rows = len(answer(collection, question))
    for limit, more in ((rows - 1, True), (rows, False)):
        pipeline = nlq.compile_question(question, nlq.Limits(max_rows=limit))
        assert pipeline.capped
        assert len(list(collection.aggregate(list(pipeline.stages)))) == limit
        assert bool(list(collection.aggregate(pipeline.beyond()))) is more


def test_no_text_of_the_caller_becomes_a_field_or_an_expression(collection: Collection[Document]) -> None:
    """Keys and values that look like operators, variables or paths stay text."""
    for text in ("$where", "$$ROOT", "$value", "a.b", "__proto__", "x'}", "host", "key0"):
        question = Question(
            "aggregate",
            TimeRange(NOW - timedelta(days=1), NOW),
            (Aggregation("count"),),
            names=(text,),
            tags=(TagFilter(text, (text,)), TagFilter(text, (text,), negated=True), TagFilter(text)),
            groups=(GroupKey("tag", text),),
            rank=Rank(3),
        )
        assert answer(collection, question) == []


def test_documents_are_what_the_evaluation_needs() -> None:
    """Ties in value, documents without tags, and a span of more than a year: else the comparison proves little."""
    assert len({document["value"] for document in DOCUMENTS}) < len(DOCUMENTS) * 0.8
    assert any(not document["tags"] for document in DOCUMENTS)
    assert min(document["timestamp"] for document in DOCUMENTS) < datetime(2025, 12, 1, tzinfo=UTC)
