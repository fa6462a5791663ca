"""POST /v1/metrics: many metrics at once, all or nothing; or OTLP. Errors come in the form of either."""

from typing import TypedDict

from sanic import Blueprint, HTTPResponse, Request

from telemetry_server.dialects.otlp import is_json as is_otlp_json
from telemetry_server.errors import Conflict, FaultBody, Problem
from telemetry_server.http import wire
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import JSON, operation
from telemetry_server.parts import parts_of
from telemetry_server.routes import otlp
from telemetry_server.schemas.metric import BatchSchema

blueprint = Blueprint("batch", url_prefix="/v1/metrics")


class BatchStored(TypedDict):
    status: str
    metrics_processed: int
    message: str


class BatchFailure(TypedDict):
    status: str
    message: str
    errors: list[FaultBody]


@blueprint.post("/", ctx_role="writer", ctx_error_form="batch")
@operation(
    body={JSON: (BatchSchema, otlp.ExportRequest), otlp.CONTENT_TYPE: None},
    example={"metrics": [{"name": "requests", "type": "counter", "value": 1, "tags": {"status": "200"}}]},
    gives={JSON: (BatchStored, otlp.ExportResponse), otlp.CONTENT_TYPE: None},
    fails=(Conflict,),
    errors={JSON: (BatchFailure, otlp.RpcStatus), otlp.CONTENT_TYPE: None},
)
async def create_all(request: Request) -> HTTPResponse:
    """Store many metrics, all of them or none; or what OTLP exports."""
    parts, timing = parts_of(request), timing_of(request)
    timing.enter("parse")
    if otlp.is_protobuf(request):
        return await otlp.export(request)
    body = wire.body_of(request)
    if is_otlp_json(body):
        return await otlp.export(request, body)
    batch = await parts.forms.batch(body)
    parts.counters.add("total_metrics_received", len(batch))
    timing.enter("database")
    await parts.metrics.create_all(batch)
    timing.enter("encode")
    parts.counters.add("total_batches_processed")
    return wire.json(
        {
            "status": "success",
            "metrics_processed": len(batch),
            "message": f"{len(batch)} metrics stored.",
        }
    )


def error_response(request: Request, problem: Problem) -> HTTPResponse:
    """{"status": "error", "message", "errors"}; invalid metrics are a 400 here. OTLP has its own."""
    if otlp.is_spoken(request):
        return otlp.error_response(request, problem)
    body = {
        "status": "error",
        "message": problem.detail,
        "errors": [fault.to_builtins() for fault in problem.faults],
    }
    status = 400 if problem.status == 422 else problem.status
    return wire.json(body, status, problem.headers)
