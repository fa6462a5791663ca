"""scripts/local_stack: MongoDB and Redis alone, in the background."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING

from tools import run_lock, settings
from tools.environment import ROOT
from tools.processes import Process
from tools.stack import Stack
from tools.terminal import Misuse, Parser, say

if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> int:
    """Bring them up, down, or say how they are; status 1 when one that should be up is not."""
    parser = Parser("scripts/local_stack", description="MongoDB and Redis of this APP_ENV, in the background.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="up|down|status")
    up = commands.add_parser("up", help="start what is not running")
    up.add_argument("--members", type=int, choices=(1, 3), help="mongods to be MongoDB (default: as before, or 1)")
    up.add_argument("--ports", type=_ports, default=[], metavar="N,...", help="of the mongods (default: free ones)")
    down = commands.add_parser("down", help="stop all")
    down.add_argument("--wipe", action="store_true", help="then remove the data")
    commands.add_parser("status", help="what is running, and where")
    options = parser.parse_args()
    chosen = settings.read()
    stack = Stack(chosen.folder, mongo_uri=chosen.mongo_uri, redis_uri=chosen.redis_uri)
    if options.command == "up":
        return _up(stack, options.members, options.ports)
    if options.command == "down":
        return _down(stack, wipe=options.wipe)
    return _status(stack)


def _ports(text: str) -> list[int]:
    ports = [int(port) if port.isdecimal() else 0 for port in text.split(",")]
    if len(set(ports)) < len(ports) or not all(0 < port < 65_536 for port in ports):
        raise ArgumentTypeError("numbers from 1 to 65535 are needed, with commas between them, none twice")
    return ports


def _up(stack: Stack, members: int | None, ports: Sequence[int]) -> int:
    said = {"started": "started", "adopted": "was running", "restarted": "had been cut off; started again"}
    if (members or ports) and stack.uses_given_mongo:
        raise Misuse("MONGO_URI is set, so no MongoDB is started: unset it")
    count = members or stack.member_count
    if ports and len(ports) != count:
        raise Misuse(f"--ports: one for each member is needed, {count} in all")
    outcomes = stack.up(members=members, ports=ports)
    stack.is_kept = True
    for service, outcome in outcomes.items():
        say(f"{service.process.name:12}  {service.uri}  {said[outcome]}")
    if stack.replica_set:
        say(f"MONGO_URI={stack.mongo_uri}")
    if not outcomes:
        say("MONGO_URI and REDIS_URI are set: nothing to start")
    return 0


def _down(stack: Stack, *, wipe: bool) -> int:
    place = stack.folder.relative_to(ROOT)
    if not stack.folder.exists():
        say(f"nothing to stop: there is no {place}")
        return 0
    with run_lock.hold(stack.folder, advice="stop that first"):
        stopped = [name for name in ("server", "collector") if Process(stack.folder, name).stop()]
        stopped += [service.process.name for service in stack.down(wipe=wipe)]
    fate = f"removed {place}" if wipe else f"the data stays in {place}"
    say(f"stopped {', '.join(stopped) or 'nothing'}; {fate}")
    return 0


def _status(stack: Stack) -> int:
    states = {service: service.state() for service in stack.services}
    for service, state in states.items():
        where = f"  {service.uri}  pid {service.process.pid}" if service.process.pid else ""
        say(f"{service.process.name:12}  {state}{where}")
    if not states:
        say("MONGO_URI and REDIS_URI are set: nothing of ours runs")
    return 0 if all(state in {"up", "primary", "secondary"} for state in states.values()) else 1
