"""What the first requests after a start cost."""

import http.client
import json
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from tools.server import Server

from loadtests import samples
from loadtests.targets import COLD_START
from loadtests.verdict import Result

Request = tuple[str, str, Any]
"""Method, path, body (None: no body)."""


def measure(server: Server, start: Callable[[], None], restarts: int, ids: Sequence[str], key: str) -> Result:
    """Start the server again and again, each time asking one request of each kind as soon as it is ready.

    Each kind takes its turn at being the very first. `ids`: two stored metrics for each start.
    """
    times_ms: list[float] = []
    failures: list[str] = []
    for turn in range(restarts):
        server.stop()
        start()
        requests = _one_of_each(ids[2 * turn], ids[2 * turn + 1])
        first = turn % len(requests)
        for request in requests[first:] + requests[:first]:
            took_ms, failure = _ask(server.url, request, key)
            times_ms.append(took_ms)
            failures += [failure] if failure else []
    return Result(COLD_START, times_ms, failures, planned=restarts * 5)


def _one_of_each(to_update: str, to_delete: str) -> list[Request]:
    return [
        ("GET", next(samples.read_paths()), None),
        ("GET", next(samples.query_paths()), None),
        ("POST", "/metrics", samples.metric()),
        ("PUT", f"/metrics/{to_update}", samples.metric()),
        ("DELETE", f"/metrics/{to_delete}", None),
    ]


def _ask(url: str, request: Request, key: str) -> tuple[float, str]:
    """Milliseconds from connecting to the last byte; and what went wrong, if anything did."""
    method, path, body = request
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    began = time.perf_counter()
    try:
        payload = None if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {key}"} | ({"Content-Type": "application/json"} if payload else {})
        connection.request(method, path, payload, headers)
        response = connection.getresponse()
        answer = response.read()
        failure = "" if response.status < 300 else f"{method} {path}: {response.status} {answer[:200]!r}"
    except (OSError, http.client.HTTPException) as error:
        failure = f"{method} {path}: {error!r}"
    finally:
        connection.close()
    return (time.perf_counter() - began) * 1000, failure
