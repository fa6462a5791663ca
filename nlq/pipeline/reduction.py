"""Documents -> one document a group: `{_id: {key0, key1, ..., time}, value0, value1, ...}`.

Where the partial results can be merged, documents are grouped by their whole sorted tag list first, and the keys
are taken from the few groups that are left: extraction on every document measured twice as slow.
"""

from typing import Any

from nlq.pipeline.selection import Stage, match
from nlq.question import Aggregation, Function, Grain, GroupKey, Question, Unit

Accumulator = dict[str, Any]

# What results are made from: how it is gathered from documents, and how two of it merge (None: they do not).
_PARTIALS: dict[str, tuple[Accumulator, Accumulator | None]] = {
    "count": ({"$sum": 1}, {"$sum": "$count"}),
    "sum": ({"$sum": "$value"}, {"$sum": "$sum"}),
    "min": ({"$min": "$value"}, {"$min": "$min"}),
    "max": ({"$max": "$value"}, {"$max": "$max"}),
    "seen": ({"$max": "$timestamp"}, {"$max": "$seen"}),
    "values": ({"$push": "$value"}, None),
    "deviation": ({"$stdDevPop": "$value"}, None),
    "first": (
        {"$top": {"sortBy": {"timestamp": 1, "_id": 1}, "output": {"at": "$timestamp", "id": "$_id", "is": "$value"}}},
        {"$top": {"sortBy": {"first.at": 1, "first.id": 1}, "output": "$first"}},
    ),
    "latest": (
        {
            "$top": {
                "sortBy": {"timestamp": -1, "_id": -1},
                "output": {"at": "$timestamp", "id": "$_id", "is": "$value"},
            }
        },
        {"$top": {"sortBy": {"latest.at": -1, "latest.id": -1}, "output": "$latest"}},
    ),
}

_NEEDS: dict[Function, tuple[str, ...]] = {
    "count": ("count",),
    "sum": ("sum",),
    "avg": ("sum", "count"),
    "min": ("min",),
    "max": ("max",),
    "range": ("min", "max"),
    "percentile": ("values",),
    "stddev": ("deviation",),
    "variance": ("deviation",),
    "first": ("first",),
    "latest": ("latest",),
    "distinct": (),
    "seen": ("seen",),
}

_SECONDS: dict[Unit, int] = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}

_RESULTS: dict[Function, Any] = {
    "count": "$count",
    "sum": "$sum",
    "avg": {"$divide": ["$sum", "$count"]},
    "min": "$min",
    "max": "$max",
    "range": {"$subtract": ["$max", "$min"]},
    "stddev": "$deviation",
    "variance": {"$pow": ["$deviation", 2]},
    "first": "$first.is",
    "latest": "$latest.is",
    "seen": "$seen",
}


def key_fields(question: Question) -> list[str]:
    """The fields of `_id` that hold the groups, in their order."""
    return [f"key{index}" for index in range(len(question.groups))]


def value_fields(question: Question) -> list[str]:
    """The fields that hold the results, in the order of the aggregations."""
    return [f"value{index}" for index in range(len(question.aggregations))]


def reduced(question: Question) -> list[Stage]:
    """The stages; groups are in no order."""
    results = {
        field: _result(aggregation, f"distinct{index}", question)
        for index, (field, aggregation) in enumerate(zip(value_fields(question), question.aggregations, strict=True))
    }
    return [*match(question), *_group(question), {"$project": results}]


def nothing(aggregation: Aggregation) -> int | None:
    """What the aggregation of no documents is."""
    return 0 if aggregation.function in ("count", "sum", "distinct") else None


def _group(question: Question) -> list[Stage]:
    """One document a group: `_id` with the keys and the bucket, and what the results are made from."""
    names = dict.fromkeys(name for aggregation in question.aggregations for name in _NEEDS[aggregation.function])
    gathered = {name: _PARTIALS[name][0] for name in names}
    merged = {name: merge for name in names if (merge := _PARTIALS[name][1])}
    wanted = (*question.groups, *(each.key for each in question.aggregations if each.key))
    time = {"time": bucket("$timestamp", question.grain, question.zone)} if question.grain else {}
    if len(merged) < len(names) or all(key.kind != "tag" for key in wanted):
        return [{"$group": {"_id": _keys(question, "$") | time, **gathered, **_distinct(question, "$")}}]
    fields = dict.fromkeys("tags" if key.kind == "tag" else key.kind for key in wanted)
    first = {field: _cycle(field, question.zone) or f"${field}" for field in fields}
    again = {"time": "$_id.time"} if time else {}
    return [
        {"$group": {"_id": first | time, **gathered}},
        {"$group": {"_id": _keys(question, "$_id.") | again, **merged, **_distinct(question, "$_id.")}},
    ]


def _keys(question: Question, path: str) -> dict[str, Any]:
    return {
        field: _key(group, path, question.zone)
        for field, group in zip(key_fields(question), question.groups, strict=True)
    }


def _distinct(question: Question, path: str) -> dict[str, Accumulator]:
    return {
        f"distinct{index}": {"$addToSet": _key(aggregation.key, path, question.zone)}
        for index, aggregation in enumerate(question.aggregations)
        if aggregation.key
    }


def _key(group: GroupKey, path: str, zone: str) -> Any:
    if group.kind == "tag":
        return _tag_value(f"{path}tags", group)
    return (_cycle(group.kind, zone) if path == "$" else None) or f"{path}{group.kind}"


def _cycle(kind: str, zone: str) -> Any:
    """When in its cycle a document was made; Monday is 1. None for what is no cycle."""
    operator = {"hour": "$hour", "weekday": "$isoDayOfWeek"}.get(kind)
    return {operator: {"date": "$timestamp", "timezone": zone}} if operator else None


def _result(aggregation: Aggregation, distinct: str, question: Question) -> Any:
    if aggregation.function == "percentile":
        return _nearest_rank(aggregation.percent or 0.0)
    if aggregation.function == "distinct":
        return {"$size": {"$setDifference": [f"${distinct}", [None]]}}
    result = _RESULTS[aggregation.function]
    return {"$divide": [result, _elapsed(question, aggregation.per)]} if aggregation.per else result


def _elapsed(question: Question, unit: Unit) -> Any:
    """How many units long the range is, or the part of the bucket that lies in it."""
    milliseconds = _SECONDS[unit] * 1000
    start, end = question.range.start, question.range.end
    if question.grain is None:
        if start is None or end is None:
            raise ValueError("a rate needs a range with two ends")
        return (end - start).total_seconds() * 1000 / milliseconds
    width = {"unit": question.grain.unit, "amount": question.grain.count, "timezone": question.zone}
    starts = [each for each in ("$_id.time", start) if each is not None]
    ends = [each for each in ({"$dateAdd": {"startDate": "$_id.time", **width}}, end) if each is not None]
    return {"$divide": [{"$subtract": [{"$min": ends}, {"$max": starts}]}, milliseconds]}


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
