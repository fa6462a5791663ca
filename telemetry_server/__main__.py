"""Command line: serve, and what operators need."""

import asyncio
import errno
import os
import socket
import sys
from functools import partial
from typing import Annotated, NoReturn

import typer

from telemetry_server import config as settings_table
from telemetry_server.config import Config, ConfigError

cli = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="A telemetry server."
)


@cli.command()
def serve(
    port: Annotated[int | None, typer.Option(help="Port to listen on; else PORT.")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes; else WORKERS.")] = None,
    rate_limit: Annotated[
        int | None, typer.Option(help="Requests per client and second, 0 is off; else RATE_LIMIT.")
    ] = None,
    no_collect: Annotated[bool, typer.Option("--no-collect", help="Do not record own requests.")] = False,
) -> None:
    """Serve until SIGTERM or SIGINT."""
    options = {
        "PORT": None if port is None else str(port),
        "WORKERS": None if workers is None else str(workers),
        "RATE_LIMIT": None if rate_limit is None else str(rate_limit),
        "COLLECT": "0" if no_collect else None,
    }
    given = {variable: value for variable, value in options.items() if value is not None}
    try:
        config = settings_table.load({**os.environ, **given})
    except ConfigError as error:
        _fail(2, *error.problems)
    _check_port(config)
    _run(config)


@cli.command()
def settings(
    env: Annotated[bool, typer.Option("--env", help="As .env.sample.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As the README's table.")] = False,
) -> None:
    """Print every setting: the table, or the values in use (secrets are not shown)."""
    if env:
        typer.echo(settings_table.sample(), nl=False)
    elif markdown:
        typer.echo(settings_table.markdown(), nl=False)
    else:
        try:
            config = settings_table.load()
        except ConfigError as error:
            _fail(2, *error.problems)
        for setting in settings_table.SETTINGS:
            value = "(not shown)" if setting.secret else getattr(config, setting.attribute)
            typer.echo(f"{setting.variable}={int(value) if isinstance(value, bool) else value}")


@cli.command()
def misses(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most lines to print.")] = 50,
) -> None:
    """Print the refused prompts by code, the most frequent first; tag values are not kept."""
    try:
        config = settings_table.load()
    except ConfigError as error:
        _fail(2, *error.problems)
    from telemetry_server.errors import Problem  # noqa: PLC0415 - as below
    from telemetry_server.misses import listed, table  # noqa: PLC0415
    from telemetry_server.stores import mongo  # noqa: PLC0415

    try:
        mongo.check_uri(config.mongo_uri)
        found = asyncio.run(listed(config.mongo_uri, config.app_env, config.retention_days))
    except ValueError as error:
        _fail(2, f"MONGO_URI: (not shown) cannot be used: {error}")
    except Problem as problem:
        _fail(1, problem.detail)
    for line in table(found, limit):
        typer.echo(line)


def _run(config: Config) -> None:
    # Imported here, so that a wrong setting is told without loading the server.
    from sanic import Sanic  # noqa: PLC0415
    from sanic.worker.loader import AppLoader  # noqa: PLC0415

    from telemetry_server.app import load_app  # noqa: PLC0415
    from telemetry_server.shared import make_shared  # noqa: PLC0415
    from telemetry_server.stores import mongo, redis  # noqa: PLC0415

    problems = []
    for variable, uri, check in (
        ("MONGO_URI", config.mongo_uri, mongo.check_uri),
        ("REDIS_URI", config.redis_uri, redis.check_uri),
    ):
        try:
            check(uri)
        except ValueError as error:
            problems.append(f"{variable}: (not shown) cannot be used: {error}")
    if problems:
        _fail(2, *problems)
    if sys.platform == "linux":
        Sanic.start_method = "fork"  # workers share what is loaded
    load = partial(load_app, config, make_shared(config.workers))
    app = load()
    app.prepare(host=config.host, port=config.port, workers=config.workers, motd=False, access_log=False)
    Sanic.serve(primary=app, app_loader=AppLoader(factory=load))


def _check_port(config: Config) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            _fail(1, f"Port {config.port} is taken; choose another one: --port {config.port + 1}, or PORT.")
        _fail(1, f"Cannot listen on {config.host}, port {config.port}: {error.strerror}.")


def _fail(status: int, *lines: str) -> NoReturn:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(status)


def main() -> None:
    """The entry point."""
    cli(prog_name="telemetry")


if __name__ == "__main__":
    main()
