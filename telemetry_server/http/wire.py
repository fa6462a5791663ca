"""JSON bytes in and out, and the responses made of them."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from sanic import HTTPResponse, Request

from telemetry_server import errors
from telemetry_server.errors import Malformed, UnsupportedMedia
from telemetry_server.http.compression import MIN_BYTES, compressed, expanded

MAX_DEPTH = 32
MAX_NAMES = 1000  # of one object
MAX_CONTAINERS = 1000  # objects and arrays, where they are denser than any that is meant
DENSE_BYTES = 12  # of text for each; the densest attribute of OTLP has 18
_CONTAINERS = (dict, list)
_UNCLEAN = re.compile("[\r\n\0]").search
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


# What each answer says to a browser: it is what its type says, no page may show it in a frame or load anything by it,
# and none of another origin may embed it. The pages that this server shows have a policy of their own.
SAFETY: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_SAFETY_LINES: Final = "".join(f"\r\n{name}: {value}" for name, value in SAFETY.items())


class Response(HTTPResponse):
    """A response whose headers cost little: Sanic cleans and formats each by itself, which takes most of its time here.

    Those that need no cleaning are one header to it: the value of the first goes on with the lines of the others, and
    with those of SAFETY.
    """

    __slots__ = ()

    @property
    def processed_headers(self) -> Iterator[tuple[bytes, bytes]]:
        self.headers.setdefault("content-type", self.content_type)
        pairs = list(self.headers.items())
        if _UNCLEAN("".join([f"{value}" for _, value in pairs])):
            secure(self)
            return super().processed_headers
        lines = "\r\n".join([f"{name}: {value}" for name, value in pairs]) + _SAFETY_LINES
        name, _, rest = lines.encode(errors="surrogateescape").partition(b": ")
        return iter(((name, rest),))


def secure(response: HTTPResponse) -> None:
    """Add what SAFETY has and a response does not say by itself."""
    for name, value in SAFETY.items():
        response.headers.setdefault(name, value)


def vary(response: HTTPResponse, name: str) -> None:
    """The answer depends on this header of the request, too."""
    others = response.headers.get("vary")
    response.headers["Vary"] = f"{others}, {name}" if others else name


def decode(raw: bytes) -> Any:
    """Read JSON that comes from outside, strictly.

    Raises Malformed for anything else, for what goes beyond MAX_DEPTH or MAX_NAMES, and for what is mostly brackets:
    that is small to send, and long to read.
    """
    if not raw:
        raise Malformed("The body is empty; JSON is expected.")
    containers = raw.count(b"[") + raw.count(b"{")  # and what texts have of them: at least as many as there are
    if containers > MAX_CONTAINERS + len(raw) // DENSE_BYTES:
        raise Malformed(f"The JSON has too many objects and arrays for its length: {containers}.")
    try:
        value = _decode(raw)
    except RecursionError:
        raise _too_deep() from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The body is not valid JSON: {error}") from None
    if containers > MAX_DEPTH or raw.count(b":") > MAX_NAMES:
        _check_shape(value)
    return value


def body_of(request: Request) -> Any:
    """The request's JSON body. A missing content type is taken for JSON; another one is refused (415)."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type and content_type != "application/json" and not content_type.endswith("+json"):
        raise UnsupportedMedia("The body must be JSON; send it with Content-Type: application/json.")
    return decode(bytes_of(request))


def bytes_of(request: Request) -> bytes:
    """The request's body, expanded where it is compressed. Raises what `compression.expanded` does."""
    coding = request.headers.get("content-encoding", "")
    return expanded(request.body, coding, request.app.config.REQUEST_MAX_SIZE) if coding else request.body


def compress(request: Request, response: HTTPResponse) -> None:
    """Send the answer compressed where the client takes it so; not one with an ETag, which names its very bytes."""
    body = response.body
    if not body or len(body) < MIN_BYTES or "etag" in response.headers:
        return
    vary(response, "Accept-Encoding")
    if found := compressed(body, request.headers.get("accept-encoding", "")):
        response.body, response.headers["Content-Encoding"] = found


def decode_own(raw: bytes) -> Any:
    """Read what `encode` made."""
    return _decode(raw)


def encode(value: Any) -> bytes:
    """Compact JSON."""
    return _encode(value)


def json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> HTTPResponse:
    """A JSON response; bytes are taken as already encoded."""
    raw = value if isinstance(value, bytes) else _encode(value)
    return Response(raw, status, headers, "application/json")


def problem(error: errors.Problem) -> HTTPResponse:
    """The problem+json response of an error."""
    raw = _encode(errors.body(error.status, error.detail, error.faults, error.extra))
    return Response(raw, error.status, error.headers, "application/problem+json")


def _check_shape(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        if any(len(parent) > MAX_NAMES for parent in level if isinstance(parent, dict)):
            raise Malformed(f"An object of the JSON has more than {MAX_NAMES} names.")
        level = [
            child
            for parent in level
            if isinstance(parent, _CONTAINERS)
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, _CONTAINERS)
        ]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> Malformed:
    return Malformed(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
