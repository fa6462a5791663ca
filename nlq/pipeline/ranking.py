"""Order: which groups stay, which are folded together, and what part of the whole each is."""

from typing import Any

from nlq.pipeline.comparison import change, compared_fields, previous_of
from nlq.pipeline.partials import key_fields
from nlq.pipeline.reduction import value_fields
from nlq.pipeline.selection import Stage
from nlq.question import Question, Rank

OTHERS = "others"
_ALL = {"documents": ["unbounded", "unbounded"]}


def shared(question: Question) -> list[Stage]:
    """`share0`: each group's part of the whole in percent, null where the whole is 0.

    Where two ranges are compared, its share of the second is `share_previous0`, beside how it changed.
    """
    partition = {"partitionBy": "$_id.time"} if question.grain and question.groups else {}
    fields = {"value0": "share0"}
    if question.compared_to:
        fields[previous_of("value0")] = previous_of("share0")
    wholes = {f"whole_{field}": {"$sum": f"${field}", "window": _ALL} for field in fields}
    return [
        {"$setWindowFields": {**partition, "output": wholes}},
        {"$set": {share: _part(field) for field, share in fields.items()}},
        *([{"$set": change("share0")}] if question.compared_to else []),
    ]


def _part(field: str) -> Any:
    whole = f"$whole_{field}"
    return {"$cond": [{"$eq": [whole, 0]}, None, {"$multiply": [{"$divide": [f"${field}", whole]}, 100]}]}


def ordered(question: Question) -> list[Stage]:
    """The groups in the order of the rows: by rank, else by key and time."""
    rank, keys = question.rank, key_fields(question)
    by_key = {f"_id.{key}": 1 for key in keys}
    by_time = {"_id.time": 1} if question.grain else {}
    if rank is None:
        return [{"$sort": by_key | by_time}]
    complete: list[Stage] = [{"$match": {f"_id.{key}": {"$ne": None} for key in keys}}] if keys else []
    result = "ratio0" if question.over else "share0" if question.share and rank.by != "value" else "value0"
    first = result
    if rank.by != "value":
        first = compared_fields(result)[3 if rank.by == "change_percent" else 2]
        complete.append({"$match": {first: {"$type": "number"}}})  # of what was not there before there is no change
    if rank.by == "absolute_change":
        complete.append({"$set": {"size": {"$abs": f"${first}"}}})
        first = "size"
    by_value = {first: -1 if rank.descending else 1} | by_key | by_time
    outer = [f"_id.{key}" for key, group in zip(keys, question.groups, strict=True) if group in rank.per]
    if question.grain and keys:
        outer.append("_id.time")
    if outer:
        return [
            *complete,
            *_placed(by_value, {field.removeprefix("_id."): f"${field}" for field in outer}),
            {"$match": {"place": {"$gte": rank.place, "$lt": rank.place + rank.count}}},
            {"$sort": dict.fromkeys(outer, 1) | {"place": 1}},
        ]
    if rank.others:
        return [*complete, *_placed(by_value, None), *_folded(question, rank.count)]
    return [*complete, {"$sort": by_value}, *skipped(rank)]


def skipped(rank: Rank) -> list[Stage]:
    """What comes before the place that is asked for."""
    return [{"$skip": rank.place - 1}] if rank.place > 1 else []


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
