"""What clauses of a prompt say, each on its own: the parts that `interpret` puts together into a question.

Where a clause is plainly a part of the question (a TagFilter, a TimeRange ...) that type is the clause.
"""

from typing import Literal

from msgspec import Struct

from nlq.lexicon import Quality
from nlq.question import (
    Aggregation,
    Comparison,
    Condition,
    Function,
    Grain,
    GroupKey,
    TagFilter,
    Unit,
)


class Aggregations(Struct, frozen=True):
    """`min, max and average`; grain: `5 minute average`. number: `highest number of`, of what is a number itself."""

    aggregations: tuple[Aggregation, ...]
    grain: Grain | None = None
    number: bool = False


class Rate(Struct, frozen=True):
    """`per second on average`: what is counted or summed, divided by how long it took."""

    per: Unit


class Metric(Struct, frozen=True):
    """The metric meant. More than one name: the words fit them all. None: any metric (`events`).

    counted: the words name what is counted (`requests` of `http.request.duration_ms`), not what is measured.
    said: the words as typed, where they are not the name itself. several: all of the names are meant. summed: the words
    are about all of it together: `takings`.
    """

    names: tuple[str, ...]
    said: str = ""
    counted: bool = False
    several: bool = False
    summed: bool = False


class Ratio(Struct, frozen=True):
    """`errors per request`; times: `fuel per 100 km`; minus: `orders minus returns`."""

    numerator: Metric
    denominator: Metric
    times: float = 1.0
    minus: bool = False


class Per(Struct, frozen=True):
    """`per count of http.request`: the denominator, spelled out. No aggregation: that of a ratio."""

    aggregation: Aggregation | None
    metric: Metric
    times: float = 1.0
    minus: bool = False


class Contrast(Struct, frozen=True):
    """`ratio of failed to passed builds`: two values of one tag, and what is of the first divided by what is of the
    second. minus: `delivered minus returned parcels`.
    """

    tag: TagFilter
    other: TagFilter
    minus: bool = False


class Groups(Struct, frozen=True):
    """`by host and region`; grain: `by host and day`."""

    keys: tuple[GroupKey, ...]
    grain: Grain | None = None


class KeyNoun(Struct, frozen=True):
    """A tag key standing alone, `hosts` in `top 5 hosts`: what is asked about, so what to group by.

    which: `which hosts`. count: `which 3 hosts`.
    """

    key: GroupKey
    plural: bool
    which: bool = False
    count: int | None = None


class BucketNoun(Struct, frozen=True):
    """`which hour`, `busiest day`: a bucket is asked for."""

    grain: Grain
    plural: bool


class Amount(Struct, frozen=True):
    """`80`, `2 s`, `1.5 GB`. unit: a key of measures.MEASURES, or empty."""

    number: float
    unit: str = ""


class InUnit(Struct, frozen=True):
    """`in seconds`: what the results are to be given in, a key of measures.MEASURES."""

    unit: str


class Threshold(Struct, frozen=True):
    """`over 80`: of single values; or, unless `each` value was said, of groups where groups are asked for.

    quality, word: `hotter than 80`, and what that says of the value. function: `over 80 on average`, of that of groups.
    """

    comparison: Comparison
    amount: Amount
    each: bool = False
    quality: Quality = "any"
    word: str = ""
    function: Function | None = None


class Within(Struct, frozen=True):
    """`between 3 and 5 ms`: both ends included."""

    least: Threshold
    most: Threshold


class Having(Struct, frozen=True):
    """`averaged above 80`: a condition on what a group comes to. No function: on its first result.

    crossed: `exceeded 90`, by any single value; where an aggregation is said, by that. kept: `stayed under 90`, by all.
    by: `by more than 10 %`, as the verb says.
    """

    of: Literal["value", "change", "change_percent"]
    comparison: Comparison
    amount: Amount
    function: Function | None = None
    crossed: bool = False
    kept: bool = False
    by: bool = False


class Changed(Struct, frozen=True):
    """`got slower`: the change that is asked for, and what the word says of the value."""

    condition: Condition
    quality: Quality
    word: str = ""


class Whether(Struct, frozen=True):
    """`did`, `was there any`: the answer is yes or no. of: `any host`. ever: `at any point`, of groups too."""

    of: GroupKey | None = None
    ever: bool = False


class Occurred(Struct, frozen=True):
    """`happened`, `took`: a verb that says no more than the metric does. light: of any that it may stand with.

    qualities: what else it may be said of.
    """

    word: str
    light: bool = True
    qualities: frozenset[Quality] = frozenset()


class How(Struct, frozen=True):
    """`how hot`: what the metric measures. extreme: `how hot did it get`, so the most of it. now: `how hot is it`."""

    word: str
    descending: bool
    quality: Quality
    extreme: bool
    now: bool = False


class Asked(Struct, frozen=True):
    """`who`, `where`: by the one tag of the metric that says so. people: how many of those who are tagged so. ones:
    `which ones`, by the one tag that there is.
    """

    word: Literal["who", "where", "people", "ones"]


class Trend(Struct, frozen=True):
    """`trend`, `over time`: in buckets, of a width that suits the range."""


class Both(Struct, frozen=True):
    """`for each of the last 8 weeks`, `the first time`: two things that are said in one."""

    first: object
    second: object


class Total(Struct, frozen=True):
    """`in total`, `altogether`: of what is counted no more than that; else the sum."""


class Together(Struct, frozen=True):
    """`combined`: several values of a tag are meant as one."""


class HowMuch(Struct, frozen=True):
    """`how much`: the metric's own aggregation is meant."""


class When(Struct, frozen=True):
    """`when did`: the answer is one document, with its time."""


class Age(Struct, frozen=True):
    """`how long since`: the answer is how long ago the latest document is. unit: as of an Amount.

    without: `days without incidents`, which of a time range may be the days that had none.
    """

    unit: str = ""
    without: bool = False


class Silent(Struct, frozen=True):
    """`stopped reporting`: the answer is what has not been seen in the time range. none: `had no deploys`, said of
    events alone: of others a value may be nought.
    """

    none: bool = False


class CatalogWish(Struct, frozen=True):
    """`what metrics are there`, `values of region`."""

    subject: Literal["names", "keys", "values"]
    key: GroupKey | None = None


class Ranking(Struct, frozen=True):
    """`top 5`, `slowest`. No count: one was not said. change: `biggest increase`, by how the value changed. place: 2 is
    the second highest.
    """

    count: int | None
    descending: bool
    quality: Quality = "any"
    word: str = ""
    per: tuple[GroupKey, ...] = ()
    change: "Compare | None" = None
    place: int = 1


class Instances(Struct, frozen=True):
    """`collisions`, where a tag says `collision`: what has the value, each counted."""

    tag: TagFilter


class Versus(Struct, frozen=True):
    """`app-1 versus app-2`: values of one tag, side by side."""

    tag: TagFilter


class Beside(Struct, frozen=True):
    """`vs app-2`: beside the value of the same tag that is said elsewhere, or in the question before."""

    tag: TagFilter


class FollowUp(Struct, frozen=True):
    """`and`, `what about`, `instead`: the prompt changes the question before it."""


class Compare(Struct, frozen=True):
    """`compare`, `how did ... change`: there is a second range. direction: 1 `grew`, -1 `fell`, 0 neither.

    changes: it is about the change; percent: of it in percent. ranks: `by growth`, what a ranking goes by.
    """

    direction: int = 0
    changes: bool = False
    percent: bool = False
    ranks: bool = False


class Others(Struct, frozen=True):
    """`and others`: what a ranking leaves out, folded into one row."""


class Share(Struct, frozen=True):
    """`share of`: each group's part of the whole; or the part that fulfils a condition.

    of_all: `as a percentage of all builds`, where what is said before makes the part.
    """

    of_all: bool = False


class Part(Struct, frozen=True):
    """`had status 500`: a condition on tags; where a share is asked for, the one that makes the part."""

    tag: TagFilter


class Codes(Struct, frozen=True):
    """`404s`, `5xx`: what has the code, counted."""

    tag: TagFilter


class ShareWhere(Struct, frozen=True):
    """`share where value > 5`: a share and the condition that makes its part, in one."""

    condition: "TagFilter | Threshold"


class ErrorRate(Struct, frozen=True):
    """`error rate`: the share of what failed. tags: each key's codes that tell so."""

    word: str
    tags: tuple[TagFilter, ...]


class Columns(Struct, frozen=True):
    """`with host and time`: what a list is to show, which it shows anyway. keys: the tags among it."""

    keys: tuple[str, ...] = ()


class Listing(Struct, frozen=True):
    """`list`, `the last 20`, `the first 20`: documents themselves are wanted."""

    count: int | None
    oldest: bool = False
