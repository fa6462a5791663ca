"""Metrics, or the summaries of hours -> the summaries of an hour or day, one of each series.

A summary has the `name`, `type` and `tags` of its series, the start of its hour or day as its `timestamp`, the partial
results by their names, and the sketch of its values as `bins`.
"""

from datetime import datetime, timedelta

from nlq.pipeline import sketch
from nlq.pipeline.partials import MERGEABLE, bucket, gathering, merged_deviation, merging
from nlq.pipeline.selection import Stage
from nlq.plan import DISTRIBUTED, METRICS
from nlq.question import Grain

_SERIES = ("name", "type", "tags")
_BIT = Grain("minute", 5)


def summary(start: datetime, width: timedelta, collection: str, *, bit_by_bit: bool = False) -> list[Stage]:
    """Stages that make the summaries of the hour or day from `start`, of metrics or of the summaries of hours.

    bit_by_bit: in less memory, but slower; else MongoDB gives up at about six million metrics of one series.
    """
    match = {"$match": {"timestamp": {"$gte": start, "$lt": start + width}}}
    kept = {field: f"$_id.{field}" for field in _SERIES} | dict.fromkeys((*MERGEABLE, "bins"), 1)
    project = {"$project": {"_id": 0, "timestamp": {"$literal": start}, **kept}}
    if collection != METRICS:
        return [match, *_merged(""), project]
    bit = {"bit": bucket("$timestamp", _BIT, "UTC")} if bit_by_bit else {}
    merged = _merged("_id.") if bit_by_bit else []
    others = [match, {"$match": {"type": {"$in": list(DISTRIBUTED)}}}, *_distributed(bit), *merged]
    return [
        match,
        {"$match": {"type": {"$nin": list(DISTRIBUTED)}}},
        *_gathered(bit),
        *merged,
        {"$unionWith": {"coll": METRICS, "pipeline": others}},
        project,
    ]


def _gathered(further: dict[str, object]) -> list[Stage]:
    """All values of a series are held until they are counted by their bins: that measured 4 times as fast as groups of
    a series and a bin.
    """
    group = {"_id": _series("") | further, **gathering(MERGEABLE), "bins": {"$push": sketch.of("$value")}}
    return [{"$group": group}, {"$set": {"bins": sketch.added("$bins")}}]


def _distributed(further: dict[str, object]) -> list[Stage]:
    """The same of metrics that may have distributions, the bins of which are unwound before they are counted."""
    group = {"_id": _series("") | further, **gathering(MERGEABLE), "bins": {"$push": sketch.of_metric()}}
    kept = {field: {"$first": f"${field}"} for field in MERGEABLE}
    return [
        {"$group": group},
        {"$unwind": "$bins"},
        {"$unwind": "$bins"},
        {"$group": {"_id": "$_id", **kept, "bins": {"$push": "$bins"}}},
        {"$set": {"bins": sketch.added("$bins")}},
    ]


def _merged(path: str) -> list[Stage]:
    group = {"_id": _series(path), **merging(MERGEABLE), "bins": {"$push": "$bins"}}
    joined = sketch.added(sketch.joined("$bins"))
    return [{"$group": group}, {"$set": {"bins": joined}}, *merged_deviation(MERGEABLE)]


def _series(path: str) -> dict[str, object]:
    return {field: f"${path}{field}" for field in _SERIES}
