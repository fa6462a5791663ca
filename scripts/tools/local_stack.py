"""scripts/local_stack: MongoDB and Redis alone, in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools import run_lock, settings
from tools.environment import ROOT
from tools.processes import Process
from tools.stack import Stack
from tools.terminal import Parser, say

if TYPE_CHECKING:
    from tools.services import Service


def main() -> int:
    """Bring the two up, down, or say how they are; status 1 when one that should be up is not."""
    parser = Parser("scripts/local_stack", description="MongoDB and Redis of this APP_ENV, in the background.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="up|down|status")
    commands.add_parser("up", help="start what is not running")
    down = commands.add_parser("down", help="stop both")
    down.add_argument("--wipe", action="store_true", help="then remove the data")
    commands.add_parser("status", help="what is running, and where")
    options = parser.parse_args()
    chosen = settings.read()
    stack = Stack(chosen.folder, mongo_uri=chosen.mongo_uri, redis_uri=chosen.redis_uri)
    if options.command == "up":
        return _up(stack)
    if options.command == "down":
        return _down(stack, wipe=options.wipe)
    return _status(stack)


def _up(stack: Stack) -> int:
    said = {"started": "started", "adopted": "was running", "restarted": "had been cut off; started again"}
    outcomes = stack.up()
    stack.is_kept = True
    for service, outcome in outcomes.items():
        say(f"{service.process.name:12}  {service.uri}  {said[outcome]}")
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
    states = {service: _state(service) for service in stack.services}
    for service, state in states.items():
        where = f"  {service.uri}  pid {service.process.pid}" if service.process.pid else ""
        say(f"{service.process.name:12}  {state}{where}")
    if not states:
        say("MONGO_URI and REDIS_URI are set: nothing of ours runs")
    return 0 if all(state == "up" for state in states.values()) else 1


def _state(service: Service) -> str:
    if service.process.pid:
        return "up" if service.is_answering() else "does not answer"
    return "was cut off" if service.process.record.pid else "down"
