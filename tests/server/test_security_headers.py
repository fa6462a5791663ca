"""What each answer says to browsers, and which web pages may call."""

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tools.server import Server
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from telemetry_server.http.wire import SAFETY
from tests.conftest import StartServer, servers

FRIEND, STRANGER = "https://grafana.example.com", "https://evil.example.com"
ADMIN = "the-admin-key-of-origins"
PATHS = (
    ("GET", "/metrics", 200),
    ("GET", "/health", 200),
    ("GET", "/health/ping", 200),
    ("GET", "/-/metrics", 200),
    ("GET", "/metrics/export", 200),
    ("GET", "/query?prompt=count+today", 200),
    ("GET", "/query?prompt=gibberish+zzz", 422),
    ("GET", "/openapi.json", 200),
    ("GET", "/nowhere", 404),
    ("GET", "/metrics/0123456789abcdef01234567", 404),
    ("HEAD", "/metrics", 200),
    ("POST", "/metrics", 400),
    ("POST", "/v1/metrics", 400),
    ("PATCH", "/health", 405),
    ("OPTIONS", "/metrics", 204),
)


@pytest.fixture(scope="module")
def opened(stack: object) -> Iterator[Server]:
    """A server with keys, which lets the pages of one origin call."""
    with servers(stack) as start:  # type: ignore[arg-type]
        yield start(CORS_ORIGINS=f"{FRIEND}, http://localhost:3000", API_KEYS=ADMIN)


@pytest.mark.parametrize(("method", "path", "status"), PATHS)
def test_each_answer_says_it_once(client: httpx.Client, method: str, path: str, status: int) -> None:
    """Whatever the answer, each of the headers is there, once, and none lets a page of elsewhere read it."""
    response = client.request(method, path)
    assert response.status_code == status
    for name, value in SAFETY.items():
        assert response.headers.get_list(name) == [value], name
    assert "strict-transport-security" not in response.headers
    assert not [name for name in response.headers if name.startswith("access-control")]


def test_answers_of_every_kind(client: httpx.Client, server: Server) -> None:
    """A new metric, one that has not changed, one that is deleted, a stream and what is no HTTP say it too."""
    made = client.post("/metrics", json={"name": "safe", "value": 1})
    path = made.headers["Location"]
    same = client.get(path, headers={"If-None-Match": made.headers["ETag"]})
    gone = client.delete(path)
    assert [each.status_code for each in (made, same, gone)] == [201, 304, 204]
    with client.stream("GET", "/metrics/live") as stream:
        for response in (made, same, gone, stream):
            assert {name: response.headers[name] for name in SAFETY} == SAFETY
    with socket.create_connection(("127.0.0.1", server.process.port), 5) as raw:
        raw.sendall(b"NONSENSE\r\n\r\n")
        answer = raw.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert all(f"{name}: {value}".lower().encode() in answer.lower() for name, value in SAFETY.items())


def test_repeats_say_it_too(client: httpx.Client) -> None:
    """An answer that is recalled for the same bytes of a request says it once as well."""
    for _ in range(5):
        response = client.get("/metrics?name=repeated")
        assert {name: response.headers.get_list(name) for name in SAFETY} == {n: [v] for n, v in SAFETY.items()}


def test_pages_have_policies_of_their_own(client: httpx.Client) -> None:
    """/docs may load its own script and style, and is in no frame either."""
    response = client.get("/docs")
    (policy,) = response.headers.get_list("Content-Security-Policy")
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers.get_list("X-Content-Type-Options") == ["nosniff"]
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_preflight(opened: Server) -> None:
    """A page of an allowed origin hears what it may send, without a key; all others hear nothing."""
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization,content-type"}
    path = f"{opened.url}/metrics/0123456789abcdef01234567"
    answer = httpx.options(path, headers={"Origin": FRIEND, **asked})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == FRIEND
    assert {"GET", "PUT", "PATCH", "DELETE"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    assert {"Authorization", "Content-Type", "If-Match"} <= set(
        answer.headers["Access-Control-Allow-Headers"].split(", ")
    )
    assert "Origin" in answer.headers["Vary"]
    for origin in (STRANGER, f"{FRIEND}.evil.example", f"{FRIEND}:8443", FRIEND.upper(), "null", "*"):
        answer = httpx.options(path, headers={"Origin": origin, **asked})
        assert not [name for name in answer.headers if name.startswith("access-control")], origin
        assert "Origin" in answer.headers["Vary"]


def test_pages_of_an_allowed_origin_read(opened: Server) -> None:
    """They read answers and errors alike, never with credentials; what is compressed varies by both headers."""
    key = {"Authorization": f"Bearer {ADMIN}"}
    for headers, status in ((key, 200), ({}, 401)):
        answer = httpx.get(f"{opened.url}/metrics", headers={"Origin": FRIEND, **headers})
        assert answer.status_code == status
        assert answer.headers.get_list("Access-Control-Allow-Origin") == [FRIEND]
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
        assert "access-control-allow-credentials" not in answer.headers
    stranger = httpx.get(f"{opened.url}/openapi.json", headers={"Origin": STRANGER})
    assert "access-control-allow-origin" not in stranger.headers
    assert {each.strip() for each in stranger.headers["Vary"].split(",")} == {"Accept-Encoding", "Origin"}
    assert "Origin" in httpx.get(f"{opened.url}/metrics", headers=key).headers["Vary"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 204),
        ({"Origin": STRANGER}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": STRANGER, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": STRANGER, "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://here.example.com", "Sec-Fetch-Site": "same-origin"}, 204),  # a proxy has changed Host
        ({"Origin": "http://{host}"}, 204),
    ],
)
def test_page_of_elsewhere_writes_nothing(
    client: httpx.Client, server: Server, headers: dict[str, str], status: int
) -> None:
    """What a browser would send without asking first is refused; programs and own pages are not."""
    host = f"127.0.0.1:{server.process.port}"
    given = {name: value.format(host=host) for name, value in headers.items()}
    answer = client.post("/write", content=b"forged value=1", headers={"Content-Type": "text/plain", **given})
    assert answer.status_code == status


def test_page_of_elsewhere_hears_nothing(server: Server, opened: Server) -> None:
    """WebSocket, which browsers do not guard, is refused to pages of other origins that are not allowed."""
    for origin in (STRANGER, "null"):
        with pytest.raises(InvalidStatus, match="403"):
            _connect(f"ws://127.0.0.1:{server.process.port}/metrics/live", origin=origin)
    _connect(f"ws://127.0.0.1:{server.process.port}/metrics/live")
    key = {"Authorization": f"Bearer {ADMIN}"}
    url = f"ws://127.0.0.1:{opened.process.port}/metrics/live"
    _connect(url, origin=FRIEND, additional_headers=key)


def _connect(url: str, **options: Any) -> None:
    with connect(url, **options):
        pass


@pytest.mark.parametrize("origins", ["*", "https://a.example/", "a.example", "https://*.example.com", "null"])
def test_settings_that_open_too_much(start_server: StartServer, origins: str) -> None:
    """A star, a path and what is no origin are told at the start."""
    with pytest.raises(Exception, match="CORS_ORIGINS"):
        start_server(CORS_ORIGINS=origins)
