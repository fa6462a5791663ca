"""The telemetry server as a process of its own."""

from __future__ import annotations

import http.client
import ssl
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tools.processes import Process, interrupts_deferred
from tools.terminal import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psutil

    from tools.loaded import Loaded

READY_TIMEOUT_SECONDS = 30
STOP_TIMEOUT_SECONDS = 10


class Server:
    """`python -m telemetry_server serve` with its record and log in a folder."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        self.process = Process(folder, "server")
        self.environment: Mapping[str, str] = {}
        self.host = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104  compared, not bound

    @property
    def url(self) -> str:
        """The root of its API, without a slash at the end."""
        return f"{'https' if self._has_tls else 'http'}://{self.host}:{self.process.port}"

    @property
    def _has_tls(self) -> bool:
        return bool(self.environment.get("TLS_CERT_FILE"))

    def start(
        self,
        environment: Mapping[str, str],
        *,
        port: int,
        arguments: Sequence[str] = (),
        folder: Path | None = None,
        module: str = "telemetry_server",
        loaded: Loaded | None = None,
    ) -> None:
        """Start it with exactly this environment; wait until it is ready. Raises Problem.

        `module`: another one with the same command line. `loaded`: what gives it, else it is loaded anew.
        """
        self.environment = {**environment, "PORT": str(port)}
        if loaded:
            with interrupts_deferred():
                pid = loaded.start(["serve", *arguments], self.environment, folder or Path.cwd(), self.process.log)
                self.process.adopt(pid, port)
        else:
            command = [sys.executable, "-m", module, "serve", *arguments]
            self.process.start(command, port=port, environment=self.environment, folder=folder)
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def wait_until_ready(self) -> None:
        """Wait for readiness. Raises Problem with the end of its log when it dies or takes too long."""
        deadline = time.monotonic() + READY_TIMEOUT_SECONDS
        while not self.is_ready():
            if not self.process.pid:
                raise Problem(self.process.failure("ended at once"))
            if time.monotonic() > deadline:
                raise Problem(self.process.failure(f"is not ready after {READY_TIMEOUT_SECONDS} seconds"))
            time.sleep(0.05)

    def stop(self) -> bool:
        """End it as an operator would; False when it was not running."""
        return self.process.stop(STOP_TIMEOUT_SECONDS)

    def workers(self) -> list[psutil.Process]:
        """The processes that take connections."""
        return self.process.listeners()

    def is_ready(self) -> bool:
        """Whether `GET /health/ready` answers 200 now."""
        connection = http.client.HTTPConnection(self.host, self.process.port, timeout=3)
        if self._has_tls:  # whose certificate it is, its clients ask
            unchecked = ssl._create_unverified_context()  # noqa: S323, SLF001
            connection = http.client.HTTPSConnection(self.host, self.process.port, timeout=3, context=unchecked)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
