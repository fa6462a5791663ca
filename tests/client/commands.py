"""The command line as a process: into pipes, and on a terminal."""

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "telemetry_server"]
_NOT_INHERITED = ("NO_COLOR", "COLUMNS", "LINES", "TELEMETRY_API_KEY", "TELEMETRY_URL")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def environment(url: str, **more: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    return {**inherited, "PYTHONPATH": str(ROOT), "TELEMETRY_URL": url, "TERM": "xterm-256color", **more}


def run(url: str, *arguments: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Into pipes; to its end."""
    return subprocess.run(  # noqa: S603 - our own program
        [*COMMAND, *arguments],
        env=environment(url, **more),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextlib.contextmanager
def running(url: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Into pipes; while it runs."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [*COMMAND, *arguments],
        env=environment(url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        timer = threading.Timer(60, process.kill)
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            process.kill()


def on_terminal(
    url: str, *arguments: str, columns: int = 100, until: str | None = None, **more: str
) -> tuple[int, str]:
    """The exit status, and all that a terminal of so many columns was sent; `until`: what Ctrl-C follows."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    with subprocess.Popen(  # noqa: S603 - our own program
        [*COMMAND, *arguments],
        env=environment(url, **more),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        timer = threading.Timer(60, process.kill)
        timer.start()
        sent = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while part := os.read(ours, 1 << 16):
                sent += part
                if until is not None and until.encode() in sent:
                    process.send_signal(signal.SIGINT)
                    until = None
        os.close(ours)
        status = process.wait()
        timer.cancel()
    return status, sent.decode().replace("\r\n", "\n")


def plain(text: str) -> str:
    """Without what gives colours."""
    return _ESCAPE.sub("", text)
