"""/: the console, a page where people ask, look and trust."""

from sanic import Blueprint, HTTPResponse, Request

from telemetry_server.errors import NotFound
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import operation
from telemetry_server.routes.decorators import reads
from telemetry_server.routes.page import FILE, GIVES, HTML, Page

blueprint = Blueprint("console", url_prefix="")
_page = Page("telemetry_server", "console", pictures="data: blob:")  # charts are saved as pictures


@reads(blueprint, "/", role="anybody")
@operation(gives={"text/html": str})
async def page(request: Request) -> HTTPResponse:
    """The console: a page that asks, and shows the answers."""
    timing_of(request).enter("encode")
    return _page.file(HTML)


@reads(blueprint, "/console/<file>", role="anybody")
@operation(path={"file": FILE}, gives=GIVES, fails=(NotFound,))
async def part(request: Request, file: str) -> HTTPResponse:
    """A file of that page."""
    timing_of(request).enter("encode")
    return _page.file(file)
