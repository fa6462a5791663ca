"""A worker that was killed is replaced: Sanic's manager goes on without it."""

import time
from threading import Thread
from typing import Any

import structlog
from sanic import Sanic

WATCH_SECONDS = 0.5

log = structlog.get_logger(__name__)


def watch(app: Sanic[Any, Any]) -> None:
    """Watch the workers of `app` from a thread of the parent process."""
    Thread(target=_watch, args=(app.manager,), name="watch", daemon=True).start()


def _watch(manager: Any) -> None:
    while True:
        time.sleep(WATCH_SECONDS)
        for worker in list(manager.transient_processes):
            if worker.exitcode and not manager._shutting_down:  # noqa: SLF001 - Sanic tells it in no other way
                log.error("worker died, starting another", worker=worker.name, exitcode=worker.exitcode)
                worker.restart()
