"""`python -m tools.sweep FOLDER`: when standard input ends, end what runs in a temporary folder, and remove it.

Input ends however the starter ends, kill -9 included: so a test run leaves neither processes nor data.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tools.environment import ROOT
from tools.processes import Process


def start(folder: Path) -> subprocess.Popen[bytes]:
    """Start the sweeper of a folder; `communicate()` on it sweeps now."""
    command = [sys.executable, "-m", "tools.sweep", str(folder)]
    return subprocess.Popen(command, cwd=ROOT / "scripts", stdin=subprocess.PIPE, start_new_session=True)


def main() -> None:
    """Wait for the end of input; then kill what has a record in the folder or below it: the data goes anyway."""
    folder = Path(sys.argv[1])
    sys.stdin.read()
    while folder.exists():  # a test worker that lives a moment longer may still start and remove things
        with contextlib.suppress(OSError):
            for record in folder.rglob("*.json"):
                Process(record.parent, record.stem).stop(timeout_seconds=0)
            shutil.rmtree(folder)
        time.sleep(0.05)


if __name__ == "__main__":
    main()
