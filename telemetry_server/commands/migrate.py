"""`telemetry migrate`."""

import asyncio
from typing import TYPE_CHECKING

import typer

from telemetry_server.commands.database import database
from telemetry_server.commands.ending import REFUSED

if TYPE_CHECKING:
    from telemetry_server.migrate import Action

commands = typer.Typer(invoke_without_command=True, help="Make the indexes that are missing; servers do so too.")


@commands.callback()
def migrate(context: typer.Context) -> None:
    """Make the indexes that are missing; servers do so by themselves when they start."""
    if context.invoked_subcommand is None:
        _migrate("apply")


@commands.command()
def status() -> None:
    """Print each version: what it made and when, and whether it stands."""
    _migrate("status")


@commands.command()
def verify() -> None:
    """Print what differs from the table of indexes; the exit status is then 1."""
    _migrate("verify")


@commands.command()
def rollback() -> None:
    """Drop what the last version that stands has made; a server that starts makes it again."""
    _migrate("rollback")


def _migrate(action: "Action") -> None:
    with database() as config:
        from telemetry_server.migrate import run

        lines, well = asyncio.run(run(action, config.mongo_uri, config.app_env, config.retention))
    for line in lines:
        typer.echo(line)
    if not well:
        raise typer.Exit(REFUSED)
