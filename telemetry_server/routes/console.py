"""/: the console, a page where people ask, look and trust."""

from importlib import resources

from marshmallow import fields, validate
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw

import telemetry_server
from telemetry_server.errors import NotFound
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import operation
from telemetry_server.routes.decorators import reads

PAGE = "page.html"
CONTENT_TYPES = {
    PAGE: "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
}
# All that the page needs comes from this server, and it sends to this server alone; data: and blob: are its pictures.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
}

blueprint = Blueprint("console", url_prefix="")
_folder = resources.files(telemetry_server) / "console"
_FILES = {name: (_folder / name).read_bytes() for name in CONTENT_TYPES}


@reads(blueprint, "/", role="anybody")
@operation(gives={"text/html": str})
async def page(request: Request) -> HTTPResponse:
    """The console: a page that asks, and shows the answers."""
    timing_of(request).enter("encode")
    return _file(PAGE)


@reads(blueprint, "/console/<file>", role="anybody")
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
    return raw(_FILES[name], headers=HEADERS, content_type=CONTENT_TYPES[name])
