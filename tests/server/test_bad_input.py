"""Bad input over HTTP: always a 4xx with its reason, nothing stored, never a 5xx."""

import json
import socket
from typing import Any

import httpx
import pytest
from tools.server import Server

NOW_BODY = {"name": "a", "value": 1}
NESTED_ARRAYS = b"[" * 100_000
NESTED_OBJECTS = b'{"a":' * 40 + b"1" + b"}" * 40

MUST_REJECT: list[bytes] = [
    b"",
    b" ",
    b"{",
    b"nope",
    b'{"name":"a","value":1,}',
    b'{"name":"a","value":NaN}',
    b'{"name":"a","value":Infinity}',
    b'{"name":"a","value":-Infinity}',
    b'{"name":"a","value":1e400}',
    b'{"name":"a","value":01}',
    b'{"name":"a","value":1.}',
    b'{"name":"a","value":.5}',
    b'{"name":"a","value":0x1}',
    b'{"name":"a","value":' + b"9" * 5000 + b"}",
    b'{"name":"\\ud800","value":1}',
    b'{"name":"a","value":1,"tags":["x:\\udc00\\ud800"]}',
    b'{"name":"\xff","value":1}',
    b'{"name":"\xed\xa0\x80","value":1}',
    b'{"name":"a\nb","value":1}',
    b'{"name":"a\x00b","value":1}',
    b"{'name':'a','value':1}",
    b'{"name":"a" "value":1}',
    b'{"name":"a","value":1}{}',
    b'{"name":"a","value":1}//',
    b'\xef\xbb\xbf{"name":"a","value":1}',
    '{"name":"a","value":1}'.encode("utf-16"),
    NESTED_ARRAYS,
    NESTED_OBJECTS,
    b'{"name":"a","value":' + b"[" * 33 + b"]" * 33 + b"}",
    json.dumps({"metrics": [{}] * 5000}).encode(),  # small to send, long to read: mostly brackets
    json.dumps({str(number): 0 for number in range(1001)}).encode(),  # an object of many names
    json.dumps({"name": "a", "value": {str(number): 0 for number in range(1001)}}).encode(),
]

WRONG_FIELDS: list[tuple[Any, set[str]]] = [
    ([], {""}),
    (None, {""}),
    ("text", {""}),
    (1, {""}),
    ({}, {"/name"}),
    ({"name": "a"}, {"/value"}),
    ({"value": 1}, {"/name"}),
    ({"name": "", "value": 1}, {"/name"}),
    ({"name": "a" * 201, "value": 1}, {"/name"}),
    ({"name": "a b", "value": 1}, {"/name"}),
    ({"name": "a\n", "value": 1}, {"/name"}),
    ({"name": "$where", "value": 1}, {"/name"}),
    ({"name": "caf\u00e9", "value": 1}, {"/name"}),
    ({"name": {"$ne": 1}, "value": 1}, {"/name"}),
    ({"name": None, "value": None}, {"/name", "/value"}),
    ({"name": "a", "value": True}, {"/value"}),
    ({"name": "a", "value": "1"}, {"/value"}),
    ({"name": "a", "value": 10**309}, {"/value"}),
    ({"name": "a", "value": [1]}, {"/value"}),
    ({"name": "a", "value": 1, "type": "thing"}, {"/type"}),
    ({"name": "a", "value": 1, "type": 1}, {"/type"}),
    ({"name": "a", "value": 1, "unknown": 1, "x/y~z": 2}, {"/unknown", "/x~1y~0z"}),
    ({"name": "a", "value": 1, "id": "xyz"}, {"/id"}),
    ({"name": "a", "value": 1, "id": "0" * 25}, {"/id"}),
    ({"name": "a", "value": 1, "tags": "host:a"}, {"/tags"}),
    ({"name": "a", "value": 1, "tags": [f"k{n}:v" for n in range(33)]}, {"/tags"}),
    ({"name": "a", "value": 1, "tags": ["a:b", 3, "a:c", "", "x:", "k k:v"]}, {f"/tags/{n}" for n in range(1, 6)}),
    ({"name": "a", "value": 1, "tags": ["host", "host:a"]}, {"/tags/1"}),
    ({"name": "a", "value": 1, "tags": ["k:a\x00b"]}, {"/tags/0"}),
    ({"name": "a", "value": 1, "tags": ["k:\x85"]}, {"/tags/0"}),
    ({"name": "a", "value": 1, "tags": ["k" * 101]}, {"/tags/0"}),
    ({"name": "a", "value": 1, "tags": ["k:" + "v" * 201]}, {"/tags/0"}),
    ({"name": "a", "value": 1, "tags": {"host": 1, "a:b": "c"}}, {"/tags/host", "/tags/a:b"}),
    ({"name": "a", "value": 1, "timestamp": "yesterday"}, {"/timestamp"}),
    ({"name": "a", "value": 1, "timestamp": "2026-11-22T10:30:00"}, {"/timestamp"}),
    ({"name": "a", "value": 1, "timestamp": "2026-02-30T10:30:00Z"}, {"/timestamp"}),
    ({"name": "a", "value": 1, "timestamp": "2001-01-01T00:00:00Z"}, {"/timestamp"}),
    ({"name": "a", "value": 1, "timestamp": "2999-01-01T00:00:00Z"}, {"/timestamp"}),
    ({"name": "a", "value": 1, "timestamp": "0001-01-01T00:00:00+23:59"}, {"/timestamp"}),
    ({"name": "a", "value": 1, "timestamp": 1.5}, {"/timestamp"}),
    ({"name": "a", "value": 1, "timestamp": True}, {"/timestamp"}),
    ({"name": "a", "value": 1, "timestamp": 10**30}, {"/timestamp"}),
    ({"name": "a", "value": 1, "distribution": {"count": 1, "sum": 1, "min": 1, "max": 1}}, {"/distribution"}),
    (
        {"name": "a", "type": "summary", "distribution": {"count": 0.5, "sum": "x", "min": 1, "extra": 1}},
        {f"/distribution/{field}" for field in ("count", "sum", "max", "extra")},
    ),
    (
        {"name": "a", "type": "summary", "distribution": {"count": 0, "sum": 9, "min": 2, "max": 1}},
        {"/distribution/count", "/distribution/min"},
    ),
    (
        {"name": "a", "type": "summary", "distribution": {"count": 2, "sum": 9, "min": 1, "max": 2}},
        {"/distribution/sum"},
    ),
    (
        {
            "name": "a",
            "type": "histogram",
            "distribution": {"count": 2, "sum": 3, "min": 1, "max": 2, "bounds": [2, 1], "counts": [1, 1]},
        },
        {"/distribution/bounds", "/distribution/counts"},
    ),
    (
        {
            "name": "a",
            "type": "histogram",
            "value": 7,
            "distribution": {"count": 2, "sum": 3, "min": 1, "max": 2, "bounds": [1], "counts": [1, 1]},
        },
        {"/value"},
    ),
    ({"name": "a b", "value": True, "tags": [1], "type": "x"}, {"/name", "/value", "/tags/0", "/type"}),
]


def stored_count(client: httpx.Client) -> int:
    return len(client.get("/metrics", headers={"Cache-Control": "no-cache"}).json()["data"])


def check_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["detail"] == body["message"] != ""
    assert {"type", "title", "errors"} <= body.keys()
    assert answer.headers["X-Request-ID"]
    return body


@pytest.mark.parametrize("raw", MUST_REJECT, ids=lambda raw: ascii(raw[:40]))
def test_malformed_json_is_400(client: httpx.Client, raw: bytes) -> None:
    """What is not JSON is 400 on every route with a body, and nothing is stored."""
    before = stored_count(client)
    for method, path in (("POST", "/metrics"), ("PUT", "/metrics/" + "0" * 24), ("POST", "/query")):
        check_problem(client.request(method, path, content=raw), 400)
    batch = client.post("/v1/metrics", content=raw)
    assert batch.status_code == 400
    assert batch.json()["status"] == "error"
    assert stored_count(client) == before


@pytest.mark.parametrize(
    ("body", "pointers"), WRONG_FIELDS, ids=lambda value: ascii(sorted(value) if isinstance(value, set) else value)[:60]
)
def test_invalid_fields_are_422_with_pointers(client: httpx.Client, body: Any, pointers: set[str]) -> None:
    """Each wrong field is told, all at once, and nothing is stored."""
    before = stored_count(client)
    problem = check_problem(client.post("/metrics", content=json.dumps(body)), 422)
    assert {fault["pointer"] for fault in problem["errors"]} == pointers
    assert all(fault["detail"] for fault in problem["errors"])
    assert stored_count(client) == before


def test_body_size_is_limited(client: httpx.Client) -> None:
    """A body of 2 MB is 413, told as such, with a length and in chunks."""
    large = b'{"name":"' + b"a" * 2_000_000 + b'","value":1}'

    def chunks() -> Any:
        for start in range(0, len(large), 50_000):
            yield large[start : start + 50_000]

    check_problem(client.post("/metrics", content=large), 413)
    check_problem(client.post("/metrics", content=chunks()), 413)


def test_content_type_must_be_json(client: httpx.Client) -> None:
    """Another content type is 415; none, a +json one and parameters are fine."""
    raw = json.dumps(NOW_BODY).encode()
    for wrong in ("text/plain", "application/xml", "application/x-www-form-urlencoded"):
        check_problem(client.post("/metrics", content=raw, headers={"Content-Type": wrong}), 415)
    for right in ("application/json; charset=utf-8", "Application/JSON", "application/cloudevents+json"):
        assert client.post("/metrics", content=raw, headers={"Content-Type": right}).status_code == 201
    assert client.post("/metrics", content=raw).status_code == 201


def test_unknown_path_is_404(client: httpx.Client) -> None:
    """Paths that are none answer in the same form."""
    for path in ("/nothing", "/metrics/a/b", "/%00", "/metrics/%ff", "/metrics/..%2f"):
        assert client.get(path).status_code in {404, 422}
        assert client.get(path).headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "raw",
    [
        b"GET\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /metrics?\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"FOO /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nContent-Length: 2\r\n\r\n{}",
    ],
    ids=lambda raw: ascii(raw[:50]),
)
def test_malformed_http_is_the_callers_error(server: Server, raw: bytes) -> None:
    """Bytes that are not HTTP get a 4xx, and the server goes on."""
    with socket.create_connection((server.host, server.process.port), timeout=5) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").read()
    assert answer.split(b" ")[1][:1] == b"4", answer[:200]


def test_request_id_is_kept_when_it_is_sane(client: httpx.Client) -> None:
    """A sane X-Request-ID comes back, also with an error; anything else is replaced."""
    assert client.get("/nothing", headers={"X-Request-ID": "abc-1.2_3"}).headers["X-Request-ID"] == "abc-1.2_3"
    for strange in ("a b", "x" * 129, "<script>", ""):
        assert client.get("/stats", headers={"X-Request-ID": strange}).headers["X-Request-ID"] not in {strange, ""}


def test_integers_beyond_doubles_are_rounded(client: httpx.Client) -> None:
    """A whole number of any size up to 1e308 is stored as a double."""
    for value in (2**53 + 1, 2**63, -(2**64), 10**300):
        made = client.post("/metrics", content=json.dumps({"name": "big", "value": value}))
        assert made.status_code == 201
        assert client.get(made.headers["Location"]).json()["value"] == float(value)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ({}, ["/prompt"]),
        ({"prompt": ""}, ["/prompt"]),
        ({"prompt": " \u00a0"}, ["/prompt"]),
        ({"prompt": "a" * 10_000}, ["/prompt"]),
        ({"prompt": "count\x00 today"}, ["/prompt"]),
        ({"prompt": "count\n today"}, ["/prompt"]),
        ({"prompt": "count today", "unknown": "1"}, ["/unknown"]),
        ({"prompt": "count today", "tz": "Mars/Olympus"}, ["/tz"]),
        ({"prompt": "count today", "tz": "../../etc/passwd"}, ["/tz"]),
        ({"prompt": "count today", "tz": "/etc/localtime"}, ["/tz"]),
        ({"prompt": "count today", "tz": ""}, ["/tz"]),
        ({"prompt": "count today", "tz": "Europe"}, ["/tz"]),
        ({"prompt": "count today", "now": "2026-11-22T10:30:00"}, ["/now"]),
        ({"prompt": "count today", "now": "now"}, ["/now"]),
        ({"prompt": "count today", "limit": "0"}, ["/limit"]),
        ({"prompt": "count today", "limit": "-1"}, ["/limit"]),
        ({"prompt": "count today", "limit": "1001"}, ["/limit"]),
        ({"prompt": "", "tz": "x", "now": "y", "limit": "z"}, ["/limit", "/now", "/prompt", "/tz"]),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_bad_questions(client: httpx.Client, method: str, fields: dict[str, str], pointers: list[str]) -> None:
    """Everything wrong with a question's parameters is told, with pointers."""
    answer = client.get("/query", params=fields) if method == "GET" else client.post("/query", json=fields)
    problem = check_problem(answer, 422)
    assert sorted({fault["pointer"] for fault in problem["errors"]}) == pointers


@pytest.mark.parametrize("context", [1, "x", [], {}, {"form": "write"}, {"form": "list", "range": {"start": "x"}}])
def test_bad_context(client: httpx.Client, context: Any) -> None:
    """A context that is no question is 422."""
    problem = check_problem(client.post("/query", json={"prompt": "count today", "context": context}), 422)
    assert [fault["pointer"] for fault in problem["errors"]] == ["/context"]


def test_body_of_unknown_coding_is_415(client: httpx.Client) -> None:
    """A coding that is not known is told on each route; `identity` is none."""
    raw = json.dumps(NOW_BODY).encode()
    for path in ("/metrics", "/query"):
        for coding in ("compress", "x, y"):
            check_problem(client.post(path, content=raw, headers={"Content-Encoding": coding}), 415)
    assert client.post("/v1/metrics", content=raw, headers={"Content-Encoding": "compress"}).status_code == 415
    assert client.post("/metrics", content=raw, headers={"Content-Encoding": "identity"}).status_code == 201


@pytest.mark.parametrize("now", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59.999Z"])
def test_clock_is_bounded(client: httpx.Client, now: str) -> None:
    """A clock at the end of the calendar, where days cannot be counted, is 422."""
    problem = check_problem(client.get("/query", params={"prompt": "count today", "now": now}), 422)
    assert [fault["pointer"] for fault in problem["errors"]] == ["/now"]


@pytest.mark.parametrize("now", ["1970-01-01T00:00:00Z", "9998-12-31T23:59:59.999Z"])
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize("prompt", ["count by name", "count this week", "count per year vs last year", "list 3"])
def test_clock_at_its_bounds_is_answered(client: httpx.Client, now: str, zone: str, prompt: str) -> None:
    """The first and the last clock give an answer or a refusal in every zone."""
    answer = client.get("/query", params={"prompt": prompt, "now": now, "tz": zone})
    assert answer.status_code in {200, 422}, answer.text


@pytest.mark.parametrize(
    "prompt",
    [
        "count since 0001-01-01 vs the day before",
        "events on 0001-01-02 vs the year before",
        "count per hour on 0001-01-01 vs today",
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_times_beyond_the_calendar_are_refused(client: httpx.Client, prompt: str, zone: str) -> None:
    """A time before the year 1 in the question or its answer is the prompt's error, not the server's."""
    assert client.post("/metrics", json=NOW_BODY).status_code == 201
    answer = client.get("/query", params={"prompt": prompt, "tz": zone})
    if answer.status_code != 200:
        assert check_problem(answer, 422)["errors"][0]["pointer"] == "/prompt"


def test_zone_that_only_python_knows_is_422(client: httpx.Client) -> None:
    """A zone younger than MongoDB is the caller's error; a MongoDB that is young enough answers."""
    answer = client.get("/query", params={"prompt": "count per day", "tz": "America/Coyhaique"})
    if answer.status_code != 200:
        assert [fault["pointer"] for fault in check_problem(answer, 422)["errors"]] == ["/tz"]


@pytest.mark.parametrize(
    "forged",
    [
        {"limit": -1},
        {"zone": "Mars/Olympus"},
        {"range": {"start": "2026-11-22T00:00:00", "end": None}},
        {"aggregations": [{"function": "count", "per": "month"}]},
        {"groups": [{"kind": "tag", "key": "host"}] * 10_000},
        {"tags": [{"key": "host", "values": [{"$gt": ""}]}]},
        {"rank": {"count": 10**9}},
        {"$where": "sleep(1000)"},
    ],
    ids=lambda forged: ascii(forged)[:60],
)
def test_forged_context_is_422(client: httpx.Client, forged: dict[str, Any]) -> None:
    """The question of an answer is taken back; what no prompt could have asked is not."""
    question = client.get("/query", params={"prompt": "how many events today"}).json()["question"]
    assert client.post("/query", json={"prompt": "and yesterday?", "context": question}).status_code == 200
    problem = check_problem(client.post("/query", json={"prompt": "and yesterday?", "context": question | forged}), 422)
    assert [fault["pointer"] for fault in problem["errors"]] == ["/context"]
