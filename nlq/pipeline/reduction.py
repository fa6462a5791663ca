"""Documents -> one document a group: `{_id: {key0, key1, ..., time}, value0, value1, ...}`.

Tags are grouped by the whole sorted list first, with partial results, and the keys are taken from the few
groups that are left: extraction on every document measured twice as slow.
"""

from typing import Any

from nlq.pipeline.selection import Stage, match
from nlq.question import Aggregation, Function, Grain, GroupKey, Question


def key_fields(question: Question) -> list[str]:
    """The fields of `_id` that hold the groups, in their order."""
    return [f"key{index}" for index in range(len(question.groups))]


def value_fields(question: Question) -> list[str]:
    """The fields that hold the results, in the order of the aggregations."""
    return [f"value{index}" for index in range(len(question.aggregations))]


def reduced(question: Question) -> list[Stage]:
    """The stages; groups are in no order."""
    results = zip(value_fields(question), question.aggregations, strict=True)
    return [*match(question), *_group(question), {"$project": {field: _result(each) for field, each in results}}]


def _group(question: Question) -> list[Stage]:
    """One document a group: `_id` with the keys and the bucket, and what the results are made from."""
    keys = key_fields(question)
    functions = {aggregation.function for aggregation in question.aggregations}
    first = {name: {operator: argument} for name, (operator, argument, _) in _partials(functions).items()}
    time = {"time": bucket("$timestamp", question.grain, question.zone)} if question.grain else {}
    plain = {key: f"${group.key}" for key, group in zip(keys, question.groups, strict=True) if group.kind != "tag"}
    if len(plain) == len(keys):
        return [{"$group": {"_id": plain | time, **first}}]
    merged = {name: {operator: f"${name}"} for name, (_, _, operator) in _partials(functions).items()}
    stages: list[Stage] = [{"$group": {"_id": plain | time | {"tags": "$tags"}, **first}}]
    if "percentile" in functions:  # the values lie bare again: all else is made from them anew
        stages.append({"$unwind": "$values"})
        merged = {
            name: {operator: argument if argument == 1 else "$values"}
            for name, (operator, argument, _) in _partials(functions).items()
        }
    again = {key: f"$_id.{key}" for key in plain} | ({"time": "$_id.time"} if time else {})
    tagged = {
        key: _tag_value("$_id.tags", group)
        for key, group in zip(keys, question.groups, strict=True)
        if group.kind == "tag"
    }
    return [*stages, {"$group": {"_id": again | tagged, **merged}}]


def _partials(functions: set[Function]) -> dict[str, tuple[str, Any, str]]:
    """Field -> (accumulator, its argument on documents, the accumulator that merges two of it)."""
    partials: dict[str, tuple[str, Any, str]] = {}
    if functions & {"count", "avg"}:
        partials["count"] = ("$sum", 1, "$sum")
    if functions & {"sum", "avg"}:
        partials["sum"] = ("$sum", "$value", "$sum")
    if "min" in functions:
        partials["min"] = ("$min", "$value", "$min")
    if "max" in functions:
        partials["max"] = ("$max", "$value", "$max")
    if "percentile" in functions:
        partials["values"] = ("$push", "$value", "$push")
    return partials


def _result(aggregation: Aggregation) -> Any:
    if aggregation.function == "avg":
        return {"$divide": ["$sum", "$count"]}
    if aggregation.function == "percentile":
        return _nearest_rank(aggregation.percent or 0.0)
    return f"${aggregation.function}"


def nothing(aggregation: Aggregation) -> int | None:
    """What the aggregation of no documents is."""
    return 0 if aggregation.function in ("count", "sum") else None


def _nearest_rank(percent: float) -> Any:
    """The smallest value with at least `percent` % of the values at or below it.

    The rank is ceil(n * percent / 100), counted from 1; in whole numbers, so that no rounding moves it.
    """
    scale = 10 ** max(0, -_exponent(percent))
    share, whole = round(percent * scale), 100 * scale
    rank = {"$ceil": {"$divide": [{"$multiply": [{"$size": "$values"}, share]}, whole]}}
    ordered = {"$sortArray": {"input": "$values", "sortBy": 1}}
    return {"$arrayElemAt": [ordered, {"$subtract": [{"$toInt": rank}, 1]}]}


def _exponent(number: float) -> int:
    """The power of ten of the last decimal place: -1 of 99.9."""
    digits = f"{number:.6f}".rstrip("0").rstrip(".")
    return -len(digits.partition(".")[2])


def bucket(date: Any, grain: Grain, zone: str) -> Any:
    """The start of the bucket that `date` is in, by the calendar of the zone."""
    return {
        "$dateTrunc": {
            "date": date,
            "unit": grain.unit,
            "binSize": grain.count,
            "timezone": zone,
            "startOfWeek": "monday",
        }
    }


def _tag_value(tags: str, group: GroupKey) -> Any:
    """The value of the group's key in the list `tags`; null where the key is missing."""
    prefix = f"{group.key}:"
    starts = {"$eq": [{"$indexOfBytes": ["$$tag", {"$literal": prefix}]}, 0]}
    found = {"$first": {"$filter": {"input": tags, "as": "tag", "cond": starts}}}
    value = {"$substrBytes": ["$$found", len(prefix.encode()), -1]}
    return {"$let": {"vars": {"found": found}, "in": {"$cond": [{"$gt": ["$$found", None]}, value, None]}}}
