"""/grafana: a JSON data source for Grafana, whose queries are prompts."""

import asyncio
from collections.abc import Callable
from itertools import islice
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from sanic import Blueprint, HTTPResponse, Request

import nlq
from nlq.question import TimeRange
from telemetry_server import instants
from telemetry_server.dialects import grafana, grafana_form
from telemetry_server.errors import Refused, TimedOut
from telemetry_server.http import wire
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import operation
from telemetry_server.parts import parts_of
from telemetry_server.reading.answers import depends_on_all
from telemetry_server.reading.cache import Result
from telemetry_server.routes.decorators import reads, wants_stored_truth
from telemetry_server.schemas import parameters
from telemetry_server.schemas.prompt import MAX_PROMPT_LENGTH, Prefix
from telemetry_server.writing.series import CATALOG_KEY

ANSWER_SECONDS = 12.0  # for all questions of a panel
EXAMPLE_RANGE = {"from": "2026-11-22T00:00:00Z", "to": "2026-11-22T06:00:00Z"}
TYPED = {"target": "average cpu.usage by host"}

blueprint = Blueprint("grafana", url_prefix="/grafana")


class Connected(TypedDict):
    status: str
    message: str


@reads(blueprint, "/")
@operation(gives=Connected)
async def test(request: Request) -> HTTPResponse:
    """Whether the data source is set up right."""
    timing_of(request).enter("parse")
    parameters.nothing(request.get_query_args(keep_blank_values=True))
    timing_of(request).enter("encode")
    return wire.json({"status": "success", "message": "Ask in plain English."})


@blueprint.post("/query", ctx_role="reader")
@operation(
    body=grafana_form.GrafanaQuerySchema,
    example={
        "range": EXAMPLE_RANGE,
        "intervalMs": 60000,
        "maxDataPoints": 500,
        "targets": [{"target": "average cpu.usage", "refId": "A"}],
    },
    gives=[grafana.GrafanaSeries, grafana.GrafanaTable],
    fails=(Refused,),
)
async def query(request: Request) -> HTTPResponse:
    """Answer the prompts of a panel: time series where they can be, else tables."""
    timing_of(request).enter("parse")
    raw = wire.body_of(request)
    asked = grafana.panel(raw)

    def read() -> list[grafana.Asked]:
        return [_of_panel(request, asked, target) for target in asked.targets]

    def tell(questions: list[grafana.Asked], found: list[grafana.Rows]) -> list[Any]:
        each = zip(asked.targets, questions, found, strict=True)
        return [part for target, of, rows in each for part in grafana.answer(target, of.question, rows)]

    return await _cached(request, raw, read, tell)


@blueprint.post("/annotations", ctx_role="reader")
@operation(
    body=grafana_form.GrafanaAnnotationsSchema,
    example={"range": EXAMPLE_RANGE, "annotation": {"name": "usage", "query": "list cpu.usage"}},
    gives=list[grafana.GrafanaEvent],
    fails=(Refused,),
)
async def annotations(request: Request) -> HTTPResponse:
    """Single events, by a prompt such as `deploys`."""
    timing_of(request).enter("parse")
    raw = wire.body_of(request)
    asked = grafana.annotation(raw)

    def read() -> list[grafana.Asked]:
        found = parts_of(request).answers.read(asked.text, _context(request, asked.zone, asked.range))
        return [grafana.Asked(grafana.events_of(found.question))]

    return await _cached(request, raw, read, lambda _, found: grafana.events(asked, found[0]))


@blueprint.post("/search", ctx_role="reader")
@operation(body=grafana_form.GrafanaSearchSchema, example=TYPED, gives=list[str])
async def search(request: Request) -> HTTPResponse:
    """How a prompt may go on; of a prompt that asks what there is, what there is."""
    timing_of(request).enter("parse")
    typed = grafana.searched(wire.body_of(request))
    there_is = await _there_is(request, typed)
    return wire.json(await _completions(request, typed) if there_is is None else there_is)


@blueprint.post("/metrics", ctx_role="reader")
@operation(body=grafana_form.GrafanaMetricsSchema, example={"metric": ""}, gives=list[grafana.GrafanaChoice])
async def metrics(request: Request) -> HTTPResponse:
    """Prompts to choose from: how the one that is chosen may go on."""
    timing_of(request).enter("parse")
    typed = grafana.chosen(wire.body_of(request))
    return wire.json([{"label": each, "value": each} for each in await _completions(request, typed)])


@blueprint.post("/metric-payload-options", ctx_role="reader")
@operation(body=grafana_form.GrafanaMetricsSchema, example={"metric": ""}, gives=list[grafana.GrafanaChoice])
async def payload_options(request: Request) -> HTTPResponse:
    """None: a prompt says all."""
    timing_of(request).enter("parse")
    grafana.chosen(wire.body_of(request))
    return wire.json([])


@blueprint.post("/variable", ctx_role="reader")
@operation(
    body=grafana_form.GrafanaVariableSchema,
    example={"payload": {"target": "what metrics are there"}},
    gives=list[grafana.GrafanaOption],
    fails=(Refused,),
)
async def variable(request: Request) -> HTTPResponse:
    """What a variable may be: the first column of the rows of a prompt, such as `what hosts are there`."""
    timing_of(request).enter("parse")
    text = grafana.variable(wire.body_of(request))
    timing_of(request).enter("database")
    await parts_of(request).series.refresh()
    asked = parts_of(request).answers.read(text, _context(request))
    found = await _rows(request, grafana.Asked(asked.question))
    timing_of(request).enter("encode")
    return wire.json([{"__text": each, "__value": each} for each in grafana.first_column(found)])


@blueprint.post("/tag-keys", ctx_role="reader")
@operation(gives=list[grafana.GrafanaText])
async def tag_keys(request: Request) -> HTTPResponse:
    """Tag keys, for ad hoc filters."""
    timing_of(request).enter("database")
    parts = parts_of(request)
    await parts.series.refresh()
    timing_of(request).enter("encode")
    keys = islice(parts.series.catalog.keys, grafana.MAX_VALUES)
    return wire.json([{"type": "string", "text": key} for key in keys])


@blueprint.post("/tag-values", ctx_role="reader")
@operation(body=grafana_form.GrafanaTagSchema, example={"key": "host"}, gives=list[grafana.GrafanaText])
async def tag_values(request: Request) -> HTTPResponse:
    """Values of a tag key, for ad hoc filters."""
    timing_of(request).enter("parse")
    key = grafana.tag_key(wire.body_of(request))
    timing_of(request).enter("database")
    parts = parts_of(request)
    await parts.series.refresh()
    timing_of(request).enter("encode")
    values = islice(parts.series.catalog.keys.get(key, ()), grafana.MAX_VALUES)
    return wire.json([{"text": value} for value in values])


def _context(request: Request, zone: str = "UTC", time: TimeRange | None = None) -> nlq.Context:
    limits = nlq.Limits(max_prompt_length=MAX_PROMPT_LENGTH)
    return nlq.Context(instants.now(), parts_of(request).series.catalog, ZoneInfo(zone), limits, range=time)


def _of_panel(request: Request, asked: grafana.Panel, target: grafana.Target) -> grafana.Asked:
    context = _context(request, asked.zone, asked.range)
    try:
        found = parts_of(request).answers.read(target.text, context)
    except Refused as refused:
        raise grafana.refused(refused, target) from None
    return grafana.Asked(grafana.shaped(found.question, asked, target), found.assumptions)


async def _rows(request: Request, asked: grafana.Asked) -> grafana.Rows:
    worked = await parts_of(request).answers.work_out(asked.question, nlq.Limits(max_rows=grafana.MAX_ROWS))
    told = (*asked.assumptions, *worked.plan.assumptions(asked.question))
    return grafana.Rows(worked.pipeline.columns, worked.rows, worked.truncated, told)


async def _there_is(request: Request, text: str) -> list[str] | None:
    """The answer to `what hosts are there`; None to any other text, which may not be typed to its end."""
    timing_of(request).enter("database")
    await parts_of(request).series.refresh()
    found = nlq.interpret(text, _context(request))
    if isinstance(found, nlq.Refusal) or found.question.form != "catalog":
        return None
    return grafana.first_column(await _rows(request, grafana.Asked(found.question)))


async def _completions(request: Request, text: str) -> list[str]:
    timing = timing_of(request)
    found = await parts_of(request).answers.complete(Prefix(text, None, "UTC"), timing)
    timing.enter("encode")
    return [each.text for each in found]


async def _cached(
    request: Request,
    raw: Any,
    read: Callable[[], list[grafana.Asked]],
    tell: Callable[[list[grafana.Asked], list[grafana.Rows]], list[Any]],
) -> HTTPResponse:
    parts, timing = parts_of(request), timing_of(request)

    async def compute() -> Result:
        timing.enter("database")
        version = await parts.series.refresh()
        timing.enter("parse")
        asked = read()
        timing.enter("database")
        stamp = parts.versions.stamp(depends_on_all(each.question for each in asked), {CATALOG_KEY: version})
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                found = [await _rows(request, each) for each in asked]
        except TimeoutError:
            raise TimedOut("This takes too long; ask fewer prompts, or about a shorter range.") from None
        timing.enter("encode")
        body = wire.encode(tell(asked, found))
        timing.enter("store")
        return Result(body, {}, stamp)

    timing.enter("cache")
    result, outcome = await parts.cache.get("grafana", [request.path, raw], compute, bypass=wants_stored_truth(request))
    return wire.json(result.body, headers={"X-Cache": outcome})
