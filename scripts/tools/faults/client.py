"""An HTTP client that knows the difference between a refusal, a failure, and not knowing."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tools.bench.stage import HEADERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.server import Server

TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Reply:
    """An answer. status 0: none came, and the request may have been handled; -1: it was never sent."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """One client on one connection, opened when it is needed; not for several threads."""

    def __init__(self, server: Server, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._server = server
        self._timeout = timeout_seconds
        self._connection: http.client.HTTPConnection | None = None

    def send(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """One request."""
        try:
            connection = self._connected()
        except OSError:
            return Reply(-1)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {**HEADERS, **(headers or {})})
            answer = connection.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return Reply(0)
        if answer.will_close:
            self.close()
        return Reply(answer.status, raw, {name.lower(): value for name, value in answer.getheaders()})

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            port = self._server.process.port
            connection = http.client.HTTPConnection(self._server.host, port, timeout=self._timeout)
            connection.connect()
            self._connection = connection
        return self._connection
