"""MongoDB as three members, of which some are killed, step down, or fall silent, under mixed writes."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient
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
WRITES_BETWEEN = 40
QUICK_PAUSE_SECONDS, PAUSE_SECONDS = 6, 30
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
        resumed: list[float] = []
        with Load(server) as load:
            for number in range(1, count + 1):
                for harm in (_kill, _step_down, _pause):
                    load.go_on(WRITES_BETWEEN)
                    old = _primary(members)
                    harmed_at = time.monotonic()
                    harm(old)
                    load.go_on(WRITES_BETWEEN)
                    took = load.history.resumed_after(harmed_at)
                    faults += judge(f"{harm.__name__[1:]} {number}", took, resumed)
                    if harm is _pause:
                        time.sleep(max(0.0, harmed_at + pause_seconds - time.monotonic()))
                    _revive(members)
            load.go_on(WRITES_BETWEEN)
        faults += _minority(server, members)
        faults += load.faults(ground.database)
        detail = f"writes resumed after {max(resumed, default=0):.1f} s at most; {load.told}"
        return Outcome(3 * count, faults, load.history.unknown, detail)


def judge(what: str, took: float | None, resumed: list[float]) -> list[str]:
    """A fault where writes did not resume in time; else when they did is added to `resumed`."""
    if took is None or took > RESUMED_SECONDS:
        return [f"{what}: writes resumed after {'forever' if took is None else f'{took:.1f} s'}"]
    resumed.append(took)
    return []


def elect_after(uri: str, seconds: int) -> None:
    """Let elections begin after so much silence of the primary."""
    with MongoClient[dict[str, Any]](uri) as client:
        config = client.admin.command("replSetGetConfig")["config"]
        config["settings"]["electionTimeoutMillis"] = seconds * 1000
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
            member.process.send(signal.SIGSTOP)

    return refuses_in_minority(server, stop, lambda: _revive(members))


def _kill(member: Member) -> None:
    member.process.kill()


def _step_down(member: Member) -> None:
    with connect(member.process.port) as client:
        client.admin.command("replSetStepDown", 30)


def _pause(member: Member) -> None:
    member.process.send(signal.SIGSTOP)


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
        member.process.send(signal.SIGCONT)
        member.up()
    members.unite()


ROW = Row(
    "members",
    "three members: the primary killed, stepping down, paused; then two of three paused",
    f"0 lost; writes resume in {RESUMED_SECONDS} s, the election after {ELECTION_SECONDS}; a minority never acknowledges",
    "harms",
    1,
    30,
    run,
)
