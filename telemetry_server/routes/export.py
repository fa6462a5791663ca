"""/metrics/export: all metrics that a filter keeps, newest first, as lines that never end in the middle of one.

They are read page by page, each when the client has taken the one before: a slow client costs one page of memory and
nothing in MongoDB. A stream that was cut off goes on from the last whole line.
"""

from typing import Any, cast

from sanic import Blueprint, HTTPResponse, Request

from telemetry_server.http import tables
from telemetry_server.metric import COLUMNS
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import operation
from telemetry_server.parts import parts_of
from telemetry_server.routes.decorators import VARIES, reads
from telemetry_server.schemas import listing

PAGE = 500

blueprint = Blueprint("export", url_prefix="/metrics/export")


@reads(blueprint, "/")
@operation(query=listing.ExportSchema, gives={tables.NDJSON: str, tables.CSV: str})
async def export(request: Request) -> HTTPResponse | None:
    """All metrics that a filter keeps, newest first, a line each."""
    parts, timing = parts_of(request), timing_of(request)
    timing.enter("parse")
    wanted = listing.exporting(request.get_query_args(keep_blank_values=True))
    form = wanted.form or tables.form_of(request.headers.get("accept", ""), "ndjson")
    left = wanted.limit
    timing.enter("database")
    # The first page is read before anything is sent: what is wrong by then is answered as an error.
    page = await parts.metrics.page(wanted.where, wanted.after, PAGE if left is None else min(PAGE, left))
    timing.enter("encode")
    headers = {**VARIES, "Content-Disposition": f'attachment; filename="metrics.{form}"'}
    response = await request.respond(content_type=tables.CONTENT_TYPES[form], headers=headers)
    if request.method == "HEAD":
        await response.eof()
        return None
    text = tables.head(form, COLUMNS)
    try:
        while True:
            text += tables.lines(form, COLUMNS, (metric.to_wire() for metric in page.metrics))
            if text:
                await response.send(text)
            text = b""
            left = None if left is None else left - len(page.metrics)
            if page.next is None or left == 0:
                break
            page = await parts.metrics.page(wanted.where, page.next, PAGE if left is None else min(PAGE, left))
    except Exception:
        cast("Any", request.transport).abort()  # so that the client sees that it is not the end
        raise
    await response.eof()
    return None
