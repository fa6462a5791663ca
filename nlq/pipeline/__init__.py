"""Question -> MongoDB stages. The output side: knows nothing of prompts, tokens or rules.

    selection   which documents
    sketch      percentiles of many values; population finds out whether they are many
    partials    one document a group, with what results are made from
    reduction   the results
    ranking     which groups stay, and in which order
    comparison  two ranges side by side
    ratio       one result divided by another
    conversion  results in the unit that is asked for
    summary     metrics -> the summaries of an hour or day
    forms       yes or no, how long ago, what fell silent, what may be named
    here        order, limit, rows and columns

Every document that a pipeline returns is `{"row": [...]}`, the row's cells in the order of the columns, so that
no name, key or value of a user ever becomes a field name. Literal text that could be read as an expression
goes through `$literal`.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from msgspec import Struct

from nlq.context import Limits
from nlq.measures import SYMBOLS
from nlq.pipeline.comparison import compared, compared_fields
from nlq.pipeline.conversion import converted
from nlq.pipeline.forms import SERIES, age, ages, before, catalog, conditions, exists, latest, silent
from nlq.pipeline.partials import key_fields, source
from nlq.pipeline.population import population
from nlq.pipeline.ranking import ordered, shared, skipped
from nlq.pipeline.ratio import divided
from nlq.pipeline.reduction import nothing, reduced, value_fields
from nlq.pipeline.selection import Stage, match
from nlq.plan import EXACT, METRICS, Plan
from nlq.question import GroupKey, Question

Chart = Literal["number", "bar", "line", "table", "boolean"]

_LIST = {
    "id": "string",
    "name": "string",
    "type": "string",
    "value": "number",
    "tags": "tags",
    "timestamp": "time",
}


class Column(Struct, frozen=True):
    """A column of the answer. type: string, number, boolean, time (RFC 3339) or tags (a list of strings)."""

    name: str
    type: str


_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_CATALOG: dict[str, tuple[Column, ...]] = {
    "names": (Column("name", "string"), Column("types", "tags"), Column("series", "number")),
    "keys": (Column("tag", "string"), Column("values", "number"), Column("series", "number")),
    "values": (Column("value", "string"), Column("series", "number")),
}


class Pipeline(Struct, frozen=True):
    """Stages to run on `collection`. At most `limit` rows come back.

    capped: nobody asked for that limit, so there may be more rows; `with_one_more` finds out.
    chart: what the rows are best drawn as.
    """

    collection: str
    stages: tuple[Stage, ...]
    columns: tuple[Column, ...]
    limit: int
    capped: bool
    chart: Chart

    def with_one_more(self) -> list[Stage]:
        """Stages that return one row more than `limit`, if there is one."""
        position = next(i for i, stage in reversed(list(enumerate(self.stages))) if "$limit" in stage)
        return [*self.stages[:position], {"$limit": self.limit + 1}, *self.stages[position + 1 :]]


def count_values(question: Question, most: int, plan: Plan = EXACT) -> Pipeline | None:
    """One row: how many values the percentiles of `question` are read from, exact up to `most`; None without any."""
    found = population(question, most, plan)
    return found and Pipeline(found[0], tuple(found[1]), (Column("values", "number"),), 1, False, "number")


def compile_question(question: Question, limits: Limits | None = None, plan: Plan = EXACT) -> Pipeline:
    """The pipeline that answers `question` as planned, on MongoDB 6.0 and later."""
    limits = limits or Limits()
    asked = question.rank.count if question.rank else question.limit
    if question.rank and (question.rank.others or question.rank.per or (question.grain and question.groups)):
        asked = question.rank.count + 1 if question.rank.others else None
    limit = limits.max_rows if asked is None else min(asked, limits.max_rows)
    capped = asked is None or asked > limit
    if question.form == "aggregate":
        return _aggregate(question, limit, capped, plan)
    if question.form == "list":
        return _list(question, limit, capped, plan)
    if question.form == "exists":
        found = _matching(question, plan)
        if question.aggregations:
            found = [*_groups(question, plan), *conditions(question)]
        answer = (Column("answer", "boolean"),)
        return Pipeline(source(question, plan), tuple(exists(found)), answer, 1, False, "boolean")
    if question.form == "age":
        columns = (*map(_group_column, question.groups), Column(f"{SYMBOLS[question.unit or 's'].word}s", "number"))
        columns = (*columns, Column("latest", "time"))
        if not question.groups:
            return Pipeline(METRICS, tuple(age(question, _matching(question, plan))), columns, 1, False, "number")
        stages = ages(question, limit, plan)
        return Pipeline(source(latest(question), plan), tuple(stages), columns, limit, capped, "bar")
    if question.form == "silent":
        seen = (*map(_group_column, question.groups), Column("last_seen", "time"))
        stages = silent(question, limit, plan)
        return Pipeline(source(before(question), plan), tuple(stages), seen, limit, capped, "table")
    columns = _CATALOG[question.subject or "names"]
    return Pipeline(SERIES, tuple(catalog(question, limit)), columns, limit, capped, "table")


def _list(question: Question, limit: int, capped: bool, plan: Plan) -> Pipeline:
    rank = question.rank
    order: list[Stage] = [{"$sort": {"timestamp": 1 if question.oldest else -1}}]
    if rank:
        newest = [*order, {"$limit": question.limit}] if question.limit else []
        by_value = {"$sort": {"value": -1 if rank.descending else 1, "timestamp": -1, "_id": -1}}
        order = [*newest, by_value, *skipped(rank)]
    cells: list[Any] = [{"$toString": "$_id"}, *(f"${name}" for name in list(_LIST)[1:])]
    stages = [*_matching(question, plan), *order, {"$limit": limit}, {"$project": {"_id": 0, "row": cells}}]
    columns = tuple(Column(name, type_) for name, type_ in _LIST.items())
    return Pipeline(METRICS, tuple(stages), columns, limit, capped, "table")


def _matching(question: Question, plan: Plan) -> list[Stage]:
    return match(question, plan.reads(question).metrics)


def _aggregate(question: Question, limit: int, capped: bool, plan: Plan) -> Pipeline:
    keys, results = key_fields(question), list(_results(question))
    stages = [*_groups(question, plan), *(shared(question) if question.share else []), *conditions(question)]
    cells = [*map(_cell, keys, question.groups), *(["$_id.time"] if question.grain else [])]
    cells += [converted(field, question) for field, _ in results]
    if keys or question.grain:
        stages += ordered(question)
    else:  # one row whatever there is
        stages.append({"$unionWith": {"pipeline": [{"$documents": [{"$literal": _nothing(question)}]}]}})
        limit, capped = 1, False
    stages += [{"$limit": limit}, {"$project": {"_id": 0, "row": cells}}]
    chart: Chart = "line" if question.grain else "bar" if keys else "number"
    return Pipeline(source(question, plan), tuple(stages), _columns(question, results), limit, capped, chart)


def _cell(key: str, group: GroupKey) -> Any:
    if group.kind == "weekday":
        return {"$arrayElemAt": [_WEEKDAYS, {"$subtract": [f"$_id.{key}", 1]}]}
    return f"$_id.{key}"


def _group_column(group: GroupKey) -> Column:
    return Column(group.key, "number" if group.kind == "hour" else "string")


def _groups(question: Question, plan: Plan) -> list[Stage]:
    if question.over:
        return divided(question, question.over, plan)
    second = question.compared_to
    return compared(question, second, plan) if second else reduced(question, plan)


def _results(question: Question) -> Iterator[tuple[str, str]]:
    """The fields of the results, and the names of their columns. What two ranges are compared by comes last."""
    over, several = question.over, len(question.aggregations) > 1
    made = ("share0", "share") if question.share else ()
    if over:
        made = ("ratio0", "percent" if over.percent else "difference" if over.minus else "ratio")
    for field, aggregation in zip(value_fields(question), question.aggregations, strict=True):
        yield field, aggregation.label
        if question.compared_to and not made:
            yield from _beside(field, f"{aggregation.label}_" if several else "")
    if over:
        yield "whole0", "minus" if over.minus else "of"
    if made:
        yield made
        if question.compared_to:
            yield from _beside(made[0], "")


def _beside(field: str, prefix: str) -> Iterator[tuple[str, str]]:
    names = ("previous", "change", "change_percent")
    yield from ((beside, prefix + name) for beside, name in zip(compared_fields(field)[1:], names, strict=True))


def _nothing(question: Question) -> dict[str, int | None]:
    """The results where there is no document: no percentage, and no ratio."""
    empty = {field: nothing(each) for field, each in zip(value_fields(question), question.aggregations, strict=True)}
    compared = list(empty)
    if question.over:
        empty["whole0"] = nothing(question.over.aggregation)
        empty["ratio0"] = 0 if question.over.minus and None not in empty.values() else None
        compared = ["ratio0"]
    if question.compared_to:
        empty |= {beside: empty[field] for field in compared for beside, _ in list(_beside(field, ""))[:2]}
    return empty


def _columns(question: Question, results: Iterable[tuple[str, str]]) -> tuple[Column, ...]:
    time = [Column("time", "time")] if question.grain else []
    return (*map(_group_column, question.groups), *time, *(Column(name, "number") for _, name in results))
