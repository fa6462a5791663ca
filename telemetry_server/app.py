"""create_app: the only place where the parts meet."""

import asyncio
import os
import re
import time
import uuid
from typing import Any, cast

import structlog
from sanic import HTTPResponse, Request, Sanic
from sanic.exceptions import SanicException

import nlq
from telemetry_server import auth, instants, logs
from telemetry_server.config import Config
from telemetry_server.errors import Problem
from telemetry_server.failures import Failures
from telemetry_server.parts import Parts, assemble, parts_of
from telemetry_server.routes import BLUEPRINTS
from telemetry_server.shared import Shared
from telemetry_server.watch import watch

NAME = "telemetry-server"
REQUEST_SECONDS = 10  # for a request to arrive
RESPONSE_SECONDS = 15
STOP_SECONDS = 8
MAX_HEADER_BYTES = 16_384  # the most that Sanic takes; a long prompt is to be told so by its schema
PREPARE_PAUSE_SECONDS = 0.3
UNMATCHED = "unmatched"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
App = Sanic[Any, Any]
_PARAMETER = re.compile(r"<(?:metric_)?(\w+)[^>]*>")
_WORKER = re.compile(r"Server-(\d+)")

log = structlog.get_logger(__name__)


def create_app(config: Config, shared: Shared) -> App:
    """The application of one worker."""
    logs.configure(config)
    app: App = Sanic(NAME, configure_logging=False, error_handler=Failures())
    app.config.update(
        {
            "REQUEST_MAX_SIZE": config.max_body_bytes,
            "REQUEST_MAX_HEADER_SIZE": MAX_HEADER_BYTES,
            "REQUEST_TIMEOUT": REQUEST_SECONDS,
            "RESPONSE_TIMEOUT": RESPONSE_SECONDS,
            "GRACEFUL_SHUTDOWN_TIMEOUT": STOP_SECONDS,
            "ACCESS_LOG": False,
            "MOTD": False,
        }
    )
    for blueprint in BLUEPRINTS:
        app.blueprint(blueprint)
    app.register_middleware(_admit, "request")
    app.register_middleware(cast("Any", _complete), "response")  # Sanic's type for it is too narrow

    @app.main_process_ready
    async def ready(app: App) -> None:
        watch(app)

    @app.before_server_start
    async def start(app: App) -> None:
        app.ctx.parts = assemble(config, shared, _worker_number())
        await _start(app.ctx.parts)
        app.add_task(_prepare(app.ctx.parts))

    @app.before_server_stop
    async def refuse(app: App) -> None:
        app.ctx.parts.stopping = True

    @app.after_server_stop
    async def stop(app: App) -> None:
        await _stop(app.ctx.parts)

    return app


def load_app(config: Config, shared: Shared) -> App:
    """The application of this process: a worker that was forked has it already."""
    try:
        return Sanic.get_app(NAME)
    except SanicException:
        return create_app(config, shared)


async def _start(parts: Parts) -> None:
    parts.ingest.start()
    parts.series.start()
    parts.misses.start()
    if parts.config.collect:
        parts.recorder.start()
    await parts.redis.connect()
    nlq.interpret("count today", nlq.Context(now=instants.now(), catalog=nlq.Catalog()))  # loads what is lazy


async def _prepare(parts: Parts) -> None:
    while not parts.prepared:
        try:
            await parts.mongo.prepare()
            parts.prepared = True
            log.info("ready", host=parts.config.host, port=parts.config.port, app_env=parts.config.app_env)
        except Problem as problem:
            log.warning("mongodb not prepared", reason=problem.detail)
            await asyncio.sleep(PREPARE_PAUSE_SECONDS)


async def _stop(parts: Parts) -> None:
    await parts.recorder.stop()
    await parts.misses.stop()
    await parts.ingest.stop()
    await parts.series.stop()
    await parts.redis.close()
    parts.mongo.close()


async def _admit(request: Request) -> None:
    """Before a request is handled: its clock and id; then the rate limit, and the key."""
    request.ctx.started_at = time.perf_counter()
    given = request.headers.get("x-request-id", "")
    request.ctx.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request.ctx.request_id)
    parts = parts_of(request)
    if not _is_probe(request):
        parts.counters.count_request()
        request.ctx.rate_headers = parts.rate_limit.hit(request.ip)
    auth.check(parts.config.api_keys, request.path, request.headers.get("authorization"))


async def _complete(request: Request, response: HTTPResponse) -> None:
    """After it is handled: its headers, and its record."""
    parts = parts_of(request)
    response.headers["X-Request-ID"] = getattr(request.ctx, "request_id", None) or uuid.uuid4().hex
    response.headers.update(getattr(request.ctx, "rate_headers", {}))
    if parts.stopping:  # a client that goes on would hold the server up
        cast("Any", request.stream).keep_alive = False
    if response.status in (400, 422):
        parts.counters.add("validation_errors")
    elif response.status == 429:
        parts.counters.add("rate_limited_requests")
    if parts.config.collect and not _is_probe(request):
        route = _PARAMETER.sub(r"{\1}", f"/{request.route.path}") if request.route else UNMATCHED
        started_at = getattr(request.ctx, "started_at", time.perf_counter())
        duration_ms = (time.perf_counter() - started_at) * 1000
        parts.recorder.record(route, request.method, response.status, duration_ms)


def _is_probe(request: Request) -> bool:
    return request.path == "/health" or request.path.startswith("/health/")


def _worker_number() -> int:
    found = _WORKER.search(os.environ.get("SANIC_WORKER_NAME", ""))
    return int(found[1]) if found else 0
