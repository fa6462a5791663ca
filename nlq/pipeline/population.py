"""How many values a question's percentiles are read from: few are sorted, many are sketched."""

from typing import Any

from msgspec.structs import replace

from nlq.pipeline.selection import Stage, match
from nlq.plan import METRICS, Plan
from nlq.question import Aggregation, Question


def population(question: Question, most: int, plan: Plan) -> tuple[str, list[Stage]] | None:
    """A collection, and stages that give one row there, that number; of metrics at most `most` + 1 are counted.

    None for a question without a percentile.
    """
    sides = [question] if any(each.percent for each in question.aggregations) else []
    if sides and question.compared_to:
        sides.append(replace(question, range=question.compared_to))
    if question.over and question.over.aggregation.percent:
        over = question.over
        whole = replace(question, names=over.names, tags=over.tags, values=over.values)
        sides += [replace(whole, range=each) for each in (question.range, question.compared_to) if each]
    if not sides:
        return None
    (collection, stages), *others = (part for side in sides for part in _parts(side, most, plan))
    united: list[Stage] = [{"$unionWith": {"coll": other, "pipeline": counted}} for other, counted in others]
    return collection, [*stages, *united, _group({"$sum": "$values"}), {"$project": {"row": ["$values"]}}]


def _parts(side: Question, most: int, plan: Plan) -> list[tuple[str, list[Stage]]]:
    counting = replace(side, aggregations=(Aggregation("count"),))
    return [
        (METRICS, [*plan.among, *match(side, ranges), {"$limit": most + 1}, _group({"$sum": 1})])
        if collection == METRICS
        else (collection, [*match(side, ranges), _group({"$sum": "$count"})])
        for collection, ranges in plan.reads(counting).sources()
    ]


def _group(values: dict[str, Any]) -> Stage:
    return {"$group": {"_id": None, "values": values}}
