"""One process that outlives its starter: a record says which it is, a log holds what it said."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType


PAUSE_TIMEOUT_SECONDS = 5


@dataclass(frozen=True)
class Record:
    """What is remembered of a process in `<name>.json`; the port stays when the process is gone."""

    pid: int | None = None
    started_after_boot_seconds: float = 0.0
    port: int = 0


class Process:
    """A named process of one folder, found again by its record, by this program or by a later one.

    It runs in a session of its own: Ctrl-C in the starter's terminal does not reach it. A pid that the system
    has given to another process since is recognised by its start time, and never touched.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._record_file = folder / f"{name}.json"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def record(self) -> Record:
        """The record; an empty one where there is none."""
        try:
            return Record(**json.loads(self._record_file.read_text()))
        except (OSError, ValueError, TypeError):
            return Record()

    @property
    def pid(self) -> int | None:
        """The pid while the process lives, else None."""
        found = self._find()
        return found.pid if found else None

    @property
    def port(self) -> int:
        """The port that it was last started on; 0 when never."""
        return self.record.port

    def start(
        self,
        command: Sequence[str | Path],
        *,
        port: int = 0,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        """Start the command with its output in the log, written anew, and record it. Raises OSError."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with interrupts_deferred(), self.log.open("wb") as log:
            self._child = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=None if environment is None else dict(environment),
                cwd=folder,
                start_new_session=True,
            )
            self._write(Record(self._child.pid, _started_after_boot_seconds(self._child.pid), port))

    def adopt(self, pid: int, port: int) -> None:
        """Record a process that somebody else has started for it, with its output in the log."""
        try:
            self._write(Record(pid, _started_after_boot_seconds(pid), port))
        except psutil.NoSuchProcess:  # it has ended already
            self._write(Record(port=port))

    def listeners(self) -> list[psutil.Process]:
        """Its children that listen on its port, by rising pid."""
        found = self._find()
        return sorted(
            (child for child in (found.children() if found else []) if _listens(child, self.port)),
            key=lambda child: int(child.pid),
        )

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if the process lives."""
        found = self._find()
        if found:
            with contextlib.suppress(psutil.NoSuchProcess):
                found.send_signal(number)

    def pause(self) -> None:
        """Let it hang (SIGSTOP), and return once each of its threads does: until then some still answer."""
        found = self._find()
        if found:
            found.suspend()
            deadline = time.monotonic() + PAUSE_TIMEOUT_SECONDS
            while not _has_stopped(found.pid) and time.monotonic() < deadline:
                time.sleep(0.001)

    def resume(self) -> None:
        """Let it go on (SIGCONT)."""
        self.send(signal.SIGCONT)

    def kill(self) -> None:
        """End the process as a power cut would, and its children with it."""
        found = self._find()
        if found:
            _kill_group(found.pid)
            self.wait(10)

    def wait(self, timeout_seconds: float) -> bool:
        """Wait for its end; False when it still lives after the timeout."""
        try:
            if self._child:
                self._child.wait(timeout_seconds)
            elif found := self._find():
                found.wait(timeout_seconds)
        except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
            return self._find() is None
        return True

    def stop(self, timeout_seconds: float = 10) -> bool:
        """End the process: SIGTERM, and SIGKILL to it and its children after the timeout.

        Also ends children that a dead leader left behind. False when nothing was there to stop.
        """
        record, found = self.record, self._find()
        if found:
            self.send(signal.SIGTERM)
            self.send(signal.SIGCONT)  # a stopped process acts on SIGTERM only when it continues
            self.wait(timeout_seconds)
        if record.pid and (found or not psutil.pid_exists(record.pid)):
            # A pid stays reserved while a process of its group lives, so the group can only be ours.
            _kill_group(record.pid)
            self.wait(10)
        if record.pid:
            self._write(Record(port=record.port))
        return found is not None

    def failure(self, what: str) -> str:
        """What happened to it in one line, then the last lines of its log."""
        try:
            lines = [line[:300] for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        except OSError:
            lines = []
        return "\n  ".join([f"{self.name} {what}; the end of {self.log}:", *lines[-5:]])

    def _find(self) -> psutil.Process | None:
        record = self.record
        if record.pid is None:
            return None
        if self._child and self._child.pid == record.pid and self._child.poll() is not None:
            return None
        try:
            process = psutil.Process(record.pid)
            same = abs(_started_after_boot_seconds(record.pid) - record.started_after_boot_seconds) < 1
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    def _write(self, record: Record) -> None:
        new = self._record_file.with_suffix(".new")
        new.write_text(json.dumps(asdict(record)))
        new.replace(self._record_file)


@contextlib.contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and SIGHUP act only after the block: what it starts is also recorded."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    seen: list[signal.Signals] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        seen.append(signal.Signals(number))

    try:
        before = {number: signal.signal(number, remember) for number in numbers}
    except ValueError:  # not the main thread, which alone gets signals
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in seen[:1]:
            os.kill(os.getpid(), number)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is free now, outside the range that the system gives to outgoing calls."""
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311  no secret
        if is_free(port):
            return port


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on the port of that address now."""
    return bind_error(port, host) is None


def bind_error(port: int, host: str) -> OSError | None:
    """Why no server could listen on the port of that address now; None when one could."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        return error
    return None


def _started_after_boot_seconds(pid: int) -> float:
    # Since boot, not since the epoch: a clock that is set must not make a process a stranger.
    seconds: float = psutil.Process(pid).create_time() - psutil.boot_time()
    return round(seconds, 2)


def _has_stopped(pid: int) -> bool:
    try:
        threads = [psutil.Process(thread.id) for thread in psutil.Process(pid).threads()]
        return all(thread.status() == psutil.STATUS_STOPPED for thread in threads)
    except psutil.NoSuchProcess:  # a thread, or all of it, has ended meanwhile
        return not psutil.pid_exists(pid)


def _listens(process: psutil.Process, port: int) -> bool:
    try:
        return any(each.laddr.port == port and not each.raddr for each in process.net_connections("tcp"))
    except psutil.NoSuchProcess:  # it has ended since it was found
        return False


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
