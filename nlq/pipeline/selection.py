"""Which documents a question is about: its `$match`."""

from datetime import datetime
from typing import Any

from nlq.question import Question, TagFilter, TimeRange

Stage = dict[str, Any]

OPERATORS = {"eq": "$eq", "ne": "$ne", "lt": "$lt", "le": "$lte", "gt": "$gt", "ge": "$gte"}


def match(question: Question) -> list[Stage]:
    """The stage that keeps the documents that the question is about; none where that is all of them."""
    conditions: list[dict[str, Any]] = []
    if question.names:
        conditions.append({"name": _one_of(question.names)})
    if question.types:
        conditions.append({"type": _one_of(question.types)})
    conditions += [_tag(wanted) for wanted in question.tags]
    conditions += [{"value": {OPERATORS[wanted.comparison]: wanted.number}} for wanted in question.values]
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
