"""/openapi.json, and /docs: what the API is, for programs and for people."""

import asyncio
from functools import cache

from sanic import Blueprint, HTTPResponse, Request

from telemetry_server import __version__
from telemetry_server.errors import NotFound
from telemetry_server.http import wire
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import operation
from telemetry_server.openapi.document import document
from telemetry_server.routes.decorators import reads
from telemetry_server.routes.page import FILE, GIVES, HTML, Page

blueprint = Blueprint("docs", url_prefix="")
_page = Page("telemetry_server.openapi", "page")


@reads(blueprint, "/openapi.json", role="anybody")
@operation(gives=dict)
async def described(request: Request) -> HTTPResponse:
    """This document."""
    timing_of(request).enter("encode")
    return wire.json(await asyncio.to_thread(_document, request.app))


@reads(blueprint, "/docs", role="anybody")
@operation(gives={"text/html": str})
async def page(request: Request) -> HTTPResponse:
    """A page that shows this document, and sends requests."""
    timing_of(request).enter("encode")
    return _page.file(HTML)


@reads(blueprint, "/docs/<file>", role="anybody")
@operation(path={"file": FILE}, gives=GIVES, fails=(NotFound,))
async def part(request: Request, file: str) -> HTTPResponse:
    """A file of that page."""
    timing_of(request).enter("encode")
    return _page.file(file)


@cache
def _document(app: object) -> bytes:
    """Made when it is first asked for: the router is whole by then."""
    return wire.encode(document(app.router.routes, __version__))  # type: ignore[attr-defined]
