"""One metric over HTTP: create, read, replace, change, delete."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

ID = "0123456789abcdef01234567"


def create(client: httpx.Client, **fields: Any) -> httpx.Response:
    return client.post("/metrics", json={"name": "cpu.usage", "value": 85.5} | fields)


def test_create_gives_the_document(client: httpx.Client) -> None:
    """POST answers 201 with the whole document, its place and its ETag; GET gives the same bytes."""
    made = create(client, type="GAUGE", tags={"region": "us", "host": "web-01"})
    assert made.status_code == 201
    document = made.json()
    assert document["type"] == "gauge"
    assert document["value"] == 85.5
    assert document["tags"] == ["host:web-01", "region:us"]
    assert document["timestamp"].endswith("Z")
    assert made.headers["Location"] == f"/metrics/{document['id']}"
    again = client.get(made.headers["Location"])
    assert again.content == made.content
    assert again.headers["ETag"] == made.headers["ETag"]


def test_etag_is_strong_and_saves_the_body(client: httpx.Client) -> None:
    """If-None-Match with the present ETag, weak or strong, in a list or as *, gives 304 without a body."""
    made = create(client)
    etag = made.headers["ETag"]
    assert etag.startswith('"')
    for condition in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = client.get(made.headers["Location"], headers={"If-None-Match": condition})
        assert (answer.status_code, answer.content) == (304, b"")
    assert client.get(made.headers["Location"], headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_is_get_without_the_body(client: httpx.Client) -> None:
    """HEAD has the headers of GET."""
    made = create(client)
    head = client.head(made.headers["Location"])
    assert head.content == b""
    assert head.headers["ETag"] == made.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(made.content))


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/metrics", {"GET", "HEAD", "POST"}), (f"/metrics/{ID}", {"GET", "HEAD", "PUT", "PATCH", "DELETE"})],
)
def test_options_and_405_tell_the_methods(client: httpx.Client, path: str, methods: set[str]) -> None:
    """OPTIONS answers 204, and a method that is not taken 405, both with Allow."""
    options = client.options(path)
    assert options.status_code == 204
    wrong = client.request("TRACE", path)
    assert wrong.status_code == 405
    assert wrong.headers["Content-Type"] == "application/problem+json"
    for answer in (options, wrong):
        assert {method.strip() for method in answer.headers["Allow"].split(",")} == methods


def test_event_value_defaults_to_one(client: httpx.Client) -> None:
    """An event without a value counts 1."""
    made = client.post("/metrics", json={"name": "deploy", "type": "event"})
    assert made.json()["value"] == 1.0


def test_distribution_gives_the_mean(client: httpx.Client) -> None:
    """A histogram's value is the mean of its distribution, which is kept."""
    distribution = {"count": 4, "sum": 10.0, "min": 1.0, "max": 4.0, "bounds": [2.0], "counts": [1, 3]}
    made = client.post("/metrics", json={"name": "size", "type": "histogram", "distribution": distribution})
    assert made.status_code == 201
    assert made.json()["value"] == 2.5
    assert client.get(made.headers["Location"]).json()["distribution"] == distribution


def test_client_id_makes_repeats_safe(client: httpx.Client) -> None:
    """The same id and content again gives 200 and the same document; other content 409."""
    first = create(client, id=ID)
    assert first.status_code == 201
    again = create(client, id=ID.upper())
    assert (again.status_code, again.content) == (200, first.content)
    other = create(client, id=ID, value=1)
    assert other.status_code == 409
    assert other.json()["errors"][0]["pointer"] == "/id"
    assert client.get(f"/metrics/{ID}").content == first.content


def test_idempotency_key_makes_repeats_safe(client: httpx.Client) -> None:
    """The same key and content again gives the same document; other content 422; another key another document."""
    headers = {"Idempotency-Key": "order 17"}
    body = {"name": "order", "value": 3}
    first = client.post("/metrics", json=body, headers=headers)
    again = client.post("/metrics", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.content == again.content
    assert client.post("/metrics", json=body | {"value": 4}, headers=headers).status_code == 422
    assert client.post("/metrics", json=body, headers={"Idempotency-Key": "order 18"}).json() != first.json()


@pytest.mark.parametrize("key", ["", "a" * 256, "caf\u00e9".encode(), b"a\tb"])
def test_bad_idempotency_key_is_refused(client: httpx.Client, key: str | bytes) -> None:
    """A key is 1 to 255 printable ASCII characters."""
    answer = client.post("/metrics", json={"name": "a", "value": 1}, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/headers/Idempotency-Key"


def test_concurrent_posts_of_one_id_make_one_document(client: httpx.Client) -> None:
    """Of many equal posts at once one is 201 and the others 200, with the same document."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: create(client, id="a" * 24, name="race"), range(24)))
    assert sorted(answer.status_code for answer in answers) == [200] * 23 + [201]
    assert len({answer.content for answer in answers}) == 1
    assert len(client.get("/metrics?name=race").json()["data"]) == 1


def test_put_replaces_all_but_id_and_timestamp(client: httpx.Client) -> None:
    """PUT keeps the id, and the timestamp where none is given."""
    made = create(client, tags=["host:a"])
    put = client.put(made.headers["Location"], json={"name": "mem", "value": 1, "type": "counter"})
    assert put.status_code == 200
    expected = {"id": made.json()["id"], "name": "mem", "type": "counter", "value": 1.0, "tags": []}
    assert put.json() == expected | {"timestamp": made.json()["timestamp"]}
    assert client.get(made.headers["Location"]).content == put.content
    assert put.headers["ETag"] != made.headers["ETag"]


def test_document_can_be_sent_back(client: httpx.Client) -> None:
    """What GET gives is what PUT takes; an id of another document is an error."""
    made = create(client)
    assert client.put(made.headers["Location"], json=made.json()).content == made.content
    other = client.put(made.headers["Location"], json=made.json() | {"id": "f" * 24})
    assert other.status_code == 422
    assert other.json()["errors"][0]["pointer"] == "/id"


def test_patch_changes_the_given_fields(client: httpx.Client) -> None:
    """PATCH is a merge patch: other fields stay, null takes a field away."""
    made = create(client, tags=["host:a"])
    patched = client.patch(made.headers["Location"], json={"value": 7})
    assert patched.json() == made.json() | {"value": 7.0}
    cleared = client.patch(made.headers["Location"], json={"tags": None})
    assert cleared.json() == made.json() | {"value": 7.0, "tags": []}


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({}, ""),
        ([], ""),
        ({"unknown": 1}, "/unknown"),
        ({"unknown": None}, "/unknown"),
        ({"id": None}, "/id"),
        ({"name": None}, "/name"),
        ({"value": "7"}, "/value"),
        ({"id": "f" * 24}, "/id"),
        ({"distribution": {"count": 1, "sum": 1, "min": 1, "max": 1}}, "/distribution"),
    ],
)
def test_patch_must_leave_a_valid_document(client: httpx.Client, patch: Any, pointer: str) -> None:
    """A patch without fields, with unknown ones, or with an invalid result is 422, and changes nothing."""
    made = create(client)
    answer = client.patch(made.headers["Location"], json=patch)
    assert answer.status_code == 422
    assert pointer in {fault["pointer"] for fault in answer.json()["errors"]}
    assert client.get(made.headers["Location"]).content == made.content


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_if_match_guards_every_change(client: httpx.Client, method: str) -> None:
    """A change with another ETag is 412 and does nothing; with the present one, or *, it is done."""
    body = None if method == "DELETE" else {"name": "cpu.usage", "value": 1}
    for condition, status in (('"other"', 412), ("W/{etag}", 412), ("{etag}", 0), ("*", 0)):
        made = create(client)
        header = condition.format(etag=made.headers["ETag"])
        answer = client.request(method, made.headers["Location"], json=body, headers={"If-Match": header})
        assert answer.status_code == (status or (204 if method == "DELETE" else 200))
        stays = client.get(made.headers["Location"])
        assert (stays.content == made.content) == (status == 412)


def test_if_match_lets_one_of_many_win(client: httpx.Client) -> None:
    """Of concurrent changes with the same ETag exactly one is done."""
    made = create(client)
    headers = {"If-Match": made.headers["ETag"]}

    def put(value: int) -> int:
        body = {"name": "cpu.usage", "value": value}
        return client.put(made.headers["Location"], json=body, headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(put, range(100, 116)))
    assert statuses == [200] + [412] * 15


def test_concurrent_patches_lose_nothing(client: httpx.Client) -> None:
    """Patches of different fields at the same time are all kept."""
    made = create(client, tags=["host:a"])
    with ThreadPoolExecutor(4) as pool:
        changes = [{"value": 1}, {"type": "counter"}, {"tags": ["host:b"]}, {"name": "mem"}]
        statuses = list(pool.map(lambda c: client.patch(made.headers["Location"], json=c).status_code, changes))
    assert statuses == [200] * 4
    document = client.get(made.headers["Location"]).json()
    assert document == made.json() | {"value": 1.0, "type": "counter", "tags": ["host:b"], "name": "mem"}


def test_delete_is_final(client: httpx.Client) -> None:
    """DELETE answers 204, again 404; with If-Match 412."""
    made = create(client)
    assert client.delete(made.headers["Location"]).status_code == 204
    assert client.get(made.headers["Location"]).status_code == 404
    assert client.delete(made.headers["Location"]).status_code == 404
    assert client.delete(made.headers["Location"], headers={"If-Match": "*"}).status_code == 412


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_changes_need_an_id(client: httpx.Client, method: str) -> None:
    """A change of anything but 24 hex digits is 422; of an unknown id 404."""
    body = None if method == "DELETE" else {"name": "a", "value": 1}
    bad = client.request(method, "/metrics/cpu.usage", json=body)
    assert bad.status_code == 422
    assert bad.json()["errors"][0]["pointer"] == "/id"
    assert client.request(method, "/metrics/" + "e" * 24, json=body).status_code == 404


def test_name_gives_recent_values(client: httpx.Client) -> None:
    """GET by name gives the newest values first, at most `limit`; an unknown name is 404."""
    for value in (1, 2, 3):
        create(client, name="recent/a:b", value=value)
    answer = client.get("/metrics/recent%2Fa:b", params={"limit": 2})
    body = answer.json()
    assert body["name"] == body["metric_name"] == "recent/a:b"
    assert body["values"] == [3.0, 2.0]
    assert body["timestamp"] == body["data"][0]["timestamp"]
    assert client.get("/metrics/no.such.name").status_code == 404
    assert client.get("/metrics/aggregate").status_code == 422
    assert client.get("/metrics/recent%20a").status_code == 422


def test_aggregate_of_a_name(client: httpx.Client) -> None:
    """Percentiles are nearest rank; tags and times narrow; nothing in range counts 0; an unknown name is 404."""
    for value in range(1, 11):
        create(client, name="agg", value=value, tags=[f"half:{value // 6}"])
    whole = client.get("/metrics/agg/aggregate").json()
    assert {key: whole[key] for key in ("count", "sum", "mean", "min", "max", "p50", "p95", "p99")} == {
        "count": 10, "sum": 55.0, "mean": 5.5, "min": 1.0, "max": 10.0, "p50": 5.0, "p95": 10.0, "p99": 10.0,
    }  # fmt: skip
    assert client.get("/metrics/agg/aggregate", params={"tags": "half:0"}).json()["max"] == 5.0
    none = client.get("/metrics/agg/aggregate", params={"to": "2020-01-01T00:00:00Z"}).json()
    assert (none["count"], none["mean"], none["timestamp"]) == (0, None, None)
    assert client.get("/metrics/no.such.name/aggregate").status_code == 404
