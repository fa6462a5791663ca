"""Pipelines use the server's own indexes, on a real MongoDB: none scans a collection where a filter could help."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pymongo
import pytest
from bson import ObjectId
from pymongo.database import Database

import nlq
from nlq.plan import EXACT, Plan
from nlq.question import Aggregation, GroupKey, Over, Question, TagFilter, TimeRange
from telemetry_server.stores.indexes import indexes
from telemetry_server.summaries.retention import Retention
from tests.nlq.conftest import NOW
from tests.nlq.test_corpus import READ
from tests.nlq.test_pipeline import ALL, DOCUMENTS, SUMMARIES, question_of

COUNT = Aggregation("count")
Document = dict[str, Any]


@pytest.fixture(scope="module")
def database(mongo_uri: str) -> Iterator[Database[Document]]:
    """The documents of the pipelines' tests, with the indexes that the server makes."""
    with pymongo.MongoClient[Document](mongo_uri, datetime_conversion="DATETIME_AUTO") as client:
        found = client[f"telemetry_server_indexes_{ObjectId()}"]
        for index in indexes(Retention(*[timedelta(days=3650)] * 3)):  # nothing expires while it is explained
            expiry = (
                {} if index.expire_after is None else {"expireAfterSeconds": int(index.expire_after.total_seconds())}
            )
            found[index.collection].create_index(list(index.keys), name=index.name, **expiry)
        found["metrics"].insert_many(DOCUMENTS)
        series = {(each["name"], each["type"], tuple(each["tags"])) for each in DOCUMENTS}
        found["series"].insert_many([{"name": n, "type": t, "tags": list(tags)} for n, t, tags in series])
        yield found
        client.drop_database(found.name)


def pieces(node: Any) -> Iterator[Document]:
    """All documents within a part of an explanation or of a pipeline, itself first."""
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from pieces(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from pieces(inner)


def parts(collection: str, stages: list[Document]) -> Iterator[tuple[str, list[Document]]]:
    """A pipeline without its `$unionWith` of collections, and the pipelines of those, each with its collection."""
    unions = [stage["$unionWith"] for stage in stages if "coll" in stage.get("$unionWith", {})]
    yield collection, [stage for stage in stages if "coll" not in stage.get("$unionWith", {})]
    for union in unions:
        yield from parts(union["coll"], union["pipeline"])


def scans(database: Database[Document], collection: str, stages: list[Document]) -> bool:
    """Whether MongoDB would look at every document."""
    command = {"aggregate": collection, "pipeline": stages, "cursor": {}}
    explained = database.command("explain", command, verbosity="queryPlanner", codec_options=database.codec_options)
    plans = [piece["winningPlan"] for piece in pieces(explained) if "winningPlan" in piece]
    assert plans
    return any(piece.get("stage") == "COLLSCAN" for plan in plans for piece in pieces(plan))


def can_use_an_index(collection: str, stages: list[Document]) -> bool:
    """A name, a tag, tags that begin with something, or a time not before another: each is a stretch of an index."""
    wanted = stages[0].get("$match", {})
    conditions = [wanted, *wanted.get("$and", ())]
    fields = {field: test for condition in conditions for field, test in condition.items()}
    bounded = isinstance(fields.get("timestamp"), dict) and "$gte" in fields["timestamp"]
    either = [piece for piece in fields.get("$or", ()) if set(piece) == {"tags"}]
    return "name" in fields or "tags" in fields or bool(either) or (collection != "series" and bounded)


def assert_no_needless_scan(database: Database[Document], question: Question, plan: Plan = EXACT) -> int:
    """How many pipelines of the question can use an index; all of them do."""
    pipeline = nlq.compile_question(question, plan=plan)
    able = [part for part in parts(pipeline.collection, list(pipeline.stages)) if can_use_an_index(*part)]
    for collection, stages in able:
        assert not scans(database, collection, stages), (collection, stages[0])
    return len(able)


READINGS = sorted({reading for reading, _ in READ})


@pytest.mark.parametrize("reading", READINGS)
def test_no_corpus_question_scans_a_collection_needlessly(database: Database[Document], reading: str) -> None:
    """Nor does any part of it: the second range of a comparison, what a ratio is divided by, the catalog."""
    assert_no_needless_scan(database, question_of(reading))


@pytest.mark.parametrize("reading", READINGS)
def test_no_corpus_question_scans_summaries_needlessly(database: Database[Document], reading: str) -> None:
    """Nor metrics beside summaries, of which there is always a time to look for."""
    assert_no_needless_scan(database, question_of(reading), Plan(summaries=SUMMARIES))


START, NAMES = TimeRange(NOW - timedelta(hours=1), NOW), ("cpu.usage",)
QUESTIONS = {
    "time alone": Question("aggregate", START, (Aggregation("count"),)),
    "a tag": Question("list", ALL, tags=(TagFilter("host", ("web-01",)),)),
    "one of several tags": Question("list", ALL, tags=(TagFilter("host", ("web-01", "web-02")),)),
    "tags that begin so": Question("list", ALL, tags=(TagFilter("host", ("web",), match="prefix"),)),
    "any value of a key": Question("list", ALL, tags=(TagFilter("host"),)),
    "any other value": Question("list", ALL, tags=(TagFilter("host", ("web-01",), negated=True),)),
    "names": Question("age", ALL, names=("cpu.usage", "deploy")),
    "two ranges": Question("aggregate", START, (Aggregation("count"),), compared_to=START),
    "a ratio": Question("aggregate", ALL, (COUNT,), names=NAMES, over=Over(NAMES, COUNT)),
    "tags of a name": Question("catalog", TimeRange(), names=NAMES, subject="keys"),
    "names with a tag": Question("catalog", TimeRange(), tags=(TagFilter("host", ("web-01",)),), subject="names"),
    "values of a key": Question("catalog", TimeRange(), groups=(GroupKey("tag", "host"),), subject="values"),
}


@pytest.mark.parametrize("case", QUESTIONS)
def test_each_kind_of_filter_uses_an_index(database: Database[Document], case: str) -> None:
    """Each filter by itself, where nothing else could help."""
    parts_of = {"two ranges": 2, "a ratio": 2}
    assert assert_no_needless_scan(database, QUESTIONS[case]) == parts_of.get(case, 1)


@pytest.mark.parametrize("reading", READINGS)
def test_every_answer_is_bounded(reading: str) -> None:
    """A pipeline ends in its limit and one row a document; of what may be long, at most `max_rows` come back."""
    pipeline = nlq.compile_question(question_of(reading), nlq.Limits(max_rows=7))
    limits = [stage["$limit"] for stage in pipeline.stages if "$limit" in stage]
    assert limits
    assert limits[-1] == pipeline.limit <= 7


def test_a_question_without_filters_may_scan(database: Database[Document]) -> None:
    """What asks for everything is no failure: the test above would pass for nothing otherwise."""
    everything = nlq.compile_question(Question("aggregate", TimeRange(), (COUNT,)))
    assert not can_use_an_index("metrics", list(everything.stages))
    assert scans(database, "metrics", list(everything.stages))
