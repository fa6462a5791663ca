"""OTLP/HTTP metrics, on the path of batches: by content type, and of JSON by its shape."""

import asyncio
from collections.abc import Callable
from typing import Any, NotRequired, TypedDict

from sanic import HTTPResponse, Request

from telemetry_server.dialects import otlp
from telemetry_server.dialects.translation import Translation
from telemetry_server.errors import Problem
from telemetry_server.http import wire
from telemetry_server.routes import foreign

CONTENT_TYPE = otlp.CONTENT_TYPE


class ExportRequest(TypedDict):
    """ExportMetricsServiceRequest of OTLP, in its JSON."""

    resourceMetrics: list[dict[str, Any]] | None  # as JSON of protobuf may say that there are none


class PartialSuccess(TypedDict):
    rejectedDataPoints: NotRequired[str]
    errorMessage: NotRequired[str]


class ExportResponse(TypedDict):
    """ExportMetricsServiceResponse of OTLP; 64-bit integers are text in its JSON."""

    partialSuccess: NotRequired[PartialSuccess]


class RpcStatus(TypedDict):
    """google.rpc.Status."""

    message: str
    details: NotRequired[list[dict[str, Any]]]


def is_protobuf(request: Request) -> bool:
    """Whether the request says that it is protobuf."""
    content_type = str(request.headers.get("content-type", ""))
    return content_type.partition(";")[0].strip().lower() == otlp.CONTENT_TYPE


def is_spoken(request: Request) -> bool:
    """Whether the request is OTLP, as far as that is known by now."""
    return is_protobuf(request) or getattr(request.ctx, "otlp", False)


async def export(request: Request, body: dict[str, Any] | None = None) -> HTTPResponse:
    """Store what an export request holds, of JSON where its `body` is given; what is not taken is told."""
    request.ctx.otlp = True
    done = await asyncio.to_thread(_read, request, body)
    await foreign.take(request, done)
    return _answer(request, 200, lambda as_json: otlp.response(len(done.rejected), done.message(), as_json=as_json))


def error_response(request: Request, problem: Problem) -> HTTPResponse:
    """A google.rpc.Status; what is wrong with the data is a 400."""
    if problem.status == 422:
        problem.status = 400
    return _answer(request, problem.status, lambda as_json: otlp.status(problem, as_json=as_json), problem.headers)


def _read(request: Request, body: dict[str, Any] | None) -> Translation:
    message = otlp.decoded(wire.bytes_of(request)) if body is None else otlp.decoded_json(body)
    return otlp.translated(message)


def _answer(
    request: Request, status: int, encode: Callable[[bool], bytes], headers: dict[str, str] | None = None
) -> HTTPResponse:
    as_json = not is_protobuf(request)
    return wire.Response(encode(as_json), status, headers, "application/json" if as_json else otlp.CONTENT_TYPE)
