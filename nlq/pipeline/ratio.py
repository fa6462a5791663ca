"""A result divided by another, or less another: both are reduced by themselves, and their groups are put together."""

from dataclasses import replace

from nlq.pipeline.partials import source
from nlq.pipeline.reduction import nothing, reduced
from nlq.pipeline.selection import Stage
from nlq.plan import Plan
from nlq.question import Over, Question


def divided(question: Question, over: Over, plan: Plan) -> list[Stage]:
    """As `reduced`, and for each group `whole0`, by which `value0` is divided into `ratio0`: null where it is 0.

    Where it is taken away, `ratio0` is the difference: null where one side is.
    """
    whole = replace(
        question, names=over.names, aggregations=(over.aggregation,), tags=over.tags, values=over.values, over=None
    )
    sides = {"value0": question.aggregations[0], "whole0": over.aggregation}
    filled = {side: {"$ifNull": [f"${side}", nothing(each)]} for side, each in sides.items() if nothing(each) == 0}
    no_base = {"$in": [{"$ifNull": ["$whole0", 0]}, [0]]}
    ratio = {"$divide": [{"$multiply": ["$value0", 100 if over.percent else over.times]}, "$whole0"]}
    result = {"$subtract": ["$value0", "$whole0"]} if over.minus else {"$cond": [no_base, None, ratio]}
    other = [*reduced(whole, plan), {"$project": {"whole0": "$value0"}}]
    return [
        *reduced(question, plan),
        {"$unionWith": {"coll": source(whole, plan), "pipeline": other}},
        {"$group": {"_id": "$_id", "value0": {"$max": "$value0"}, "whole0": {"$max": "$whole0"}}},
        *([{"$set": filled}] if filled else []),
        {"$set": {"ratio0": result}},
    ]
