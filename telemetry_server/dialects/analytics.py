"""Structured requests for time series: each becomes typed questions, as prompts do; and their rows one answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NotRequired, TypedDict, cast

from msgspec.structs import replace

import nlq
from nlq.question import Aggregation, Grain, GroupKey, Question, TimeRange
from telemetry_server import instants
from telemetry_server.dialects.analytics_form import FUNCTIONS, INTERVALS, MAX_METRICS, AnalyticsSchema
from telemetry_server.dialects.fitting import fit_key
from telemetry_server.errors import Fault, Invalid
from telemetry_server.schemas import faults
from telemetry_server.schemas.fields import NAME

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """Of one metric: what is asked of it, once for each previous period or once alone; and what was assumed."""

    metric: str
    aggregation: Aggregation
    questions: tuple[Question, ...]
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """A request as it was read. `periods`: the previous ones, the latest first."""

    range: TimeRange
    interval: str | None
    periods: tuple[TimeRange, ...]
    limit: int
    metrics: tuple[Asked, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """All of them, in the order in which `answer` takes their rows."""
        return tuple(question for asked in self.metrics for question in asked.questions)


@dataclass(frozen=True, slots=True)
class Rows:
    """What a question came to. assumptions: those of working it out."""

    rows: Sequence[Sequence[Any]]
    truncated: bool
    assumptions: tuple[str, ...] = ()


class AnalyticsPeriod(TypedDict):
    """Half-open."""

    start: instants.Text
    end: instants.Text


class AnalyticsPrevious(TypedDict):
    """What a point was in a previous period, and how it has changed since."""

    value: Any
    change: float | None
    change_percent: float | None


class AnalyticsPoint(TypedDict):
    """time: where there is an interval; group: the tags that are grouped by."""

    time: NotRequired[instants.Text]
    group: NotRequired[dict[str, str | None]]
    value: Any
    previous: NotRequired[list[AnalyticsPrevious]]


class AnalyticsSeries(TypedDict):
    """readings: prompts that have the same rows."""

    metric: str
    aggregation: str
    readings: list[str]
    assumptions: list[str]
    truncated: bool
    data: list[AnalyticsPoint]


class AnalyticsAnswer(TypedDict):
    time_range: AnalyticsPeriod
    interval: str | None
    comparison: list[AnalyticsPeriod] | None
    metrics: list[AnalyticsSeries]


_SCHEMA = AnalyticsSchema()


def read(raw: object, catalog: nlq.Catalog, now: datetime) -> Analysis:
    """The request, for what is stored. Raises Invalid with every fault."""
    wrong: list[Fault] = []
    values: dict[str, Any] = {}
    try:
        values = faults.load(_SCHEMA, raw)
    except Invalid as invalid:
        wrong += invalid.faults
    if not catalog.is_full:
        wrong += _unknown(raw, catalog)
    if wrong:
        raise Invalid(wrong)
    try:
        return _analysis(values, catalog, now)
    except OverflowError:
        raise Invalid([Fault("/time_range", "This leads to a time outside the years 1 to 9999.")]) from None


def answer(analysis: Analysis, found: Sequence[Rows]) -> AnalyticsAnswer:
    """The answer, ready for JSON. found: for each of the questions, in their order."""
    waiting = iter(found)
    return {
        "time_range": _range(analysis.range),
        "interval": analysis.interval,
        "comparison": [_range(period) for period in analysis.periods] or None,
        "metrics": [_metric(asked, [next(waiting) for _ in asked.questions]) for asked in analysis.metrics],
    }


def table(answer: AnalyticsAnswer) -> tuple[list[str], list[dict[str, Any]]]:
    """The points as rows, and the names of their columns: a group as `group.host`, previous periods as `previous.1`."""
    rows = [
        {"metric": series["metric"], "aggregation": series["aggregation"], **_row(point)}
        for series in answer["metrics"]
        for point in series["data"]
    ]
    return list(dict.fromkeys(column for row in rows for column in row)), rows


def _row(point: AnalyticsPoint) -> dict[str, Any]:
    row: dict[str, Any] = {"time": point["time"]} if "time" in point else {}
    row |= {f"group.{key}": value for key, value in point.get("group", {}).items()}
    row |= {"value": point["value"]}
    return row | {f"previous.{place}": each["value"] for place, each in enumerate(point.get("previous", ()), 1)}


def _analysis(values: Mapping[str, Any], catalog: nlq.Catalog, now: datetime) -> Analysis:
    start, to_date = values["time_range"]["from_date"], values["time_range"]["to_date"]
    end = now if to_date is None else to_date.replace(microsecond=0) + SECOND
    length = end - start
    asked = TimeRange(start, min(end, now))
    count = values["comparison"]["periods"] if values["comparison"] else 0
    periods = tuple(TimeRange(start - place * length, start - (place - 1) * length) for place in range(1, count + 1))
    if periods and periods[-1].start and periods[-1].start < datetime(1, 1, 2, tzinfo=UTC):
        raise OverflowError
    interval = values["interval"]
    question = Question(
        form="aggregate",
        range=asked,
        tags=values["filters"] or (),
        groups=tuple(GroupKey("tag", key) for key in values["group_by"] or ()),
        grain=Grain(INTERVALS[interval]) if interval else None,
    )
    metrics = []
    for name in values["metrics"]:
        entry = catalog.names.get(name)
        aggregation, assumptions = _aggregation(name, values["aggregation"], entry.types if entry else frozenset())
        own = replace(question, names=(name,), aggregations=(aggregation,))
        questions = tuple(replace(own, compared_to=period) for period in periods) or (own,)
        metrics.append(Asked(name, aggregation, questions, assumptions))
    return Analysis(asked, interval, periods, values["limit"], tuple(metrics))


def _aggregation(
    name: str, said: Mapping[str, Any] | None, types: frozenset[str]
) -> tuple[Aggregation, tuple[str, ...]]:
    """What is said, or what a prompt takes it for where nothing is; the count of a counter is the sum of its deltas."""
    if said is None:
        function, done = nlq.default_function(types)
        return Aggregation(function), (f"{name} {done}",)
    if said["type"] == "count" and types == {"counter"}:
        return Aggregation("sum"), (f"{name} is a counter: its count is the sum of its values",)
    return Aggregation(FUNCTIONS[said["type"]], said["percentile"]), ()


def _unknown(raw: object, catalog: nlq.Catalog) -> Iterator[Fault]:
    """Names that nothing is stored of, and keys that none of the metrics has: in a prompt they would be refused."""
    if not isinstance(raw, dict):
        return
    metrics, filters, groups = (raw.get(field) for field in ("metrics", "filters", "group_by"))
    known = []
    for place, name in enumerate(metrics[:MAX_METRICS] if isinstance(metrics, list) else ()):
        if isinstance(name, str) and name in catalog.names:
            known.append(catalog.names[name])
        elif isinstance(name, str) and NAME.fullmatch(name):
            yield Fault(f"/metrics/{place}", "No metric of this name is stored.")
    keys = {key for entry in known for key in entry.keys}
    if not known:
        return
    for key in filters if isinstance(filters, dict) else ():
        if fit_key(key) not in keys:
            yield Fault(f"/filters/{faults.escape(key)}", "None of these metrics has such a tag.")
    for place, key in enumerate(groups if isinstance(groups, list) else ()):
        if isinstance(key, str) and fit_key(key) not in keys:
            yield Fault(f"/group_by/{place}", "None of these metrics has such a tag.")


def _metric(asked: Asked, found: Sequence[Rows]) -> AnalyticsSeries:
    assumptions = dict.fromkeys((*asked.assumptions, *(each for rows in found for each in rows.assumptions)))
    return {
        "metric": asked.metric,
        "aggregation": asked.aggregation.label,
        "readings": [nlq.describe(question) for question in asked.questions],
        "assumptions": list(assumptions),
        "truncated": any(rows.truncated for rows in found),
        "data": _points(asked, found),
    }


def _points(asked: Asked, found: Sequence[Rows]) -> list[AnalyticsPoint]:
    """A point for each group and bucket that any of the questions has; of one that a cut may have hidden, none."""
    question = asked.questions[0]
    width = len(question.groups) + (question.grain is not None)
    tables = [{tuple(row[:width]): row[width:] for row in rows.rows} for rows in found]
    every = dict.fromkeys(key for table in tables for key in table)
    nothing = 0 if asked.aggregation.function in ("count", "sum") else None
    missing = [nothing, nothing, nothing, None]
    points = []
    for key in every:
        if any(rows.truncated and key not in table for rows, table in zip(found, tables, strict=True)):
            continue
        cells = [table.get(key, missing) for table in tables]
        point: AnalyticsPoint = {"value": next((_rendered(cell[0]) for cell in cells if cell is not missing), nothing)}
        if question.grain:
            point["time"] = _rendered(key[-1])
        if question.groups:
            point["group"] = {group.key: value for group, value in zip(question.groups, key, strict=False)}
        if question.compared_to:
            point["previous"] = [_previous(*map(_rendered, cell[1:])) for cell in cells]
        points.append(point)
    return points


def _previous(value: Any, change: float | None, change_percent: float | None) -> AnalyticsPrevious:
    return {"value": value, "change": change, "change_percent": change_percent}


def _rendered(value: Any) -> Any:
    return instants.render(value) if isinstance(value, datetime) else value


def _range(time: TimeRange) -> AnalyticsPeriod:
    """Half-open."""
    return {"start": instants.render(cast("datetime", time.start)), "end": instants.render(cast("datetime", time.end))}
