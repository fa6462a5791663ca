"""Several mongods as one replica set: each has all that the others have, and one of them, the primary, takes writes.

When the primary dies, the others elect another one once they have not heard of it for ten seconds.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

from pymongo.errors import OperationFailure, PyMongoError

from tools.services import NOT_YET_INITIALIZED, READY_TIMEOUT_SECONDS, SET_NAME, MongoService, connect
from tools.terminal import Problem

if TYPE_CHECKING:
    from pathlib import Path

# Small, for three on one machine; on SIGTERM it ends at once, instead of after the 15 s that MongoDB leaves to clients.
ARGUMENTS = (
    *("--wiredTigerCacheSizeGB", "0.25"),
    *("--oplogSize", "1024"),
    *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
    *("--setParameter", "oplogNetworkTimeoutBufferSeconds=1"),
)
POLL_SECONDS = 0.1


class Member(MongoService):
    """One mongod of several; up as soon as it answers, whatever its part in the set."""

    has_others = True

    def __init__(self, folder: Path, number: int) -> None:
        super().__init__(folder, ARGUMENTS, name=f"mongod-{number}")

    @property
    def host(self) -> str:
        """As the set knows it."""
        return f"{self.address}:{self.process.port}"

    @property
    def uri(self) -> str:
        """Of this member alone."""
        return f"mongodb://{self.host}/?directConnection=true"

    def state(self) -> str:
        """`primary` or `secondary`; `down`, or what else it is."""
        if not self.process.pid:
            return "down"
        try:
            with connect(self.process.port, self.address) as client:
                found = client.admin.command("replSetGetStatus")
        except OperationFailure:
            return "starting"
        except PyMongoError:
            return "does not answer"
        return next((str(each["stateStr"]).lower() for each in found["members"] if each.get("self")), "starting")

    def configuration(self) -> dict[str, Any] | None:
        """The set as this member knows it; None where it knows of none. Raises PyMongoError."""
        with connect(self.process.port, self.address) as client:
            try:
                found: dict[str, Any] = client.admin.command("replSetGetConfig")["config"]
            except OperationFailure as error:
                if error.code == NOT_YET_INITIALIZED:
                    return None
                raise
        return found

    def _is_ready(self, port: int) -> bool:
        try:
            with connect(port, self.address) as client:
                client.admin.command("hello")
        except PyMongoError:
            return False
        return True


class ReplicaSet:
    """`count` members in one folder, each with a data folder, a log and a port of its own."""

    def __init__(self, folder: Path, count: int) -> None:
        self.members = [Member(folder, number) for number in range(1, count + 1)]

    @property
    def uri(self) -> str:
        """Where clients connect, once up: they find the primary by themselves."""
        return f"mongodb://{','.join(member.host for member in self.members)}/?replicaSet={SET_NAME}"

    def unite(self) -> None:
        """Make one set of the members, all up; wait until one is primary and the rest follow. Raises Problem."""
        deadline = time.monotonic() + READY_TIMEOUT_SECONDS
        while not self.is_whole():
            if time.monotonic() > deadline:
                states = ", ".join(f"{each.process.name} {each.state()}" for each in self.members)
                raise Problem(f"MongoDB is no whole replica set after {READY_TIMEOUT_SECONDS} seconds: {states}")
            with contextlib.suppress(PyMongoError):  # who has just started may not know of its set yet
                self._configure()
            time.sleep(POLL_SECONDS)

    def is_whole(self) -> bool:
        """Whether one member is primary and all others are secondaries."""
        states = sorted(member.state() for member in self.members)
        return states == ["primary", *["secondary"] * (len(states) - 1)]

    def primary(self) -> Member | None:
        """The member that takes writes now."""
        return next((member for member in self.members if member.state() == "primary"), None)

    def _configure(self) -> None:
        hosts = [member.host for member in self.members]
        known = [(found, member) for member in self.members if (found := member.configuration())]
        if not known:
            members = [{"_id": place, "host": host} for place, host in enumerate(hosts)]
            with connect(self.members[0].process.port, self.members[0].address) as client:
                client.admin.command("replSetInitiate", {"_id": SET_NAME, "members": members})
            return
        newest, member = max(known, key=lambda each: int(each[0]["version"]))
        if [each["host"] for each in newest["members"]] == hosts:
            self._elect()
            return
        for each, host in zip(newest["members"], hosts, strict=True):  # a port was taken since, and is another now
            each["host"] = host
        newest["version"] += 1
        with connect(member.process.port, member.address) as client:
            client.admin.command("replSetReconfig", newest, force=True)

    def _elect(self) -> None:
        """Where there is no primary, make one now, and not after ten seconds of silence."""
        states = {member: member.state() for member in self.members}
        if "primary" in states.values():
            return
        for member in (member for member, state in states.items() if state == "secondary"):
            with (
                connect(member.process.port, member.address) as client,
                contextlib.suppress(OperationFailure),
            ):  # it may lag behind
                client.admin.command("replSetStepUp")
                return
