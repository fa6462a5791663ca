"""mongod and redis-server as services: how each is started, when it is ready, and its address."""

from __future__ import annotations

import contextlib
import socket
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Literal

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from tools import binaries
from tools.processes import Process, free_port, is_free
from tools.terminal import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tools.binaries import Binary

READY_TIMEOUT_SECONDS = 60  # a recovery after a power cut takes its time
ANSWER_TIMEOUT_SECONDS = 2
NOT_YET_INITIALIZED = 94
SET_NAME = "rs0"

Outcome = Literal["started", "adopted", "restarted"]


class Service(ABC):
    """A server with a data folder, on a free port of 127.0.0.1 that it keeps from start to start."""

    binary: Binary
    has_others = False  # that stand in for it where it dies

    def __init__(self, folder: Path, arguments: Sequence[str] = (), *, name: str = "") -> None:
        self.folder = folder
        self.process = Process(folder, name or self.binary.name)
        self.data = folder / self.process.name
        self.arguments = arguments
        self.prefix: Sequence[str] = ()  # a command that runs it, such as env or ip netns exec
        self.address = "127.0.0.1"

    @property
    @abstractmethod
    def uri(self) -> str:
        """Where clients connect."""

    def up(self, wanted_port: int = 0) -> Outcome:
        """Adopt the running one when it answers; else start it and wait until it does. Raises Problem.

        wanted_port: where it is to listen, and nowhere else; 0: where it did before, if that is free.
        """
        earlier = self.process.record.pid is not None
        if self.process.pid and self._is_ready_within(ANSWER_TIMEOUT_SECONDS):
            if wanted_port not in {0, self.process.port}:
                raise Problem(f"{self.process.name} runs on port {self.process.port}: scripts/local_stack down first")
            return "adopted"
        self.process.stop()
        program = binaries.find(self.binary)
        self.data.mkdir(parents=True, exist_ok=True)
        port = self._port(wanted_port)
        try:
            self.process.start([*self.prefix, *self._command(program, port)], port=port)
            self._require_ready()
        except BaseException:
            self.process.stop()
            raise
        return "restarted" if earlier else "started"

    def down(self) -> bool:
        """Stop it cleanly; False when it was not running."""
        return self.process.stop(timeout_seconds=30)

    def is_answering(self) -> bool:
        """Whether it serves requests now."""
        return self.process.pid is not None and self._is_ready(self.process.port)

    def state(self) -> str:
        """`up`, or what else it is."""
        if self.process.pid:
            return "up" if self.is_answering() else "does not answer"
        return "was cut off" if self.process.record.pid else "down"

    def _port(self, wanted: int) -> int:
        if wanted and not is_free(wanted):
            raise Problem(f"port {wanted} is taken: {self.process.name} cannot listen there")
        port = wanted or self.process.port
        return port if port and is_free(port) else free_port()

    def _is_ready_within(self, timeout_seconds: float) -> bool:
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline and self.process.pid:
            if self._is_ready(self.process.port):
                return True
            time.sleep(0.05)
        return False

    def _require_ready(self) -> None:
        if not self._is_ready_within(READY_TIMEOUT_SECONDS):
            raise Problem(self.process.failure("is not ready" if self.process.pid else "ended at once"))

    @abstractmethod
    def _command(self, program: Path, port: int) -> list[str | Path]: ...

    @abstractmethod
    def _is_ready(self, port: int) -> bool: ...


def connect(port: int, address: str = "127.0.0.1") -> MongoClient[dict[str, Any]]:
    """A client of the one mongod that listens on a port, whatever it is a member of; to be closed."""
    timeout_ms = ANSWER_TIMEOUT_SECONDS * 1000
    return MongoClient(
        address,
        port,
        directConnection=True,
        serverSelectionTimeoutMS=timeout_ms,
        connectTimeoutMS=timeout_ms,
        socketTimeoutMS=timeout_ms,
    )


class MongoService(Service):
    """mongod as a replica set of one member, so that retryable writes and change streams work."""

    binary = binaries.MONGOD

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.process.port}/?replicaSet={SET_NAME}"

    def _command(self, program: Path, port: int) -> list[str | Path]:
        options = ["--replSet", SET_NAME, "--bind_ip", self.address, "--port", str(port), "--nounixsocket"]
        return [program, *options, "--dbpath", self.data, *self.arguments]

    def _is_ready(self, port: int) -> bool:
        with connect(port) as client, contextlib.suppress(PyMongoError):
            if client.admin.command("hello").get("isWritablePrimary"):
                return True
            self._configure(client, f"127.0.0.1:{port}")
        return False

    def _configure(self, client: MongoClient[dict[str, Any]], host: str) -> None:
        try:
            config = client.admin.command("replSetGetConfig")["config"]
        except OperationFailure as error:
            if error.code != NOT_YET_INITIALIZED:
                raise
            members = [{"_id": 0, "host": host}]
            client.admin.command("replSetInitiate", {"_id": SET_NAME, "members": members})
            return
        if config["members"][0]["host"] != host:  # the port was taken since, and is another now
            config["members"][0]["host"] = host
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)


class RedisService(Service):
    """redis-server as a cache: nothing on disk, the least recently used goes first."""

    binary = binaries.REDIS_SERVER

    @property
    def uri(self) -> str:
        return f"redis://127.0.0.1:{self.process.port}/0"

    def _command(self, program: Path, port: int) -> list[str | Path]:
        memory = ["--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru"]
        options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
        return [program, *options, *memory, "--dir", self.data, *self.arguments]

    def _is_ready(self, port: int) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), ANSWER_TIMEOUT_SECONDS) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False
