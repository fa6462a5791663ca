"""`telemetry misses`."""

import asyncio
from typing import Annotated

import typer

from telemetry_server.commands.database import database


def misses(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most lines to print.")] = 50,
) -> None:
    """Print the refused prompts by code, the most frequent first; tag values are not kept."""
    with database() as config:
        from telemetry_server.reading.misses import listed, table

        found = asyncio.run(listed(config.mongo_uri, config.app_env, config.retention))
    for line in table(found, limit):
        typer.echo(line)
