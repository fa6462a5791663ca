"""A connection of a client: a request that repeats another is answered as it arrives, all else by Sanic.

It is given up between two requests, never under one, unless the client dawdles.
"""

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import structlog
from sanic.exceptions import RequestTimeout
from sanic.http import Stage
from sanic.server.protocols.websocket_protocol import WebSocketProtocol

from telemetry_server.http.framing import StrictHttp

if TYPE_CHECKING:
    from telemetry_server.parts import Parts

LINGER_SECONDS = 1.0
BODY_BYTES_A_SECOND = 16_384  # of a body that takes longer than a request may
TELL_SECONDS = 60.0

log = structlog.get_logger(__name__)


class Addresses:
    """How many connections each address has. most: no address has more; 0: any number."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: Counter[str] = Counter()
        self._told_at = -TELL_SECONDS

    def enter(self, address: str) -> bool:
        """Count one more, where it may be."""
        if self._most and self._counts[address] >= self._most:
            if time.monotonic() - self._told_at >= TELL_SECONDS:
                self._told_at = time.monotonic()
                log.warning("too many connections of one address", address=address, most=self._most)
            return False
        self._counts[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Count one less."""
        self._counts[address] -= 1
        if not self._counts[address]:
            del self._counts[address]


class Connection(WebSocketProtocol):
    """Sanic's own, which reads strictly, and bounds what a client may hold.

    Sanic bounds the pauses between bytes; here the whole request has REQUEST_TIMEOUT to arrive, and a second more for
    each BODY_BYTES_A_SECOND of its body; so has the first byte of the first. An answer that nobody reads is given up.

    When the worker stops, Sanic asks to close what is idle. That may have a request on its way, so it is left open for
    a while: its next answer says `Connection: close`.
    """

    HTTP_CLASS = StrictHttp
    __slots__ = ("_address", "_full_since", "_given_up", "_made_at")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._address: str | None = None  # that counts it
        self._full_since: float | None = None
        self._given_up = False
        self._made_at = time.monotonic()

    def connection_made(self, transport: Any) -> None:
        """Begin to read, unless the address has too many."""
        super().connection_made(transport)  # type: ignore[no-untyped-call]
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        if self.app.ctx.addresses.enter(address):
            self._address = address
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        if self._address is not None:
            self.app.ctx.addresses.leave(self._address)
            self._address = None
        super().connection_lost(exc)  # type: ignore[no-untyped-call]

    def data_received(self, data: bytes) -> None:
        """Bytes have come, as many as there were."""
        answer = self._repeated(data)
        if answer is None or self.transport is None:
            super().data_received(data)  # type: ignore[no-untyped-call]
        else:
            self._time = self._http.began_at = time.monotonic()
            self.transport.write(answer)

    def pause_writing(self) -> None:
        """Note since when the client has not read."""
        self._full_since = time.monotonic()
        super().pause_writing()  # type: ignore[no-untyped-call]

    def resume_writing(self) -> None:
        """It reads."""
        self._full_since = None
        super().resume_writing()  # type: ignore[no-untyped-call]

    def check_timeouts(self) -> None:
        """Look now and then, as Sanic asks, whether the client dawdles: it is told so, and soon after let go."""
        http, now = self._http, time.monotonic()
        if not self._task or http is None or http.upgrade_websocket:
            super().check_timeouts()  # type: ignore[no-untyped-call]
        elif self._given_up or (self._full_since is not None and now - self._full_since > self.response_timeout):
            self.abort()  # type: ignore[no-untyped-call]
        elif self._is_late(http, now):
            self._given_up = True
            http.exception = RequestTimeout("Request Timeout")
            self._task.cancel()
            self._callback_check_timeouts = self.loop.call_later(LINGER_SECONDS, self.check_timeouts)
        else:
            super().check_timeouts()  # type: ignore[no-untyped-call]

    def close_if_idle(self) -> bool:
        """Close it after LINGER_SECONDS, if it is idle then."""
        self.loop.call_later(LINGER_SECONDS, super().close_if_idle)
        return False

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

    def _is_late(self, http: StrictHttp, now: float) -> bool:
        if http.began_at is None:
            return now - self._made_at > float(self.request_timeout)
        allowed: float = self.request_timeout + http.arrived_bytes / BODY_BYTES_A_SECOND
        return http.is_arriving and now - http.began_at > allowed
