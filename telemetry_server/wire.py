"""JSON bytes in and out, and the responses made of them."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sanic import HTTPResponse, Request

from telemetry_server import errors
from telemetry_server.errors import Malformed, UnsupportedMedia

MAX_DEPTH = 32
_encode = msgspec.json.Encoder().encode


def decode(raw: bytes) -> Any:
    """Read strict JSON. Raises Malformed for anything else, and for nesting beyond MAX_DEPTH."""
    if not raw:
        raise Malformed("The body is empty; JSON is expected.")
    try:
        value = msgspec.json.decode(raw)
    except RecursionError:
        raise Malformed(f"The JSON is nested deeper than {MAX_DEPTH} levels.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The body is not valid JSON: {error}") from None
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _too_deep(value):
        raise Malformed(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
    return value


def body_of(request: Request) -> Any:
    """The request's JSON body. A missing content type is taken for JSON; another one, or a coding, is refused (415)."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type and content_type != "application/json" and not content_type.endswith("+json"):
        raise UnsupportedMedia("The body must be JSON; send it with Content-Type: application/json.")
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise UnsupportedMedia("The body must not be compressed.")
    return decode(request.body)


def encode(value: Any) -> bytes:
    """Compact JSON."""
    return _encode(value)


def json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HTTPResponse:
    """A JSON response; bytes are taken as already encoded."""
    raw = value if isinstance(value, bytes) else _encode(value)
    return HTTPResponse(raw, status, dict(headers or {}), "application/json")


def problem(error: errors.Problem) -> HTTPResponse:
    """The problem+json response of an error."""
    raw = _encode(errors.body(error.status, error.detail, error.faults, error.extra))
    return HTTPResponse(raw, error.status, error.headers, "application/problem+json")


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True
