"""A connection of a client, which is given up between two requests, never under one."""

from sanic.server.protocols.websocket_protocol import WebSocketProtocol

LINGER_SECONDS = 1.0


class Connection(WebSocketProtocol):
    """Sanic's own, which it asks to close when the worker stops.

    A connection that is idle then may have a request on its way, so it is left open for a while: its next answer
    says `Connection: close`.
    """

    __slots__ = ()

    def close_if_idle(self) -> bool:
        """Close it after LINGER_SECONDS, if it is idle then."""
        self.loop.call_later(LINGER_SECONDS, super().close_if_idle)
        return False
