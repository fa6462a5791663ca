"""/metrics/live and /query/live: updates as server-sent events, or as messages of a WebSocket."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Final, cast

from marshmallow import Schema, fields, validate
from sanic import Blueprint, Request
from websockets.exceptions import ConnectionClosed

from telemetry_server.errors import Fault, Invalid, Refused, Unavailable
from telemetry_server.live import RETRY_MS, Event
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import Header, operation
from telemetry_server.parts import house_of, parts_of
from telemetry_server.schemas import listing, prompt
from telemetry_server.stores.mongo import is_position

SEND_SECONDS = 15.0  # for a client to take what it is sent; a stream of events ends by Sanic's own limit
LAST_ID = "last_event_id"
GOING_AWAY = 1001
MAX_ID_LENGTH = 1024
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

SSE: Final = "text/event-stream"
_LAST_EVENT_ID = Header("Last-Event-ID", f"As `{LAST_ID}`; browsers send it by themselves.")
_STREAM = {200: {SSE: str}, 101: {}}  # 101: as a WebSocket


class FollowSchema(Schema):
    """The parameter beside the filters or the prompt, to be described; `_last_id` reads it."""

    last_event_id = fields.String(
        validate=validate.Length(max=MAX_ID_LENGTH), metadata={"description": "The id of the last event that is known."}
    )


metrics_blueprint = Blueprint("live_metrics", url_prefix="/metrics/live")
query_blueprint = Blueprint("live_query", url_prefix="/query/live")


@metrics_blueprint.get("/", ctx_role="reader")
@operation(query=(listing.FilterSchema, FollowSchema), headers=(_LAST_EVENT_ID,), gives=_STREAM)
async def metrics(request: Request) -> None:
    """Metrics as they are stored, and as they are changed."""
    timing = timing_of(request)
    timing.enter("parse")
    pairs, position = _last_id(request)
    where = listing.filters(pairs)
    if position is not None and not is_position(position):
        raise Invalid([Fault(f"/{LAST_ID}", "Not the id of an event of this stream.")])
    timing.enter("database")
    await _tell(request, parts_of(request).live.metrics(where, position))


@query_blueprint.get("/", ctx_role="reader")
@operation(query=(prompt.AskSchema, FollowSchema), headers=(_LAST_EVENT_ID,), gives=_STREAM, fails=(Refused,))
async def answers(request: Request) -> None:
    """The answer to a prompt, and each other one that it comes to have."""
    timing = timing_of(request)
    timing.enter("parse")
    pairs, known = _last_id(request)
    asked = prompt.from_parameters(pairs)
    timing.enter("database")
    await _tell(request, parts_of(request).live.answers(asked, known))


for _handler in (metrics, answers):
    _handler.is_websocket = True  # type: ignore[attr-defined]  # Sanic's word for one that may give back no response


def _last_id(request: Request) -> tuple[list[tuple[str, str]], str | None]:
    """The parameters, and the id of the last event that the client has: a header, or a parameter among them."""
    pairs = request.get_query_args(keep_blank_values=True)
    given = [value for name, value in pairs if name == LAST_ID]
    last_id = request.headers.get("last-event-id") or (given[0] if given else None)  # a browser comes again with both
    if last_id is not None and len(last_id) > MAX_ID_LENGTH:
        raise Invalid([Fault(f"/{LAST_ID}", f"At most {MAX_ID_LENGTH} characters.")])
    return [pair for pair in pairs if pair[0] != LAST_ID], last_id or None


async def _tell(request: Request, told: AsyncIterator[list[Event]]) -> None:
    """Send all that is told. What is wrong at once is answered as with any request."""
    async with aclosing(cast("AsyncGenerator[list[Event], None]", told)) as batches:
        first: list[Event] = await anext(batches, [])
        if request.headers.get("upgrade", "").lower() == "websocket":
            await _send_messages(request, first, batches)
        else:
            await _send_events(request, first, batches)


async def _while_known(request: Request, batches: AsyncIterator[list[Event]]) -> AsyncIterator[list[Event]]:
    """What is told as long as the key stands: heartbeats see to it that this is asked every few seconds."""
    async for events in batches:
        try:
            key = await house_of(request).key_ring.find(request.headers.get("authorization"))
        except Unavailable:
            return
        if key is None:
            return
        yield events


async def _send_events(request: Request, first: list[Event], batches: AsyncIterator[list[Event]]) -> None:
    response = cast("Any", await request.respond(headers=_HEADERS, content_type=f"{SSE}; charset=utf-8"))
    await response.send(b"retry: %d\n\n" % RETRY_MS + b"".join([event.to_sse() for event in first]))
    async for events in _while_known(request, batches):
        if events:
            await response.send(b"".join([event.to_sse() for event in events]))
    cast("Any", request.stream).keep_alive = False
    await response.eof()


async def _send_messages(request: Request, first: list[Event], batches: AsyncIterator[list[Event]]) -> None:
    protocol = cast("Any", request.transport).get_protocol()
    socket = await protocol.websocket_handshake(request)
    try:
        await _send(socket, first)
        async for events in _while_known(request, batches):
            await _send(socket, events)
        await socket.close(GOING_AWAY)
    except (ConnectionClosed, TimeoutError):
        socket.fail_connection()


async def _send(socket: Any, events: list[Event]) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        for event in events:
            await socket.send(event.to_message())
