"""Lists of metrics over HTTP: filters, order, pages."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
ALL = [
    {
        "id": f"{number:024x}",
        "name": "cpu" if number % 2 else "mem",
        "type": "gauge" if number % 3 else "counter",
        "value": number,
        "tags": [f"host:{number % 4}", f"even:{number % 2 == 0}".lower(), "bare"],
        "timestamp": (START + timedelta(seconds=number // 5)).isoformat(),
    }
    for number in range(60)
]


@pytest.fixture(scope="module", autouse=True)
def stored(client: httpx.Client) -> None:
    """60 metrics, five to an instant."""
    assert client.post("/v1/metrics", json={"metrics": ALL}).status_code == 200


def values(client: httpx.Client, **parameters: Any) -> list[float]:
    answer = client.get("/metrics", params={"limit": 1000} | parameters)
    assert answer.status_code == 200, answer.text
    return [metric["value"] for metric in answer.json()["data"]]


def expected(keep: Any) -> list[float]:
    kept = [metric for metric in ALL if keep(metric)]
    return [metric["value"] for metric in sorted(kept, key=lambda m: (m["timestamp"], m["id"]), reverse=True)]


def at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


FILTERS: list[tuple[dict[str, Any], Any]] = [
    ({}, lambda _: True),
    ({"name": "cpu"}, lambda m: m["name"] == "cpu"),
    ({"type": "COUNTER"}, lambda m: m["type"] == "counter"),
    ({"tags": "host:1"}, lambda m: "host:1" in m["tags"]),
    ({"tags": "host:1,even:false"}, lambda m: {"host:1", "even:false"} <= set(m["tags"])),
    ({"tags": "bare"}, lambda _: True),
    ({"tags": "host:1,host:2"}, lambda _: False),
    ({"from": at(4)}, lambda m: m["value"] >= 20),
    ({"to": at(4)}, lambda m: m["value"] < 20),
    ({"from": at(2), "to": at(4)}, lambda m: 10 <= m["value"] < 20),
    ({"min": "10", "max": 20.5}, lambda m: 10 <= m["value"] <= 20.5),
    ({"min": 1e300}, lambda _: False),
    (
        {"name": "cpu", "type": "gauge", "tags": "host:3", "from": at(1), "to": at(9), "min": 7, "max": 40},
        lambda m: m["name"] == "cpu" and m["type"] == "gauge" and "host:3" in m["tags"] and 7 <= m["value"] <= 40,
    ),
]


@pytest.mark.parametrize(("filters", "keep"), FILTERS, ids=[",".join(filters) or "none" for filters, _ in FILTERS])
def test_filters(client: httpx.Client, filters: dict[str, Any], keep: Any) -> None:
    """Every filter alone and combined, as parameters and as one JSON object, newest first."""
    assert values(client, **filters) == expected(keep)
    assert values(client, filters=json.dumps(filters)) == expected(keep)


def test_filters_take_tags_in_every_form(client: httpx.Client) -> None:
    """In the JSON object tags may be text, a list or an object, and numbers numbers."""
    wanted = expected(lambda m: {"host:1", "even:false"} <= set(m["tags"]) and m["value"] >= 5)
    for tags in ("host:1,even:false", ["even:false", "host:1"], {"host": "1", "even": "false"}):
        assert values(client, filters=json.dumps({"tags": tags, "min": 5})) == wanted


def test_parameters_and_filters_add_up(client: httpx.Client) -> None:
    """Different fields in both are combined; the same field in both is an error."""
    assert values(client, filters='{"name":"cpu"}', min=50) == expected(
        lambda m: m["name"] == "cpu" and m["value"] >= 50
    )
    twice = client.get("/metrics", params={"filters": '{"name":"cpu"}', "name": "mem"})
    assert twice.status_code == 422
    assert twice.json()["errors"][0]["pointer"] == "/name"


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 7, 59, 60, 61])
@pytest.mark.parametrize("filters", [{}, {"name": "cpu"}, {"tags": "host:1"}], ids=["all", "name", "tag"])
def test_pages_are_exact(client: httpx.Client, limit: int, filters: dict[str, str]) -> None:
    """Pages of any size show each metric once and in order, though many share an instant."""
    whole = values(client, **filters)
    paged: list[float] = []
    cursor = None
    while True:
        parameters = filters | {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        answer = client.get("/metrics", params=parameters)
        body = answer.json()
        assert len(body["data"]) <= limit
        paged += [metric["value"] for metric in body["data"]]
        if body["next_cursor"] is None:
            assert "Link" not in answer.headers
            break
        assert len(body["data"]) == limit
        link = answer.headers["Link"]
        assert link.startswith("</metrics?")
        assert link.endswith('; rel="next"')
        followed = client.get(link[1 : link.index(">")]).json()
        cursor = body["next_cursor"]
        assert followed == client.get("/metrics", params=parameters | {"cursor": cursor}).json()
    assert paged == whole


def test_pages_stay_stable_under_writes(client: httpx.Client) -> None:
    """Newer metrics do not shift the pages that follow."""
    first = client.get("/metrics", params={"name": "cpu", "limit": 7}).json()
    made = client.post("/metrics", json={"name": "cpu", "value": 1000})
    rest = client.get("/metrics", params={"name": "cpu", "limit": 1000, "cursor": first["next_cursor"]}).json()
    client.delete(made.headers["Location"])
    shown = [metric["value"] for metric in first["data"] + rest["data"]]
    assert shown == expected(lambda m: m["name"] == "cpu")


@pytest.mark.parametrize(
    ("parameters", "pointers"),
    [
        ("limit=-1", ["/limit"]),
        ("limit=0", ["/limit"]),
        ("limit=1001", ["/limit"]),
        ("limit=ten", ["/limit"]),
        ("limit=\u0661", ["/limit"]),
        ("limit=", ["/limit"]),
        ("limit=1&limit=2", ["/limit"]),
        ("unknown=1", ["/unknown"]),
        ("cursor=abc", ["/cursor"]),
        ("cursor=", ["/cursor"]),
        ("cursor=%00", ["/cursor"]),
        ("cursor=" + "_" * 27, ["/cursor"]),
        ("from=yesterday", ["/from"]),
        ("from=2026-11-22T10:30:00", ["/from"]),
        ("from=2026-13-01T00:00:00Z", ["/from"]),
        ("from=2026-02-02T00:00:00Z&to=2026-02-01T00:00:00Z", ["/to"]),
        ("min=nan", ["/min"]),
        ("min=1e999&max=inf", ["/min", "/max"]),
        ("name=a%20b", ["/name"]),
        ("name=", ["/name"]),
        ("type=thing", ["/type"]),
        ("tags=", ["/tags"]),
        ("tags=a:,b c", ["/tags"]),
        ("tags=host:a%0Ab", ["/tags"]),
        ("filters=", ["/filters"]),
        ("filters=[]", ["/filters"]),
        ("filters=%7B%22a%22", ["/filters"]),
        ('filters={"name":{"$ne":1}}', ["/name"]),
        ('filters={"$where":"1"}', ["/$where"]),
        ('filters={"tags":[{"$gt":""}]}', ["/tags"]),
        ('filters={"a/b~c":1}', ["/a~1b~0c"]),
        ('filters={"limit":true}', ["/limit"]),
        ("limit=-1&unknown=1&cursor=x", ["/cursor", "/limit", "/unknown"]),
    ],
)
def test_bad_parameters(client: httpx.Client, parameters: str, pointers: list[str]) -> None:
    """Anything wrong in the parameters is 422, with a pointer to each."""
    answer = client.get(f"/metrics?{parameters}")
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert sorted({fault["pointer"] for fault in answer.json()["errors"]}) == sorted(pointers)
