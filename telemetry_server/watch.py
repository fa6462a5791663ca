"""The workers, watched by the parent process: one that was killed is replaced, and all are where the operator asks.

Sanic's manager goes on without a worker that was killed. It stops within its signal handler, which asks the process
that keeps the workers' states; where that interrupts a question of its own, the answers are mixed up. So it is only
told by the handler, and stops when it looks. When it looks, too, workers are replaced: from another thread, what it has
just read of a worker would be written over what is known of its successor.

SIGUSR1 replaces all workers, one after the other: the new one is ready before the old one is told to stop, and all take
connections from the same socket, so no request is lost.

A worker takes no notice of a signal while Sanic changes what it does with them, just before it serves, and Sanic sends
none twice. So each also looks by itself whether all are to stop.
"""

import asyncio
import contextlib
import math
import os
import signal
import time
from collections.abc import Callable
from ctypes import c_int
from functools import partial
from typing import Any

import structlog
from sanic import Sanic
from sanic.worker.constants import ProcessState, RestartOrder

STOPPING = (signal.SIGINT, signal.SIGTERM)
LOOK_SECONDS = 0.5
KNOWN_SECONDS = 5
KNOWN_PAUSE_SECONDS = 0.01
END_PAUSE_SECONDS = 0.1

log = structlog.get_logger(__name__)


class _Watch:
    """In the place of some of Sanic's manager's methods, in the thread that runs it.

    Signals' handlers interrupt that very thread: what they say is kept without a lock.
    """

    def __init__(self, manager: Any, leaving: c_int, stopping: c_int, fault: Callable[[], str | None]) -> None:
        self._manager = manager
        self._leaving = leaving
        self._stopping = stopping
        self._fault = fault
        self._is_to_stop = False
        self._is_to_replace = False
        self._waiting: list[Any] = []
        self._old: Any = None
        self._looked_at = -math.inf
        self._shutdown, manager.shutdown = manager.shutdown, self.shutdown
        self._monitor, manager.monitor = manager.monitor, self.monitor
        # Sanic has no other way in, here and below.
        self._are_up, manager._all_workers_ack = manager._all_workers_ack, self.are_up  # noqa: SLF001
        self._sync, manager._sync_states = manager._sync_states, self.sync  # noqa: SLF001

    def stop(self, number: int, frame: Any) -> None:
        """Handle SIGTERM and SIGINT."""
        if self._manager._shutting_down:  # noqa: SLF001
            self._manager.shutdown_signal(number, frame)  # the second time it kills
        elif not self._is_to_stop:
            self._is_to_stop = True
            self._manager.monitor_publisher.send(None)  # ends Sanic's `monitor`

    def replace_all(self, *_: object) -> None:
        """Handle SIGUSR1."""
        self._is_to_replace = True

    def are_up(self) -> bool:
        # Sanic waits for its workers to come up: told to stop meanwhile it starts the others, and then waits for ever.
        if self._is_stopping:
            self._manager.shutdown()
            return True
        self._look()
        return bool(self._are_up())

    def sync(self) -> None:
        self._sync()
        if not self._is_stopping:
            self._look()

    def monitor(self) -> None:
        self._monitor()
        if not self._manager._shutting_down:  # noqa: SLF001
            self._manager.shutdown()

    def shutdown(self) -> None:
        try:
            self._shutdown()
        finally:  # later than the signals: one that comes to a worker that stops already ends it halfway
            self._stopping.value = 1

    @property
    def _is_stopping(self) -> bool:
        return self._is_to_stop or bool(self._manager._shutting_down)  # noqa: SLF001

    def _look(self) -> None:
        """Replace who is to be, at most every LOOK_SECONDS."""
        now = time.monotonic()
        if now < self._looked_at + LOOK_SECONDS:
            return
        self._looked_at = now
        for worker in self._manager.transient_processes:
            if worker.exitcode:
                log.error("worker died, starting another", worker=worker.name, exitcode=worker.exitcode)
                self._replace(worker, RestartOrder.SHUTDOWN_FIRST)
        if self._is_to_replace:
            self._is_to_replace = False
            if told := self._fault():
                log.error("workers are not replaced", reason=told)
            else:
                self._waiting = list(self._manager.transient_processes)
        if self._waiting and (self._old is None or not self._old.is_alive()):
            worker = self._waiting[0]
            log.info("replacing a worker", worker=worker.name)
            old = worker._current_process  # noqa: SLF001
            if self._replace(worker, RestartOrder.STARTUP_FIRST):
                self._old = old
                self._waiting.pop(0)

    def _replace(self, worker: Any, order: RestartOrder) -> bool:
        """Start another; False where none can be, for want of memory or processes, and is to be tried again."""
        old = worker._current_process  # noqa: SLF001
        leaving, self._leaving.value = self._leaving.value, worker.pid
        worker._wait_to_terminate = partial(_end, old, worker, self._stopping)  # noqa: SLF001 - Sanic's raises
        try:
            worker.restart(restart_order=order)
        except OSError as error:
            worker._current_process, self._leaving.value = old, leaving  # noqa: SLF001
            log.error("cannot start a worker", worker=worker.name, reason=error.strerror)  # noqa: TRY400 - it says all
            return False
        return True


def watch(app: Sanic[Any, Any], leaving: c_int, stopping: c_int, fault: Callable[[], str | None]) -> None:
    """Have the manager of `app`, in the parent process, watch its workers.

    `leaving` tells them who is replaced, `stopping` that all are to stop. fault: why a new worker could not start, if
    so: then all stay.
    """
    watching = _Watch(app.manager, leaving, stopping, fault)
    for number in STOPPING:
        signal.signal(number, watching.stop)
    signal.signal(signal.SIGUSR1, watching.replace_all)


async def until_known(app: Sanic[Any, Any]) -> None:
    """Wait in a worker that starts until the parent has put down its pid, the last that it does.

    Else that could be written over the worker's own word that it is up, for which the parent would wait in vain.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(KNOWN_SECONDS):
            while app.m.state.get("pid") != os.getpid():  # noqa: ASYNC110 - another process says so
                await asyncio.sleep(KNOWN_PAUSE_SECONDS)


async def leave_when_told(app: Sanic[Any, Any], stopping: c_int) -> None:
    """What a worker does beside its requests, from when it serves: stop with the others."""
    try:
        await asyncio.sleep(LOOK_SECONDS)  # before it serves, a stop would end no more than its start
        while not stopping.value:  # noqa: ASYNC110 - another process says so
            await asyncio.sleep(LOOK_SECONDS)
    except asyncio.CancelledError:  # it stops already, and Sanic would warn of that
        return
    app.stop(terminate=False)


def _end(old: Any, worker: Any, stopping: c_int) -> None:
    # In a thread of its own, as Sanic has it. When all are to stop, no successor comes up, and the old one sees it too.
    while worker.state is not ProcessState.ACKED:
        if stopping.value:
            return
        time.sleep(END_PAUSE_SECONDS)
    old.terminate()
