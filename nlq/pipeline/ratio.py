"""A result divided by another, or less another: both are reduced by themselves, and their groups are put together."""

from typing import Any

from msgspec.structs import replace

from nlq.pipeline.comparison import change, moved, previous_of
from nlq.pipeline.partials import source
from nlq.pipeline.reduction import nothing, reduced
from nlq.pipeline.selection import Stage
from nlq.plan import Plan
from nlq.question import Over, Question


def divided(question: Question, over: Over, plan: Plan) -> list[Stage]:
    """As `reduced`, and for each group `whole0`, by which `value0` is divided into `ratio0`: null where it is 0.

    Where it is taken away, `ratio0` is the difference: null where one side is. Where two ranges are compared, the ratio
    in the second is `ratio_previous0`, beside how it changed.
    """
    whole = replace(
        question, names=over.names, aggregations=(over.aggregation,), tags=over.tags, values=over.values, over=None
    )
    sides = {"value0": question, "whole0": whole}
    second = question.compared_to
    if second:
        sides |= {previous_of(field): replace(side, range=second) for field, side in sides.items()}
    empty = {field: nothing(side.aggregations[0]) for field, side in sides.items()}
    filled = {field: {"$ifNull": [f"${field}", 0]} for field, value in empty.items() if value == 0}
    results = {"ratio0": _result("value0", "whole0", over)}
    if second:
        results[previous_of("ratio0")] = _result(previous_of("value0"), previous_of("whole0"), over)
    others = [
        {
            "$unionWith": {
                "coll": source(side, plan),
                "pipeline": [
                    *reduced(side, plan),
                    *(moved(question, second) if second and side.range == second else []),
                    {"$project": {field: "$value0"}},
                ],
            }
        }
        for field, side in list(sides.items())[1:]
    ]
    return [
        *reduced(question, plan),
        *others,
        {"$group": {"_id": "$_id", **{field: {"$max": f"${field}"} for field in sides}}},
        *([{"$set": filled}] if filled else []),
        {"$set": results},
        *([{"$set": change("ratio0")}] if second else []),
    ]


def _result(value: str, whole: str, over: Over) -> Any:
    if over.minus:
        return {"$subtract": [f"${value}", f"${whole}"]}
    no_base = {"$in": [{"$ifNull": [f"${whole}", 0]}, [0]]}
    ratio = {"$divide": [{"$multiply": [f"${value}", 100 if over.percent else over.times]}, f"${whole}"]}
    return {"$cond": [no_base, None, ratio]}
