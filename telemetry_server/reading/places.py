"""Places: so many, shared by a process and those that it spawns; one that dies leaves the places that it held."""

import fcntl
import os
import tempfile
from multiprocessing.reduction import DupFd
from typing import Any
from weakref import finalize


class Places:
    """A place is a byte of a file without a name, on which its holder has a record lock: the kernel frees it."""

    def __init__(self, count: int) -> None:
        with tempfile.TemporaryFile() as file:
            self._begin(count, os.dup(file.fileno()))

    def __getstate__(self) -> tuple[int, Any]:
        return self._count, DupFd(self._file)

    def __setstate__(self, state: tuple[int, Any]) -> None:
        count, duplicate = state
        self._begin(count, duplicate.detach())

    def _begin(self, count: int, file: int) -> None:
        self._count = count
        self._file = file
        self._held: set[int] = set()  # such a lock is the whole process's: it does not keep its own tasks apart
        finalize(self, os.close, file)

    def take(self) -> int | None:
        """A place that was free; None where none is."""
        for place in range(self._count):
            if place in self._held:
                continue
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            except (BlockingIOError, PermissionError):
                continue
            self._held.add(place)
            return place
        return None

    def leave(self, place: int) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)
        self._held.remove(place)
