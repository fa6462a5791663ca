"""`telemetry summarise`."""

import asyncio
import sys

import typer

from telemetry_server.commands.database import database
from telemetry_server.commands.ending import REFUSED, fail


def summarise() -> None:
    """Summarise all past hours and days now; servers do so by themselves, little by little."""
    with database() as config:
        from telemetry_server.monitoring import logs
        from telemetry_server.summaries.summariser import progress, summarise_all

        logs.configure(config)
        with progress(sys.stderr) as told:
            done = asyncio.run(summarise_all(config.mongo_uri, config.app_env, config.retention, told))
    if done is None:
        fail(REFUSED, "A server is summarising; it needs no help.")
    typer.echo(f"Summarised until {done:%Y-%m-%dT%H:%MZ}.")
