"""The clients of a load that looks at each answer, many in one thread; wrk is faster, and looks at none."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.bench.stage import HEADERS

if TYPE_CHECKING:
    from tools.server import Server

_HEAD = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())


@dataclass(frozen=True)
class Answer:
    """The status, the raw head, and the body."""

    status: int
    head: bytes
    body: bytes


class Caller:
    """One client, with a connection that is opened when it is needed."""

    def __init__(self, server: Server) -> None:
        self._address = (server.host, server.process.port)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, body: str = "") -> Answer:
        """One request. Raises OSError or EOFError where the connection is lost under it."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(*self._address)
        head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\n{_HEAD}Content-Length: {len(body)}\r\n\r\n{body}"
        self._writer.write(head.encode())
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return Answer(int(answer[9:12]), answer, await self._reader.readexactly(int(length or 0)))

    async def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._writer is not None:
            self._writer.close()
            await self._writer.wait_closed()
        self._reader = self._writer = None
