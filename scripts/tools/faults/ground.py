"""Where faults are tried: MongoDB and Redis of a row's own, and servers on them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pymongo import MongoClient

from tools.bench.stage import Stage
from tools.environment import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymongo.database import Database

    from tools.faults.shim import Shim
    from tools.server import Server

PROGRAMS = Path(__file__).parent  # its module `forgetful` runs by itself
POLL_SECONDS = 0.02


class Ground(Stage):
    """A stage whose servers share one database, `members` mongods, and a client of MongoDB.

    set_up: what is to be done before these are started.
    """

    NAME = "faults"

    def __init__(self, members: int = 1, set_up: Callable[[Ground], object] | None = None) -> None:
        super().__init__(members)
        self._before = set_up
        self.shim: Shim | None = None

    def __enter__(self) -> Self:
        super().__enter__()
        self.mongo: MongoClient[dict[str, Any]] = self._cleanup.enter_context(
            MongoClient(self.stack.mongo_uri, w="majority", tz_aware=True)
        )
        self._servers = 0
        return self

    def _prepare(self) -> None:
        if self._before:
            self._before(self)

    def defer(self, undo: Callable[[], object]) -> None:
        """Do this at the end; what is asked for while it is set up, when MongoDB and Redis are down again."""
        self._cleanup.callback(undo)

    @property
    def database(self) -> Database[dict[str, Any]]:
        """The servers' database."""
        return self.mongo[f"telemetry_server_{self.NAME}"]

    def serve(self, workers: int = 1, module: str = "telemetry_server", **settings: str) -> Server:
        """One more server on the same database, ready."""
        self._servers += 1
        paths = os.pathsep.join(map(str, (ROOT, ROOT / "scripts", PROGRAMS)))
        quiet = {"APP_ENV": self.NAME, "COLLECT": "0", "PYTHONPATH": paths}
        return self.server(f"server-{self._servers}", workers, module, **(quiet | settings))


def until(what: Callable[[], bool], seconds: float) -> bool:
    """Wait for it; False where it does not come in so many seconds."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
