"""/openapi.json, and /docs: what the API is, for programs and for people."""

import asyncio
from functools import cache
from importlib import resources

from marshmallow import fields, validate
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw

from telemetry_server import __version__, openapi
from telemetry_server.errors import NotFound
from telemetry_server.http import wire
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import operation
from telemetry_server.openapi.document import document
from telemetry_server.routes.decorators import reads

PAGE = "page.html"
CONTENT_TYPES = {
    PAGE: "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
}
# All that the page needs comes from this server, and it sends to this server alone.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

blueprint = Blueprint("docs", url_prefix="")
_folder = resources.files(openapi) / "page"
_FILES = {name: (_folder / name).read_bytes() for name in CONTENT_TYPES}


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
    return _file(PAGE)


@reads(blueprint, "/docs/<file>", role="anybody")
@operation(
    path={"file": fields.String(validate=validate.OneOf(list(CONTENT_TYPES)))},
    gives={"text/html": str, "text/css": str, "text/javascript": str},
    fails=(NotFound,),
)
async def part(request: Request, file: str) -> HTTPResponse:
    """A file of that page."""
    timing_of(request).enter("encode")
    if file not in _FILES:
        raise NotFound("The page has no such file.")
    return _file(file)


def _file(name: str) -> HTTPResponse:
    headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
    return raw(_FILES[name], headers=headers, content_type=CONTENT_TYPES[name])


@cache
def _document(app: object) -> bytes:
    """Made when it is first asked for: the router is whole by then."""
    return wire.encode(document(app.router.routes, __version__))  # type: ignore[attr-defined]
