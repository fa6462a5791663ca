"""/-/metrics: the server's own metrics for Prometheus; the same at /metrics for a client that asks for its formats."""

from sanic import Blueprint, HTTPResponse, Request

from telemetry_server.errors import Problem
from telemetry_server.http import wire
from telemetry_server.http.accept import preferred
from telemetry_server.monitoring.exposition import CONTENT_TYPES, FORMS, Form, expose
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import operation
from telemetry_server.parts import key_of, parts_of
from telemetry_server.routes.decorators import VARIES, reads

blueprint = Blueprint("exposition", url_prefix="/-/metrics")


@reads(blueprint, "/", is_shared=True)
@operation(gives=dict.fromkeys(FORMS, str))
async def own(request: Request) -> HTTPResponse:
    """The server's own metrics, over all workers."""
    return await exposed(request, preferred(request.headers.get("accept", ""), FORMS, "prometheus"))


def wanted(request: Request) -> Form | None:
    """The form in which a client of /metrics wants these; None: it wants the stored ones, as JSON.

    They tell of all tenants, and are not for the key of one.
    """
    if request.query_string or key_of(request).tenant is not None:
        return None
    forms: dict[str, Form | None] = {"application/json": None, **FORMS}
    return preferred(request.headers.get("accept", ""), forms, None)


async def exposed(request: Request, form: Form) -> HTTPResponse:
    """They are told without MongoDB too, but for what only it knows."""
    parts, timing = parts_of(request), timing_of(request)
    timing.enter("database")
    try:
        behind, mongodb_up = await parts.summariser.behind(), True
    except Problem:
        behind, mongodb_up = None, False
    timing.enter("encode")
    parts.vitals.measure()
    body = expose(parts, form, mongodb_up=mongodb_up, behind=behind)
    return wire.Response(body, 200, {**VARIES}, CONTENT_TYPES[form])
