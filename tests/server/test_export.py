"""GET /metrics/export, and answers as lines: whole, quoted, resumed from any line."""

import csv
import io
import json
import socket
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psutil
import pytest
from tools.server import Server

from telemetry_server.http import tables

COUNT = 2300
DAY = datetime.now(UTC) - timedelta(days=1)
WIDE = 'a "wide", value'


@pytest.fixture(scope="module")
def stored(client: httpx.Client) -> list[dict[str, Any]]:
    """More than four pages, many at the same instant; newest first."""
    metrics = [
        {
            "id": f"{number * 7919 % COUNT:024x}",
            "name": "export.test",
            "value": number,
            "tags": {"kind": WIDE if number % 2 else "=1+1"},
            "timestamp": (DAY + timedelta(seconds=number // 90)).isoformat(),
        }
        for number in range(COUNT)
    ]
    assert client.post("/v1/metrics", json={"metrics": metrics}).status_code == 200
    listed, cursor = [], None
    while True:
        query = {"name": "export.test", "limit": 1000} | ({"cursor": cursor} if cursor else {})
        page = client.get("/metrics", params=query).json()
        listed += page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(listed) == COUNT
    return listed


def export(client: httpx.Client, accept: str = "", **query: Any) -> httpx.Response:
    return client.get(
        "/metrics/export", params={"name": "export.test", **query}, headers={"Accept": accept} if accept else {}
    )


def of_lines(answer: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.text.splitlines()]


def test_lines_are_the_list(client: httpx.Client, stored: list[dict[str, Any]]) -> None:
    """NDJSON has every metric that the list has, in its order, once."""
    answer = export(client)
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert of_lines(answer) == stored


def test_csv_is_quoted(client: httpx.Client, stored: list[dict[str, Any]]) -> None:
    """CSV reads back: names first, CRLF, quotes doubled, tags as JSON."""
    answer = export(client, "text/csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.text.count("\r\n") == COUNT + 1
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["id"] for row in rows] == [metric["id"] for metric in stored]
    assert [json.loads(row["tags"]) for row in rows] == [metric["tags"] for metric in stored]
    assert [float(row["value"]) for row in rows] == [metric["value"] for metric in stored]
    assert rows[0]["distribution"] == ""


def test_format_wins_over_accept(client: httpx.Client, stored: list[dict[str, Any]]) -> None:
    """`format=` decides where both are said."""
    assert export(client, "text/csv", format="ndjson", limit=1).json() == stored[0]
    assert export(client, format="csv", limit=1).text.startswith("id,name,type")


@pytest.mark.parametrize("at", [1, 89, 499, 500, 1234, COUNT - 1])
def test_resumed_from_any_line(client: httpx.Client, stored: list[dict[str, Any]], at: int) -> None:
    """The timestamp and id of the last whole line give the rest; a cursor of the list does too."""
    last = stored[at]
    assert of_lines(export(client, cursor=f"{last['timestamp']},{last['id']}")) == stored[at + 1 :]
    page = client.get("/metrics", params={"name": "export.test", "limit": min(at, 1000)}).json()
    assert of_lines(export(client, cursor=page["next_cursor"])) == stored[min(at, 1000) :]


@pytest.mark.parametrize("limit", [1, 500, 501, 1000, COUNT, COUNT + 5])
def test_limit(client: httpx.Client, stored: list[dict[str, Any]], limit: int) -> None:
    """So many lines, whether or not a page ends there."""
    assert of_lines(export(client, limit=limit)) == stored[:limit]


def test_filters(client: httpx.Client, stored: list[dict[str, Any]]) -> None:
    """The list's filters hold."""
    wanted = [metric for metric in stored if metric["tags"] == ["kind:=1+1"] and metric["value"] >= 2000]
    assert of_lines(export(client, tags="kind:=1+1", min=2000)) == wanted


def test_nothing(client: httpx.Client) -> None:
    """No metric is no line; in CSV the names alone."""
    assert export(client, name="export.none").text == ""
    assert export(client, name="export.none", format="csv").text.count("\n") == 1
    assert client.head("/metrics/export").status_code == 200


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"format": "xml"}, "/format"),
        ({"cursor": "x"}, "/cursor"),
        ({"cursor": "yesterday,000000000000000000000000"}, "/cursor"),
        ({"cursor": "2026-11-22T10:00:00Z,12"}, "/cursor"),
        ({"limit": 0}, "/limit"),
        ({"name": "a b"}, "/name"),
        ({"page": 1}, "/page"),
    ],
)
def test_wrong_parameters(client: httpx.Client, query: dict[str, Any], pointer: str) -> None:
    """What cannot be read is 422, before any line."""
    answer = export(client, **query)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


def test_slow_client_holds_up_nobody(client: httpx.Client, server: Server, stored: list[dict[str, Any]]) -> None:
    """Fifty clients that read nothing, and then go, cost little memory, and nobody else waits."""
    worker = max(server.workers(), key=lambda each: each.memory_info().rss)
    before = worker.memory_info().rss
    request = b"GET /metrics/export?name=export.test HTTP/1.1\r\nHost: a\r\n\r\n"
    with ExitStack() as cleanup:
        for _ in range(50):
            slow = cleanup.enter_context(socket.create_connection(("127.0.0.1", server.process.port)))
            slow.sendall(request)
        time.sleep(1)
        began = time.perf_counter()
        assert export(client, limit=1).json() == stored[0]
        assert time.perf_counter() - began < 5
        assert worker.memory_info().rss - before < 64_000_000
    deadline = time.monotonic() + 5
    while httpx.get(f"{server.url}/stats").json()["tasks"] > 40 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert httpx.get(f"{server.url}/stats").json()["tasks"] <= 40
    assert psutil.pid_exists(worker.pid)


@pytest.mark.usefixtures("stored")
def test_list_as_lines(client: httpx.Client, stored: list[dict[str, Any]]) -> None:
    """A page of the list, cached or not, comes as lines too; the next one is in Link."""
    for _ in range(2):
        page = client.get("/metrics?name=export.test&limit=3", headers={"Accept": "application/x-ndjson"})
        assert of_lines(page) == stored[:3]
        link = page.headers["Link"]
        assert client.get("/metrics?name=export.test&limit=3").json()["data"] == stored[:3]
    following = client.get(link.partition("<")[2].partition(">")[0], headers={"Accept": "text/csv"})
    read = list(csv.reader(io.StringIO(following.text, newline="")))
    assert [row[0] for row in read] == ["id", *(metric["id"] for metric in stored[3:6])]


def test_answers_as_lines(client: httpx.Client) -> None:
    """An answer's rows as CSV or NDJSON, by Accept, whether or not it was asked as JSON before."""
    query = {"prompt": "count export.test by kind since 2020-01-01"}
    for _ in range(2):
        rows = client.get("/query", params=query).json()["rows"]
        assert sorted(rows) == sorted([[WIDE, COUNT // 2], ["=1+1", COUNT // 2]])
        answer = client.get("/query", params=query, headers={"Accept": "application/x-ndjson"})
        assert answer.headers["Content-Type"] == "application/x-ndjson"
        assert [[line["kind"], line["count"]] for line in of_lines(answer)] == rows
        answer = client.get("/query", params=query, headers={"Accept": "text/csv"})
        assert "Accept" in answer.headers["Vary"].split(", ")
        read = list(csv.reader(io.StringIO(answer.text, newline="")))
        assert read[0] == ["kind", "count"]
        assert sorted(read[1:]) == sorted([[WIDE, "1150"], ["'=1+1", "1150"]])
    posted = client.post("/query", json=query, headers={"Accept": "text/csv"})
    assert posted.text == answer.text
    refused = client.get("/query", params={"prompt": "flobberwock"}, headers={"Accept": "text/csv"})
    assert (refused.status_code, refused.headers["Content-Type"]) == (422, "application/problem+json")


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("text/csv", "csv"),
        ("TEXT/CSV; header=present", "csv"),
        ("application/x-ndjson;q=0.5, text/csv;q=0.9", "csv"),
        ("application/json, text/csv;q=0.9", "json"),
        ("text/csv;q=0", "json"),
        ("text/csv;q=x", "json"),
        ("text/html", "json"),
    ],
)
def test_accept(accept: str, form: str) -> None:
    """The form that is wanted most; what is not wanted or not known is passed over."""
    assert tables.form_of(accept, "json") == form


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-A1", "'-A1"),
        ("@x", "'@x"),
        (-1.5, "-1.5"),
        (None, ""),
        (True, "true"),
        ('a"b', '"a""b"'),
        ("a\r\nb", '"a\r\nb"'),
        ("ä,é", '"ä,é"'),
    ],
)
def test_cells(value: Any, cell: str) -> None:
    """No text is a formula; numbers are numbers; quotes, commas and line ends are quoted."""
    assert tables.lines("csv", ["a", "b"], [{"a": value, "b": 1}]) == f"{cell},1\r\n".encode()
