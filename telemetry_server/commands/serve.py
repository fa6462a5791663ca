"""`telemetry serve`."""

import errno
import gc
import os
import signal
import socket
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from telemetry_server.commands.ending import MISUSE, REFUSED, fail

if TYPE_CHECKING:
    from telemetry_server.config import Config

SWITCH_SECONDS = 0.0005  # a tenth of Python's: what a thread of the driver has read waits so long for one that computes
STOPPING = (signal.SIGINT, signal.SIGTERM)  # Sanic's manager passes either on as SIGINT


def serve(
    port: Annotated[int | None, typer.Option(help="Port to listen on; else PORT.")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes; else WORKERS.")] = None,
    rate_limit: Annotated[
        int | None, typer.Option(help="Requests per client and second, 0 is off; else RATE_LIMIT.")
    ] = None,
    no_collect: Annotated[bool, typer.Option("--no-collect", help="Do not record own requests.")] = False,
) -> None:
    """Serve until SIGTERM or SIGINT; SIGUSR1 replaces the workers, one after the other."""
    from telemetry_server import config as table

    options = {
        "PORT": None if port is None else str(port),
        "WORKERS": None if workers is None else str(workers),
        "RATE_LIMIT": None if rate_limit is None else str(rate_limit),
        "COLLECT": "0" if no_collect else None,
    }
    given = {variable: value for variable, value in options.items() if value is not None}
    try:
        config = table.load({**os.environ, **given})
    except table.ConfigError as error:
        fail(MISUSE, *error.problems)
    _check_port(config.host, config.port, socket.SOCK_STREAM, "--port {other}, or PORT")
    if config.statsd_port:
        _check_port(config.host, config.statsd_port, socket.SOCK_DGRAM, "STATSD_PORT")
    _run(config)


def _run(config: "Config") -> None:
    gc.disable()  # what is loaded now stays: looking through it again and again takes a fifth of the time that it loads
    # Imported here, so that a wrong setting is told without loading the server.
    from sanic import Sanic
    from sanic.worker.loader import AppLoader

    from telemetry_server.access.tls import fault
    from telemetry_server.app import load_app
    from telemetry_server.http.connection import Connection
    from telemetry_server.shared import make_shared
    from telemetry_server.stores import mongo, redis

    problems = [told] if (told := fault(config.tls_cert_file, config.tls_key_file)) else []
    for variable, uri, check in (
        ("MONGO_URI", config.mongo_uri, mongo.check_uri),
        ("REDIS_URI", config.redis_uri, redis.check_uri),
    ):
        try:
            check(uri)
        except ValueError as error:
            problems.append(f"{variable}: (not shown) cannot be used: {error}")
    if config.otel_exporter_otlp_endpoint:
        try:
            import telemetry_server.monitoring.traces  # noqa: F401
        except ImportError:
            problems.append("OTEL_EXPORTER_OTLP_ENDPOINT: traces need what is not installed: pip install '.[traces]'")
    if problems:
        fail(MISUSE, *problems)
    sys.setswitchinterval(SWITCH_SECONDS)
    if sys.platform == "linux":
        Sanic.start_method = "fork"  # workers share what is loaded
    # Told to stop before Sanic listens to that, it is told so again; those that it has just forked end at once.
    early: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: early.append(number))
    os.register_at_fork(
        before=partial(signal.pthread_sigmask, signal.SIG_BLOCK, STOPPING),  # else what comes meanwhile is lost
        after_in_parent=partial(signal.pthread_sigmask, signal.SIG_UNBLOCK, STOPPING),
        after_in_child=_end_when_told,
    )
    load = partial(load_app, config, make_shared(config.workers, config.long_answers))
    app = load()
    gc.freeze()
    gc.enable()

    @app.main_process_ready
    async def listening(*_: object) -> None:
        for number in early:
            os.kill(os.getpid(), number)

    app.prepare(
        host=config.host,
        port=config.port,
        workers=config.workers,
        protocol=Connection,
        # As paths, so that each worker reads the files when it starts.
        ssl={"cert": config.tls_cert_file, "key": config.tls_key_file, "names": ()} if config.tls_cert_file else None,
        motd=False,
        access_log=False,
    )
    Sanic.serve(primary=app, app_loader=AppLoader(factory=load))


def _end_when_told() -> None:
    for number in STOPPING:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


def _check_port(host: str, port: int, kind: socket.SocketKind, setting: str) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind, protocol) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            fail(REFUSED, f"Port {port} is taken; choose another one: {setting.format(other=port + 1)}.")
        fail(REFUSED, f"Cannot listen on {host}, port {port}: {error.strerror}.")
