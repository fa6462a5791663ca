"""The workers, watched by the parent process: one that was killed is replaced, and all are where the operator asks.

Sanic's manager goes on without a worker that was killed. It stops within its signal handler, which asks the process
that keeps the workers' states; where that interrupts a question of its own, the answers are mixed up. So it is only
told by the handler, and stops when it looks.

SIGUSR1 replaces all workers, one after the other: the new one is ready before the old one is told to stop, and all take
connections from the same socket, so no request is lost.
"""

import signal
import time
from collections.abc import Callable
from ctypes import c_int
from functools import partial
from threading import Event, Thread
from typing import Any

import structlog
from sanic import Sanic
from sanic.worker.constants import RestartOrder

STOPPING = (signal.SIGINT, signal.SIGTERM)
WATCH_SECONDS = 0.5

log = structlog.get_logger(__name__)


def watch(app: Sanic[Any, Any], leaving: c_int, fault: Callable[[], str | None]) -> None:
    """Watch the workers of `app` from a thread of the parent process; `leaving` tells them who is replaced.

    fault: why a new worker could not start, if so: then all stay.
    """
    manager: Any = app.manager
    told = Event()
    manager._all_workers_ack = partial(_need_not_wait, manager, told, manager._all_workers_ack)  # noqa: SLF001 - as below
    manager.monitor = partial(_monitor, manager, manager.monitor)
    for number in STOPPING:
        signal.signal(number, partial(_stop, manager, told))
    asked = Event()
    signal.signal(signal.SIGUSR1, lambda *_: asked.set())
    Thread(target=_watch, args=(manager, asked, leaving, fault), name="watch", daemon=True).start()


def _stop(manager: Any, told: Event, number: int, frame: Any) -> None:
    if manager._shutting_down:  # noqa: SLF001 - Sanic tells it in no other way
        manager.shutdown_signal(number, frame)  # the second time it kills
    elif not told.is_set():
        told.set()
        manager.monitor_publisher.send(None)  # ends `monitor`


def _need_not_wait(manager: Any, told: Event, are_up: Callable[[], bool]) -> bool:
    # Sanic waits for its workers to come up: told to stop meanwhile it starts the others, and then waits for ever.
    if told.is_set() or manager._shutting_down:  # noqa: SLF001
        manager.shutdown()
        return True
    return are_up()


def _monitor(manager: Any, monitor: Callable[[], None]) -> None:
    monitor()
    if not manager._shutting_down:  # noqa: SLF001
        manager.shutdown()


def _watch(manager: Any, asked: Event, leaving: c_int, fault: Callable[[], str | None]) -> None:
    waiting: list[Any] = []
    old: Any = None
    while True:
        time.sleep(WATCH_SECONDS)
        if manager._shutting_down:  # noqa: SLF001 - Sanic tells it in no other way
            return
        for worker in list(manager.transient_processes):
            if worker.exitcode:
                log.error("worker died, starting another", worker=worker.name, exitcode=worker.exitcode)
                leaving.value = worker.pid
                worker.restart()
        if asked.is_set():
            asked.clear()
            if told := fault():
                log.error("workers are not replaced", reason=told)
            else:
                waiting = list(manager.transient_processes)
        if waiting and (old is None or not old.is_alive()):
            worker = waiting.pop(0)
            old = worker._current_process  # noqa: SLF001
            log.info("replacing a worker", worker=worker.name)
            leaving.value = old.pid
            worker.restart(restart_order=RestartOrder.STARTUP_FIRST)
