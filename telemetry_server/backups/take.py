"""The databases -> a file, which is there whole or not at all."""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from telemetry_server import __version__, instants
from telemetry_server.backups.form import Count, Header, Place, Writer
from telemetry_server.backups.progress import Told
from telemetry_server.config import Config
from telemetry_server.errors import Problem
from telemetry_server.stores.mongo import Mongo, Snapshot, Target, split


async def take(config: Config, path: Path, told: Told) -> tuple[str, int]:
    """Back up to a new file, which its owner alone may read; its digest, and the documents. Raises Problem."""
    mongo = Mongo(config.mongo_uri, config.app_env, config.retention)
    try:
        if await Target(mongo).unfinished_since() is not None:
            raise Problem("A restore of this database has not ended: what is there is not whole.")
        with _new_file(path) as stream:
            return await _write(mongo, config.app_env, stream, told)
    finally:
        mongo.close()


async def _write(mongo: Mongo, app_env: str, stream: BinaryIO, told: Told) -> tuple[str, int]:
    snapshot = Snapshot(mongo)
    sources = await snapshot.open()
    about = sum(source.documents for source in sources)
    writer = Writer(stream)
    writer.put_json("h", Header(app_env, instants.render(instants.now()), __version__, about))
    counts: list[Count] = []
    for source in sources:
        place = Place(source.tenant, source.collection)
        writer.put_json("c", place)
        size = 0
        async for batch in snapshot.batches(source):
            await asyncio.to_thread(writer.put, "d", batch)
            count = sum(1 for _ in split(batch))
            size += count
            told(count, about)
        counts.append(Count(place, size))
    writer.put_json("e", counts)
    return writer.digest, sum(count.documents for count in counts)


@contextlib.contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Written beside its place under another name, and put there when it is whole and on the disk."""
    if path.exists():
        raise Problem(f"{path} is there already; choose another name.")
    try:
        number, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)  # mode 600
    except OSError as error:
        raise Problem(f"{path.parent} cannot be written to: {error.strerror}.") from None
    try:
        with os.fdopen(number, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.link(name, path)  # fails where something is there by now
    except OSError as error:
        raise Problem(f"{path} cannot be written: {error.strerror}.") from None
    finally:
        Path(name).unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
