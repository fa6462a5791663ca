"""Command line: serve, and what operators need."""

import asyncio
import contextlib
import errno
import os
import socket
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

from telemetry_server import config as settings_table
from telemetry_server.config import Config, ConfigError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from telemetry_server.keys import Keys
    from telemetry_server.migrate import Action

Result = TypeVar("Result")

cli = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="A telemetry server."
)
migrations = typer.Typer(invoke_without_command=True, help="Make the indexes that are missing; servers do so too.")
cli.add_typer(migrations, name="migrate")
api_keys = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")
cli.add_typer(api_keys, name="keys")


@cli.command()
def serve(
    port: Annotated[int | None, typer.Option(help="Port to listen on; else PORT.")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes; else WORKERS.")] = None,
    rate_limit: Annotated[
        int | None, typer.Option(help="Requests per client and second, 0 is off; else RATE_LIMIT.")
    ] = None,
    no_collect: Annotated[bool, typer.Option("--no-collect", help="Do not record own requests.")] = False,
) -> None:
    """Serve until SIGTERM or SIGINT; SIGUSR1 replaces the workers, one after the other."""
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
    _check_port(config.host, config.port, socket.SOCK_STREAM, "--port {other}, or PORT")
    if config.statsd_port:
        _check_port(config.host, config.statsd_port, socket.SOCK_DGRAM, "STATSD_PORT")
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
    with _database() as config:
        from telemetry_server.misses import listed, table  # noqa: PLC0415 - as below

        found = asyncio.run(listed(config.mongo_uri, config.app_env, config.retention))
    for line in table(found, limit):
        typer.echo(line)


@cli.command()
def summarise() -> None:
    """Summarise all past hours and days now; servers do so by themselves, little by little."""
    with _database() as config:
        from telemetry_server import logs  # noqa: PLC0415 - as below
        from telemetry_server.summariser import progress, summarise_all  # noqa: PLC0415

        logs.configure(config)
        with progress(sys.stderr) as told:
            done = asyncio.run(summarise_all(config.mongo_uri, config.app_env, config.retention, told))
    if done is None:
        _fail(1, "A server is summarising; it needs no help.")
    typer.echo(f"Summarised until {done:%Y-%m-%dT%H:%MZ}.")


@migrations.callback()
def migrate(context: typer.Context) -> None:
    """Make the indexes that are missing; servers do so by themselves when they start."""
    if context.invoked_subcommand is None:
        _migrate("apply")


@migrations.command()
def status() -> None:
    """Print each version: what it made and when, and whether it stands."""
    _migrate("status")


@migrations.command()
def verify() -> None:
    """Print what differs from the table of indexes; the exit status is then 1."""
    _migrate("verify")


@migrations.command()
def rollback() -> None:
    """Drop what the last version that stands has made; a server that starts makes it again."""
    _migrate("rollback")


@api_keys.command()
def make(
    role: Annotated[str, typer.Argument(help="reader, writer or admin; each may do what those before it may.")],
    rate_limit: Annotated[
        int | None, typer.Option(help="Requests a second of this key, 0 for no limit; else RATE_LIMIT of its client.")
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="Whose metrics it sees and touches; else those of none.")] = None,
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
    expires_in: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="How long it stands: 90d, 12h, 30m or 45s; else until it is revoked."),
    ] = None,
) -> None:
    """Make a key and print it; it is shown this once."""
    from telemetry_server.errors import Invalid  # noqa: PLC0415 - as below
    from telemetry_server.keys import COMMAND_LINE, Wanted  # noqa: PLC0415
    from telemetry_server.schemas import keys as forms  # noqa: PLC0415

    try:
        given = {"role": role, "tenant": tenant, "rate_limit": rate_limit, "note": note}
        wanted = Wanted(**forms.wanted(given | {"expires_at": forms.end_in(expires_in)}))
    except Invalid as invalid:
        _fail(2, *(f"{fault.pointer[1:]}: {fault.detail}" for fault in invalid.faults))
    key, text = _with_keys(lambda keys: keys.make(wanted, COMMAND_LINE))
    typer.echo(text)
    typer.echo(f"Key {key.id}, {key.role}. Only its digest is kept: this text is not shown again.", err=True)


@api_keys.command("list")
def list_keys() -> None:
    """Print the keys that were made; those of API_KEYS are not among them."""
    from telemetry_server.keys import table  # noqa: PLC0415 - as below

    for line in table(_with_keys(lambda keys: keys.listed())):
        typer.echo(line)


@api_keys.command()
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID", help="As `keys list` prints it.")]) -> None:
    """Let a key stand no more."""
    from telemetry_server.errors import Invalid  # noqa: PLC0415 - as below
    from telemetry_server.keys import COMMAND_LINE  # noqa: PLC0415
    from telemetry_server.schemas import ids  # noqa: PLC0415

    try:
        wanted = ids.check_id(key_id)
    except Invalid as invalid:
        _fail(2, *(f"id: {fault.detail}" for fault in invalid.faults))
    _with_keys(lambda keys: keys.revoke(wanted, COMMAND_LINE.id))
    typer.echo("Revoked; servers know it within CACHE_STALENESS_MS.")


def _with_keys(work: "Callable[[Keys], Awaitable[Result]]") -> "Result":
    with _database() as config:
        from telemetry_server.keys import run  # noqa: PLC0415 - as below

        done = asyncio.run(run(work, config))
    return done  # noqa: RET504 - to mypy the block may swallow what it raises, and return nothing


def _migrate(action: "Action") -> None:
    with _database() as config:
        from telemetry_server.migrate import run  # noqa: PLC0415 - as below

        lines, well = asyncio.run(run(action, config.mongo_uri, config.app_env, config.retention))
    for line in lines:
        typer.echo(line)
    if not well:
        raise typer.Exit(1)


@contextlib.contextmanager
def _database() -> "Iterator[Config]":
    """The settings, for work on the database; what is wrong with either ends the program in a line for each problem."""
    try:
        config = settings_table.load()
    except ConfigError as error:
        _fail(2, *error.problems)
    from telemetry_server.errors import Problem  # noqa: PLC0415 - as below
    from telemetry_server.stores import mongo  # noqa: PLC0415

    try:
        mongo.check_uri(config.mongo_uri)
        yield config
    except ValueError as error:
        _fail(2, f"MONGO_URI: (not shown) cannot be used: {error}")
    except Problem as problem:
        _fail(1, problem.detail)


def _run(config: Config) -> None:
    # Imported here, so that a wrong setting is told without loading the server.
    from sanic import Sanic  # noqa: PLC0415
    from sanic.worker.loader import AppLoader  # noqa: PLC0415

    from telemetry_server.app import load_app  # noqa: PLC0415
    from telemetry_server.connection import Connection  # noqa: PLC0415
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
    if config.otel_exporter_otlp_endpoint:
        try:
            import telemetry_server.traces  # noqa: F401, PLC0415
        except ImportError:
            problems.append("OTEL_EXPORTER_OTLP_ENDPOINT: traces need what is not installed: pip install '.[traces]'")
    if problems:
        _fail(2, *problems)
    if sys.platform == "linux":
        Sanic.start_method = "fork"  # workers share what is loaded
    load = partial(load_app, config, make_shared(config.workers))
    app = load()
    app.prepare(
        host=config.host,
        port=config.port,
        workers=config.workers,
        protocol=Connection,
        motd=False,
        access_log=False,
    )
    Sanic.serve(primary=app, app_loader=AppLoader(factory=load))


def _check_port(host: str, port: int, kind: socket.SocketKind, setting: str) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind, protocol) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            _fail(1, f"Port {port} is taken; choose another one: {setting.format(other=port + 1)}.")
        _fail(1, f"Cannot listen on {host}, port {port}: {error.strerror}.")


def _fail(status: int, *lines: str) -> NoReturn:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(status)


def main() -> None:
    """The entry point."""
    cli(prog_name="telemetry")


if __name__ == "__main__":
    main()
