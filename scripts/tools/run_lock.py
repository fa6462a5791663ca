"""One `scripts/run` a folder: who holds it, and whether the last one ended in order."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

from tools.terminal import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def hold(folder: Path, *, advice: str) -> Iterator[None]:
    """Hold the folder for this process; the system gives it free however the process ends.

    Raises Problem, with the advice, when a live `scripts/run` holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Problem(f"scripts/run (pid {lock.read().strip()}) is running here: {advice}") from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield
