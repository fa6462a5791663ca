"""/observability/analytics: structured requests for time series, answered as prompts are."""

import asyncio

from sanic import Blueprint, HTTPResponse, Request

import nlq
from telemetry_server import instants
from telemetry_server.dialects import analytics
from telemetry_server.dialects.analytics_form import AnalyticsSchema
from telemetry_server.errors import TimedOut
from telemetry_server.http import tables, wire
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import JSON, operation
from telemetry_server.parts import parts_of
from telemetry_server.reading.answers import depends_on_all
from telemetry_server.reading.cache import Result
from telemetry_server.routes.decorators import VARIES, wants_stored_truth
from telemetry_server.writing.series import CATALOG_KEY

ANSWER_SECONDS = 12.0  # for all questions of a request

blueprint = Blueprint("analytics", url_prefix="/observability/analytics")


@blueprint.post("/", ctx_role="reader")
@operation(
    body=AnalyticsSchema,
    example={"metrics": ["cpu.usage"], "interval": "daily", "time_range": {"from_date": "2026-11-01T00:00:00Z"}},
    gives={JSON: analytics.AnalyticsAnswer, tables.CSV: str, tables.NDJSON: str},
)
async def analyse(request: Request) -> HTTPResponse:
    """Time series of metrics, each by the same typed question that a prompt would become."""
    parts, timing = parts_of(request), timing_of(request)
    timing.enter("parse")
    raw = wire.body_of(request)

    async def compute() -> Result:
        timing.enter("database")
        version = await parts.series.refresh()
        timing.enter("parse")
        asked = analytics.read(raw, parts.series.catalog, instants.now())
        timing.enter("database")
        stamp = parts.versions.stamp(depends_on_all(asked.questions), {CATALOG_KEY: version})
        limits = nlq.Limits(max_rows=asked.limit)
        found = []
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                for question in asked.questions:
                    worked = await parts.answers.work_out(question, limits)
                    found.append(analytics.Rows(worked.rows, worked.truncated, worked.plan.assumptions(question)))
        except TimeoutError:
            raise TimedOut("This takes too long; ask for fewer metrics or periods, or a shorter range.") from None
        timing.enter("encode")
        body = wire.encode(analytics.answer(asked, found))
        timing.enter("store")
        return Result(body, {}, stamp)

    timing.enter("cache")
    result, outcome = await parts.cache.get("analytics", raw, compute, bypass=wants_stored_truth(request))
    headers = {**VARIES, "X-Cache": outcome}
    form = tables.form_of(request.headers.get("accept", ""), "json")
    if form == "json":
        return wire.json(result.body, headers=headers)
    columns, rows = analytics.table(wire.decode_own(result.body))
    return wire.Response(tables.whole(form, columns, rows), 200, headers, tables.CONTENT_TYPES[form])
