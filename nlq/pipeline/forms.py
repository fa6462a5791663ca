"""Answers that are not rows of aggregations: yes or no, how long ago, what fell silent, what may be named."""

from typing import Any

from msgspec.structs import replace

from nlq.measures import MEASURES, SYMBOLS
from nlq.pipeline.partials import key_fields
from nlq.pipeline.reduction import reduced
from nlq.pipeline.selection import OPERATORS, Stage, match
from nlq.plan import Plan
from nlq.question import Aggregation, Condition, Question, TimeRange
from nlq.units import factor

MILLISECOND = MEASURES["ms"]
SERIES = "series"  # one document a series: name, type, tags


def conditions(question: Question) -> list[Stage]:
    """Keep the groups that fulfil the question's conditions; groups without a result fulfil none."""
    tests = [
        {_tested(question, condition): {OPERATORS[condition.comparison]: condition.number, "$type": "number"}}
        for condition in question.having
    ]
    return [{"$match": {"$and": tests}}] if tests else []


def _tested(question: Question, condition: Condition) -> str:
    """A share is compared as such, but a condition on what it is now is on what it is a share of."""
    if condition.of == "value":
        return "ratio0" if question.over else "value0"
    return f"{'ratio_' if question.over else 'share_' if question.share else ''}{condition.of}0"


def exists(found: list[Stage]) -> list[Stage]:
    """One row: whether the stages find anything."""
    return [
        *found,
        {"$limit": 1},
        {"$project": {"_id": 0, "row": [{"$literal": True}]}},
        {"$unionWith": {"pipeline": [{"$documents": [{"row": [False]}]}]}},
        {"$limit": 1},
    ]


def age(question: Question, matching: list[Stage]) -> list[Stage]:
    """One row: how long before the end of the range the latest document that matches was, if any does."""
    return [
        *matching,
        {"$sort": {"timestamp": -1}},
        {"$limit": 1},
        {"$project": {"_id": 0, "row": _since("$timestamp", question)}},
    ]


def ages(question: Question, limit: int, plan: Plan) -> list[Stage]:
    """The same for each group, the oldest first."""
    keys = key_fields(question)
    return [
        *reduced(latest(question), plan),
        {"$sort": {"value0": 1, **{f"_id.{key}": 1 for key in keys}}},
        {"$limit": limit},
        {"$project": {"_id": 0, "row": [*(f"$_id.{key}" for key in keys), *_since("$value0", question)]}},
    ]


def _since(at: str, question: Question) -> list[Any]:
    unit = SYMBOLS[question.unit or "s"]
    return [{"$divide": [{"$subtract": [question.range.end, at]}, factor(unit, MILLISECOND)]}, at]


def latest(question: Question) -> Question:
    """When each group was last seen in the range."""
    return replace(question, aggregations=(Aggregation("seen"),))


def before(question: Question) -> Question:
    """When each group of a question about silence was last seen."""
    return latest(replace(question, range=TimeRange(None, question.range.end)))


def silent(question: Question, limit: int, plan: Plan) -> list[Stage]:
    """The groups that were seen before the range and not in it, with the time of their latest document."""
    start = question.range.start
    if start is None:
        raise ValueError("silence needs a start")
    keys = key_fields(question)
    return [
        *reduced(before(question), plan),
        {"$match": {"value0": {"$lt": start}, **{f"_id.{key}": {"$ne": None} for key in keys}}},
        {"$sort": {"value0": -1, **{f"_id.{key}": 1 for key in keys}}},
        {"$limit": limit},
        {"$project": {"_id": 0, "row": [*(f"$_id.{key}" for key in keys), "$value0"]}},
    ]


def catalog(question: Question, limit: int) -> list[Stage]:
    """What may be named, of the series that the question is about, in the order of the alphabet."""
    grouped: list[Stage]
    cells: list[Any]
    if question.subject == "names":
        types = {"$sortArray": {"input": "$types", "sortBy": 1}}
        grouped = [{"$group": {"_id": "$name", "types": {"$addToSet": "$type"}, "series": {"$sum": 1}}}]
        cells = ["$_id", types, "$series"]
    elif question.subject == "keys":
        key = {"$arrayElemAt": [{"$split": ["$tags", ":"]}, 0]}
        grouped = [
            {"$unwind": "$tags"},
            {"$group": {"_id": key, "tags": {"$addToSet": "$tags"}, "series": {"$sum": 1}}},
        ]
        cells = ["$_id", {"$size": {"$setDifference": ["$tags", ["$_id"]]}}, "$series"]
    else:
        key_ = question.groups[0].key
        stretch = {"$gte": f"{key_}:", "$lt": f"{key_};"}
        value = {"$substrBytes": ["$tags", len(key_.encode()) + 1, -1]}
        grouped = [
            {"$match": {"tags": {"$elemMatch": stretch}}},  # by the index; then, of these series, the tags themselves
            {"$unwind": "$tags"},
            {"$match": {"tags": stretch}},
            {"$group": {"_id": value, "series": {"$sum": 1}}},
        ]
        cells = ["$_id", "$series"]
    return [
        *match(question),
        *grouped,
        {"$sort": {"_id": 1}},
        {"$limit": limit},
        {"$project": {"_id": 0, "row": cells}},
    ]
