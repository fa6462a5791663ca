"""Documents -> one document a group: `{_id: {key0, key1, ..., time}, ...}` with what results are made from.

Documents are grouped by their whole sorted tag list first, and the keys are taken from the few groups that are left:
extraction on every document measured twice as slow. What does not merge is gathered at once.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from nlq.pipeline import sketch
from nlq.pipeline.selection import Stage, match
from nlq.plan import METRICS, Plan
from nlq.question import Function, Grain, GroupKey, Question

Accumulator = dict[str, Any]

DAY_PARTS = ["night", "morning", "afternoon", "evening"]  # of six hours each
_LEAST = {"$ifNull": ["$distribution.min", "$value"]}
_GREATEST = {"$ifNull": ["$distribution.max", "$value"]}
_PLACED = {"at": "$timestamp", "id": "$_id", "is": "$value"}  # compared field by field, so the earliest is the least
_SPREAD = {"count": "$count", "sum": "$sum", "deviation": "$deviation"}

# How each partial result is gathered from documents, and how two of it merge (None: they do not).
_PARTIALS: dict[str, tuple[Accumulator, Accumulator | None]] = {
    "count": ({"$sum": 1}, {"$sum": "$count"}),
    "sum": ({"$sum": "$value"}, {"$sum": "$sum"}),
    "min": ({"$min": _LEAST}, {"$min": "$min"}),
    "max": ({"$max": _GREATEST}, {"$max": "$max"}),
    "seen": ({"$max": "$timestamp"}, {"$max": "$seen"}),
    "values": ({"$push": "$value"}, None),
    "deviation": ({"$stdDevPop": "$value"}, {"$push": _SPREAD}),  # then it is a `merged_deviation`
    "first": ({"$min": _PLACED}, {"$min": "$first"}),
    "latest": ({"$max": _PLACED}, {"$max": "$latest"}),
}

MERGEABLE = tuple(name for name, (_, merge) in _PARTIALS.items() if merge)

_NEEDS: dict[Function, tuple[str, ...]] = {
    "count": ("count",),
    "sum": ("sum",),
    "avg": ("sum", "count"),
    "min": ("min",),
    "max": ("max",),
    "range": ("min", "max"),
    "percentile": ("values",),
    "stddev": ("deviation", "sum", "count"),
    "variance": ("deviation", "sum", "count"),
    "first": ("first",),
    "latest": ("latest",),
    "total_latest": ("latest",),
    "distinct": (),
    "seen": ("seen",),
    "began": ("first",),
}


def key_fields(question: Question) -> list[str]:
    """The fields of `_id` that hold the groups, in their order."""
    return [f"key{index}" for index in range(len(question.groups))]


def source(question: Question, plan: Plan) -> str:
    """The collection that the stages of `grouped` run on."""
    return plan.reads(question).sources()[0][0]


def grouped(question: Question, plan: Plan) -> list[Stage]:
    """The stages; groups are in no order.

    Beside the partial results by their names, `distinct0`, `distinct1` ... hold the values of what is counted so, and a
    sketched plan has `bins` for `values`. `total` adds up the latest values of the series, where that is asked.
    """
    of_series = any(each.function == "total_latest" for each in question.aggregations)
    names = list(dict.fromkeys(name for each in question.aggregations for name in _NEEDS[each.function]))
    wanted = (*question.groups, *(each.key for each in question.aggregations if each.key))
    time = {"time": bucket("$timestamp", question.grain, question.zone)} if question.grain else {}
    sketched = plan.sketched and "values" in names
    if sketched:
        names = list(dict.fromkeys((*(name for name in names if name != "values"), "min", "max")))
    sources = plan.reads(question).sources()
    merges = sketched or sources[0][0] != METRICS or len(sources) > 1
    if not (merges or of_series) and ("values" in names or all(key.kind != "tag" for key in wanted)):
        at_once = {"$group": {"_id": _keys(question, "$") | time, **gathering(names), **_distinct(question, "$")}}
        return [*plan.among, *match(question, sources[0][1]), at_once]
    fields = dict.fromkeys("tags" if key.kind == "tag" else key.kind for key in wanted)
    fields |= {"name": None, "tags": None} if of_series else {}
    first = {field: _cycle(field, question.zone) or f"${field}" for field in fields} | time
    hourly = question.grain is not None and question.grain.unit == "hour"  # then a group has one summary a series
    parts = [
        (collection, [*plan.among, *match(question, ranges), *part])
        for collection, ranges in sources
        for part in _parts(collection, first, names, plan, sketched=sketched, gather=not hourly)
    ]
    (_, stages), *others = parts
    united = [{"$unionWith": {"coll": collection, "pipeline": part}} for collection, part in others]
    keys = _keys(question, "$_id.") | ({"time": "$_id.time"} if time else {})
    if of_series:
        latest = {"$group": {"_id": "$_id", **merging(["latest"])}}
        return [*stages, *united, latest, {"$group": {"_id": keys, "total": {"$sum": "$latest.is"}}}]
    return [*stages, *united, *_merged(keys, names, _distinct(question, "$_id."), sketched=sketched)]


def _parts(
    collection: str, first: dict[str, Any], names: Sequence[str], plan: Plan, *, sketched: bool, gather: bool
) -> list[list[Stage]]:
    """Partial results of each `_id` of the fields `first`, and of metrics of each bin; summaries keep theirs as one.

    Where metrics may have distributions, their bins are a part of their own: one metric is in several.

    gather: merge those of summaries at once, where they can be.
    """
    if collection != METRICS and gather and not sketched:
        return [[{"$group": {"_id": first, **merging(names)}}, *merged_deviation(names)]]
    if collection != METRICS:
        kept = dict.fromkeys((*names, "bins") if sketched else names, 1)
        return [[{"$project": {"_id": first or {"$literal": {}}, **kept}}]]
    whole = [{"$group": {"_id": first, **gathering(names)}}]
    if not sketched:
        return [whole]
    if plan.distributed:
        return [whole, _bins(first)]
    of_bins = {"$group": {"_id": first | {"bin": sketch.of("$value")}, **gathering((*names, "count"))}}
    return [[of_bins, {"$set": {"bins": [{"$add": ["$_id.bin", {"$subtract": ["$count", 1]}]}]}}]]


def _bins(first: dict[str, Any]) -> list[Stage]:
    """Of each `_id` of the fields `first` the numbers of the sketch, each bin in a document of its own."""
    counted = {"$sum": {"$mod": ["$bins", sketch.ROOM]}}
    bin_of = {"$subtract": ["$bins", {"$mod": ["$bins", sketch.ROOM]}]}
    return [
        {"$set": {"bins": sketch.of_metric()}},
        {"$unwind": "$bins"},
        {"$group": {"_id": first | {"bin": bin_of}, "bins": counted}},
        {"$set": {"bins": [{"$add": ["$_id.bin", "$bins"]}]}},
    ]


def _merged(keys: dict[str, Any], names: Sequence[str], distinct: dict[str, Any], *, sketched: bool) -> list[Stage]:
    """Partial results -> one document for each `_id` of `keys`, and in it what `distinct` gathers.

    Sketches are joined by unwinding their lists, which takes no longer the more of them there are; `$reduce` would copy
    what is joined already with each.
    """
    merged = {"_id": keys, **merging(names), **distinct}
    if not sketched:
        return [{"$group": merged}, *merged_deviation(names)]
    kept = {field: {"$first": f"${field}"} for field in merged if field != "_id"}
    return [
        {"$group": {**merged, "bins": {"$push": "$bins"}}},
        *merged_deviation(names),
        {"$unwind": "$bins"},
        {"$unwind": "$bins"},
        {"$group": {"_id": "$_id", **kept, "bins": {"$push": "$bins"}}},
    ]


def gathering(names: Iterable[str]) -> dict[str, Accumulator]:
    """How the partial results are gathered from metrics."""
    return {name: _PARTIALS[name][0] for name in names}


def merging(names: Iterable[str]) -> dict[str, Accumulator]:
    """How those of several are merged; `merged_deviation` has to follow."""
    return {name: merge for name in names if (merge := _PARTIALS[name][1])}


def merged_deviation(names: Iterable[str]) -> list[Stage]:
    """The deviation of all, from the count, sum and deviation of each part.

    Source: T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
    Variances" (1979). Merging sums of squares instead would lose all digits where the mean is large.
    """
    if "deviation" not in names:
        return []
    apart = {"$subtract": [{"$divide": ["$$this.sum", "$$this.count"]}, {"$divide": ["$sum", "$count"]}]}
    squares = {"$add": [{"$pow": ["$$this.deviation", 2]}, {"$pow": [apart, 2]}]}
    of_each = {"$map": {"input": "$deviation", "in": {"$multiply": ["$$this.count", squares]}}}
    return [{"$set": {"deviation": {"$sqrt": {"$divide": [{"$sum": of_each}, "$count"]}}}}]


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
    local = {"date": "$timestamp", "timezone": zone}
    hour, weekday = {"$hour": local}, {"$isoDayOfWeek": local}
    return {
        "hour": hour,
        "day_part": {"$arrayElemAt": [DAY_PARTS, {"$toInt": {"$divide": [hour, 6]}}]},
        "weekday": weekday,
        "week_part": {"$cond": [{"$gte": [weekday, 6]}, "weekends", "weekdays"]},
    }.get(kind)


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
