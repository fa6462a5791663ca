"""A connection of a client: a request that repeats another is answered as it arrives, all else by Sanic.

It is given up between two requests, never under one.
"""

import time
from typing import TYPE_CHECKING

from sanic.http import Stage
from sanic.server.protocols.websocket_protocol import WebSocketProtocol

if TYPE_CHECKING:
    from telemetry_server.parts import Parts

LINGER_SECONDS = 1.0


class Connection(WebSocketProtocol):
    """Sanic's own, which it asks to close when the worker stops.

    A connection that is idle then may have a request on its way, so it is left open for a while: its next answer
    says `Connection: close`.
    """

    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        """Bytes have come, as many as there were."""
        answer = self._repeated(data)
        if answer is None or self.transport is None:
            super().data_received(data)  # type: ignore[no-untyped-call]
        else:
            self._time = time.monotonic()
            self.transport.write(answer)

    def _repeated(self, data: bytes) -> bytes | None:
        """The answer where they are one request that repeats another, and nothing else is going on here."""
        http, peer = self.http, self.conn_info
        # While a body that nobody wanted is passed over, the stage is IDLE too.
        if http is None or http.stage is not Stage.IDLE or not http.keep_alive or http.request_body or self.recv_buffer:
            return None
        parts: Parts = self.app.ctx.parts
        if parts.closing or peer is None or not self._can_write.is_set():
            return None
        return parts.repeats.answer(data, peer.client_ip)

    def close_if_idle(self) -> bool:
        """Close it after LINGER_SECONDS, if it is idle then."""
        self.loop.call_later(LINGER_SECONDS, super().close_if_idle)
        return False
