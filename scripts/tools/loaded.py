"""A process that has loaded the server, and forks it for each start: so a start costs no imports.

The server that it gives is `python -m telemetry_server` in everything but that: its own session, environment, folder,
log and arguments. For tests, which start hundreds.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tools.environment import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class Loaded:
    """The process. It ends with the one that started it, and the servers that it gave do not."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        path = os.pathsep.join([str(ROOT), str(ROOT / "scripts")])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tools.loaded"],
            env={**os.environ, "PYTHONPATH": path},
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            start_new_session=True,
        )
        theirs.close()
        self._process.returncode = 0  # it is not waited for: it ends when it reads no more
        self._line = ours.makefile("rwb")
        ours.close()

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path) -> int:
        """The pid of a new `python -m telemetry_server` with these arguments and exactly this environment."""
        told = {"arguments": [*arguments], "environment": {**environment}, "folder": str(folder), "log": str(log)}
        self._line.write(json.dumps(told).encode() + b"\n")
        self._line.flush()
        return int(self._line.readline())


def main() -> None:
    """Fork a server for each line of standard input, and say its pid; return in each as the server that it became."""
    from sanic.worker import loader, manager, serve  # noqa: F401, PLC0415  all that `serve` loads

    import telemetry_server.__main__ as server  # noqa: PLC0415
    from telemetry_server.app import load_language  # noqa: PLC0415

    load_language()

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who ends is not waited for
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _become(json.loads(line))
            server.main()
            return
        print(pid, flush=True)


def _become(told: dict[str, Any]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.chdir(told["folder"])
    os.environ.clear()
    os.environ.update(told["environment"])
    sys.argv[1:] = told["arguments"]
    nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(told["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    for given, number in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(given, number)
    os.close(nothing)
    os.close(log)


if __name__ == "__main__":
    main()
