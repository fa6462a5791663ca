"""How a route for reading is declared."""

import re
import time
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Final, Literal, TypeVar, cast

from sanic import Blueprint, HTTPResponse, Request

from telemetry_server.access.auth import Role
from telemetry_server.http import wire
from telemetry_server.parts import parts_of

_OTHER_FORM = re.compile(r"csv|ndjson|jsonl|text/plain|openmetrics", re.IGNORECASE).search
Handler = TypeVar("Handler", bound=Callable[..., Coroutine[Any, Any, HTTPResponse | None]])

VARIES: Final = {"Vary": "Accept"}  # what a route with answers in several forms says of all of them


def reads(
    blueprint: Blueprint, uri: str, role: Role | Literal["anybody"] = "reader", *, is_shared: bool = False
) -> Callable[[Handler], Handler]:
    """GET, and HEAD, which is GET without the body.

    role: the least that may; is_shared: it tells of all tenants, and so is for none of them.
    """
    route = blueprint.route(uri, methods=["GET", "HEAD"], unquote=True, ctx_role=role, ctx_is_shared=is_shared)
    return cast("Callable[[Handler], Handler]", route)


def recalls(handler: Callable[[Request], Coroutine[Any, Any, HTTPResponse]]) -> Callable[[Request], Any]:
    """Before `handler`, look whether the same URL was answered a moment ago: it was found valid then."""

    @wraps(handler)
    async def answer(request: Request) -> HTTPResponse:
        other = wants_stored_truth(request) or wants_lines(request)
        cache = parts_of(request).cache
        recalled = None if other else cache.recall(request.raw_url)
        if recalled is None:
            return await handler(request)
        request.ctx.recalled = cache, recalled
        result = recalled.result
        took_ms = (time.perf_counter() - request.ctx.started_at) * 1000
        headers = {**result.headers, **VARIES, "X-Cache": "hit", "Server-Timing": f"cache;dur={took_ms:.2f}"}
        return wire.json(result.body, headers=headers)

    return answer


def wants_lines(request: Request) -> bool:
    """Whether the client may want something else than JSON that is one document."""
    return _OTHER_FORM(request.headers.get("accept", "")) is not None


def wants_stored_truth(request: Request) -> bool:
    """Whether the client asks for an answer that is not cached."""
    return "no-cache" in request.headers.get("cache-control", "").lower()
