"""The same server and command line with Sanic's own reader of HTTP: what the framing battery must catch."""

from sanic.http import Http

from telemetry_server.__main__ import main
from telemetry_server.http.connection import Connection

Connection.HTTP_CLASS = Http  # type: ignore[assignment]
main()
