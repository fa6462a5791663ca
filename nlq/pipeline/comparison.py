"""Two ranges side by side: the second is reduced by itself, and the groups of both are put together.

What is compared is a result (`value0`), or what is made of it: its share, or its ratio to another.
"""

from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from nlq.pipeline.partials import bucket, source
from nlq.pipeline.reduction import nothing, reduced, value_fields
from nlq.pipeline.selection import Stage
from nlq.plan import Plan
from nlq.question import Question, TimeRange

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def compared(question: Question, second: TimeRange, plan: Plan) -> list[Stage]:
    """As `reduced`, and for each `value0` its `previous0`, `change0` and `change_percent0`.

    A group that is missing on one side has the aggregation of nothing there: 0 for a count or a sum, else null.
    Buckets of the second range are moved by what lies between the starts of both.
    """
    fields = value_fields(question)
    before = {previous_of(field): f"${field}" for field in fields}
    beside = replace(question, range=second)
    other = [*reduced(beside, plan), *moved(question, second), {"$project": before}]
    merged = {field: {"$max": f"${field}"} for field in (*fields, *before)}
    filled = {
        side: {"$ifNull": [f"${side}", nothing(aggregation)]}
        for field, aggregation in zip(fields, question.aggregations, strict=True)
        for side in (field, previous_of(field))
        if nothing(aggregation) is not None
    }
    return [
        *reduced(question, plan),
        {"$unionWith": {"coll": source(beside, plan), "pipeline": other}},
        {"$group": {"_id": "$_id", **merged}},
        *([{"$set": filled}] if filled else []),
        {"$set": {name: result for field in fields for name, result in change(field).items()}},
    ]


def compared_fields(field: str) -> list[str]:
    """The fields of one result, in the order of their columns."""
    return [field, previous_of(field), *change(field)]


def previous_of(field: str) -> str:
    """The field of the same result in the second range: `previous0` of `value0`, `share_previous0` of `share0`."""
    return _beside(field, "previous")


def change(field: str) -> dict[str, Any]:
    """The fields that tell how a result differs from that in the second range, and how they are computed."""
    previous = f"${previous_of(field)}"
    difference = {"$subtract": [f"${field}", previous]}
    no_base = {"$in": [{"$ifNull": [previous, 0]}, [0]]}
    percent = {"$multiply": [{"$divide": [difference, {"$abs": previous}]}, 100]}
    return {
        _beside(field, "change"): difference,
        _beside(field, "change_percent"): {"$cond": [no_base, None, percent]},
    }


def _beside(field: str, word: str) -> str:
    result = field.rstrip("0123456789")
    return (word if result == "value" else f"{result}_{word}") + field[len(result) :]


def moved(question: Question, second: TimeRange) -> list[Stage]:
    """The buckets of the second range, moved beside those of the first."""
    return [{"$set": {"_id.time": _moved(question, second)}}] if question.grain else []


def _moved(question: Question, second: TimeRange) -> Any:
    """The bucket of the first range that a bucket of the second stands beside."""
    grain, first = question.grain, question.range
    if grain is None or first.start is None or second.start is None:
        return "$_id.time"
    zone = ZoneInfo(question.zone)
    to, since = first.start.astimezone(zone).replace(tzinfo=None), second.start.astimezone(zone).replace(tzinfo=None)
    if grain.unit in _MONTHS:
        unit, amount = "month", (to.year - since.year) * 12 + to.month - since.month
    elif to.time() == since.time():
        unit, amount = "day", (to.date() - since.date()).days
    else:
        unit, amount = "millisecond", round((first.start - second.start).total_seconds() * 1000)
    date = {"$dateAdd": {"startDate": "$_id.time", "unit": unit, "amount": amount, "timezone": question.zone}}
    return bucket(date, grain, question.zone)
