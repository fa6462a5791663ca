"""wrk, the load generator that takes least of the machine: found on PATH, else unpacked from Debian's packages."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools import debian
from tools.environment import LOCAL
from tools.terminal import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PACKAGES = ("wrk", "libluajit-5.1-2")
CONNECTIONS = 64
WARM_SECONDS = 1  # not counted: all connections are opened at once, and what ran before may still be writing
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True)
class Load:
    """What one run saw: requests, how many a second, the 99th percentile in ms, and responses other than 2xx."""

    count: int
    rate: float
    p99_ms: float
    failures: int


def drive(
    url: str, seconds: int, *, connections: int = CONNECTIONS, headers: Mapping[str, str], script: Path | None = None
) -> Load:
    """Ask for `url` as fast as it answers, after WARM_SECONDS. Raises Problem where wrk is not to be had, or fails."""
    program = debian.find("wrk", PACKAGES)
    command = [str(program), "-t1", f"-c{connections}", "--latency"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    command += ["-s", str(script)] if script else []
    libraries = ":".join(str(folder) for folder in sorted((LOCAL / "wrk").glob("usr/lib/*-linux-gnu")))
    environment = {**os.environ, **({"LD_LIBRARY_PATH": libraries} if LOCAL in program.parents else {})}
    output = ""
    for duration in (WARM_SECONDS, seconds):
        ended = subprocess.run(
            [*command, f"-d{duration}s", url], env=environment, capture_output=True, text=True, check=False
        )
        output = ended.stdout
        if ended.returncode:
            raise Problem(f"wrk failed: {(ended.stderr or output).strip()[-300:]}")
    rate, p99 = re.search(r"Requests/sec: *([\d.]+)", output), re.search(r" 99% +([\d.]+)(\w+)", output)
    count = re.search(r"(\d+) requests in ", output)
    if not rate or not p99 or not count:
        raise Problem(f"wrk told no figures: {output.strip()[-300:]}")
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    lost = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    failures = int(refused[1]) if refused else 0
    failures += sum(map(int, lost.groups())) if lost else 0
    return Load(int(count[1]), float(rate[1]), float(p99[1]) * _UNITS[p99[2]], failures)
