"""create_app: the only place where the parts meet."""

import asyncio
import contextlib
import gc
import os
import re
import signal
import time
from functools import partial
from typing import Any, cast

import structlog
from sanic import HTTPResponse, Request, Sanic
from sanic.constants import HTTP_METHODS
from sanic.exceptions import SanicException

import nlq
from telemetry_server import instants
from telemetry_server.access import auth, tls
from telemetry_server.access.origins import Origins
from telemetry_server.config import Config
from telemetry_server.errors import HalfRestored, Problem, Unavailable
from telemetry_server.http import wire
from telemetry_server.http.connection import Addresses
from telemetry_server.http.failures import Failures
from telemetry_server.monitoring import logs
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.monitoring.traffic import UNMATCHED, Endpoint
from telemetry_server.openapi import template
from telemetry_server.parts import Parts, assemble, house_of
from telemetry_server.reading.repeats import new_request_id
from telemetry_server.routes import BLUEPRINTS
from telemetry_server.shared import Shared
from telemetry_server.tenants import Tenants
from telemetry_server.watch import leave_when_told, until_known, watch

NAME = "telemetry-server"
REQUEST_SECONDS = 10  # for a request to arrive
RESPONSE_SECONDS = 15
STOP_SECONDS = 8
MAX_HEADER_BYTES = 16_384  # the most that Sanic takes; a long prompt is to be told so by its schema
PREPARE_PAUSE_SECONDS = 0.3
STOPS = (signal.SIGINT, signal.SIGTERM)
READY_SECONDS = 10  # Sanic gives a worker 30
READY_PAUSE_SECONDS = 0.02
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
App = Sanic[Any, Any]
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
    app.ctx.addresses = Addresses(config.max_connections)
    for blueprint in BLUEPRINTS:
        app.blueprint(blueprint)
    _add_middleware(app, config)

    @app.main_process_ready
    async def ready(app: App) -> None:
        watch(app, shared.leaving, shared.stopping, partial(tls.fault, config.tls_cert_file, config.tls_key_file))

    @app.before_server_start
    async def start(app: App) -> None:
        app.ctx.parts = assemble(config, shared, _worker_number(), _endpoints(app))
        app.ctx.tenants = Tenants(app.ctx.parts)
        await _start(app.ctx.parts)
        app.ctx.tenants.start()
        app.add_task(_prepare(app.ctx.parts))
        await _until_ready(app.ctx.parts)
        await until_known(app)

    @app.after_server_start
    async def serving(app: App) -> None:
        app.add_task(leave_when_told(app, shared.stopping), name="leaving")  # by its name Sanic ends it

    @app.before_server_stop
    async def drain(app: App) -> None:
        await _drain(app.ctx.parts)

    @app.after_server_stop
    async def stop(app: App) -> None:
        await app.ctx.tenants.stop()
        await _stop(app.ctx.parts)

    return app


def _add_middleware(app: App, config: Config) -> None:
    app.ctx.origins = origins = Origins(config.cors_origins)
    if config.cors_origins:
        app.register_middleware(cast("Any", origins.answer), "request")
    app.register_middleware(_admit, "request")
    app.register_middleware(cast("Any", _complete), "response")  # Sanic's type for it is too narrow
    if config.cors_origins:
        app.register_middleware(cast("Any", origins.tell), "response")
    if config.tls_cert_file:
        app.register_middleware(cast("Any", _tell_of_tls), "response")


def load_app(config: Config, shared: Shared) -> App:
    """The application of this process: a worker that was forked has it already."""
    try:
        return Sanic.get_app(NAME)
    except SanicException:
        load_language()
        return create_app(config, shared)


def load_language() -> None:
    """Load what `nlq` loads at its first question, which takes a second: once, before the workers are forked."""
    nlq.interpret("count today", nlq.Context(now=instants.now(), catalog=nlq.Catalog()))


async def _start(parts: Parts) -> None:
    parts.ingest.start()
    parts.series.start()
    parts.key_ring.start()
    parts.misses.start()
    parts.summariser.start()
    parts.vitals.start()
    if parts.config.collect:
        parts.recorder.start()
    if parts.statsd is not None:
        parts.statsd.start()
    await parts.redis.connect()
    gc.collect()
    gc.freeze()  # what is loaded by now stays: no collection need look at it again


async def _prepare(parts: Parts) -> None:
    while not parts.prepared:
        try:
            await parts.mongo.prepare()
            parts.prepared = True
            log.info("ready", host=parts.config.host, port=parts.config.port, app_env=parts.config.app_env)
        except HalfRestored as problem:  # what was read of it meanwhile is not whole either
            parts.half_restored = f"{problem.detail} Restore it again, then start the server anew."
            log.critical("half restored", reason=parts.half_restored)
            return
        except Problem as problem:
            log.warning("mongodb not prepared", reason=problem.detail)
            await asyncio.sleep(PREPARE_PAUSE_SECONDS)


async def _until_ready(parts: Parts) -> None:
    """A worker takes connections when it can answer, or cannot soon: others may be ready by then."""
    for number in STOPS:
        signal.signal(number, signal.SIG_DFL)  # what it has from its parent would do nothing until it serves
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(READY_SECONDS):
            while not (parts.ready or parts.half_restored) and await parts.mongo.ping():  # noqa: ASYNC110 - two sources
                await asyncio.sleep(READY_PAUSE_SECONDS)


async def _drain(parts: Parts) -> None:
    """Tell clients to go elsewhere, while requests are still answered; Sanic then takes no more connections."""
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)  # they may come twice: to the group, and from the parent
    parts.closing = True
    if parts.shared.leaving.value != os.getpid():
        parts.stopping = True
        await asyncio.sleep(parts.config.drain_seconds)
    parts.common.audience.end()  # they come again, elsewhere


async def _stop(parts: Parts) -> None:
    await parts.vitals.stop()
    if parts.traces:
        await parts.traces.stop()
    await parts.summariser.stop()
    await parts.recorder.stop()
    if parts.statsd is not None:
        await parts.statsd.stop()
    await parts.misses.stop()
    await parts.ingest.stop()
    await parts.series.stop()
    await parts.key_ring.stop()
    await parts.redis.close()
    parts.mongo.close()


async def _admit(request: Request) -> None:
    """Before a request is handled: its clock and id; then whose it is, the rate limit, and whether they may."""
    context = request.ctx
    context.started_at = time.perf_counter()
    given = request.headers.get("x-request-id")
    context.request_id = given if given and _REQUEST_ID.fullmatch(given) else new_request_id()
    role, is_shared = _needs(request)
    house = house_of(request)
    request.app.ctx.origins.check(request)
    context.is_probe = role == auth.ANYBODY
    if context.is_probe:
        context.parts = house
        return
    if house.traces:
        house.traces.begin(request)
    house.counters.count_request()
    if house.half_restored:
        raise Unavailable(house.half_restored)
    key = await house.key_ring.find(request.headers.get("authorization"))
    context.rate_headers = await house.rate_limit.hit(*(key or auth.EVERYBODY).counted_as(request.ip))
    context.key = key = auth.check(key, role, is_shared=is_shared)
    context.parts = house if key.tenant is None else await request.app.ctx.tenants.parts(key.tenant)


def _needs(request: Request) -> tuple[Any, bool]:
    """The least role that may call the route, and whether it tells of all tenants.

    That there is no such route is told to whoever has a key; that a request cannot be read, to anybody.
    """
    if not request.head:  # Sanic's stand-in for one that it could not read
        return auth.ANYBODY, False
    if request.route is None:
        return auth.ROLES[0], False
    said = request.route.ctx
    return getattr(said, "role", "admin"), getattr(said, "is_shared", False)


def _complete(request: Request, response: HTTPResponse) -> None:
    """After it is handled: its headers, and what is known of it."""
    parts, context = house_of(request), request.ctx
    response.headers["X-Request-ID"] = getattr(context, "request_id", None) or new_request_id()
    response.headers.update(getattr(context, "rate_headers", {}))
    if "Server-Timing" not in response.headers:
        response.headers["Server-Timing"] = timing_of(request).header()
    wire.compress(request, response)
    if not isinstance(response, wire.Response):
        wire.secure(response)
    if parts.closing:  # a client that goes on would hold the worker up
        cast("Any", request.stream).keep_alive = False
    _record(request, response)


def _tell_of_tls(_: Request, response: HTTPResponse) -> None:
    response.headers.update(tls.HSTS)


def _record(request: Request, response: HTTPResponse) -> None:
    parts, context = house_of(request), request.ctx
    if response.status in (400, 422):
        parts.counters.add("validation_errors")
    elif response.status == 429:
        parts.counters.add("rate_limited_requests")
    route = template(request.route.path) if request.route else UNMATCHED
    ended_at = time.perf_counter()
    started_at = getattr(context, "started_at", ended_at)
    seconds = ended_at - started_at
    parts.traffic.count((request.method, route), response.status, seconds)
    if getattr(context, "is_probe", False):
        return
    if parts.traces:
        parts.traces.record(request, response, route if request.route else None, started_at, ended_at)
    else:
        parts.repeats.learn(request, response, (request.method, route))
    if parts.config.collect:
        parts.recorder.record((request.method, route, response.status), seconds * 1000)


def _endpoints(app: App) -> list[Endpoint]:
    """Of the routes, and of what is at none of them."""
    found = [(str(method), template(route.path)) for route in app.router.routes for method in route.methods]
    return found + [(str(method), UNMATCHED) for method in HTTP_METHODS]


def _worker_number() -> int:
    found = _WORKER.search(os.environ.get("SANIC_WORKER_NAME", ""))
    return int(found[1]) if found else 0
