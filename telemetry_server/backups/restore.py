"""A file -> databases: checked as a whole before anything is changed, and marked as not whole until all is there."""

from pathlib import Path

from telemetry_server import instants
from telemetry_server.backups.check import Contents, check, first_of, opened
from telemetry_server.backups.form import Damaged, Place, Reader, read_json
from telemetry_server.backups.progress import Told
from telemetry_server.config import Config
from telemetry_server.errors import Problem
from telemetry_server.stores.mongo import Mongo, Target


async def restore(config: Config, path: Path, *, replace: bool, checking: Told, told: Told) -> Contents:
    """Put what a backup holds into the database of config.app_env, which is empty, or is emptied. Raises Problem."""
    contents = check(path, checking)
    mongo = Mongo(config.mongo_uri, config.app_env, config.retention)
    try:
        target = Target(mongo)
        await _see_that_it_may(target, config.app_env, replace=replace)
        await target.begin(contents.digest)
        await _fill(target, path, contents, told)
        await target.end({(each.place.tenant, each.place.collection): each.documents for each in contents.counts})
    finally:
        mongo.close()
    return contents


async def _see_that_it_may(target: Target, app_env: str, *, replace: bool) -> None:
    if (until := await target.in_use_until()) is not None:
        raise Problem(f"A server uses this database, or did until just now: stop it, and wait until {_clock(until)}.")
    if replace:
        return
    if (since := await target.unfinished_since()) is not None:
        raise Problem(f"A restore that began at {instants.render(since)} has not ended; --replace begins anew.")
    if not await target.is_empty():
        raise Problem(f"The database of {app_env} is not empty: --replace drops what is there, --into names another.")


async def _fill(target: Target, path: Path, contents: Contents, told: Told) -> None:
    with opened(path) as stream:
        reader = Reader(stream)
        chunks = iter(reader)
        first_of(chunks)
        place = Place("", "")
        for kind, raw in chunks:
            if kind == "c":
                place = read_json(raw, Place)
            elif kind == "d":
                told(await target.put(place.tenant, place.collection, raw), contents.documents)
        if reader.digest != contents.digest:
            raise Damaged("The backup was changed while it was restored.")


def _clock(at: object) -> str:
    return f"{at:%H:%M:%SZ}"
