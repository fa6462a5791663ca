"""The typed question: everything that a prompt can mean, and all that a pipeline needs to know.

The input side (tokens, engine, rules, interpret) and the output side (describe, pipeline) meet only here.
All values are frozen and hashable, so two questions are the same question exactly when they are equal.
Instants are aware and in UTC; `zone` is the IANA zone in which days and buckets are counted.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

Function = Literal[
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "range",
    "percentile",
    "stddev",
    "variance",
    "first",
    "latest",
    "distinct",
    "seen",
]
Comparison = Literal["eq", "ne", "lt", "le", "gt", "ge"]
Unit = Literal["second", "minute", "hour", "day", "week", "month", "quarter", "year"]

# The bounds say what `from_builtins` takes from outside.
MAX_ROWS = 1000
MAX_PARTS = 32  # of one kind: names, filters, groups ...
MAX_VALUES = 256  # of one tag filter: all that fit in a prompt
MAX_TEXT_LENGTH = 512
MAX_GRAIN_COUNTS: Final[dict[Unit, int]] = {
    "second": 86_400,
    "minute": 44_640,
    "hour": 8_784,
    "day": 366,
    "week": 53,
    "month": 12,
    "quarter": 4,
    "year": 1,
}
Count = Annotated[int, Meta(ge=1, le=MAX_ROWS)]
Percent = Annotated[float, Meta(ge=1e-6, le=100)]
Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_LENGTH)]
Instant = Annotated[datetime, Meta(tz=True)]
_Few = Meta(max_length=MAX_PARTS)


@dataclass(frozen=True, slots=True)
class GroupKey:
    """What to group by: a tag's key; the document's own `name` or `type`; or when in its cycle the document was
    made, by the clock of the question's zone: `hour` of the day (0 to 23), `weekday`. But for tags, `key` says the
    same as `kind`.
    """

    kind: Literal["tag", "name", "type", "hour", "weekday"]
    key: Text


@dataclass(frozen=True, slots=True)
class Aggregation:
    """A reducer of values, or for `count` of documents, and for `distinct` of what a key is.

    percent: above 0, up to 100, of `percentile` alone; a median is percentile 50. key: of `distinct` alone.
    per: a count or a sum divided by how many such units its range or bucket lasts.
    stddev and variance are those of a population; range is the greatest value less the least; seen is the time of
    the latest document.
    """

    function: Function
    percent: Percent | None = None
    key: GroupKey | None = None
    per: Unit | None = None

    @property
    def label(self) -> str:
        """The column's name: `avg`, `p95`, `distinct_host`, `sum_per_second`."""
        if self.percent is not None:
            return f"p{self.percent:g}"
        if self.key is not None:
            return f"distinct_{self.key.key}"
        return f"{self.function}_per_{self.per}" if self.per else self.function


@dataclass(frozen=True, slots=True)
class TagFilter:
    """Documents whose tag `key` has one of `values`; with no values, documents that have the key at all.

    Negated: documents that have the key with another value; with no values, documents without the key.
    match: what a value does to be meant: it is one of `values`, or it begins with, ends with or contains one.
    """

    key: Text
    values: Annotated[tuple[Text, ...], Meta(max_length=MAX_VALUES)] = ()
    negated: bool = False
    match: Literal["is", "prefix", "suffix", "contains"] = "is"


@dataclass(frozen=True, slots=True)
class ValueFilter:
    """Documents whose `value` compares so with `number`."""

    comparison: Comparison
    number: float


@dataclass(frozen=True, slots=True)
class Condition:
    """Groups whose first result compares so with `number`: the value itself, or what a comparison adds to it."""

    of: Literal["value", "change", "change_percent"]
    comparison: Comparison
    number: float


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Half-open `[start, end)`; either side may be open (None)."""

    start: Instant | None = None
    end: Instant | None = None


@dataclass(frozen=True, slots=True)
class Grain:
    """Bucket width: `count` units, aligned to the calendar of the question's zone."""

    unit: Unit
    count: int = 1


@dataclass(frozen=True, slots=True)
class Over:
    """What a result is divided by: an aggregation of other documents in the same range, groups and buckets.

    percent: those documents are the whole that the question's own are a part of; the result is in percent.
    """

    names: tuple[str, ...]
    aggregation: Aggregation
    tags: tuple[TagFilter, ...] = ()
    values: tuple[ValueFilter, ...] = ()
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Rank:
    """The first `count` rows by value: the highest first when `descending`.

    per: so many rows for each group of these keys; and, where there are groups and buckets, for each bucket.
    others: all other groups are folded into one, called `others`.
    """

    count: Count
    descending: bool = True
    per: Annotated[tuple[GroupKey, ...], _Few] = ()
    others: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One question about stored metrics.

    form: `aggregate` reduces documents to rows of numbers; `list` shows documents themselves; `exists` is true
    where there is a document, or with aggregations a group, that fulfils the conditions; `age` is the seconds
    from the latest document to the end of the range; `silent` gives the groups of which nothing came in the
    range, and when they were last seen; `catalog` tells what may be named.
    subject: what a `catalog` question is after: names, keys, or the values of its one group.
    names: the metrics meant; none means any. types: likewise.
    rank: for `aggregate`, which groups to keep, in the order of the first aggregation; for `list`, which
    documents to keep, in the order of their value. Without a rank a list is newest first.
    having: the groups to keep, by their first result.
    share: each group's part of the whole, in percent, beside its count or sum; within its bucket where there are
    buckets.
    over: what the first result is divided by: `errors per request`, `what percentage of requests had status 500`.
    compared_to: a second range; each row then has the values in both, and how they changed.
    """

    form: Literal["aggregate", "list", "exists", "age", "silent", "catalog"]
    range: TimeRange
    aggregations: Annotated[tuple[Aggregation, ...], _Few] = ()
    names: Annotated[tuple[Text, ...], _Few] = ()
    types: Annotated[tuple[Text, ...], _Few] = ()
    tags: Annotated[tuple[TagFilter, ...], _Few] = ()
    values: Annotated[tuple[ValueFilter, ...], _Few] = ()
    groups: Annotated[tuple[GroupKey, ...], _Few] = ()
    grain: Grain | None = None
    rank: Rank | None = None
    limit: Count | None = None
    having: Annotated[tuple[Condition, ...], _Few] = ()
    share: bool = False
    over: Over | None = None
    compared_to: TimeRange | None = None
    subject: Literal["names", "keys", "values"] | None = None
    zone: str = "UTC"

    def to_builtins(self) -> dict[str, Any]:
        """As JSON-ready values; instants as RFC 3339 text."""
        builtins: dict[str, Any] = msgspec.to_builtins(self)
        return builtins

    @classmethod
    def from_builtins(cls, builtins: object) -> "Question":
        """The inverse of `to_builtins`, for values that anyone may have made up.

        Raises ValueError (msgspec.ValidationError is one) for what is no question, or none that could be answered.
        """
        question = msgspec.convert(builtins, cls)
        wrong = [*_unknown(builtins, question.to_builtins()), *question.contradictions()]
        if wrong:
            raise ValueError("; ".join(wrong[:MAX_PARTS]))
        return question

    def contradictions(self) -> Iterator[str]:
        """What the types allow and no prompt can say: it has no pipeline, or one that leaves a part of it out."""
        yield from _misplaced(self)
        for aggregation in self.aggregations:
            yield from _aggregation_problems(aggregation, self)
        yield from _group_problems(self)
        yield from _time_problems(self)
        yield from _rank_problems(self)
        yield from _share_problems(self)
        numbers = [*(each.number for each in self.values), *(each.number for each in self.having)]
        if not all(map(math.isfinite, numbers)):
            yield "a number is finite"


# --- contradictions

# What each form has a place for, beside what it is about, and what it cannot do without.
_EVERYWHERE = frozenset({"form", "range", "names", "types", "tags", "zone"})
_PLACES = {
    "aggregate": {"values", "aggregations", "groups", "grain", "rank", "having", "share", "compared_to"},
    "list": {"values", "rank", "limit"},
    "exists": {"values", "aggregations", "groups", "grain", "rank", "having", "share", "compared_to"},
    "age": {"values"},
    "silent": {"groups"},
    "catalog": {"subject", "groups"},
}
_NEEDS = {"aggregate": "aggregations", "silent": "groups", "catalog": "subject"}
_OF_AGGREGATIONS = {"groups", "grain", "rank", "having", "share", "compared_to"}
_RATED = ("second", "minute", "hour", "day", "week")  # a month has no fixed length
_ADDITIVE = ("count", "sum")


def _unknown(given: object, read: object, path: str = "") -> Iterator[str]:
    """Fields that were given and are none."""
    if isinstance(given, dict) and isinstance(read, dict):
        for key, value in given.items():
            if key in read:
                yield from _unknown(value, read[key], f"{path}/{key}")
            else:
                yield f"unknown field {path}/{key[:100]}"
    elif isinstance(given, list) and isinstance(read, list | tuple):
        for place, (item, known) in enumerate(zip(given, read, strict=True)):
            yield from _unknown(item, known, f"{path}/{place}")


def _misplaced(question: Question) -> Iterator[str]:
    """Fields that the form of the question has no place for, and those that it lacks."""
    allowed = _EVERYWHERE | _PLACES[question.form]
    said = {field.name for field in fields(question) if getattr(question, field.name) not in (None, (), False)}
    yield from (f"{question.form} has no {name}" for name in sorted(said - allowed))
    needed = _NEEDS.get(question.form)
    if needed and needed not in said:
        yield f"{question.form} needs {needed}"
    if question.form == "catalog":
        if [key.kind for key in question.groups] != ["tag"] * (question.subject == "values"):
            yield "the values of a catalog are those of one tag"
        if question.range != TimeRange():
            yield "a catalog knows no time"
    if question.form == "exists" and not question.aggregations:  # it then finds documents, not groups
        yield from (f"{name} needs aggregations" for name in sorted(said & _OF_AGGREGATIONS))


def _aggregation_problems(aggregation: Aggregation, question: Question) -> Iterator[str]:
    function = aggregation.function
    if (function == "percentile") != (aggregation.percent is not None):
        yield f"percent does not go with {function}"
    if (function == "distinct") != (aggregation.key is not None):
        yield f"key does not go with {function}"
    if function == "seen":  # a step of other questions
        yield "seen is not asked for"
    if not question.names and function not in ("count", "distinct"):
        yield f"{function} is of the values of one metric"
    if aggregation.per is None:
        return
    if function not in _ADDITIVE or aggregation.per not in _RATED:
        yield f"per {aggregation.per} does not go with {function}"
    ranges = (question.range, question.compared_to or question.range)
    if not question.grain and any(each.start is None or each.end is None for each in ranges):
        yield "a rate needs a range with two ends"


def _group_problems(question: Question) -> Iterator[str]:
    keys = [*question.groups, *(each.key for each in question.aggregations if each.key)]
    yield from (f"the key of {key.kind} is {key.kind}" for key in keys if key.kind not in ("tag", key.key))
    if question.form == "aggregate" and question.having and not (question.groups or question.grain):
        yield "having needs groups or a grain"
    if not question.compared_to and any(condition.of != "value" for condition in question.having):
        yield "a change needs two ranges"


def _time_problems(question: Question) -> Iterator[str]:
    try:
        zone = ZoneInfo(question.zone)
    except (ValueError, OSError, KeyError):
        yield "zone is an IANA time zone"
        return
    if question.grain and not 1 <= question.grain.count <= MAX_GRAIN_COUNTS[question.grain.unit]:
        yield f"a grain has 1 to {MAX_GRAIN_COUNTS[question.grain.unit]} {question.grain.unit}s"
    second = question.compared_to or TimeRange()
    try:
        for instant in (question.range.start, question.range.end, second.start, second.end):
            if instant is not None:
                instant.astimezone(zone)
    except (OverflowError, ValueError):
        yield "an instant lies in the years 1 to 9999"
    if question.form == "silent" and question.range.start is None:
        yield "silent needs a start"


def _rank_problems(question: Question) -> Iterator[str]:
    rank = question.rank
    if rank is None:
        return
    if question.form == "list" and (rank.per or rank.others):
        yield "a list has one rank for all"
    if question.form != "list" and not (question.groups or question.grain):
        yield "a rank needs groups or a grain"
    if rank.per and not set(rank.per) < set(question.groups):
        yield "a rank is per some of the groups"
    if rank.others and (rank.per or question.grain or question.compared_to or len(question.groups) != 1):
        yield "others go with one group"


def _share_problems(question: Question) -> Iterator[str]:
    """Shares and `others` add results up, which not all results allow."""
    folded = question.share or (question.rank and question.rank.others)
    if folded and any(aggregation.function not in _ADDITIVE for aggregation in question.aggregations):
        yield "shares and others are of counts and sums"
    if question.share and (len(question.aggregations) != 1 or not question.groups or question.compared_to):
        yield "a share is of one aggregation, by groups"
