"""POST /import/prometheus: what a Prometheus exporter shows, in either of its text formats."""

import asyncio

from marshmallow import Schema, fields
from sanic import Blueprint, HTTPResponse, Request

from telemetry_server import instants
from telemetry_server.dialects import prometheus
from telemetry_server.dialects.translation import Translation
from telemetry_server.errors import Fault, Invalid, ProblemBody
from telemetry_server.http import wire
from telemetry_server.monitoring.exposition import FORMS
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import operation
from telemetry_server.openapi.operation import JSON, PROBLEM
from telemetry_server.routes import foreign
from telemetry_server.schemas import parameters

blueprint = Blueprint("prometheus_import", url_prefix="/import/prometheus")


class ImportSchema(Schema):
    """What an import says in the URL."""

    extra_label = fields.List(fields.String(), metadata={"description": "name=value, a label of all samples"})


@blueprint.post("/", ctx_role="writer")
@operation(
    query=ImportSchema,
    body=dict.fromkeys(FORMS, str),
    example='http_requests_total{code="200"} 1027',
    gives={
        **dict.fromkeys((200, 207), prometheus.Taken),
        422: {JSON: prometheus.Taken, PROBLEM: ProblemBody},  # nothing of it is stored; or the URL is wrong
    },
)
async def take(request: Request) -> HTTPResponse:
    """Store the samples; of counters, histograms and summaries, what came since they were sent before."""
    timing_of(request).enter("parse")
    given = request.get_query_args(keep_blank_values=True)
    parameters.nothing((name, value) for name, value in given if name != "extra_label")
    extra = _labels([value for _, value in given])
    done = await asyncio.to_thread(_read, request, extra)
    await foreign.take(request, done)
    body, status = prometheus.answer(done)
    return wire.json(body, status)


def _labels(given: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    if not all(name and separator for name, separator, _ in pairs):
        raise Invalid([Fault("/extra_label", "Must be name=value.")])
    return {name: value for name, _, value in pairs}


def _read(request: Request, extra: dict[str, str]) -> Translation:
    text = wire.bytes_of(request).decode(errors="surrogateescape")
    strict = prometheus.is_openmetrics(request.headers.get("content-type", "").strip().lower(), text)
    now_ms = round(instants.now().timestamp() * 1000)
    return prometheus.translated(text, strict=strict, extra=extra, now_ms=now_ms)
