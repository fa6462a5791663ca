"""How a command ends: its exit status, and one clear line for whoever reads it.

| status | means |
|---|---|
| 0 | done |
| 1 | understood, and not done: a prompt that is refused, a key that does not suffice, a port that is taken |
| 2 | misuse: wrong arguments, settings or metrics |
| 3 | no server is there, or it cannot answer now |
| 130 | Ctrl-C |
"""

import contextlib
import errno
import os
import sys
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSED = 1
MISUSE = 2
AWAY = 3
INTERRUPTED = 130


def fail(status: int, *lines: str) -> NoReturn:
    """End with this status, and say why."""
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(status)


@contextlib.contextmanager
def quiet() -> "Iterator[None]":
    """No traceback for Ctrl-C, for a reader that has had enough (`head`), or for characters that cannot be told."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115 - closed by the caller
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):  # no file
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.errno not in {errno.EPIPE, errno.ENOSPC}:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter flushes once more
        if error.errno == errno.ENOSPC:
            sys.stderr.write(f"{os.strerror(errno.ENOSPC)}.\n")
        sys.exit(REFUSED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
