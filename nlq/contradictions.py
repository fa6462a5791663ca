"""Questions from outside: what the types allow and no prompt can say is a contradiction.

A client sends the question of an earlier answer back, for a follow-up, and may have changed it; and a follow-up may
change a part that the other parts have no place for. Such a question has no pipeline, or one that leaves something out.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from nlq.cycles import MAX_MEASURED, never
from nlq.measures import SYMBOLS
from nlq.question import CYCLIC, MIDNIGHT, Aggregation, Cycle, Question, TimeRange, Unit, ValueFilter
from nlq.units import UNITLESS, measure_of_results

MAX_TOLD = 10
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

# What each form has a place for, beside what it is about, and what it cannot do without.
_EVERYWHERE = frozenset({"form", "range", "names", "types", "tags", "zone"})
_PLACES = {
    "aggregate": {
        "values",
        "aggregations",
        "groups",
        "grain",
        "rank",
        "having",
        "share",
        "over",
        "compared_to",
        "during",
        "unit",
    },
    "list": {"values", "rank", "limit", "oldest", "during"},
    "exists": {"values", "aggregations", "groups", "grain", "rank", "having", "share", "compared_to", "during"},
    "age": {"values", "groups", "during", "unit"},
    "silent": {"groups"},
    "catalog": {"subject", "groups"},
}
_NEEDS = {"aggregate": "aggregations", "silent": "groups", "catalog": "subject"}
_OF_AGGREGATIONS = {"groups", "grain", "rank", "having", "share", "compared_to"}
RATED = ("second", "minute", "hour", "day", "week")  # a month has no fixed length
_ADDITIVE = ("count", "sum")


def question_from(builtins: object) -> Question:
    """The inverse of `Question.to_builtins`, for values that anyone may have made up.

    Raises ValueError (msgspec.ValidationError is one) for what is no question, or none that a prompt can ask.
    """
    question = msgspec.convert(builtins, Question)
    wrong = [*_unknown(builtins, question.to_builtins()), *contradictions(question)]
    if wrong:
        raise ValueError("; ".join(wrong[:MAX_TOLD]))
    return question


def contradictions(question: Question) -> Iterator[str]:
    """What is wrong with a question, each in a few words; nothing where a prompt can ask it."""
    yield from _misplaced(question)
    for aggregation in question.aggregations:
        yield from _aggregation_problems(aggregation, question)
    yield from _group_problems(question)
    yield from _filter_problems(question)
    yield from _time_problems(question)
    yield from _rank_problems(question)
    yield from _share_problems(question)
    yield from _over_problems(question)
    yield from _unit_problems(question)


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
    said = {field for field in question.__struct_fields__ if getattr(question, field) not in (None, (), False)}
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
    if function in ("seen", "began"):  # steps of other questions
        yield f"{function} is not asked for"
    if function == "total_latest" and len(question.aggregations) > 1:
        yield "total_latest is asked for alone"
    apart = len(question.names) == 1 or (question.names and any(key.kind == "name" for key in question.groups))
    if function not in ("count", "distinct") and not apart:
        yield f"{function} is of the values of one metric"
    if aggregation.per is None:
        return
    if function not in _ADDITIVE or aggregation.per not in RATED:
        yield f"per {aggregation.per} does not go with {function}"
    ranges = (question.range, question.compared_to or question.range)
    if not question.grain and any(each.start is None or each.end is None for each in ranges):
        yield "a rate needs a range with two ends"
    if question.during and (question.grain or any(_is_longer(each) for each in ranges)):
        yield f"a rate during a cycle has no grain, and a range of at most {MAX_MEASURED.days} days"


def _is_longer(time: TimeRange) -> bool:
    return time.start is not None and time.end is not None and time.end - time.start > MAX_MEASURED


def _group_problems(question: Question) -> Iterator[str]:
    keys = [*question.groups, *(each.key for each in question.aggregations if each.key)]
    yield from (f"the key of {key.kind} is {key.kind}" for key in keys if key.kind not in ("tag", key.key))
    if question.form == "aggregate" and question.having and not (question.groups or question.grain):
        yield "having needs groups or a grain"
    if not question.compared_to and any(condition.of != "value" for condition in question.having):
        yield "a change needs two ranges"


def _filter_problems(question: Question) -> Iterator[str]:
    over = question.over
    values, tags = [*question.values, *(over.values if over else ())], [*question.tags, *(over.tags if over else ())]
    numbers = [*(each.number for each in values), *(each.number for each in question.having)]
    if not all(map(math.isfinite, numbers)):
        yield "a number is finite"
    if any(tag.match != "is" and not tag.values for tag in tags):
        yield "a match needs values"
    if excluded(question.values):
        yield "no value fulfils all conditions"
    if any(replace(tag, negated=not tag.negated) in question.tags for tag in question.tags):
        yield "a tag is so or it is not"


def excluded(values: Sequence[ValueFilter]) -> bool:
    """Whether no number fulfils all of the conditions."""
    low = max((each.number for each in values if each.comparison in ("gt", "ge", "eq")), default=-math.inf)
    high = min((each.number for each in values if each.comparison in ("lt", "le", "eq")), default=math.inf)
    barred = any(each.comparison in ("gt", "lt", "ne") and each.number == low for each in values)
    return low > high or (low == high and barred)


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
        if any(never(each, question.during, zone) for each in (question.range, question.compared_to) if each):
            yield "during needs time that the range has"
    except (OverflowError, ValueError):
        yield "an instant lies in the years 1 to 9999"
    yield from _cycle_problems(question.during)
    if question.form == "silent" and question.range.start is None:
        yield "silent needs a start"


def _cycle_problems(during: tuple[Cycle, ...]) -> Iterator[str]:
    if any(not cycle.negated for cycle in during[1:]) or len(set(during)) < len(during):
        yield "cycles behind the first are negated, and none is said twice"
    for cycle in during:
        if tuple(sorted(set(cycle.weekdays))) != cycle.weekdays:
            yield "weekdays are in order, and none is said twice"
        if cycle.start == cycle.end and (cycle.start != MIDNIGHT or not cycle.weekdays):
            yield "a cycle is of some time, not of all or none"
        if cycle.start.microsecond or cycle.end.microsecond:
            yield "clocks are told to the second"


def _rank_problems(question: Question) -> Iterator[str]:
    rank = question.rank
    if rank is None:
        return
    if question.form == "list" and (rank.per or rank.others or question.oldest):
        yield "a list has one rank for all, or begins with the oldest"
    if question.form != "list" and not (question.groups or question.grain):
        yield "a rank needs groups or a grain"
    if rank.place > 1 and (rank.count > 1 or rank.others or question.limit):
        yield "at a place there is one row"
    if rank.by != "value" and not question.compared_to:
        yield "a rank by a change needs two ranges"
    if rank.per and not set(rank.per) < set(question.groups):
        yield "a rank is per some of the groups"
    if rank.others and (rank.per or question.grain or question.compared_to or len(question.groups) != 1):
        yield "others go with one group"
    if rank.others and any(key.kind in CYCLIC for key in question.groups):
        yield "others have a name, which hours and weekdays have not"


def _share_problems(question: Question) -> Iterator[str]:
    """Shares and `others` add results up, which not all results allow."""
    folded = question.share or (question.rank and question.rank.others)
    if folded and any(aggregation.function not in _ADDITIVE for aggregation in question.aggregations):
        yield "shares and others are of counts and sums"
    if question.share and (len(question.aggregations) != 1 or not question.groups):
        yield "a share is of one aggregation, by groups"


def _over_problems(question: Question) -> Iterator[str]:
    over = question.over
    if over is None:
        return
    whole = replace(question, names=over.names, aggregations=(over.aggregation,), tags=over.tags, values=over.values)
    yield from _aggregation_problems(over.aggregation, whole)
    alone = not (question.share or (question.rank and question.rank.others))
    if len(question.aggregations) != 1 or not alone:
        yield "over divides one aggregation, and nothing else does"
    mine = (set(question.tags), set(question.values))
    its = (set(over.tags), set(over.values))
    if over.percent:
        same = (over.names, (over.aggregation,)) == (question.names, question.aggregations)
        if not same or mine == its or not (its[0] <= mine[0] and its[1] <= mine[1]):
            yield "a part is what its whole is, with a condition more"
        if over.aggregation.function not in _ADDITIVE:
            yield "parts are of counts and sums"
    elif pair := over.contrast(question.tags):
        same = (over.names, over.aggregation) == (question.names, question.aggregations[0]) and over.times == 1
        if not over.names or not same or mine[1] != its[1] or not all(tag.is_one_of for tag in pair):
            yield "two values are put beside each other of the same metrics"
    elif not over.names or mine != its:
        yield "what is divided has the conditions of what divides it"
    if sum((over.percent, over.minus, over.times != 1)) > 1:
        yield "a result is a percentage, a difference, or per so many"


def _unit_problems(question: Question) -> Iterator[str]:
    if question.unit is None:
        return
    own, asked = measure_of_results(question), SYMBOLS.get(question.unit)
    if own is None or asked is None or own == asked or own.quantity != asked.quantity or not asked.size:
        yield f"the results have no other unit {question.unit[:20]}"
        return
    if question.over:
        yield "a ratio has no unit"
    for aggregation in question.aggregations:
        if aggregation.function in UNITLESS or (aggregation.function == "sum" and own.shift != asked.shift):
            yield f"{aggregation.function} is not given in another unit"
