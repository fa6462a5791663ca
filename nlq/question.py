"""The typed question: everything that a prompt can mean, and all that a pipeline needs to know.

The input side (tokens, engine, rules, interpret) and the output side (describe, pipeline) meet only here.
All values are frozen and hashable, so two questions are the same question exactly when they are equal.
Instants are aware and in UTC; `zone` is the IANA zone in which days and buckets are counted.
"""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

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
    "total_latest",
    "distinct",
    "seen",
    "began",
]
Comparison = Literal["eq", "ne", "lt", "le", "gt", "ge"]
RankedBy = Literal["value", "change", "change_percent", "absolute_change"]
Unit = Literal["second", "minute", "hour", "day", "week", "month", "quarter", "year"]

# Bounds that hold for questions from outside: see contradictions.py.
MAX_ROWS = 1000
MAX_PARTS = 32  # of one kind: names, filters, groups ...
MAX_VALUES = 256  # of one tag filter: all that fit in a prompt
MAX_TEXT_LENGTH = 512
Count = Annotated[int, Meta(ge=1, le=MAX_ROWS)]
Percent = Annotated[float, Meta(ge=1e-6, le=100)]
Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_LENGTH)]
Instant = Annotated[datetime, Meta(tz=True)]
Clock = Annotated[time, Meta(tz=False)]
Weekday = Annotated[int, Meta(ge=0, le=6)]  # 0 is Monday
MIDNIGHT = time()
_Few = Meta(max_length=MAX_PARTS)


class GroupKey(Struct, frozen=True):
    """What to group by: a tag's key; the document's own `name` or `type`; or when in its cycle the document was
    made, by the clock of the question's zone: `hour` of the day (0 to 23), `day_part`
    (night, morning, afternoon, evening: six hours each), `weekday`, `week_part` (weekdays, weekends). But for tags,
    `key` says the same as `kind`.
    """

    kind: Literal["tag", "name", "type", "hour", "day_part", "weekday", "week_part"]
    key: Text


CYCLIC = frozenset({"hour", "day_part", "weekday", "week_part"})  # kinds of GroupKey that go by the clock


class Aggregation(Struct, frozen=True):
    """A reducer of values, or for `count` of documents, and for `distinct` of what a key is.

    percent: above 0, up to 100, of `percentile` alone; a median is percentile 50. key: of `distinct` alone.
    per: a count or a sum divided by how many such units its range or bucket lasts.
    stddev and variance are those of a population; range is the greatest value less the least; seen is the time of
    the latest document, began that of the earliest; total_latest adds up the latest values of the series: how many
    there are now, in all.
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


class TagFilter(Struct, frozen=True):
    """Documents whose tag `key` has one of `values`; with no values, documents that have the key at all.

    Negated: documents that have the key with another value; with no values, documents without the key.
    match: what a value does to be meant: it is one of `values`, or it begins with, ends with or contains one.
    """

    key: Text
    values: Annotated[tuple[Text, ...], Meta(max_length=MAX_VALUES)] = ()
    negated: bool = False
    match: Literal["is", "prefix", "suffix", "contains"] = "is"

    @property
    def is_one_of(self) -> bool:
        """Whether it says which values are meant, in full."""
        return self.match == "is" and bool(self.values) and not self.negated


class ValueFilter(Struct, frozen=True):
    """Documents whose `value` compares so with `number`."""

    comparison: Comparison
    number: float


class Condition(Struct, frozen=True):
    """Groups whose first result compares so with `number`: the value itself, or what a comparison adds to it."""

    of: Literal["value", "change", "change_percent"]
    comparison: Comparison
    number: float


class TimeRange(Struct, frozen=True):
    """Half-open `[start, end)`; either side may be open (None)."""

    start: Instant | None = None
    end: Instant | None = None


class Cycle(Struct, frozen=True):
    """Time that comes again and again, by the clock of the question's zone: from `start` to the next `end`, on these
    `weekdays`; none means on every day.

    From midnight to midnight is the whole day. An end that is not after the start lies on the next day: what goes over
    midnight belongs to the day on which it starts. Negated: all other time.
    """

    weekdays: Annotated[tuple[Weekday, ...], Meta(max_length=6)] = ()
    start: Clock = MIDNIGHT
    end: Clock = MIDNIGHT
    negated: bool = False


class Grain(Struct, frozen=True):
    """Bucket width: `count` units, aligned to the calendar of the question's zone."""

    unit: Unit
    count: int = 1


class Over(Struct, frozen=True):
    """What a result is divided by: an aggregation of other documents in the same range, groups and buckets.

    percent: those documents are the whole that the question's own are a part of; the result is in percent.
    times: so much of it is one: `per 100 km`. minus: it is taken away instead. The tags are the question's own; or one
    has other values, of the same metrics: `failed builds per passed build`.
    """

    names: Annotated[tuple[Text, ...], _Few]
    aggregation: Aggregation
    tags: Annotated[tuple[TagFilter, ...], _Few] = ()
    values: Annotated[tuple[ValueFilter, ...], _Few] = ()
    percent: bool = False
    times: Annotated[float, Meta(gt=0, le=1e12)] = 1.0
    minus: bool = False

    def contrast(self, tags: Sequence[TagFilter]) -> tuple[TagFilter, TagFilter] | None:
        """The one of a question's `tags` that is not of both sides, and the one that stands in its place here."""
        mine = [tag for tag in tags if tag not in self.tags]
        its = [tag for tag in self.tags if tag not in tags]
        apart = len(mine) == len(its) == 1 and mine[0].key == its[0].key and not self.percent
        return (mine[0], its[0]) if apart else None


class Rank(Struct, frozen=True):
    """The first `count` rows by value: the highest first when `descending`.

    by: or, where two ranges are compared, by how the value changed. place: 2 is the second highest, the one row there.
    per: so many rows for each group of these keys; and, where there are groups and buckets, for each bucket.
    others: all other groups are folded into one, called `others`.
    """

    count: Count
    descending: bool = True
    per: Annotated[tuple[GroupKey, ...], _Few] = ()
    others: bool = False
    by: RankedBy = "value"
    place: Count = 1


class Question(Struct, frozen=True):
    """One question about stored metrics.

    form: `aggregate` reduces documents to rows of numbers; `list` shows documents themselves; `exists` is true
    where there is a document, or with aggregations a group, that fulfils the conditions; `age` is the seconds
    from the latest document, or that of each group, to the end of the range; `silent` gives the groups of which
    nothing came in the range, and when they were last seen; `catalog` tells what may be named.
    subject: what a `catalog` question is after: names, keys, or the values of its one group.
    names: the metrics meant; none means any. types: likewise.
    rank: for `aggregate`, which groups to keep, in the order of the first aggregation; for `list`, which
    documents to keep, in the order of their value. Without a rank a list is newest first, or oldest first.
    having: the groups to keep, by their first result.
    share: each group's part of the whole, in percent, beside its count or sum; within its bucket where there are
    buckets.
    over: what the first result is divided by: `errors per request`, `what percentage of requests had status 500`.
    compared_to: a second range; each row then has the values in both, and how they changed: where there are shares or
    ratios, those of these.
    during: what of the ranges is meant: the time that belongs to each of these. The first alone may be one that is
    not negated.
    unit: what results are given in, a symbol of measures.SYMBOLS; None: as stored. All other numbers of the question
    are in the unit that values are stored in.
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
    oldest: bool = False
    having: Annotated[tuple[Condition, ...], _Few] = ()
    share: bool = False
    over: Over | None = None
    compared_to: TimeRange | None = None
    during: Annotated[tuple[Cycle, ...], _Few] = ()
    subject: Literal["names", "keys", "values"] | None = None
    unit: Text | None = None
    zone: str = "UTC"

    def to_builtins(self) -> dict[str, Any]:
        """As JSON-ready values; instants as RFC 3339 text."""
        builtins: dict[str, Any] = msgspec.to_builtins(self)
        return builtins
