"""/health: alive, and ready for work."""

from typing import TypedDict

from sanic import Blueprint, HTTPResponse, Request, text

from telemetry_server import __version__
from telemetry_server.errors import RETRY_AFTER_SECONDS
from telemetry_server.http import wire
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import operation
from telemetry_server.parts import Parts, parts_of
from telemetry_server.routes.decorators import reads

blueprint = Blueprint("health", url_prefix="/health")


class Liveness(TypedDict):
    status: str


class Health(TypedDict):
    status: str
    uptime_seconds: float
    version: str
    message: str


@reads(blueprint, "/", role="anybody")
@operation(gives=Health)
async def health(request: Request) -> HTTPResponse:
    """Whether the process runs; touches no store."""
    return wire.json(_state(parts_of(request), "healthy", "The server runs."))


@reads(blueprint, "/live", role="anybody")
@operation(gives=Liveness)
async def live(_: Request) -> HTTPResponse:
    """Whether the process answers; touches no store."""
    return wire.json({"status": "alive"})


@reads(blueprint, "/ping", role="anybody")
@operation(gives={"text/plain": str})
async def ping(_: Request) -> HTTPResponse:
    """Whether the process answers, as text."""
    return text("pong (telemetry-server)\n")


@reads(blueprint, "/ready", role="anybody")
@operation(gives={200: Health, 503: Health})
async def ready(request: Request) -> HTTPResponse:
    """Whether requests can be served: MongoDB is there, and the server is neither starting nor stopping."""
    parts = parts_of(request)
    timing_of(request).enter("database")
    reason = None
    if parts.stopping:
        reason = "The server is stopping."
    elif parts.half_restored:
        reason = parts.half_restored
    elif not parts.ready:
        reason = "The server is starting, or waits for MongoDB."
    elif not await parts.mongo.ping():
        reason = "MongoDB does not answer."
    if reason is None:
        return wire.json(_state(parts, "ready", "The server is ready."))
    return wire.json(_state(parts, "unready", reason), 503, {"Retry-After": str(RETRY_AFTER_SECONDS)})


def _state(parts: Parts, status: str, message: str) -> Health:
    return {
        "status": status,
        "uptime_seconds": round(parts.uptime_seconds, 3),
        "version": __version__,
        "message": message,
    }
