"""MongoDB and Redis together, alone in one folder: started, adopted, stopped, removed.

MongoDB is one mongod, or a replica set of several, which have data of their own. The folder remembers which.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from itertools import chain, repeat
from typing import TYPE_CHECKING, Self

from tools.replica_set import ReplicaSet
from tools.services import MongoService, RedisService, Service
from tools.terminal import Problem

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
        self.replica_set = self._chosen()
        self._given_mongo_uri = mongo_uri
        self._given_redis_uri = redis_uri

    @property
    def mongo_uri(self) -> str:
        """Where MongoDB answers, once up."""
        return self._given_mongo_uri or self._own_mongo_uri

    @property
    def redis_uri(self) -> str:
        """Where Redis answers, once up."""
        return self._given_redis_uri or self.redis.uri

    @property
    def uses_given_mongo(self) -> bool:
        """Whether MongoDB is elsewhere; a URI that was printed here, and is given again, is our own."""
        return self._given_mongo_uri not in {None, self._own_mongo_uri}

    @property
    def member_count(self) -> int:
        """Of how many mongods MongoDB is."""
        return len(self._mongods)

    @property
    def services(self) -> list[Service]:
        """The services that are ours to start, MongoDB's first."""
        services: list[Service] = [] if self.uses_given_mongo else [*self._mongods]
        if self._given_redis_uri is None:
            services.append(self.redis)
        return services

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

    def up(self, *, members: int | None = None, ports: Sequence[int] = ()) -> dict[Service, Outcome]:
        """Bring up what is not up; when one fails, stop those that this call started. Raises Problem.

        members: of how many mongods MongoDB is to be from now on, 1 or more; None: of as many as before. ports: theirs.
        """
        outcomes: dict[Service, Outcome] = {}
        with self._locked():
            if members is not None:
                self.choose(members)
            try:
                for service, port in zip(self.services, chain(ports, repeat(0))):  # noqa: B905  the second has no end
                    outcomes[service] = service.up(port)
                if self.replica_set and self.replica_set.members[0] in outcomes:
                    self.replica_set.unite()
            except BaseException:
                for service, outcome in outcomes.items():
                    if outcome != "adopted":
                        service.down()
                raise
        return outcomes

    def choose(self, count: int) -> None:
        """Of how many mongods MongoDB is to be from the next start on. Raises Problem where others run."""
        if count == self.member_count:
            return
        if any(service.process.pid for service in self._mongods):
            running = "one member" if self.member_count == 1 else f"{self.member_count} members"
            raise Problem(f"MongoDB runs here with {running}: scripts/local_stack down first")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._members_file.write_text(f"{count}\n")
        self.replica_set = self._chosen()

    def down(self, *, wipe: bool = False) -> list[Service]:
        """Stop what runs, cleanly, and return it; with `wipe`, remove the folder."""
        if not self.folder.exists():
            return []
        with self._locked():
            stopped = [service for service in (self.redis, *self._mongods) if service.down()]
            self.is_kept = False
            if wipe:
                shutil.rmtree(self.folder)
        return stopped

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    @property
    def _mongods(self) -> Sequence[MongoService]:
        return self.replica_set.members if self.replica_set else [self.mongo]

    @property
    def _own_mongo_uri(self) -> str:
        return (self.replica_set or self.mongo).uri

    @property
    def _members_file(self) -> Path:
        return self.folder / "members"

    def _chosen(self) -> ReplicaSet | None:
        count = int(self._members_file.read_text()) if self._members_file.exists() else 1
        return ReplicaSet(self.folder, count) if count > 1 else None

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "stack.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
