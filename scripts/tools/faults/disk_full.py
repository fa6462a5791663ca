"""MongoDB's disk is full under mixed writes, and then it is not: it is a small file system in memory."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

from tools.faults.client import Client
from tools.faults.ground import Ground, until
from tools.faults.load import Load
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    from tools.server import Server

SIZE_MB = 600
JOURNAL = "log=(file_max=1MB,prealloc=false)"
WRITES_BETWEEN = 100
ANSWER_SECONDS = 2.0
SLACK_SECONDS = 0.5  # between the client's clock and the server's
FULL_SECONDS = 4
RECOVERED_SECONDS = 20


def run(count: int) -> Outcome:
    """Fill it `count` times."""
    faults: list[str] = []
    with Ground(set_up=_mount) as ground:
        if not ground.stack.folder.is_mount():
            return Outcome(0, not_run="no file system may be mounted here")
        server = ground.serve(workers=2)
        ballast = ground.stack.folder / "ballast"
        died = 0
        with Load(server) as load:
            for number in range(1, count + 1):
                load.go_on(WRITES_BETWEEN)
                _fill(ballast)
                faults += [f"full {number}: {fault}" for fault in _refused_in_time(server)]
                ballast.unlink()
                died += ground.stack.mongo.process.pid is None
                ground.stack.mongo.up()
                if not until(server.is_ready, RECOVERED_SECONDS):
                    faults.append(f"full {number}: not ready again")
            load.go_on(WRITES_BETWEEN)
        faults += load.faults(ground.database)
        detail = f"mongod ended itself {died} times, and was started again; {load.told}"
        return Outcome(count, faults, load.history.unknown, detail)


def _mount(ground: Ground) -> None:
    """Let all of the stack's folder be on a small file system, and the journal ask for room often."""
    folder = ground.stack.folder
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode == 0:
        ground.defer(lambda: subprocess.run(["umount", folder], check=False))  # noqa: S607  wherever it is
    ground.stack.mongo.arguments = ["--wiredTigerCacheSizeGB", "0.25", "--wiredTigerEngineConfigString", JOURNAL]


def _fill(ballast: object) -> None:
    """Until no byte is left."""
    with open(str(ballast), "wb", buffering=0) as file:  # noqa: PTH123
        block = bytes(1_000_000)
        while block:
            try:
                file.write(block)
            except OSError:
                block = block[: len(block) // 2]


def _refused_in_time(server: Server) -> list[str]:
    """While it is full: writes are acknowledged still, where there was room kept for them, or are 503 in time."""
    client, faults, refused = Client(server), [], 0
    started = time.monotonic()
    while time.monotonic() - started < (FULL_SECONDS if refused else 8 * FULL_SECONDS):
        sent_at = time.monotonic()
        metrics = [{"name": "fault.full", "value": place, "tags": ["x" * 90]} for place in range(2000)]
        reply = client.send("POST", "/v1/metrics", {"metrics": metrics})
        took = time.monotonic() - sent_at
        refused += reply.status == 503
        if reply.status not in {200, 503}:
            faults.append(f"a write had {reply.status} {reply.body[:100]!r}")
        if took > ANSWER_SECONDS + SLACK_SECONDS:
            faults.append(f"a write was answered after {took:.1f} s")
    client.close()
    return faults if refused else [*faults, "the disk was never full"]


ROW = Row(
    "disk-full",
    "MongoDB's disk is full, and then is not",
    "0 lost; 5xx in 2 s; all goes on afterwards",
    "times full",
    1,
    30,
    run,
)
