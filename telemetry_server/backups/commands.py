"""What the command line does with backups; each gives back the line that tells of it, and raises Problem."""

import asyncio
import sys
from pathlib import Path

from telemetry_server.backups.check import Contents, check
from telemetry_server.backups.progress import progress
from telemetry_server.backups.restore import restore
from telemetry_server.backups.take import take
from telemetry_server.config import Config


def taken(config: Config, file: Path) -> str:
    """Back up to a new file."""
    with progress(sys.stderr, "backing up") as (told,):
        digest, documents = asyncio.run(take(config, file, told))
    return f"{file}: {documents} documents, {file.stat().st_size} bytes, digest {digest}."


def checked(file: Path) -> str:
    """See that a file is whole."""
    with progress(sys.stderr, "checking") as (told,):
        return f"{file}: whole. {_described(check(file, told))}"


def restored(config: Config, file: Path, *, replace: bool) -> str:
    """Put a file into the database of config.app_env."""
    with progress(sys.stderr, "checking", "restoring") as (checking, told):
        contents = asyncio.run(restore(config, file, replace=replace, checking=checking, told=told))
    return f"Restored into {config.app_env}. {_described(contents)}"


def _described(contents: Contents) -> str:
    header = contents.header
    tenants = len({each.place.tenant for each in contents.counts} - {""})
    of = f"{contents.documents} documents of {header.app_env} and {tenants} tenants"
    return f"{of}, of {header.made_at}, digest {contents.digest}."
