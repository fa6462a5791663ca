"""Pipelines give, on a real MongoDB, what plain Python works out over the same documents."""

import math
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pymongo
import pytest
from bson import ObjectId
from bson.codec_options import CodecOptions
from msgspec.structs import replace
from pymongo.collection import Collection

import nlq
from nlq.pipeline import sketch
from nlq.pipeline.summary import summary
from nlq.plan import EXACT, Plan, Summaries
from nlq.question import Aggregation, Cycle, Grain, GroupKey, Question, Rank, TagFilter, TimeRange
from nlq.spans import DAY, HOUR
from tests.nlq.conftest import NOW, read_series
from tests.nlq.evaluation import evaluate
from tests.nlq.test_corpus import CONTEXT, READ

Document = dict[str, Any]
PERCENTILE = re.compile(r"p[\d.]+")


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
        found.database["hours"].insert_many(_summaries(found, "metrics", HOUR, sorted({_hour(at) for at in times()})))
        days = sorted({at.replace(hour=0) for at in map(_hour, times())})
        found.database["days"].insert_many(_summaries(found, "hours", DAY, days))
        for stale in ("hours", "days"):
            times_ = {"hours": SUMMARIES.stale_hours, "days": SUMMARIES.stale_days}[stale]
            client[name][stale].update_many({"timestamp": {"$in": list(times_)}}, {"$set": {"name": "wrong"}})
        yield found
        client.drop_database(name)


def times() -> list[datetime]:
    return [document["timestamp"] for document in DOCUMENTS]


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _summaries(found: Collection[Document], source: str, width: timedelta, starts: list[datetime]) -> list[Document]:
    return [made for start in starts for made in found.database[source].aggregate(summary(start, width, source))]


FIRST = _hour(min(times()))
STALE = random.Random(7).sample(sorted({_hour(at) for at in times()}), 20)  # noqa: S311  test data
SUMMARIES = Summaries(
    since=FIRST,
    metrics_since=FIRST,
    hours_since=FIRST.replace(hour=0),
    hours_until=_hour(NOW) - 2 * HOUR,
    days_until=NOW.replace(hour=0, minute=0) - DAY,
    stale_hours=frozenset(STALE[:12]),
    stale_days=frozenset(at.replace(hour=0) for at in STALE[12:]),
)


def answer(collection: Collection[Document], question: Question, plan: Plan = EXACT) -> list[list[Any]]:
    pipeline = nlq.compile_question(question, nlq.Limits(max_rows=len(DOCUMENTS)), plan)
    source = collection.database.get_collection(pipeline.collection, codec_options=collection.codec_options)
    rows = [document["row"] for document in source.aggregate(list(pipeline.stages))]
    assert all(len(row) == len(pipeline.columns) for row in rows)
    return rows


def same(got: Any, wanted: Any, error: float = 1e-9) -> bool:
    if isinstance(wanted, float) and got is not None:
        return math.isclose(got, wanted, rel_tol=error, abs_tol=1e-9)
    return bool(got == wanted)


def assert_answers(collection: Collection[Document], question: Question, plan: Plan = EXACT) -> None:
    got, wanted = answer(collection, question, plan), evaluate(question, DOCUMENTS)
    pipeline = nlq.compile_question(question)
    errors = [0.01001 if plan.sketched and PERCENTILE.fullmatch(each.name) else 1e-9 for each in pipeline.columns]
    assert len(got) == len(wanted), (got, wanted)
    for got_row, wanted_row in zip(got, wanted, strict=True):
        assert all(map(same, got_row, wanted_row, errors)), (got_row, wanted_row)


def question_of(prompt: str) -> Question:
    result = nlq.interpret(prompt, CONTEXT)
    assert isinstance(result, nlq.Interpretation), result
    return result.question


@pytest.mark.parametrize("reading", sorted({reading for reading, _ in READ}))
def test_every_corpus_question_is_answered_as_python_would(collection: Collection[Document], reading: str) -> None:
    """Row by row, in order."""
    assert_answers(collection, question_of(reading))


@pytest.mark.parametrize("reading", sorted({reading for reading, _ in READ}))
def test_summaries_give_every_corpus_question_the_same_answer(collection: Collection[Document], reading: str) -> None:
    """Sealed hours and days are read from their summaries, stale and open ones from the metrics."""
    assert_answers(collection, question_of(reading), Plan(summaries=SUMMARIES))


ALL = TimeRange(None, NOW)
HOST, REGION = GroupKey("tag", "host"), GroupKey("tag", "region")
P95 = Aggregation("percentile", 95)
COUNT = Aggregation("count")
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
    "the latest of each series, added up": Question(
        "aggregate", ALL, (Aggregation("total_latest"),), names=("cpu.usage",), groups=(REGION,), grain=Grain("day")
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
CYCLES = (
    Cycle((0, 2, 6)),
    Cycle((5, 6), negated=True),
    Cycle((), time(9), time(17, 30)),
    Cycle((), time(22, 0, 30), time(2)),
    Cycle((4, 6), time(22), time(2, 30)),
    Cycle((0, 1, 2, 3, 4), time(9), time(17), negated=True),
    Cycle((6,), time(18), time()),
    Cycle((6,), time(2), time(3)),  # on two of those days clocks skip that hour, or repeat it
)
QUESTIONS |= {
    f"{cycle} in {zone}": Question("list", ALL, rank=Rank(1000), during=(cycle,), zone=zone)
    for cycle in CYCLES
    for zone in ("UTC", "America/New_York", "Asia/Kolkata")
}
QUESTIONS["several cycles"] = Question("list", ALL, limit=1000, during=(CYCLES[0], CYCLES[1], CYCLES[5]))


@pytest.mark.parametrize("case", QUESTIONS)
def test_hard_question_is_answered_as_python_would(collection: Collection[Document], case: str) -> None:
    """Missing keys, nothing stored, calendars of other zones, percentiles at the edges."""
    assert_answers(collection, QUESTIONS[case])


SKETCHED = {
    case: question for case, question in QUESTIONS.items() if any(each.percent for each in question.aggregations)
}


@pytest.mark.parametrize("case", SKETCHED)
def test_sketched_percentiles_are_within_one_percent(collection: Collection[Document], case: str) -> None:
    """And all that is asked beside them is exact."""
    assert_answers(collection, SKETCHED[case], Plan(sketched=True))


@pytest.mark.parametrize("case", QUESTIONS)
def test_summaries_give_every_hard_question_the_same_answer(collection: Collection[Document], case: str) -> None:
    """Percentiles of them too, within 1 %."""
    assert_answers(collection, QUESTIONS[case], Plan(sketched=case in SKETCHED, summaries=SUMMARIES))


@pytest.mark.parametrize("percent", [0.1, 5, 50, 95, 100])
def test_sketch_holds_every_double(collection: Collection[Document], percent: float) -> None:
    """Values of any size and sign, and zero, are given back within 1 %."""
    chance = random.Random(percent)  # noqa: S311  test data
    values = [chance.choice((1, -1)) * 10 ** chance.uniform(-300, 300) for _ in range(500)]
    values += [0.0, -0.0, 5e-324, -5e-324, 1.7e308, -1.7e308, 1.0, -1.0]
    made = {"$documents": [{"value": value} for value in values]}
    gathered = {"$group": {"_id": None, "bins": {"$push": sketch.of("$value")}}}
    added = {"$set": {"added": sketch.added("$bins")}}
    asked = {name: sketch.value_at(round(percent * 10), 1000, f"${name}") for name in ("bins", "added")}
    thrice = sketch.added(sketch.joined(["$added", "$added", "$added"]))
    again = sketch.added(sketch.joined(["$added", thrice]))
    shown = {"$project": asked | {"sketch": "$added", "again": again}}
    (found,) = collection.database.aggregate([made, gathered, added, shown])
    wanted = sorted(values)[math.ceil(len(values) * round(percent * 10) / 1000) - 1]
    assert math.isclose(found["bins"], wanted, rel_tol=0.01001), wanted
    assert found["added"] == found["bins"]
    for name, count in (("sketch", len(values)), ("again", 4 * len(values))):
        bins = [number // sketch.ROOM for number in found[name]]
        assert bins == sorted(set(bins))
        assert sum(number % sketch.ROOM for number in found[name]) == count > len(bins)


@pytest.mark.parametrize("plan", [EXACT, Plan(summaries=SUMMARIES)], ids=["metrics", "summaries"])
def test_values_of_a_percentile_are_counted(collection: Collection[Document], plan: Plan) -> None:
    """Of both ranges of a comparison; summaries tell how many, of metrics only so many are counted."""
    asked = Question("aggregate", ALL, (P95,), names=("cpu.usage",), compared_to=TimeRange(None, NOW - 9 * DAY))
    first, second = (replace(asked, range=span, compared_to=None) for span in (asked.range, asked.compared_to) if span)
    (here,), (before,) = (evaluate(replace(each, aggregations=(COUNT,)), DOCUMENTS) for each in (first, second))

    def counted(question: Question, most: int) -> int:
        pipeline = nlq.count_values(question, most, plan)
        assert pipeline
        (found,) = collection.database[pipeline.collection].aggregate(list(pipeline.stages))
        return int(found["row"][0])

    assert counted(first, 10_000) == here[0] > 100
    assert counted(asked, 10_000) == here[0] + before[0]
    assert counted(asked, 10) > 10
    assert nlq.count_values(replace(asked, aggregations=(COUNT,)), 10, plan) is None


def test_one_more_row_tells_whether_there_is_more(collection: Collection[Document]) -> None:
    """One more comes exactly when the limit cuts rows off, behind the same rows."""
    question = Question("aggregate", ALL, (Aggregation("count"),), groups=(HOST,))
    rows = len(answer(collection, question))
    for limit, more in ((rows - 1, True), (rows, False)):
        pipeline = nlq.compile_question(question, nlq.Limits(max_rows=limit))
        assert pipeline.capped
        cut = list(collection.aggregate(list(pipeline.stages)))
        assert len(cut) == limit
        assert list(collection.aggregate(pipeline.with_one_more()))[:limit] == cut
        assert len(list(collection.aggregate(pipeline.with_one_more()))) == limit + more


@pytest.mark.parametrize("cycle", CYCLES, ids=str)
def test_cycles_go_by_the_clock_while_it_changes(collection: Collection[Document], cycle: Cycle) -> None:
    """An hour that clocks skip is in no cycle; one that they repeat is in it twice."""
    found = collection.database[f"changes_{ObjectId()}"]
    changes = (datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 10, 31, tzinfo=UTC))
    made = [
        DOCUMENTS[0] | {"_id": ObjectId(), "timestamp": start + timedelta(minutes=10 * count)}
        for start in changes
        for count in range(3 * 24 * 6)
    ]
    found.insert_many(made)
    question = Question("aggregate", ALL, (Aggregation("count"),), during=(cycle,), zone="America/New_York")
    rows = [document["row"] for document in found.aggregate(list(nlq.compile_question(question).stages))]
    assert rows == evaluate(question, made)


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
