"""scripts/test: lint, types and tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from telemetry_server.config import SETTINGS
from tools import browser
from tools.environment import ROOT
from tools.terminal import complain, say

if TYPE_CHECKING:
    from collections.abc import Mapping

BROWSER = "--browser"


def main() -> int:
    """Run every step, whatever failed before it; pytest is the last and gets the arguments.

    `--browser` among them adds the tests of the console in a real browser. Status 1 if any failed.
    The settings of the caller's environment reach no step.
    """
    names = {setting.variable for setting in SETTINGS}
    environment = {name: value for name, value in os.environ.items() if name not in names}
    environment["MYPYPATH"] = str(ROOT / "scripts")
    environment.pop(
        "PYTHONDONTWRITEBYTECODE", None
    )  # the tests start hundreds of processes: each would compile all anew
    if BROWSER in sys.argv[1:]:
        browser.require()
    failed: list[str] = []
    for command in _steps(sys.argv[1:]):
        say("== " + " ".join(command))
        if command[0] == "pytest" and failed:
            complain(f"failed so far: {', '.join(failed)}")
        if _run([sys.executable, "-m", *command], environment):
            failed.append(command[0])
    return 1 if failed else 0


def _steps(pytest_arguments: list[str]) -> list[list[str]]:
    sources = [".", *_doors()]  # ruff finds by itself only what ends in .py
    return [
        ["ruff", "check", *sources],
        ["ruff", "format", "--check", *sources],
        ["mypy"],
        ["mypy", "-p", "tools"],
        *_browser(pytest_arguments),
        ["pytest", "-n", "3", "--dist", "worksteal", *(each for each in pytest_arguments if each != BROWSER)],
    ]


def _browser(pytest_arguments: list[str]) -> list[list[str]]:
    """In a process of their own: what drives the browser runs an event loop in the thread of the tests."""
    named = [each for each in pytest_arguments if each.startswith("tests/browser")]
    if BROWSER not in pytest_arguments:
        return []
    return [["pytest", "-n", "2", "--dist", "loadfile", BROWSER, *(named or ["tests/browser"])]]


def _doors() -> list[str]:
    files = sorted(path for path in (ROOT / "scripts").iterdir() if path.is_file() and not path.suffix)
    return [str(path.relative_to(ROOT)) for path in files if "python" in path.read_text().partition("\n")[0]]


def _run(command: list[str], environment: Mapping[str, str]) -> int:
    # In a session of its own, so that it gets exactly one Ctrl-C, and the time to stop what it started.
    with subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True) as child:
        try:
            return child.wait()
        except (KeyboardInterrupt, SystemExit):
            child.send_signal(signal.SIGINT)
            child.wait()
            raise
