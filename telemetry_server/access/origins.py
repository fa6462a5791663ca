"""Web pages of other origins: none may call, but those of the setting CORS_ORIGINS.

A browser asks first (a preflight) before such a page may send a key or JSON, and keeps an answer from it that does not
name its origin. What a page may send without asking, and WebSocket, which a browser does not guard, is refused here.
Programs send no Origin, and are not meant.
"""

from collections.abc import Sequence
from typing import Final

from sanic import HTTPResponse, Request, empty

from telemetry_server.errors import Forbidden
from telemetry_server.http import wire
from telemetry_server.http.failures import allowed_methods

_READING: Final = ("GET", "HEAD", "OPTIONS")
_OWN: Final = ("same-origin", "none")  # of Sec-Fetch-Site: no proxy changes it, as it may change Host
_HEADERS: Final = (
    "Authorization, Cache-Control, Content-Encoding, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
    "Last-Event-ID, X-Request-ID, traceparent"
)
_EXPOSED: Final = (
    "Allow, ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, Server-Timing, WWW-Authenticate, X-Cache, "
    "X-Request-ID"
)
_PREFLIGHT_SECONDS: Final = 600


class Origins:
    """allowed: origins as browsers send them, `https://grafana.example.com`."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._allowed = frozenset(allowed)

    def check(self, request: Request) -> None:
        """See that no page of another origin changes anything, or listens. Raises Forbidden."""
        headers = request.headers
        origin = headers.get("origin")
        if origin is None or origin in self._allowed or headers.get("sec-fetch-site") in _OWN:
            return
        if request.method in _READING and "upgrade" not in headers:
            return
        if origin.partition("://")[2] != headers.get("host", ""):
            raise Forbidden("Pages of this origin may not do this; CORS_ORIGINS names those that may.")

    def answer(self, request: Request) -> HTTPResponse | None:
        """To a preflight; None where it is none, or of an origin that is not allowed."""
        if request.method != "OPTIONS" or "access-control-request-method" not in request.headers:
            return None
        if request.headers.get("origin") not in self._allowed:
            return None
        methods = ", ".join(allowed_methods(request))
        return empty(
            204,
            {
                "Access-Control-Allow-Methods": methods,
                "Access-Control-Allow-Headers": _HEADERS,
                "Access-Control-Max-Age": str(_PREFLIGHT_SECONDS),
            },
        )

    def tell(self, request: Request, response: HTTPResponse) -> None:
        """Let a page of an allowed origin read the answer. Never with credentials: a key is a header of its own."""
        wire.vary(response, "Origin")
        origin = request.headers.get("origin")
        if origin in self._allowed:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = _EXPOSED
