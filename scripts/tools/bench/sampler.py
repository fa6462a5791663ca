"""Where the CPU time of a worker goes, by layer: sampled from outside by py-spy, so that the server runs as ever.

Only the thread that holds Python's lock is looked at, for it alone surely uses the CPU. What the worker used beyond
that, by the system's account, was outside of Python.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tools.bench.figures import cpu_seconds, table
from tools.terminal import Problem, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from tools.server import Server

SAMPLES_A_SECOND = 200
END_SECONDS = 30
OTHER = "else"
OUTSIDE = "outside of Python: system calls, compression"

# A sample belongs to the layer of its innermost frame that has one; in a layer, to the first that fits.
LAYERS = {
    "HTTP: Sanic, uvloop": r"sanic/|sanic_routing/|multidict/|telemetry_server/http/(connection|framing).py",
    "driver: Motor, PyMongo": r"pymongo/|motor/|bson/",
    "cache: Redis": r"redis/|telemetry_server/stores/redis.py",
    "cache: memory": r"telemetry_server/(reading/(cache|lru|versions|repeats)|routes/decorators).py",
    "admission: id, limit, key": r"limits/|telemetry_server/(access/|app|parts|monitoring/(counters|timing|traffic))",
    "reading and checking": r"marshmallow/|telemetry_server/(schemas|metric.py|metric_filter|instants|errors)",
    "JSON and responses": r"telemetry_server/http/",
    "prompts": r"nlq/|spacy/|dateparser/",
    "own metrics": r"telemetry_server/(monitoring/recorder|reading/misses|periodic).py",
    "summaries": r"telemetry_server/(summaries/summariser|stores/mongo/summaries).py",
    "storing: groups, series, seals": r"telemetry_server/(stores/|writing/|summaries/)",
    "routes": r"telemetry_server/(routes/|metrics.py|reading/)",
}
_LAYERS = [(name, re.compile(rf"(?:^|/)(?:{pattern})")) for name, pattern in LAYERS.items()]
_FRAME = re.compile(r"\(([^()]+):\d+\)")


def option(parser: argparse.ArgumentParser) -> None:
    """Add the switch."""
    parser.add_argument("--profile", action="store_true", help="also print where the CPU time of a worker goes")


def show(what: str, server: Server, work: Callable[[], float]) -> None:
    """Do `work`, which tells how many requests it made, and print the server's CPU time for each. Raises Problem."""
    workers = server.workers()
    before = [cpu_seconds(worker) for worker in workers]
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "stacks"
        sampler = _start(workers[0].pid, recording)
        try:
            count = work()
            spent = [cpu_seconds(worker) - earlier for worker, earlier in zip(workers, before, strict=True)]
        finally:
            sampler.send_signal(signal.SIGINT)
            _, told = sampler.communicate(timeout=END_SECONDS)
        if not recording.exists():
            raise Problem(f"py-spy cannot look into the server: {told.strip()[-200:]}")
        found = shares(recording.read_text(), spent[0] * SAMPLES_A_SECOND)
    each = sum(spent) / max(count, 1) * 1e6
    say(f"{what}: {each:,.0f} µs of CPU a request, over {count:,.0f} requests and {len(workers)} workers")
    rows = [(layer, f"{share:.1%}", f"{share * each:,.1f}") for layer, share in found.items()]
    table(("layer", "share", "µs a request"), rows)


def shares(stacks: str, samples: float) -> dict[str, float]:
    """The share of each layer, greatest first, in what would be so many samples.

    `stacks` has py-spy's raw form: a line `outer;...;inner count` for each stack.
    """
    counts: Counter[str] = Counter()
    for line in stacks.splitlines():
        stack, _, count = line.rpartition(" ")
        counts[_layer(stack.split(";"))] += int(count)
    total = max(samples, counts.total())
    return {layer: count / total for layer, count in counts.most_common()} | {OUTSIDE: 1 - counts.total() / total}


def _layer(frames: list[str]) -> str:
    for frame in reversed(frames):
        found = _FRAME.search(frame)
        for name, pattern in _LAYERS:
            if found and pattern.search(found[1]):
                return name
    return OTHER


def _start(pid: int, recording: Path) -> subprocess.Popen[str]:
    beside = Path(sys.executable).with_name("py-spy")
    program = str(beside) if beside.exists() else shutil.which("py-spy")
    if program is None:
        raise Problem("no py-spy; it is one of the `dev` dependencies")
    command = [program, "record", "--pid", str(pid), "--rate", str(SAMPLES_A_SECOND), "--duration", "unlimited"]
    command += ["--gil", "--format", "raw", "--output", str(recording)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
