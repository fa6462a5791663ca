"""POST /v1/metrics: many metrics at once, all or nothing. Errors come in this route's own form."""

from sanic import Blueprint, HTTPResponse, Request

from telemetry_server import wire
from telemetry_server.errors import Problem
from telemetry_server.parts import parts_of

blueprint = Blueprint("batch", url_prefix="/v1/metrics")


@blueprint.post("/", ctx_error_form="batch")
async def create_all(request: Request) -> HTTPResponse:
    """Store a batch."""
    parts = parts_of(request)
    batch = await parts.forms.batch(wire.body_of(request))
    parts.counters.add("total_metrics_received", len(batch))
    await parts.metrics.create_all(batch)
    parts.counters.add("total_batches_processed")
    return wire.json(
        {
            "status": "success",
            "metrics_processed": len(batch),
            "message": f"{len(batch)} metrics stored.",
        }
    )


def error_response(problem: Problem) -> HTTPResponse:
    """{"status": "error", "message", "errors"}; invalid metrics are a 400 here."""
    body = {
        "status": "error",
        "message": problem.detail,
        "errors": [fault.to_builtins() for fault in problem.faults],
    }
    status = 400 if problem.status == 422 else problem.status
    return wire.json(body, status, problem.headers)
