"""Question -> MongoDB stages. The output side: knows nothing of prompts, tokens or rules.

    selection   which documents
    reduction   one document a group
    ranking     which groups stay, and in which order
    comparison  two ranges side by side
    ratio       one result divided by another
    forms       yes or no, how long ago, what fell silent, what may be named
    here        order, limit, rows and columns

Every document that a pipeline returns is `{"row": [...]}`, the row's cells in the order of the columns, so that
no name, key or value of a user ever becomes a field name. Literal text that could be read as an expression
goes through `$literal`.
"""

from dataclasses import dataclass
from typing import Any, Literal

from nlq.context import Limits
from nlq.pipeline.comparison import compared, compared_fields
from nlq.pipeline.forms import SERIES, age, catalog, conditions, exists, silent
from nlq.pipeline.ranking import ordered, shared
from nlq.pipeline.ratio import divided
from nlq.pipeline.reduction import key_fields, nothing, reduced, value_fields
from nlq.pipeline.selection import Stage, match
from nlq.question import GroupKey, Question

Chart = Literal["number", "bar", "line", "table", "boolean"]

COLLECTION = "metrics"
_LIST = {
    "id": "string",
    "name": "string",
    "type": "string",
    "value": "number",
    "tags": "tags",
    "timestamp": "time",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the answer. type: string, number, boolean, time (RFC 3339) or tags (a list of strings)."""

    name: str
    type: str


_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_AGE = (Column("seconds", "number"), Column("latest", "time"))
_CATALOG: dict[str, tuple[Column, ...]] = {
    "names": (Column("name", "string"), Column("types", "tags"), Column("series", "number")),
    "keys": (Column("tag", "string"), Column("values", "number"), Column("series", "number")),
    "values": (Column("value", "string"), Column("series", "number")),
}


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Stages to run on `collection`. At most `limit` rows come back.

    capped: nobody asked for that limit, so there may be more rows than were wanted; `beyond` finds out.
    chart: what the rows are best drawn as.
    """

    collection: str
    stages: tuple[Stage, ...]
    columns: tuple[Column, ...]
    limit: int
    capped: bool
    chart: Chart

    def beyond(self) -> list[Stage]:
        """Stages that return one document if there are more rows than `limit`, else none."""
        position = next(i for i, stage in reversed(list(enumerate(self.stages))) if "$limit" in stage)
        return [*self.stages[:position], {"$skip": self.limit}, {"$limit": 1}, *self.stages[position + 1 :]]


def compile_question(question: Question, limits: Limits | None = None) -> Pipeline:
    """The pipeline that answers `question`, on MongoDB 6.0 and later."""
    limits = limits or Limits()
    asked = question.rank.count if question.rank else question.limit
    if question.rank and (question.rank.others or question.rank.per or (question.grain and question.groups)):
        asked = question.rank.count + 1 if question.rank.others else None
    limit = limits.max_rows if asked is None else min(asked, limits.max_rows)
    capped = asked is None or asked > limit
    if question.form == "aggregate":
        return _aggregate(question, limit, capped)
    if question.form == "list":
        return _list(question, limit, capped)
    if question.form == "exists":
        found = [*_groups(question), *conditions(question)] if question.aggregations else match(question)
        return Pipeline(COLLECTION, tuple(exists(found)), (Column("answer", "boolean"),), 1, False, "boolean")
    if question.form == "age":
        return Pipeline(COLLECTION, tuple(age(question)), _AGE, 1, False, "number")
    if question.form == "silent":
        seen = (*(Column(group.key, "string") for group in question.groups), Column("last_seen", "time"))
        return Pipeline(COLLECTION, tuple(silent(question, limit)), seen, limit, capped, "table")
    columns = _CATALOG[question.subject or "names"]
    return Pipeline(SERIES, tuple(catalog(question, limit)), columns, limit, capped, "table")


def _list(question: Question, limit: int, capped: bool) -> Pipeline:
    order = {"timestamp": -1}
    if question.rank:
        order = {"value": -1 if question.rank.descending else 1, "timestamp": -1, "_id": -1}
    cells: list[Any] = [{"$toString": "$_id"}, *(f"${name}" for name in list(_LIST)[1:])]
    stages = [*match(question), {"$sort": order}, {"$limit": limit}, {"$project": {"_id": 0, "row": cells}}]
    columns = tuple(Column(name, type_) for name, type_ in _LIST.items())
    return Pipeline(COLLECTION, tuple(stages), columns, limit, capped, "table")


def _aggregate(question: Question, limit: int, capped: bool) -> Pipeline:
    keys, values = key_fields(question), value_fields(question)
    fields = [each for field in values for each in (compared_fields(field) if question.compared_to else [field])]
    fields += ["share0"] if question.share else []
    fields += ["whole0", "ratio0"] if question.over else []
    stages = [*_groups(question), *(shared(question) if question.share else []), *conditions(question)]
    cells = [*map(_cell, keys, question.groups), *(["$_id.time"] if question.grain else []), *(f"${f}" for f in fields)]
    if keys or question.grain:
        stages += ordered(question)
    else:  # one row whatever there is
        empty = {field: nothing(each) for field, each in zip(values, question.aggregations, strict=True)}
        empty |= {field.replace("value", other): empty[field] for field in values for other in _beside(question)}
        stages.append({"$unionWith": {"pipeline": [{"$documents": [{"$literal": empty}]}]}})
        limit, capped = 1, False
    stages += [{"$limit": limit}, {"$project": {"_id": 0, "row": cells}}]
    chart: Chart = "line" if question.grain else "bar" if keys else "number"
    return Pipeline(COLLECTION, tuple(stages), _columns(question), limit, capped, chart)


def _cell(key: str, group: GroupKey) -> Any:
    if group.kind == "weekday":
        return {"$arrayElemAt": [_WEEKDAYS, {"$subtract": [f"$_id.{key}", 1]}]}
    return f"$_id.{key}"


def _groups(question: Question) -> list[Stage]:
    if question.over:
        return divided(question, question.over, COLLECTION)
    second = question.compared_to
    return compared(question, second, COLLECTION) if second else reduced(question)


def _beside(question: Question) -> tuple[str, ...]:
    """What stands beside a value when nothing is compared with nothing: no percentage."""
    return ("previous", "change") if question.compared_to else ()


def _columns(question: Question) -> tuple[Column, ...]:
    columns = [Column(group.key, "number" if group.kind == "hour" else "string") for group in question.groups]
    if question.grain:
        columns.append(Column("time", "time"))
    several = len(question.aggregations) > 1
    for aggregation in question.aggregations:
        columns.append(Column(aggregation.label, "number"))
        if question.compared_to:
            prefix = f"{aggregation.label}_" if several else ""
            columns += [Column(f"{prefix}{name}", "number") for name in ("previous", "change", "change_percent")]
    if question.share:
        columns.append(Column("share", "number"))
    if question.over:
        columns += [Column("of", "number"), Column("percent" if question.over.percent else "ratio", "number")]
    return tuple(columns)
