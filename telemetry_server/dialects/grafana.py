"""Grafana's JSON data source: panels ask prompts about the dashboard's range; rows become time series and tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, NotRequired, TypedDict

import msgspec
from msgspec.structs import replace

import nlq
from nlq.question import Grain, Question, TagFilter, TimeRange
from telemetry_server.dialects import grafana_form as form
from telemetry_server.errors import Fault, Invalid, Refused
from telemetry_server.schemas import faults

MAX_ROWS: Final = 10_000  # of one panel's query
MAX_EVENTS: Final = 1000  # of one annotation
MAX_VALUES: Final = 1000  # of one list to choose from
_ABOUT: Final = ("range", "names", "types", "tags", "values", "during", "zone")  # what an event is told by

# Widths of buckets, in seconds at most, that read well on an axis.
_GRAINS: Final[tuple[tuple[int, Grain], ...]] = (
    *((count, Grain("second", count)) for count in (1, 2, 5, 10, 15, 30)),
    *((count * 60, Grain("minute", count)) for count in (1, 2, 5, 10, 15, 30)),
    *((count * 3600, Grain("hour", count)) for count in (1, 2, 3, 6, 12)),
    (86_400, Grain("day")),
    (7 * 86_400, Grain("week")),
    (31 * 86_400, Grain("month")),
    (92 * 86_400, Grain("quarter")),
)


@dataclass(frozen=True, slots=True)
class Target:
    """A prompt of a panel. place: among the panel's targets."""

    place: int
    text: str
    ref_id: str
    wants_table: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """What a panel asks. interval: the least width of buckets."""

    range: TimeRange
    zone: str
    interval: timedelta
    max_points: int
    filters: tuple[TagFilter, ...]
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a dashboard asks for its annotations. given: as it came."""

    range: TimeRange
    zone: str
    text: str
    title: str
    given: Any


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and what was taken for granted in it."""

    question: Question
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """What a question came to."""

    columns: Sequence[nlq.Column]
    rows: Sequence[Sequence[Any]]
    truncated: bool
    assumptions: tuple[str, ...]


Point = Annotated[list[Any], msgspec.Meta(min_length=2, max_length=2)]
"""A value, and epoch milliseconds."""


class Notice(TypedDict):
    severity: str
    text: str


class Meta(TypedDict):
    """executedQueryString: the reading, a prompt that has the same rows."""

    executedQueryString: str
    notices: list[Notice]


class GrafanaSeries(TypedDict):
    target: str
    refId: str
    datapoints: list[Point]
    meta: Meta


class GrafanaColumn(TypedDict):
    text: str
    type: str


class GrafanaTable(TypedDict):
    type: str
    refId: str
    columns: list[GrafanaColumn]
    rows: list[list[Any]]
    meta: Meta


class GrafanaEvent(TypedDict):
    annotation: Any
    time: int
    title: str
    text: str
    tags: list[str]


class GrafanaChoice(TypedDict):
    label: str
    value: str


GrafanaOption = TypedDict("GrafanaOption", {"__text": str, "__value": str})


class GrafanaText(TypedDict):
    text: str
    type: NotRequired[str]


_QUERY, _ANNOTATIONS = form.GrafanaQuerySchema(), form.GrafanaAnnotationsSchema()
_SEARCH, _METRICS, _VARIABLE = form.GrafanaSearchSchema(), form.GrafanaMetricsSchema(), form.GrafanaVariableSchema()
_TAG = form.GrafanaTagSchema()


def panel(raw: object) -> Panel:
    """What a panel asks; targets that are hidden or empty are left out. Raises Invalid."""
    values = faults.load(_QUERY, raw)
    targets = (
        Target(place, each["target"], each["ref_id"], each["type"] == form.TABLE)
        for place, each in enumerate(values["targets"])
        if (each["target"] or "").strip() and not each["hide"]
    )
    return Panel(
        TimeRange(**values["range"]),
        values["timezone"],
        timedelta(milliseconds=values["interval_ms"] or 1),
        int(values["max_points"] or MAX_VALUES),
        form.filters(values["filters"]),
        tuple(targets),
    )


def annotation(raw: object) -> Annotation:
    """What a dashboard asks for its annotations. Raises Invalid."""
    values = faults.load(_ANNOTATIONS, raw)
    asked = values["annotation"]
    given = raw["annotation"] if isinstance(raw, dict) else None
    return Annotation(
        TimeRange(**values["range"]), values["timezone"], asked["query"] or "", asked["name"] or "", given
    )


def searched(raw: object) -> str:
    """What is typed so far. Raises Invalid."""
    return faults.load(_SEARCH, raw)["target"] or ""


def chosen(raw: object) -> str:
    """What is chosen so far. Raises Invalid."""
    return faults.load(_METRICS, raw)["metric"] or ""


def variable(raw: object) -> str:
    """The prompt of a variable. Raises Invalid."""
    return faults.load(_VARIABLE, raw)["payload"]["target"] or ""


def tag_key(raw: object) -> str:
    """The tag key whose values are asked for. Raises Invalid."""
    return str(faults.load(_TAG, raw)["key"])


def shaped(question: Question, asked: Panel, target: Target) -> Question:
    """The question with the panel's filters, and where it makes time series of it, with a grain. Raises Invalid."""
    over = question.over and replace(question.over, tags=_with(question.over.tags, asked.filters))
    filtered = replace(question, tags=_with(question.tags, asked.filters), over=over)
    if wrong := _contradiction(filtered):
        raise Invalid([Fault("/adhocFilters", f"With what is asked this makes no question: {wrong}.")])
    grain = None if target.wants_table else _grain(filtered, asked)
    bucketed = replace(filtered, grain=grain) if grain else filtered
    return filtered if _contradiction(bucketed) else bucketed


def refused(problem: Refused, target: Target) -> Refused:
    """With which of the panel's prompts it is about, and what could be asked, in the message that Grafana shows."""
    suggestions = " or ".join(f"'{each}'" for each in problem.extra["suggestions"])
    detail = f"{target.ref_id}: {problem.detail}" if target.ref_id else problem.detail
    detail += f" Try {suggestions}." if suggestions else ""
    return Refused(detail, faults=[Fault(f"/targets/{target.place}/target", problem.detail)], extra=problem.extra)


def events_of(question: Question) -> Question:
    """The single events that a question of an annotation is about. Raises Invalid."""
    if question.form == "list":
        return question
    plain = Question(
        form="aggregate",
        aggregations=question.aggregations,
        **{name: getattr(question, name) for name in _ABOUT},
    )
    if question.form != "aggregate" or replace(question, unit=None) != plain:
        raise Invalid([Fault("/annotation/query", "Must ask for single events, such as 'deploys'.")])
    return replace(plain, form="list", aggregations=(), limit=MAX_EVENTS)


def answer(target: Target, question: Question, found: Rows) -> list[GrafanaSeries] | list[GrafanaTable]:
    """The rows as time series, where they are numbers by time; else as one table."""
    meta: Meta = {"executedQueryString": nlq.describe(question), "notices": _notices(found)}
    if question.grain is None or question.form != "aggregate" or target.wants_table:
        return [_table(target, found, meta)]
    return _series(target, question, found, meta)


def _table(target: Target, found: Rows, meta: Meta) -> GrafanaTable:
    columns: list[GrafanaColumn] = [{"text": each.name, "type": _type(each)} for each in found.columns]
    rows = [[_cell(value) for value in row] for row in found.rows]
    return {"type": form.TABLE, "refId": target.ref_id, "columns": columns, "rows": rows, "meta": meta}


def _series(target: Target, question: Question, found: Rows, meta: Meta) -> list[GrafanaSeries]:
    """One for each group and result; of a share or a ratio, that alone, and what it is compared with."""
    width = len(question.groups)
    names = [column.name for column in found.columns]
    counted = 2 if question.over else 1 if question.share else 0  # what they are made of
    places = list(range(width + 1 + counted, len(names)))
    points: dict[tuple[Any, ...], list[Point]] = {}
    for row in sorted(found.rows, key=lambda row: row[width]):
        for place in places:
            points.setdefault((*row[:width], place), []).append([row[place], _milliseconds(row[width])])
    series: list[GrafanaSeries] = []
    for (*groups, place), datapoints in points.items():
        legend = _legend(target, groups, names[place] if len(places) > 1 else "")
        series.append({"target": legend, "refId": target.ref_id, "datapoints": datapoints, "meta": meta})
    return series


def events(asked: Annotation, found: Rows) -> list[GrafanaEvent]:
    """The rows of a list as annotations."""
    told: list[GrafanaEvent] = []
    for row in found.rows:
        of: Mapping[str, Any] = dict(zip((column.name for column in found.columns), row, strict=True))
        text = f"{of['name']} {of['value']:g}"
        event: GrafanaEvent = {
            "annotation": asked.given,
            "time": _milliseconds(of["timestamp"]),
            "title": asked.title or of["name"],
            "text": text,
            "tags": list(of["tags"]),
        }
        told.append(event)
    return told


def first_column(found: Rows) -> list[str]:
    """What a variable may be: each text of the first column once."""
    return list(dict.fromkeys(str(_cell(row[0])) for row in found.rows if row and row[0] is not None))


def _with(tags: tuple[TagFilter, ...], more: tuple[TagFilter, ...]) -> tuple[TagFilter, ...]:
    return tuple(dict.fromkeys((*tags, *more)))


def _contradiction(question: Question) -> str:
    try:
        nlq.question_from(question.to_builtins())
    except ValueError as error:
        return str(error)
    return ""


def _grain(question: Question, asked: Panel) -> Grain | None:
    """The narrowest that is no narrower than the panel's interval, and gives no more points than it wants.

    None where one is said, or buckets would ask another question.
    """
    time = question.range
    if question.form != "aggregate" or question.grain or question.rank or question.having or question.compared_to:
        return None
    if time.start is None or time.end is None:
        return None
    least = max(asked.interval, (time.end - time.start) / asked.max_points).total_seconds()
    return next((grain for seconds, grain in _GRAINS if seconds >= least), Grain("year"))


def _notices(found: Rows) -> list[Notice]:
    notices: list[Notice] = [{"severity": "info", "text": text} for text in found.assumptions]
    if found.truncated:
        notices.append(
            {"severity": "warning", "text": f"There are more than {len(found.rows)} rows: these are the first."}
        )
    return notices


def _legend(target: Target, groups: Sequence[Any], label: str) -> str:
    words = ["none" if value is None else str(value) for value in groups]
    return " ".join(part for part in (", ".join(words), label) if part) or target.text


def _type(column: nlq.Column) -> str:
    return "string" if column.type == "tags" else column.type


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return _milliseconds(value)
    return ", ".join(value) if isinstance(value, list | tuple) else value


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
