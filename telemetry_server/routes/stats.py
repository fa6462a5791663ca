"""/stats: what this `serve` has done so far, over all of its workers."""

from sanic import Blueprint, HTTPResponse, Request

from telemetry_server import wire
from telemetry_server.parts import parts_of
from telemetry_server.routes.decorators import reads

blueprint = Blueprint("stats", url_prefix="/stats")


@reads(blueprint, "/")
async def stats(request: Request) -> HTTPResponse:
    """Counts since the start."""
    parts = parts_of(request)
    uptime_seconds = parts.uptime_seconds
    return wire.json(
        {
            **parts.counters.totals(),
            "uptime_seconds": round(uptime_seconds, 3),
            "requests_per_second": parts.counters.requests_per_second(uptime_seconds),
        }
    )
