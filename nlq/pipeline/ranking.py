"""Order: which groups stay, which are folded together, and what part of the whole each is."""

from typing import Any

from nlq.pipeline.partials import key_fields
from nlq.pipeline.reduction import value_fields
from nlq.pipeline.selection import Stage
from nlq.question import Question

OTHERS = "others"
_ALL = {"documents": ["unbounded", "unbounded"]}


def shared(question: Question) -> list[Stage]:
    """`share0`: each group's part of the whole in percent, null where the whole is 0."""
    partition = {"partitionBy": "$_id.time"} if question.grain and question.groups else {}
    whole = {"whole": {"$sum": "$value0", "window": _ALL}}
    percent = {"$multiply": [{"$divide": ["$value0", "$whole"]}, 100]}
    return [
        {"$setWindowFields": {**partition, "output": whole}},
        {"$set": {"share0": {"$cond": [{"$eq": ["$whole", 0]}, None, percent]}}},
    ]


def ordered(question: Question) -> list[Stage]:
    """The groups in the order of the rows: by rank, else by key and time."""
    rank, keys = question.rank, key_fields(question)
    by_key = {f"_id.{key}": 1 for key in keys}
    by_time = {"_id.time": 1} if question.grain else {}
    if rank is None:
        return [{"$sort": by_key | by_time}]
    complete: list[Stage] = [{"$match": {f"_id.{key}": {"$ne": None} for key in keys}}] if keys else []
    first = "ratio0" if question.over else "value0"
    by_value = {first: -1 if rank.descending else 1} | by_key | by_time
    outer = [f"_id.{key}" for key, group in zip(keys, question.groups, strict=True) if group in rank.per]
    if question.grain and keys:
        outer.append("_id.time")
    if outer:
        return [
            *complete,
            *_placed(by_value, {field.removeprefix("_id."): f"${field}" for field in outer}),
            {"$match": {"place": {"$lte": rank.count}}},
            {"$sort": dict.fromkeys(outer, 1) | {"place": 1}},
        ]
    if rank.others:
        return [*complete, *_placed(by_value, None), *_folded(question, rank.count)]
    return [*complete, {"$sort": by_value}]


def _placed(order: dict[str, int], partition: Any) -> list[Stage]:
    """`place`: 1, 2, 3 ... in this order, within each partition. MongoDB numbers by one field: sort it in first."""
    return [
        {"$sort": order},
        {"$group": {"_id": partition, "groups": {"$push": "$$ROOT"}}},
        {"$unwind": {"path": "$groups", "includeArrayIndex": "index"}},
        {"$replaceWith": {"$mergeObjects": ["$groups", {"place": {"$toInt": {"$add": ["$index", 1]}}}]}},
    ]


def _folded(question: Question, count: int) -> list[Stage]:
    """All places after `count` in one group, which comes last."""
    fields = [*value_fields(question), *(["share0"] if question.share else [])]
    is_other = {"$gt": ["$place", count]}
    return [
        {
            "$group": {
                "_id": {"key0": {"$cond": [is_other, OTHERS, "$_id.key0"]}, "place": {"$min": ["$place", count + 1]}},
                **{field: {"$sum": f"${field}"} for field in fields},
            }
        },
        {"$sort": {"_id.place": 1}},
    ]
