"""Requests that come again byte for byte: answered at once, and never otherwise than the whole way would."""

import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from tools.server import Server

from tests.conftest import StartServer

LIST = "/metrics?name=repeat.test&limit=3"
ADMIN = "an-admin-of-the-test"
AS_ADMIN = {"Authorization": f"Bearer {ADMIN}"}
LONG = {"CACHE_STALENESS_MS": "60000"}


class Connection:
    """Sends bytes and reads one whole answer after the other."""

    def __init__(self, server: Server) -> None:
        self._socket = socket.create_connection((server.host, server.process.port), timeout=10)
        self._rest = b""

    def close(self) -> None:
        self._socket.close()

    def ask(self, raw: bytes) -> tuple[str, dict[str, str], bytes]:
        """Status line, headers, body."""
        self.send(raw)
        return self.read()

    def send(self, raw: bytes) -> None:
        self._socket.sendall(raw)

    def is_silent(self) -> bool:
        """Whether nothing comes for a while."""
        return not self._rest and not select.select([self._socket], [], [], 0.3)[0]

    def read(self) -> tuple[str, dict[str, str], bytes]:
        while b"\r\n\r\n" not in self._rest:
            self._more()
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        pairs = [line.partition(":") for line in lines]
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        assert len(headers) == len(pairs)
        length = int(headers["content-length"])
        while len(self._rest) < length:
            self._more()
        body, self._rest = self._rest[:length], self._rest[length:]
        return status, headers, body

    def _more(self) -> None:
        found = self._socket.recv(65536)
        assert found, "the connection was closed"
        self._rest += found


@contextmanager
def connected(server: Server) -> Iterator[Connection]:
    connection = Connection(server)
    try:
        yield connection
    finally:
        connection.close()


def get(path: str, **headers: str) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in {"Host": "test", **headers}.items()]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()


def repeats(server: Server, **headers: str) -> int:
    found: int = httpx.get(f"{server.url}/stats", headers=headers).json()["cache_repeats"]
    return found


@pytest.fixture
def server(start_server: StartServer) -> Server:
    server = start_server(RATE_LIMIT="100", COLLECT="1", **LONG)
    metrics = [{"name": "repeat.test", "value": value} for value in range(50)]
    assert httpx.post(f"{server.url}/v1/metrics", json={"metrics": metrics}).status_code == 200
    return server


@pytest.mark.parametrize("coding", ["", "gzip", "br"])
def test_repeat_is_answered_like_the_request_before(server: Server, coding: str) -> None:
    """Status, headers and body are the same, but for the id, the clock and what is left of the limit."""
    raw = get("/metrics?name=repeat.test&limit=50", **({"Accept_Encoding": coding} if coding else {}))
    with connected(server) as connection:
        answers = [connection.ask(raw) for _ in range(6)]
    assert repeats(server) >= 3
    recalled, *others = answers[2:]
    assert recalled[1]["x-cache"] == "hit"
    assert recalled[1].get("content-encoding", "") == coding
    changing = {"x-request-id", "server-timing", "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit"}
    for status, headers, body in others:
        assert (status, body, headers.keys()) == (recalled[0], recalled[2], recalled[1].keys())
        assert {name for name in headers if headers[name] != recalled[1][name]} <= changing
    assert len({headers["x-request-id"] for _, headers, _ in answers}) == len(answers)


def test_id_that_is_given_is_given_back(server: Server) -> None:
    """Whichever way a request goes."""
    with connected(server) as connection:
        found = {connection.ask(get(LIST, X_Request_ID="mine"))[1]["x-request-id"] for _ in range(5)}
    assert found == {"mine"}
    assert repeats(server) > 0


def test_repeat_sees_every_write(server: Server) -> None:
    """A write through the same server is in the next answer, however often the request came before."""
    with connected(server) as connection:
        for value in range(5):
            for _ in range(4):
                connection.ask(get(LIST))
            written = httpx.post(f"{server.url}/metrics", json={"name": "repeat.test", "value": value}).json()
            assert written["id"].encode() in connection.ask(get(LIST))[2]
    assert repeats(server) > 0


def test_old_answer_is_renewed_by_one_request(start_server: StartServer) -> None:
    """Of twenty clients that refresh at once one goes the whole way when it grows old; the others wait for nothing."""
    server = start_server(CACHE_STALENESS_MS="2000")
    rounds, raw = 0, get(LIST)
    with ExitStack() as stack:
        clients = [stack.enter_context(connected(server)) for _ in range(20)]
        for _ in range(3):
            clients[0].ask(raw)
        before, end = repeats(server), time.monotonic() + 6
        while time.monotonic() < end:
            for client in clients:
                client.send(raw)
            assert {client.read()[0] for client in clients} == {"HTTP/1.1 200 OK"}
            rounds += 1
            time.sleep(0.02)
        assert 0 < 20 * rounds - (repeats(server) - before) < 20


def test_repeats_are_limited(start_server: StartServer) -> None:
    """Repeats count: of more than the limit in a second the rest is refused, with the time to come again."""
    server = start_server(RATE_LIMIT="20", **LONG)
    with connected(server) as connection:
        statuses = [connection.ask(get(LIST))[0] for _ in range(60)]
    assert sum("200" in status for status in statuses) in range(20, 60)
    assert "HTTP/1.1 429 Too Many Requests" in statuses


def test_key_that_is_revoked_repeats_nothing(start_server: StartServer) -> None:
    """With the end of a key its requests are refused at once, also those that were just answered."""
    server = start_server(API_KEYS=ADMIN, **LONG)
    made = httpx.post(f"{server.url}/admin/keys", json={"role": "reader"}, headers=AS_ADMIN).json()
    raw = get(LIST, Authorization=f"Bearer {made['key']}")
    with connected(server) as connection:
        before = [connection.ask(raw)[0] for _ in range(5)]
        assert before == ["HTTP/1.1 200 OK"] * 5
        assert repeats(server, **AS_ADMIN) > 0
        assert httpx.delete(f"{server.url}/admin/keys/{made['id']}", headers=AS_ADMIN).status_code == 204
        assert connection.ask(raw)[0] == "HTTP/1.1 401 Unauthorized"


def test_repeats_are_counted_and_recorded(server: Server) -> None:
    """/stats, /-/metrics and the server's own metrics tell of them as of others."""
    with connected(server) as connection:
        before = httpx.get(f"{server.url}/stats").json()
        for _ in range(30):
            connection.ask(get(LIST))
        after = httpx.get(f"{server.url}/stats").json()
    assert after["cache_repeats"] - before["cache_repeats"] >= 25
    assert after["requests"] - before["requests"] == 31
    told = httpx.get(f"{server.url}/-/metrics").text
    lines = [line for line in told.splitlines() if "duration_seconds_count" in line and 'route="/metrics"' in line]
    assert sum(float(line.rpartition(" ")[2]) for line in lines if 'method="GET"' in line) == 30


def test_body_is_never_taken_for_a_request(server: Server) -> None:
    """What comes after the head of a request that was refused is its body, even where it is what came before."""
    inner = get(LIST)
    outer = f"POST /nowhere HTTP/1.1\r\nHost: test\r\nContent-Length: {len(inner)}\r\n\r\n".encode()
    with connected(server) as connection:
        for _ in range(5):
            connection.ask(inner)
        before = repeats(server)
        assert connection.ask(outer)[0] == "HTTP/1.1 404 Not Found"
        connection.send(inner)
        assert connection.is_silent()
        assert repeats(server) == before
        assert connection.ask(inner)[0] == "HTTP/1.1 200 OK"
        assert connection.is_silent()


def test_only_what_is_whole_and_alone_is_a_repeat(server: Server) -> None:
    """In two pieces, or two at once, requests go the whole way, and each is answered once."""
    raw = get(LIST)
    with connected(server) as connection:
        for _ in range(5):
            connection.ask(raw)
        connection.send(raw[:20])
        assert connection.is_silent()
        assert connection.ask(raw[20:])[0] == "HTTP/1.1 200 OK"
        assert [connection.ask(raw + raw)[0], connection.read()[0]] == ["HTTP/1.1 200 OK"] * 2
        assert connection.is_silent()
