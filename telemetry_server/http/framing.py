"""Where one request ends and the next begins, by strict rules: no proxy before us may see other requests than we do.

Sanic's reader is lenient: it takes `Content-Length : 5`, folded lines, bare line feeds, two Hosts, `0x5` and digits of
any script for the size of a chunk, and any two bytes for the end of one. What RFC 9112 does not allow is 400 here, and
ends the connection.
"""

import re
import time
from collections.abc import Awaitable
from typing import Any

from sanic.exceptions import BadRequest
from sanic.http import Http, Stage
from sanic.http.http1 import HTTP_CONTINUE

_END = b"\r\n\r\n"
_MAX_CHUNK_HEAD_BYTES = 64

# Possessive throughout, so that it takes as long as the head is; and in bytes, as Sanic strips more than spaces later.
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_VALUE = rb"[\t -~\x80-\xff]*+"
_LAST = rb"[\t ]*+(?=\r|\Z)"
_HOST = rb"\r\n[Hh][Oo][Ss][Tt]:[\t ]*+[A-Za-z0-9._~!$&'()*+,;=:%\[\]-]*+" + _LAST
_LENGTH = rb"\r\n[Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Ll][Ee][Nn][Gg][Tt][Hh]:[\t ]*+[0-9]{1,18}+" + _LAST
_CODING = rb"\r\n(?i:Transfer-Encoding):[\t ]*+chunked" + _LAST
_PLAIN = rb"\r\n(?![CHTcht])" + _TOKEN + b":" + _VALUE  # none of these three; most lines, and told soon
_LINE = rb"\r\n(?!(?i:Host|Content-Length|Transfer-Encoding):)" + _TOKEN + b":" + _VALUE
_START = _TOKEN + rb" [!-~]++ HTTP/1\."
_OTHERS = b"(?:" + b"|".join((_PLAIN, _LENGTH, _LINE, _CODING)) + b")*+"
_OLD_OTHERS = b"(?:" + b"|".join((_PLAIN, _LENGTH, _LINE)) + b")*+"
_HEAD = re.compile(_START + b"1" + _OTHERS + _HOST + _OTHERS).fullmatch
_OLD_HEAD = re.compile(_START + b"0" + _OLD_OTHERS + b"(?:" + _HOST + _OLD_OTHERS + b")?+").fullmatch
_CHUNK = re.compile(rb"\r\n[0-9A-Fa-f]{1,15}+(?:[\t ]*+;[\t -~\x80-\xff]*+)?+").fullmatch


class StrictHttp(Http):
    """Sanic's reader of one connection, behind our rules.

    began_at: when the first byte of the request that is read was there; None before the first request.
    """

    __slots__ = ("_good_head", "began_at")

    def __init__(self, protocol: Any) -> None:
        super().__init__(protocol)  # type: ignore[no-untyped-call]
        self.began_at: float | None = None
        self._good_head = bytearray()  # the last one: many clients send the same again and again
        self.upgrade_websocket = False  # looked at before the first request, when Sanic has not set it

    def http1_request_header(self) -> Awaitable[None]:  # type: ignore[override]
        """Read the head of a request. Raises BadRequest where it is not as strict as it must be.

        No coroutine of its own, where all of it is there: this stands before every request.
        """
        self.began_at = time.monotonic()
        end = self.recv_buffer.find(_END)
        if end == -1:
            return self._await_head()
        return self._checked_head(end)

    async def read(self) -> bytes | None:
        """Some bytes of the body; None at its end. Raises BadRequest where a chunk is not framed as it must be."""
        if self.is_chunked and not self.request_bytes_left:
            if self.expecting_continue:
                self.expecting_continue = False
                await self._send(HTTP_CONTINUE)
            await self._check_chunk()
        return await super().read()

    @property
    def is_chunked(self) -> bool:
        """Whether chunks of the body are still to come."""
        body: Any = self.request_body  # None, True or a word
        return bool(body == "chunked")

    @property
    def is_arriving(self) -> bool:
        """Whether bytes of the request are still to come, answered or not."""
        return self.stage is Stage.REQUEST or bool(self.request_body)

    @property
    def arrived_bytes(self) -> int:
        """How much of the body has been read."""
        return (self.request_bytes or 0) - (self.request_bytes_left or 0)

    def _checked_head(self, end: int) -> Awaitable[None]:
        buffer = self.recv_buffer
        if end < self.HEADER_MAX_SIZE and buffer[:end] != self._good_head:
            if not _HEAD(buffer, 0, end) and not _OLD_HEAD(buffer, 0, end):
                raise BadRequest("Bad Request")
            self._good_head = buffer[:end]
        head: Awaitable[None] = super().http1_request_header()  # type: ignore[no-untyped-call]
        return head

    async def _await_head(self) -> None:
        buffer, end = self.recv_buffer, -1
        while end == -1 and len(buffer) < self.HEADER_MAX_SIZE + len(_END):  # Sanic says 413 beyond
            await self._receive_more()
            end = buffer.find(_END)
        if end == -1:
            await super().http1_request_header()  # type: ignore[no-untyped-call]
        else:
            await self._checked_head(end)

    async def _check_chunk(self) -> None:
        buffer = self.recv_buffer
        end = buffer.find(b"\r\n", 2)
        while end == -1 and len(buffer) <= _MAX_CHUNK_HEAD_BYTES:
            await self._receive_more()
            end = buffer.find(b"\r\n", 2)
        if not 0 < end <= _MAX_CHUNK_HEAD_BYTES or not _CHUNK(buffer, 0, end):
            self.keep_alive = False
            raise BadRequest("Bad chunked encoding")
