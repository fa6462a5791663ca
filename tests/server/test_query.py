"""Questions over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import bson.json_util
import httpx
import pymongo
import pytest
from tools.server import Server
from tools.stack import Stack

FEW = 10_000  # values of a percentile are sorted; more are sketched
NOW = datetime.now(UTC).replace(minute=30, second=0, microsecond=0) - timedelta(days=1)


@pytest.fixture(scope="module", autouse=True)
def stored(client: httpx.Client) -> None:
    """Latencies of two services, over two hours."""
    metrics = [
        {
            "name": "api.latency",
            "type": "timer",
            "value": value,
            "tags": {"service": service},
            "timestamp": (NOW - timedelta(minutes=minutes)).isoformat(),
        }
        for service, value, minutes in (("auth", 10, 5), ("auth", 30, 65), ("checkout", 100, 5), ("checkout", 300, 65))
    ]
    assert client.post("/v1/metrics", json={"metrics": metrics}).status_code == 200


def ask(client: httpx.Client, prompt: str, **parameters: Any) -> dict[str, Any]:
    answer = client.get("/query", params={"prompt": prompt, "now": NOW.isoformat()} | parameters)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def test_answer_has_every_part(client: httpx.Client) -> None:
    """The answer document has its fields in order, and rows under its columns."""
    document = ask(client, "average api.latency by service")
    assert list(document) == [
        "prompt", "reading", "question", "words", "assumptions",
        "collection", "pipeline", "columns", "rows", "truncated", "reads", "chart",
    ]  # fmt: skip
    assert document["columns"] == [{"name": "service", "type": "string"}, {"name": "avg", "type": "number"}]
    assert sorted(document["rows"]) == [["auth", 20.0], ["checkout", 200.0]]
    assert document["truncated"] is False
    assert [word["text"] for word in document["words"]] == ["average", "api.latency", "by", "service"]


def test_pipeline_gives_the_same_rows(client: httpx.Client, server: Server, stack: Stack) -> None:
    """The pipeline, pasted into a shell, gives the rows of the answer."""
    document = ask(client, "average api.latency by service")
    stages = bson.json_util.loads(bson.json_util.dumps(document["pipeline"]))
    with pymongo.MongoClient[dict[str, Any]](stack.mongo_uri) as mongo:
        database = mongo[f"telemetry_server_{server.environment['APP_ENV']}"]
        rows = [found["row"] for found in database[document["collection"]].aggregate(stages)]
    assert rows == document["rows"]


def test_times_are_in_the_asked_zone(client: httpx.Client) -> None:
    """Buckets are told as RFC 3339 with the zone's offset."""
    rows = ask(client, "average api.latency per hour", tz="Asia/Kolkata")["rows"]
    assert len(rows) in {2, 3}
    assert all(row[0].endswith("+05:30") for row in rows)


def test_same_question_gives_the_same_bytes(client: httpx.Client) -> None:
    """Same prompt, clock and data: same bytes, by GET and POST, cached and not; timing is in a header."""
    parameters = {"prompt": "average api.latency by service", "now": NOW.isoformat()}
    first = client.get("/query", params=parameters, headers={"Cache-Control": "no-cache"})
    assert first.headers["X-Cache"] == "bypass"
    assert "database;dur=" in first.headers["Server-Timing"]
    answers = [client.get("/query", params=parameters), client.post("/query", json=parameters)]
    assert {answer.content for answer in answers} == {first.content}


def test_limit_bounds_the_rows(client: httpx.Client) -> None:
    """A limit cuts the rows, and what is cut is told."""
    cut = ask(client, "average api.latency by service", limit=1)
    assert (len(cut["rows"]), cut["truncated"]) == (1, True)
    exact = ask(client, "average api.latency by service", limit=2)
    assert (len(exact["rows"]), exact["truncated"]) == (2, False)


def test_refusal_says_why(client: httpx.Client) -> None:
    """What is not understood is 422, with the span in the way and the words as read."""
    prompt = "average api.latency flobberwock by service"
    answer = client.get("/query", params={"prompt": prompt})
    problem = answer.json()
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["errors"][0]["pointer"] == "/prompt"
    assert problem["code"]
    assert prompt[problem["span"]["start"] : problem["span"]["end"]] == "flobberwock"
    assert problem["words"][0]["role"] == "aggregation"
    assert isinstance(problem["suggestions"], list)


def test_new_names_are_known_at_once(client: httpx.Client) -> None:
    """A prompt about a metric is answered as soon as the metric is stored; before, it is refused."""
    for name in ("fresh.apples", "new-comer", "whole/other:thing", "zebra_crossing"):
        parameters = {"prompt": f"sum of {name}"}
        assert client.get("/query", params=parameters).status_code == 422
        client.post("/metrics", json={"name": name, "value": 7, "type": "counter"})
        assert client.get("/query", params=parameters).json()["rows"] == [[7.0]]


def test_previous_question_is_taken(client: httpx.Client) -> None:
    """The question of an answer can be sent back as the context of the next one."""
    question = ask(client, "average api.latency by service")["question"]
    body = {"prompt": "average api.latency by service", "context": question, "now": NOW.isoformat()}
    assert client.post("/query", json=body).status_code == 200


def test_percentiles_of_histograms_are_of_what_they_saw(client: httpx.Client) -> None:
    """Not of their means; the answer says how fine they are. So are the least and the greatest value."""
    seen = {"count": 100, "sum": 900.0, "min": 1.0, "max": 99.0, "bounds": [3.0, 9.0], "counts": [90, 6, 4]}
    at = (NOW - timedelta(minutes=3)).isoformat()
    metric = {"name": "http.seconds", "type": "histogram", "distribution": seen, "timestamp": at}
    assert client.post("/metrics", json=metric).json()["value"] == 9
    assert (
        client.post("/metrics", json=metric | {"type": "gauge", "value": 500, "distribution": None}).status_code == 422
    )
    answer = ask(client, "p50, p95, min and max http.seconds")
    assert answer["rows"][0] == [pytest.approx(2, rel=0.01), pytest.approx(6, rel=0.01), 1, 99]
    assert "p50 and p95 from the buckets of histograms, and as fine as these are" in answer["assumptions"]
    summary = client.get("/metrics/http.seconds/aggregate").json()
    assert (summary["p99"], summary["mean"]) == (pytest.approx(54, rel=0.01), 9)
    assert (summary["count"], summary["min"], summary["max"], summary["percentile_error"]) == (1, 1, 99, None)


def test_percentiles_of_many_values_are_sketched_and_say_so(client: httpx.Client) -> None:
    """Up to 10,000 values a percentile is exact; beyond, it is within 1 % and the answer tells."""
    at = (NOW - timedelta(minutes=3)).isoformat()
    metrics = [{"name": "job.size", "value": value, "timestamp": at} for value in range(1, FEW + 1)]
    assert client.post("/v1/metrics", json={"metrics": metrics}).status_code == 200
    few = ask(client, "p95 job.size")
    assert (few["rows"], few["assumptions"]) == ([[0.95 * FEW]], ["no time said: all that is stored up to now"])
    summary = client.get("/metrics/job.size/aggregate").json()
    assert (summary["p95"], summary["percentile_error"]) == (0.95 * FEW, 0)

    assert client.post("/metrics", json=metrics[0] | {"value": FEW + 1}).status_code == 201
    many = ask(client, "p95 job.size")
    assert many["rows"][0][0] == pytest.approx(0.95 * FEW + 1, rel=0.01)
    assert "p95 within 1 %, from a sketch: there are too many values to sort" in many["assumptions"]
    summary = client.get("/metrics/job.size/aggregate").json()
    assert summary["p99"] == pytest.approx(0.99 * FEW + 1, rel=0.01)
    assert (summary["count"], summary["max"], summary["percentile_error"]) == (FEW + 1, FEW + 1, 0.01)
    beside = ask(client, "p50 job.size today vs yesterday")
    assert "p50 within 1 %" in beside["assumptions"][-1]
