"""/observability: whether the service works, and what is stored."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

from sanic import Blueprint, HTTPResponse, Request

import nlq
from nlq.question import Aggregation, Function, GroupKey, Question, TimeRange
from telemetry_server import instants
from telemetry_server.http import wire
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import operation
from telemetry_server.parts import parts_of
from telemetry_server.routes import health
from telemetry_server.routes.decorators import reads
from telemetry_server.schemas import listing, parameters

DEFAULT_RANGE = timedelta(days=1)
MAX_NAMES = 1000
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
REDUCED: tuple[Function, ...] = ("count", "sum", "avg", "min", "max")
TYPES = Question(form="catalog", subject="names", range=TimeRange())

blueprint = Blueprint("observability", url_prefix="/observability")


class NameSummary(TypedDict):
    """sum, avg: null where the sum is more than a number holds."""

    name: str
    count: int
    sum: float | None
    avg: float | None
    min: float
    max: float


class SummaryRange(TypedDict):
    start: instants.Text
    end: instants.Text


class Summaries(TypedDict):
    time_range: SummaryRange
    metrics: list[NameSummary]
    truncated: bool


class NameTypes(TypedDict):
    name: str
    types: list[str]
    series: int


class Names(TypedDict):
    metrics: list[NameTypes]
    truncated: bool


reads(blueprint, "/health", role="anybody")(health.ready)


@reads(blueprint, "/metrics/summary")
@operation(query=listing.SPAN, gives=Summaries)
async def summary(request: Request) -> HTTPResponse:
    """Of each name count, sum, average, least and greatest value; `from` and `to`, default the last day."""
    timing_of(request).enter("parse")
    where = listing.span(request.get_query_args(keep_blank_values=True))
    end = where.end or instants.now()
    start = where.start or max(end, _EARLIEST) - DEFAULT_RANGE
    question = Question(
        form="aggregate",
        range=TimeRange(start, end),
        aggregations=tuple(Aggregation(function) for function in REDUCED),
        groups=(GroupKey("name", "name"),),
    )
    found = await _rows(request, question)
    return wire.json({"time_range": {"start": _text(start), "end": _text(end)}, **found})


@reads(blueprint, "/metrics/types")
@operation(gives=Names)
async def types(request: Request) -> HTTPResponse:
    """Each name that is stored, with its types, and of how many series it is."""
    timing_of(request).enter("parse")
    parameters.nothing(request.get_query_args(keep_blank_values=True))
    return wire.json(await _rows(request, TYPES))


async def _rows(request: Request, question: Question) -> dict[str, Any]:
    timing = timing_of(request)
    timing.enter("database")
    worked = await parts_of(request).answers.work_out(question, nlq.Limits(max_rows=MAX_NAMES))
    timing.enter("encode")
    names = [column.name for column in worked.pipeline.columns]
    return {"metrics": [dict(zip(names, row, strict=True)) for row in worked.rows], "truncated": worked.truncated}


def _text(at: datetime) -> str:
    return instants.render(at)
