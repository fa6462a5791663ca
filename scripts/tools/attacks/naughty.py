"""Naughty strings in each place that takes text: told why not, or back as they were, byte for byte."""

from __future__ import annotations

import re
import socket
import sys
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from tools.attacks.api import connect, encode, problem
from tools.bench.stage import KEY
from tools.environment import ROOT
from tools.faults.ground import Ground
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    import httpx

    from tools.server import Server

sys.path.append(str(ROOT))
from tests.nlq.naughty import NAUGHTY

MORE: Final = (
    "a\r\nX-Injected: yes", "a\nSet-Cookie: a=b", "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "%0d%0aX-Injected:%20yes",
    "..", ".", "../", "..\\..\\", "%2e%2e%2f", "....//....//", "/etc/passwd\0.png", "con", "aux.txt", "~", "~root",
    "telemetry_server_prod~acme", "system.profile", "admin", "local", "*", "_id", "$cmd", "metrics.$where",
    "a" * 200, "a" * 201, "a" * 100_000, "\U0001f600" * 200, "\u0300" * 200, "é" * 200, "e\u0301" * 100,
    "\u202e" * 10 + "abc", "ＡＢＣ", "\ufdfa" * 18, "\u1e9e", "I\u0307", "\x7f", "\x80", "\ud800", "a\udfffb",
    "\udc00\ud800",
    "k:", ":v", "k:v:w", "k::", "k k:v", '{"$gt":""}', "[1]", "true", "1e5", "-0", "1,2", "a,b", "a=b", "a&b", "a;b",
    "a#b", "a?b", "a%b", "a+b", "%", "%%", "%zz", "%c3%28", "%ff", "&#0;", "\\0", "\\", "'", "''", '""', "`",
    "${jndi:ldap://x}",
    "{{constructor.constructor('x')()}}", "<svg/onload=alert(1)>", "javascript:alert(1)", "data:text/html,x", "=1+1",
)  # fmt: skip
TEXTS: Final = list(dict.fromkeys((*NAUGHTY, *MORE)))
_BARE = re.compile(rb"\r\n(?:x-injected|set-cookie):", re.IGNORECASE)


def names(client: httpx.Client, text: str) -> list[str]:
    """As a name: in the body, and in the path."""
    wrong = _stored(client, {"name": text, "value": 1}, lambda metric: metric["name"] == text)
    if _is_text(text):
        for path in ("/metrics/{}", "/metrics/{}/aggregate", "/data/metrics/{}"):
            answer = client.get(path.format(quote(text, safe="")))
            wrong += _told(answer, path)
    return wrong


def tags(client: httpx.Client, text: str) -> list[str]:
    """As a key, a value and a bare word, in a list and in an object; and found again by it."""
    expected = f"k:{text}"
    wrong = _stored(
        client, {"name": "a", "value": 1, "tags": {text: "v"}}, lambda metric: f"{text}:v" in metric["tags"]
    )
    wrong += _stored(client, {"name": "a", "value": 1, "tags": [text]}, lambda metric: text in metric["tags"])
    wrong += _stored(client, {"name": "a", "value": 1, "tags": [expected]}, lambda metric: expected in metric["tags"])
    if not _is_text(text):
        return wrong
    for parameters in ({"filters": encode({"tags": [expected]}).decode()}, {"tags": expected}, {"name": text}):
        answer = client.get("/metrics", params={**parameters, "limit": "1"})
        wrong += _told(answer, f"{next(iter(parameters))}=")
        if answer.status_code == 200 and "filters" in parameters:
            (found,) = answer.json()["data"] or [{"tags": []}]
            if found["tags"] and expected not in found["tags"]:
                wrong.append(f"filters: found {found['tags']}")
    return wrong


def prompts(client: httpx.Client, text: str) -> list[str]:
    """As a prompt, in a body and in the URL, and as what is typed so far."""
    answer = client.post("/query", content=encode({"prompt": text}))
    wrong = _told(answer, "prompt")
    if answer.status_code == 200 and answer.json()["prompt"] != text:
        wrong.append(f"prompt: {answer.json()['prompt']!r}")
    if _is_text(text):
        wrong += _told(client.get("/query", params={"prompt": text}), "?prompt=")
        wrong += _told(client.get("/query/complete", params={"prefix": text}), "?prefix=")
        wrong += _told(client.get("/query", params={"prompt": "count", "tz": text}), "?tz=")
        wrong += _told(client.get("/query", params={"prompt": "count", text: "1"}), "a parameter's name")
    return wrong


def values(client: httpx.Client, text: str) -> list[str]:
    """Where a number, an instant, a kind or an id is expected; and as a field's name."""
    wrong = []
    for field in ("value", "timestamp", "type", "id", "distribution"):
        answer = client.post("/metrics", content=encode({"name": "a", "value": 1, field: text}))
        if problem(answer) and answer.status_code != 201:
            wrong.append(f"{field}: {problem(answer)}")
    answer = client.post("/metrics", content=encode({"name": "a", "value": 1, text: 1}))
    if text not in ("name", "value") and problem(answer):
        wrong.append(f"a field's name: {problem(answer)}")
    return wrong + _stored_note(client, text)


def headers(server: Server, text: str) -> list[str]:
    """As the value of each header that is read, in its bytes: nothing of it becomes a header of the answer."""
    raw = text.encode(errors="surrogatepass")
    wrong = []
    for name in (b"X-Request-ID", b"Idempotency-Key", b"If-None-Match", b"Accept", b"Accept-Encoding", b"Content-Type",
                 b"Content-Encoding", b"Authorization", b"traceparent", b"Last-Event-ID",
                 b"Cache-Control"):  # fmt: skip
        key = b"" if name == b"Authorization" else b"Authorization: Bearer %s\r\n" % KEY.encode()
        head = b"POST /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s%s: %s\r\nContent-Length: 22\r\n\r\n"
        answer = _exchange(server, head % (key, name, raw) + b'{"name":"a","value":1}')
        if not re.match(rb"HTTP/1\.1 (2|4)\d\d ", answer) or _BARE.search(answer.partition(b"\r\n\r\n")[0]):
            wrong.append(f"{name.decode()}: {answer[:60]!r}")
    return wrong


def run(count: int) -> Outcome:
    """So many of the texts, evenly spread, in each place."""
    texts = TEXTS[:: max(1, len(TEXTS) // count)]
    faults = []
    with Ground() as ground:
        server = ground.serve(RATE_LIMIT="0")
        with connect(server) as client:
            for text in texts:
                found = [each for place in (names, tags, prompts, values) for each in place(client, text)]
                faults += [f"{text[:40]!a}: {each}" for each in (*found, *headers(server, text))]
    return Outcome(len(texts), faults, 0, "each as name, tag, value, prompt, filter, key, note, path and 11 headers")


def _is_text(text: str) -> bool:
    """Whether it can stand in a URL: no lone surrogates, and short enough for a request line."""
    return len(text) <= 1000 and not any("\ud800" <= each <= "\udfff" for each in text)


def _stored(client: httpx.Client, body: Any, holds: Any) -> list[str]:
    answer = client.post("/metrics", content=encode(body))
    if answer.status_code != 201:
        why = problem(answer)
        return [f"{list(body)[-1]}: {why}"] if why else []
    stored = client.get(answer.headers["Location"])
    return [] if stored.status_code == 200 and holds(stored.json()) else [f"{list(body)[-1]}: came back {stored.text}"]


def _stored_note(client: httpx.Client, text: str) -> list[str]:
    answer = client.post("/admin/keys", content=encode({"role": "reader", "note": text}))
    if answer.status_code != 201:
        return [f"note: {problem(answer)}"] if problem(answer) else []
    made = answer.json()
    client.delete(f"/admin/keys/{made['id']}")
    return [] if made["note"] == text else [f"note: {made['note']!r}"]


def _told(answer: httpx.Response, place: str) -> list[str]:
    why = "" if answer.status_code == 200 else problem(answer)
    return [f"{place}: {why}"] if why else []


def _exchange(server: Server, request: bytes) -> bytes:
    answer = b""
    with socket.create_connection((server.host, server.process.port), timeout=5) as connection:
        try:
            connection.sendall(request)
            while data := connection.recv(65_536):
                answer += data
        except ConnectionError:
            pass
    return answer


ROW = Row(
    "naughty",
    "naughty strings in each place that takes text",
    "a 4xx with its reason, or byte-exact back",
    "texts",
    40,
    len(TEXTS),
    run,
)
