"""Question -> MongoDB stages. The output side: knows nothing of prompts, tokens or rules.

Every document that a pipeline returns is `{"row": [...]}`, the row's cells in the order of the columns, so that
no name, key or value of a user ever becomes a field name. Literal text that could be read as an expression
goes through `$literal`.

Tags are grouped by the whole sorted list first, with partial results, and the keys are taken from the few
groups that are left: extraction on every document measured twice as slow.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from nlq.context import Limits
from nlq.question import Aggregation, Function, Grain, GroupKey, Question, TagFilter, TimeRange

Stage = dict[str, Any]
Chart = Literal["number", "bar", "line", "table"]

COLLECTION = "metrics"
_OPERATORS = {"eq": "$eq", "ne": "$ne", "lt": "$lt", "le": "$lte", "gt": "$gt", "ge": "$gte"}
_LIST = {
    "id": "string",
    "name": "string",
    "type": "string",
    "value": "number",
    "tags": "tags",
    "timestamp": "time",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the answer. type: string, number, time (RFC 3339) or tags (a list of strings)."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Stages to run on `collection`. At most `limit` rows come back.

    capped: nobody asked for that limit, so there may be more rows than were wanted; `beyond` finds out.
    chart: what the rows are best drawn as.
    """

    collection: str
    stages: tuple[Stage, ...]
    columns: tuple[Column, ...]
    limit: int
    capped: bool
    chart: Chart

    def beyond(self) -> list[Stage]:
        """Stages that return one document if there are more rows than `limit`, else none."""
        position = next(i for i, stage in reversed(list(enumerate(self.stages))) if "$limit" in stage)
        return [*self.stages[:position], {"$skip": self.limit}, {"$limit": 1}, *self.stages[position + 1 :]]


def compile_question(question: Question, limits: Limits | None = None) -> Pipeline:
    """The pipeline that answers `question`, on MongoDB 6.0 and later."""
    limits = limits or Limits()
    asked = question.rank.count if question.rank else question.limit
    limit = limits.max_rows if asked is None else min(asked, limits.max_rows)
    capped = asked is None or asked > limit
    if question.form == "list":
        return _list(question, limit, capped)
    return _aggregate(question, limit, capped)


# --- which documents


def _match(question: Question) -> list[Stage]:
    conditions: list[dict[str, Any]] = []
    if question.names:
        conditions.append({"name": _one_of(question.names)})
    if question.types:
        conditions.append({"type": _one_of(question.types)})
    conditions += [_tag(wanted) for wanted in question.tags]
    conditions += [{"value": {_OPERATORS[wanted.comparison]: wanted.number}} for wanted in question.values]
    if span := _span(question.range):
        conditions.append({"timestamp": span})
    if not conditions:
        return []
    fields = [field for condition in conditions for field in condition]
    if len(set(fields)) == len(fields):
        return [{"$match": {field: test for condition in conditions for field, test in condition.items()}}]
    return [{"$match": {"$and": conditions}}]


def _one_of(values: tuple[str, ...]) -> Any:
    return values[0] if len(values) == 1 else {"$in": list(values)}


def _tag(wanted: TagFilter) -> dict[str, Any]:
    """Tags are `key:value` or a bare `key`; those with the key sort between `key:` and `key;`."""
    has_value = {"$elemMatch": {"$gte": f"{wanted.key}:", "$lt": f"{wanted.key};"}}
    if not wanted.values:
        has_key = [{"tags": wanted.key}, {"tags": has_value}]
        return {"$nor": has_key} if wanted.negated else {"$or": has_key}
    tags = tuple(f"{wanted.key}:{value}" for value in wanted.values)
    return {"tags": {"$nin": list(tags), **has_value}} if wanted.negated else {"tags": _one_of(tags)}


def _span(time: TimeRange) -> dict[str, datetime]:
    span = {}
    if time.start is not None:
        span["$gte"] = time.start
    if time.end is not None:
        span["$lt"] = time.end
    return span


# --- lists


def _list(question: Question, limit: int, capped: bool) -> Pipeline:
    order = {"timestamp": -1}
    if question.rank:
        order = {"value": -1 if question.rank.descending else 1, "timestamp": -1, "_id": -1}
    cells: list[Any] = [{"$toString": "$_id"}, *(f"${name}" for name in list(_LIST)[1:])]
    stages = [*_match(question), {"$sort": order}, {"$limit": limit}, {"$project": {"_id": 0, "row": cells}}]
    columns = tuple(Column(name, type_) for name, type_ in _LIST.items())
    return Pipeline(COLLECTION, tuple(stages), columns, limit, capped, "table")


# --- aggregates


def _aggregate(question: Question, limit: int, capped: bool) -> Pipeline:
    keys = [f"key{index}" for index in range(len(question.groups))]
    results = [f"value{index}" for index in range(len(question.aggregations))]
    columns = [Column(group.key, "string") for group in question.groups]
    cells = [f"$_id.{key}" for key in keys]
    if question.grain:
        columns.append(Column("time", "time"))
        cells.append("$_id.time")
    columns += [Column(aggregation.label, "number") for aggregation in question.aggregations]
    cells += [f"${result}" for result in results]

    stages = [*_match(question), *_group(question, keys)]
    if question.rank and keys:
        stages.append({"$match": {f"_id.{key}": {"$ne": None} for key in keys}})
    stages.append(
        {"$project": {name: _result(each) for name, each in zip(results, question.aggregations, strict=True)}}
    )
    if len(cells) == len(results):  # one row whatever there is: nothing stored is a count of 0
        empty = {name: _nothing(each) for name, each in zip(results, question.aggregations, strict=True)}
        stages.append({"$unionWith": {"pipeline": [{"$documents": [empty]}]}})
        limit, capped = 1, False
    else:
        stages.append({"$sort": _order(question, keys, results)})
    stages += [{"$limit": limit}, {"$project": {"_id": 0, "row": cells}}]
    chart: Chart = "line" if question.grain else "bar" if keys else "number"
    return Pipeline(COLLECTION, tuple(stages), tuple(columns), limit, capped, chart)


def _order(question: Question, keys: list[str], results: list[str]) -> dict[str, int]:
    order = {f"_id.{key}": 1 for key in keys}
    if question.grain:
        order["_id.time"] = 1
    if question.rank:
        order = {results[0]: -1 if question.rank.descending else 1} | order
    return order


def _group(question: Question, keys: list[str]) -> list[Stage]:
    """One document a group: `_id` with the keys and the bucket, and what the results are made from."""
    functions = {aggregation.function for aggregation in question.aggregations}
    first = {name: {operator: argument} for name, (operator, argument, _) in _partials(functions).items()}
    time = {"time": _bucket(question.grain, question.zone)} if question.grain else {}
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


def _nothing(aggregation: Aggregation) -> Any:
    return {"$literal": 0} if aggregation.function in ("count", "sum") else None


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


def _bucket(grain: Grain, zone: str) -> Any:
    return {
        "$dateTrunc": {
            "date": "$timestamp",
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
