"""Event: what a listener is told, as server-sent events and as messages of a WebSocket have it."""

from dataclasses import dataclass
from typing import Any

import msgspec

from telemetry_server.http import wire

RETRY_MS = 1000


@dataclass(frozen=True, slots=True)
class Event:
    """`data`: a JSON text, None for a heartbeat; `id`: where a listener that comes again goes on."""

    kind: str
    id: str
    data: bytes | None = None

    def to_sse(self) -> bytes:
        """As a server-sent event; that of a heartbeat says the id and nothing else."""
        if self.data is None:
            return b"id: %b\n\n" % self.id.encode()
        return b"id: %b\nevent: %b\ndata: %b\n\n" % (self.id.encode(), self.kind.encode(), self.data)

    def to_message(self) -> str:
        """As a message of a WebSocket: {"event", "id", "data"}."""
        data: Any = None if self.data is None else msgspec.Raw(self.data)
        return wire.encode({"event": self.kind, "id": self.id, "data": data}).decode()
