"""Answers that are not rows of aggregations: yes or no, how long ago, what fell silent, what may be named."""

from dataclasses import replace
from typing import Any

from nlq.pipeline.reduction import key_fields, reduced
from nlq.pipeline.selection import OPERATORS, Stage, match
from nlq.question import Aggregation, Question, TimeRange

SERIES = "series"  # one document a series: name, type, tags


def conditions(question: Question) -> list[Stage]:
    """Keep the groups that fulfil the question's conditions; groups without a result fulfil none."""
    tests = [
        {f"{condition.of}0": {OPERATORS[condition.comparison]: condition.number, "$type": "number"}}
        for condition in question.having
    ]
    return [{"$match": {"$and": tests}}] if tests else []


def exists(found: list[Stage]) -> list[Stage]:
    """One row: whether the stages find anything."""
    return [
        *found,
        {"$limit": 1},
        {"$project": {"_id": 0, "row": [{"$literal": True}]}},
        {"$unionWith": {"pipeline": [{"$documents": [{"row": [False]}]}]}},
        {"$limit": 1},
    ]


def age(question: Question) -> list[Stage]:
    """One row: the seconds from the latest document to the end of the range; none where there is no document."""
    seconds = {"$divide": [{"$subtract": [question.range.end, "$timestamp"]}, 1000]}
    return [
        *match(question),
        {"$sort": {"timestamp": -1}},
        {"$limit": 1},
        {"$project": {"_id": 0, "row": [seconds, "$timestamp"]}},
    ]


def silent(question: Question, limit: int) -> list[Stage]:
    """The groups that were seen before the range and not in it, with the time of their latest document."""
    start = question.range.start
    if start is None:
        raise ValueError("silence needs a start")
    keys = key_fields(question)
    before = replace(question, range=TimeRange(None, question.range.end), aggregations=(Aggregation("seen"),))
    return [
        *reduced(before),
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
        wanted = {"tags": {"$gte": f"{key_}:", "$lt": f"{key_};"}}
        value = {"$substrBytes": ["$tags", len(key_.encode()) + 1, -1]}
        grouped = [{"$unwind": "$tags"}, {"$match": wanted}, {"$group": {"_id": value, "series": {"$sum": 1}}}]
        cells = ["$_id", "$series"]
    return [
        *match(question),
        *grouped,
        {"$sort": {"_id": 1}},
        {"$limit": limit},
        {"$project": {"_id": 0, "row": cells}},
    ]
