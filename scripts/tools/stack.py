"""MongoDB and Redis together, alone in one folder: started, adopted, stopped, removed."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from typing import TYPE_CHECKING, Self

from tools.services import MongoService, RedisService, Service

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tools.services import Outcome


class Stack:
    """What the server needs beside itself. A service whose URI is given is used as it is, and never started.

        with Stack(folder) as stack:
            use(stack.mongo_uri, stack.redis_uri)

    Everything lies in the folder: data, logs, and the records by which a later program finds the processes.
    Several programs may use the same folder; stacks in different folders never meet.
    """

    def __init__(
        self,
        folder: Path,
        *,
        mongo_uri: str | None = None,
        redis_uri: str | None = None,
        mongod_arguments: Sequence[str] = ("--wiredTigerCacheSizeGB", "1"),
    ) -> None:
        self.folder = folder
        self.mongo = MongoService(folder, mongod_arguments)
        self.redis = RedisService(folder)
        self._given = {self.mongo: mongo_uri, self.redis: redis_uri}

    @property
    def mongo_uri(self) -> str:
        """Where MongoDB answers, once up."""
        return self._given[self.mongo] or self.mongo.uri

    @property
    def redis_uri(self) -> str:
        """Where Redis answers, once up."""
        return self._given[self.redis] or self.redis.uri

    @property
    def services(self) -> list[Service]:
        """The services that are ours to start."""
        return [service for service, uri in self._given.items() if not uri]

    @property
    def is_kept(self) -> bool:
        """Whether it stays up when the program that uses it ends; remembered in the folder."""
        return (self.folder / "keep").exists()

    @is_kept.setter
    def is_kept(self, kept: bool) -> None:
        if kept:
            (self.folder / "keep").touch()
        else:
            (self.folder / "keep").unlink(missing_ok=True)

    def up(self) -> dict[Service, Outcome]:
        """Bring up what is not up; when one fails, stop those that this call started. Raises Problem."""
        outcomes: dict[Service, Outcome] = {}
        with self._locked():
            try:
                for service in self.services:
                    outcomes[service] = service.up()
            except BaseException:
                for service, outcome in outcomes.items():
                    if outcome != "adopted":
                        service.down()
                raise
        return outcomes

    def down(self, *, wipe: bool = False) -> list[Service]:
        """Stop what runs, cleanly, and return it; with `wipe`, remove the folder."""
        if not self.folder.exists():
            return []
        with self._locked():
            services: list[Service] = [self.redis, self.mongo]
            stopped = [service for service in services if service.down()]
            self.is_kept = False
            if wipe:
                shutil.rmtree(self.folder)
        return stopped

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "stack.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
