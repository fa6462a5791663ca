"""The Python environment `.venv`: made, brought up to date, and entered.

This module and `terminal` need the standard library alone and run on old Pythons too, which get one line.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Iterator, NoReturn  # noqa: UP035  an old Python must get as far as its one line

from tools.terminal import Problem, complain, say

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "telemetry-server.json"
LOCAL = ROOT / ".local"
OLDEST = (3, 11)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(module: str, extras: tuple[str, ...] = ()) -> NoReturn:
    """Call `main()` of a module inside `.venv` with these extras installed; exit with the status it returns.

    SIGTERM and SIGHUP unwind the program as Ctrl-C does, so that what it started is stopped; a second signal
    does not disturb that.
    """
    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, _unwind)
    try:
        if not is_current(extras):
            _make_current(extras)
        if Path(sys.prefix).resolve() != VENV.resolve():
            os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606  our own program, no shell
        status: int = importlib.import_module(module).main()
    except Problem as problem:
        complain(str(problem))
        status = problem.status
    except KeyboardInterrupt:
        complain("interrupted")
        status = 128 + signal.SIGINT
    sys.exit(status)


def is_current(extras: tuple[str, ...]) -> bool:
    """Whether `.venv` holds the project as it is now, with these extras."""
    stamp = _stamp()
    return PYTHON.exists() and stamp["from"] == _origin() and set(extras) <= set(stamp["extras"])


def mark_current(extras: list[str]) -> None:
    """Record that `.venv` holds the project as it is now, with these extras."""
    STAMP.write_text(json.dumps({"from": _origin(), "extras": extras}))


def _unwind(number: int, _frame: object) -> NoReturn:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)


def _make_current(extras: tuple[str, ...]) -> None:
    """Make `.venv` where it is missing or broken, and install the project with these and its earlier extras.

    Raises Problem when the Python is too old, or when venv or pip fail.
    """
    _require_python()
    with _locked():
        if is_current(extras):  # another program made it while this one waited
            return
        if not _succeeds([str(PYTHON), "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]):
            say(f"making .venv with Python {sys.version.split()[0]}")
            _make_venv()
        wanted = sorted({*extras, *_stamp()["extras"]})
        target = ".[{}]".format(",".join(wanted))
        say(f"installing the dependencies into .venv ({target})")
        _pip_install(target)
        mark_current(wanted)
        say("the environment is ready")


def _stamp() -> dict[str, list[str]]:
    try:
        stamp: dict[str, list[str]] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {"from": [], "extras": []}
    return stamp


def _origin() -> list[str]:
    # The folder is part of it: a copied tree must not go on to import the code of the tree it came from.
    return [str(ROOT), hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()]


def _require_python() -> None:
    if sys.version_info >= OLDEST:
        return
    for minor in range(OLDEST[1], OLDEST[1] + 5):
        newer = shutil.which(f"python3.{minor}")
        if newer and _succeeds([newer, "-c", ""]):
            os.execv(newer, [newer, *sys.argv])  # noqa: S606  our own program, no shell
    found = ".".join(map(str, sys.version_info[:3]))
    raise Problem(f"Python 3.11 or newer is needed, and {found} is what python3 is here: install python3.11")


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "environment.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another program that is making .venv")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_venv() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        if "ensurepip" in made.stdout:
            package = "python{}.{}-venv".format(*sys.version_info[:2])
            raise Problem(f"this Python cannot make environments: install {package}, then start again")
        raise Problem("making .venv failed: " + " ".join((made.stderr or made.stdout).split()[-40:]))


def _pip_install(target: str) -> None:
    command = [str(PYTHON), "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "-e", target]
    lines: list[str] = []
    live = sys.stdout.isatty()
    with subprocess.Popen(
        command, cwd=str(ROOT), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
    ) as pip:
        for line in pip.stdout or ():
            lines.append(line.rstrip())
            if live and line.startswith(("Collecting", "Installing", "Building")):
                print("\r\033[K  " + line.split(",")[0].strip()[:76], end="", flush=True)
    if live:
        print("\r\033[K", end="")
    if pip.returncode:
        reasons = [line for line in lines if line.startswith("ERROR")] or lines[-3:]
        raise Problem("installing the dependencies failed: " + " ".join(reasons))


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
