"""Documents -> one document a group: `{_id: {key0, key1, ..., time}, value0, value1, ...}`."""

from typing import Any
from zoneinfo import ZoneInfo

from nlq.cycles import elapsed
from nlq.pipeline import sketch
from nlq.pipeline.partials import grouped
from nlq.pipeline.selection import Stage
from nlq.plan import Plan
from nlq.question import Aggregation, Function, Question, Unit

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
    "total_latest": "$total",
    "seen": "$seen",
    "began": "$first.at",
}


def value_fields(question: Question) -> list[str]:
    """The fields that hold the results, in the order of the aggregations."""
    return [f"value{index}" for index in range(len(question.aggregations))]


def reduced(question: Question, plan: Plan) -> list[Stage]:
    """The stages; groups are in no order."""
    results = {
        field: _result(aggregation, f"distinct{index}", question, plan)
        for index, (field, aggregation) in enumerate(zip(value_fields(question), question.aggregations, strict=True))
    }
    return [*grouped(question, plan), {"$project": results}]


def nothing(aggregation: Aggregation) -> int | None:
    """What the aggregation of no documents is."""
    return 0 if aggregation.function in ("count", "sum", "distinct") else None


def _result(aggregation: Aggregation, distinct: str, question: Question, plan: Plan) -> Any:
    if aggregation.function == "percentile":
        return _nearest_rank(aggregation.percent or 0.0, plan)
    if aggregation.function == "distinct":
        return {"$size": {"$setDifference": [f"${distinct}", [None]]}}
    result = _RESULTS[aggregation.function]
    return {"$divide": [result, _elapsed(question, aggregation.per)]} if aggregation.per else result


def _elapsed(question: Question, unit: Unit) -> Any:
    """How many units long the range is, or the part of the bucket that lies in it."""
    milliseconds = _SECONDS[unit] * 1000
    start, end = question.range.start, question.range.end
    if question.grain is None:
        return elapsed(question.range, question.during, ZoneInfo(question.zone)).total_seconds() / _SECONDS[unit]
    width = {"unit": question.grain.unit, "amount": question.grain.count, "timezone": question.zone}
    starts = [each for each in ("$_id.time", start) if each is not None]
    ends = [each for each in ({"$dateAdd": {"startDate": "$_id.time", **width}}, end) if each is not None]
    return {"$divide": [{"$subtract": [{"$min": ends}, {"$max": starts}]}, milliseconds]}


def _nearest_rank(percent: float, plan: Plan) -> Any:
    """The smallest value with at least `percent` % of the values at or below it.

    The rank is ceil(n * percent / 100), counted from 1; in whole numbers, so that no rounding moves it.
    """
    scale = 10 ** max(0, -_exponent(percent))
    share, whole = round(percent * scale), 100 * scale
    if plan.sketched:
        return {"$min": [{"$max": [sketch.value_at(share, whole, "$bins"), "$min"]}, "$max"]}
    rank = {"$ceil": {"$divide": [{"$multiply": [{"$size": "$values"}, share]}, whole]}}
    ordered = {"$sortArray": {"input": "$values", "sortBy": 1}}
    return {"$arrayElemAt": [ordered, {"$subtract": [{"$toInt": rank}, 1]}]}


def _exponent(number: float) -> int:
    """The power of ten of the last decimal place: -1 of 99.9."""
    digits = f"{number:.6f}".rstrip("0").rstrip(".")
    return -len(digits.partition(".")[2])
