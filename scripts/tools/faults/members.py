"""MongoDB as three members, of which some are killed, step down, or fall silent, under mixed writes."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from pymongo import MongoClient, timeout
from pymongo.errors import PyMongoError

from tools.faults.client import Client
from tools.faults.ground import Ground, until
from tools.faults.load import Load
from tools.faults.row import Outcome, Row
from tools.services import connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.replica_set import Member, ReplicaSet
    from tools.server import Server

ELECTION_SECONDS = 2
RESUMED_SECONDS = ELECTION_SECONDS + 3
AFTER_MONGODB_SECONDS = 3.0  # what the server may take longer than a client that does nothing but try
PROBE_SECONDS = 60
WRITES_BETWEEN = 40
QUICK_PAUSE_SECONDS, PAUSE_SECONDS = 4, 30
MINORITY_SECONDS = 3


def run(count: int) -> Outcome:
    """Each harm `count` times; in the end two of three are paused, and nothing is acknowledged."""
    faults: list[str] = []
    pause_seconds = QUICK_PAUSE_SECONDS if count < ROW.long else PAUSE_SECONDS
    with Ground(members=3) as ground:
        members = ground.stack.replica_set
        assert members is not None  # noqa: S101  three members are one
        elect_after(members.uri, ELECTION_SECONDS)
        server = ground.serve(workers=2)
        resumed: list[tuple[float, float]] = []
        with Load(server) as load:
            for number in range(1, count + 1):
                for harm in (_kill, _step_down, _pause):
                    load.go_on(WRITES_BETWEEN)
                    old = _primary(members)
                    harmed_at = time.monotonic()
                    harm(old)
                    with Probe(members.uri, harmed_at) as probe:
                        load.go_on(WRITES_BETWEEN)
                    took = load.history.resumed_after(harmed_at)
                    faults += judge(f"{harm.__name__[1:]} {number}", took, probe.took)
                    resumed.append((took or 0.0, probe.took))
                    if harm is _pause:
                        time.sleep(max(0.0, harmed_at + pause_seconds - time.monotonic()))
                    _revive(members)
            load.go_on(WRITES_BETWEEN)
        faults += _minority(server, members)
        faults += load.faults(ground.database)
        detail = f"{told(resumed)}; {load.told}"
        return Outcome(3 * count, faults, load.history.unknown, detail)


def told(resumed: list[tuple[float, float]]) -> str:
    """How long it took at most, by the server and by MongoDB itself."""
    ours, mongodb = map(max, zip(*resumed, strict=True))
    return f"writes resumed after {ours:.1f} s at most, those of a plain client of MongoDB after {mongodb:.1f} s"


def judge(what: str, took: float | None, mongodb_took: float) -> list[str]:
    """A fault where writes resumed neither in time nor soon after MongoDB took those of any client."""
    if took is not None and took <= max(RESUMED_SECONDS, mongodb_took + AFTER_MONGODB_SECONDS):
        return []
    text = "never" if took is None else f"after {took:.1f} s"
    return [f"{what}: writes resumed {text}, those of a plain client of MongoDB after {mongodb_took:.1f} s"]


class Probe:
    """A plain client of MongoDB, which tries to write until it can: how long MongoDB itself takes."""

    def __init__(self, uri: str, since: float) -> None:
        self._uri = uri
        self._since = since
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.took = math.inf

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(PROBE_SECONDS)

    def _run(self) -> None:
        with MongoClient[dict[str, Any]](self._uri, w="majority", heartbeatFrequencyMS=500) as client:
            while time.monotonic() - self._since < PROBE_SECONDS:
                with contextlib.suppress(PyMongoError), timeout(1):
                    client["faults"]["probe"].insert_one({})
                    self.took = time.monotonic() - self._since
                    return


def elect_after(uri: str, seconds: int) -> None:
    """Let elections begin after so much silence of the primary."""
    with MongoClient[dict[str, Any]](uri) as client:
        config = client.admin.command("replSetGetConfig")["config"]
        config["settings"]["electionTimeoutMillis"] = seconds * 1000
        config["settings"]["heartbeatTimeoutSecs"] = seconds
        config["version"] += 1
        client.admin.command("replSetReconfig", config)


def refuses_in_minority(server: Server, stop: Callable[[], None], go_on: Callable[[], None]) -> list[str]:
    """Between the two no write may be acknowledged; afterwards one is, and what was repeated is there once."""
    client, faults, number = Client(server), [], 0
    stop()
    started = time.monotonic()
    while time.monotonic() - started < MINORITY_SECONDS:
        number += 1
        body = {"id": f"{0xABC000 + number:024x}", "name": "fault.minority", "value": number}
        reply = client.send("POST", "/metrics", body)
        if reply.status != 503:
            faults.append(f"a minority answered {reply.status}")
    go_on()
    if not until(lambda: client.send("POST", "/metrics", body).status in {200, 201}, 20):
        faults.append("after the minority no write is acknowledged")
    client.close()
    return faults


def _minority(server: Server, members: ReplicaSet) -> list[str]:
    primary = _primary(members)
    others = [member for member in members.members if member is not primary]

    def stop() -> None:
        for member in others:
            member.process.pause()

    return refuses_in_minority(server, stop, lambda: _revive(members))


def _kill(member: Member) -> None:
    member.process.kill()


def _step_down(member: Member) -> None:
    with connect(member.process.port) as client:
        client.admin.command("replSetStepDown", 30)


def _pause(member: Member) -> None:
    member.process.pause()


def _primary(members: ReplicaSet) -> Member:
    found: list[Member] = []

    def look() -> bool:
        try:
            found[:] = [member for member in (members.primary(),) if member]
        except PyMongoError:
            return False
        return bool(found)

    until(look, 30)
    return found[0]


def _revive(members: ReplicaSet) -> None:
    for member in members.members:
        member.process.resume()
        member.up()
    members.unite()


ROW = Row(
    "members",
    "three members: the primary killed, stepping down, paused; then two of three paused",
    f"0 lost; writes resume {RESUMED_SECONDS - ELECTION_SECONDS} s after an election; a minority never acknowledges",
    "harms",
    1,
    30,
    run,
)
