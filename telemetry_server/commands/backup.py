"""`telemetry backup` and `telemetry restore`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from telemetry_server.commands.database import database
from telemetry_server.commands.ending import REFUSED, fail


def backup(
    file: Annotated[Path, typer.Argument(help="A new file; only its owner may read it.")],
    check: Annotated[
        bool, typer.Option("--check", help="Read a backup that is there, and see that it is whole.")
    ] = False,
) -> None:
    """Back up the database and those of its tenants, as they are at one instant; servers may go on."""
    from telemetry_server import backups

    if check:
        _tell(lambda: backups.checked(file))
        return
    with database() as config:
        typer.echo(backups.taken(config, file))


def restore(
    file: Annotated[Path, typer.Argument(help="What `backup` has written.")],
    check: Annotated[bool, typer.Option("--check", help="See that it is whole, and change nothing.")] = False,
    into: Annotated[str | None, typer.Option(metavar="APP_ENV", help="Another database than that of APP_ENV.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Drop what the database holds.")] = False,
) -> None:
    """Put a backup into an empty database, with its tenants'; no server may use it."""
    from telemetry_server import backups

    if check:
        _tell(lambda: backups.checked(file))
        return
    with database({} if into is None else {"APP_ENV": into}) as config:
        typer.echo(backups.restored(config, file, replace=replace))


def _tell(work: Callable[[], str]) -> None:
    from telemetry_server.errors import Problem

    try:
        typer.echo(work())
    except Problem as problem:
        fail(REFUSED, problem.detail)
