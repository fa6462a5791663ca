"""The client of the API: `Client` waits, `AsyncClient` goes on meanwhile. It loads nothing of the server.

calls, stream    requests, and what becomes of responses and events: no I/O
blocking         Client
awaiting         AsyncClient
"""

from telemetry_server.client.answer import Answer, Column, Completion, Lines, Word
from telemetry_server.client.awaiting import AsyncClient
from telemetry_server.client.blocking import Client
from telemetry_server.client.error import TelemetryError
from telemetry_server.client.metric import Catalog, Event, Metric, Name

__all__ = [
    "Answer",
    "AsyncClient",
    "Catalog",
    "Client",
    "Column",
    "Completion",
    "Event",
    "Lines",
    "Metric",
    "Name",
    "TelemetryError",
    "Word",
]
