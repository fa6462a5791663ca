"""/write and /api/v2/write: Influx line protocol, answered as the first and the second version of its API do."""

import asyncio
from collections.abc import Mapping

from marshmallow import Schema, fields
from marshmallow.validate import OneOf
from sanic import Blueprint, HTTPResponse, Request

from telemetry_server import instants
from telemetry_server.dialects import line_protocol
from telemetry_server.dialects.line_protocol import PRECISIONS, PRECISIONS_V1
from telemetry_server.errors import Malformed, Problem
from telemetry_server.http import wire
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import operation
from telemetry_server.routes import foreign

LINES = {"text/plain": str}
EXAMPLE = "cpu,host=web-01 usage_idle=92.5,usage_user=4i"

v1 = Blueprint("influx", url_prefix="/write")
v2 = Blueprint("influx_v2", url_prefix="/api/v2/write")


class WriteSchema(Schema):
    """What a write says in the URL; all but the precision says nothing here."""

    precision = fields.String(validate=OneOf(("", *PRECISIONS_V1)), load_default="ns")  # as InfluxDB: empty is none
    db = fields.String()
    rp = fields.String()


class WriteSchemaV2(Schema):
    """The same for the second version."""

    precision = fields.String(validate=OneOf(("", *PRECISIONS)), load_default="ns")
    org = fields.String()
    bucket = fields.String()


@v1.post("/", ctx_role="writer", ctx_error_form="influx")
@operation(query=WriteSchema, body=LINES, example=EXAMPLE, gives={204: {}}, errors=line_protocol.Failure)
async def write(request: Request) -> HTTPResponse:
    """Store lines, as InfluxDB 1 does; what is not taken is told, and the others are stored."""
    return await _write(request, PRECISIONS_V1)


@v2.post("/", ctx_role="writer", ctx_error_form="influx")
@operation(query=WriteSchemaV2, body=LINES, example=EXAMPLE, gives={204: {}}, errors=line_protocol.FailureV2)
async def write_v2(request: Request) -> HTTPResponse:
    """Store lines, as InfluxDB 2 does; what is not taken is told, and the others are stored."""
    return await _write(request, PRECISIONS)


def error_response(request: Request, problem: Problem) -> HTTPResponse:
    """In the form of the version; what is wrong with the data is a 400."""
    status = 400 if problem.status == 422 else problem.status
    return _failed(request, status, problem.detail, headers=problem.headers)


async def _write(request: Request, precisions: Mapping[str, int]) -> HTTPResponse:
    timing_of(request).enter("parse")
    precision = request.args.get("precision") or "ns"
    if precision not in precisions:
        raise Malformed(f"invalid precision; valid precision units are {', '.join(precisions)}")
    raw = wire.bytes_of(request)
    now_ms = round(instants.now().timestamp() * 1000)
    text = raw.decode(errors="surrogateescape")
    done = await asyncio.to_thread(line_protocol.translated, text, precisions[precision], now_ms)
    await foreign.take(request, done)
    if done.rejected:
        return _failed(request, 400, line_protocol.partial(done), line=min(done.rejected))
    message = done.message()
    return wire.Response(b"", 204, {"X-Not-Stored": message} if message else None)


def _failed(
    request: Request, status: int, message: str, *, line: int | None = None, headers: dict[str, str] | None = None
) -> HTTPResponse:
    of_second = request.path.startswith(v2.url_prefix or "")
    body = line_protocol.failure_v2(status, message, line) if of_second else line_protocol.failure(message)
    return wire.json(body, status, headers)
