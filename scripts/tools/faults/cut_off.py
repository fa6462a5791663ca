"""Members of a replica set are cut off from the others: each has a network of its own, and its cable is pulled.

All of it happens in network namespaces of its own, where these may be made: `unshare` starts this module again in one,
where a bridge joins one namespace for each member. Nothing outside of them is reached or changed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING

from tools.environment import ROOT
from tools.faults.ground import Ground, until
from tools.faults.load import Load
from tools.faults.members import (
    ELECTION_SECONDS,
    RESUMED_SECONDS,
    WRITES_BETWEEN,
    Probe,
    elect_after,
    judge,
    refuses_in_minority,
    told,
)
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    from tools.replica_set import Member, ReplicaSet

NETWORK = "198.18.77"  # a block that is set aside for tests between networks
CUT_SECONDS = 4
MEMBERS = 3


def run(count: int) -> Outcome:
    """Cut the primary off `count` times, and then itself and another from the third."""
    alone = ["unshare", "--net", "--mount", sys.executable, "-c", "from tools.faults import cut_off; cut_off.main()"]
    if not _may(["unshare", "--net", "--mount", "ip", "link", "add", "test", "type", "bridge"]):
        return Outcome(0, not_run="no network namespace may be made here")
    paths = os.pathsep.join([str(ROOT / "scripts"), str(ROOT)])
    environment = os.environ | {"PYTHONPATH": paths}
    done = subprocess.run([*alone, str(count)], stdout=subprocess.PIPE, check=False, text=True, env=environment)
    lines = done.stdout.strip().splitlines()
    return Outcome(**json.loads(lines[-1])) if not done.returncode else Outcome(0, [f"broke off: {lines[-1:]}"])


def main() -> None:
    """What `run` starts: the outcome as JSON."""
    print(json.dumps(asdict(inside(int(sys.argv[1])))))


def inside(count: int) -> Outcome:
    """The same, in a namespace that is ours alone."""
    faults: list[str] = []
    with ExitStack() as cleanup, Ground(members=MEMBERS, set_up=lambda ground: _wire(ground, cleanup)) as ground:
        members = ground.stack.replica_set
        assert members is not None  # noqa: S101  three members are one
        elect_after(members.uri, ELECTION_SECONDS)
        server = ground.serve(workers=2)
        resumed: list[tuple[float, float]] = []
        with Load(server) as load:
            for number in range(1, count + 1):
                load.go_on(WRITES_BETWEEN)
                old = members.primary()
                assert old is not None  # noqa: S101  writes went on a moment ago
                cut_at = time.monotonic()
                _pull(members, old)
                with Probe(members.uri, cut_at) as probe:
                    load.go_on(WRITES_BETWEEN)
                took = load.history.resumed_after(cut_at)
                faults += judge(f"cut {number}", took, probe.took)
                resumed.append((took or 0.0, probe.took))
                time.sleep(CUT_SECONDS)
                _plug(members)
            load.go_on(WRITES_BETWEEN)
        primary = members.primary()
        others = [member for member in members.members if member is not primary]
        faults += refuses_in_minority(server, lambda: _pull(members, *others), lambda: _plug(members))
        faults += load.faults(ground.database)
        return Outcome(count + 1, faults, load.history.unknown, f"{told(resumed)}; {load.told}")


def _wire(ground: Ground, cleanup: ExitStack) -> None:
    """A bridge, and a namespace for each member; the members are told their addresses."""
    _ip("link set lo up")
    _ip("link add faults type bridge")
    _ip(f"addr add {NETWORK}.1/24 dev faults")
    _ip("link set faults up")
    ground.stack.choose(MEMBERS)
    for number, member in enumerate(_members(ground).members, 1):
        space = f"{ground.folder.name}-{number}"
        _ip(f"netns add {space}")
        cleanup.callback(_ip, f"netns del {space}")
        _ip(f"link add cable{number} type veth peer name eth0 netns {space}")
        _ip(f"link set cable{number} master faults up")
        _ip(f"-n {space} addr add {NETWORK}.{number + 1}/24 dev eth0")
        _ip(f"-n {space} link set eth0 up")
        _ip(f"-n {space} link set lo up")
        member.address = f"{NETWORK}.{number + 1}"
        member.prefix = ["ip", "netns", "exec", space]


def _members(ground: Ground) -> ReplicaSet:
    found = ground.stack.replica_set
    assert found is not None  # noqa: S101  three members are one
    return found


def _pull(members: ReplicaSet, *cut: Member) -> None:
    for member in cut:
        _ip(f"link set cable{members.members.index(member) + 1} down")


def _plug(members: ReplicaSet) -> None:
    for number in range(1, MEMBERS + 1):
        _ip(f"link set cable{number} up")
    until(members.is_whole, 60)


def _ip(arguments: str) -> None:
    subprocess.run(["ip", *arguments.split()], check=True)  # noqa: S607  wherever it is


def _may(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


ROW = Row(
    "cut-off",
    "three members in networks of their own: the primary cut off; then two of three",
    f"0 lost; writes resume {RESUMED_SECONDS - ELECTION_SECONDS} s after an election; a minority never acknowledges",
    "cuts",
    0,
    30,
    run,
)
