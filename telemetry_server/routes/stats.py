"""/stats: what this `serve` has done so far, over all of its workers."""

import asyncio

import msgspec
from sanic import Blueprint, HTTPResponse, Request

from telemetry_server.http import wire
from telemetry_server.monitoring import counters
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import operation
from telemetry_server.parts import parts_of
from telemetry_server.routes.decorators import reads

blueprint = Blueprint("stats", url_prefix="/stats")

Stats = msgspec.defstruct(
    "Stats",
    [
        *((name, int) for name in counters.NAMES),
        ("uptime_seconds", float),
        ("tasks", int),
        ("requests_per_second", float),
    ],
)


@reads(blueprint, "/", is_shared=True)
@operation(gives=Stats)
async def stats(request: Request) -> HTTPResponse:
    """Counts since the start; `tasks`: how many run now in the worker that answers."""
    parts = parts_of(request)
    timing_of(request).enter("encode")
    uptime_seconds = parts.uptime_seconds
    return wire.json(
        {
            **parts.counters.totals(),
            "uptime_seconds": round(uptime_seconds, 3),
            "tasks": len(asyncio.all_tasks()),
            "requests_per_second": parts.counters.requests_per_second(uptime_seconds),
        }
    )
