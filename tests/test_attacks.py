"""The attacks catch what they are for; what they send to a server in full, they send here in short."""

import asyncio
import time
from collections.abc import Iterator

import httpx
import pytest
from tools.attacks import drips, json_texts, naughty, reading
from tools.attacks.api import connect, problem
from tools.attacks.operators import THEIRS, WORD, reached
from tools.server import Server

import nlq
from tests.conftest import StartServer
from tests.nlq.test_corpus import CONTEXT, READ


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    """A client of `server` that sends what it is told to."""
    with connect(server) as client:
        yield client


@pytest.mark.parametrize("text", json_texts.REFUSED[::150], ids=lambda text: ascii(text[:30]))
def test_what_is_no_json_is_refused_everywhere(client: httpx.Client, text: bytes) -> None:
    """On every route with a body, as a 400 with its reason."""
    sent, faults = json_texts.refused(client, [text])
    assert sent > 10
    assert faults == []


def test_what_is_json_is_read(client: httpx.Client) -> None:
    """Numbers and strings in every form come back as they are; no value is a 5xx anywhere."""
    _, faults = json_texts.accepted(client)
    assert faults == []


@pytest.mark.parametrize("text", naughty.MORE[::12], ids=lambda text: ascii(text[:30]))
def test_naughty_strings(client: httpx.Client, server: Server, text: str) -> None:
    """In each place that takes text: a 4xx with its reason, or byte-exact back."""
    for place in (naughty.names, naughty.tags, naughty.prompts):
        assert place(client, text) == []
    assert naughty.headers(server, text) == []


def test_reasons_are_looked_for() -> None:
    """A refusal without a reason, and a failure, are faults."""
    assert problem(httpx.Response(422, json={"detail": "why"})) == ""
    assert problem(httpx.Response(422, json={"detail": ""}))
    assert problem(httpx.Response(422, text="no"))
    assert problem(httpx.Response(500, json={"detail": "why"}))


@pytest.mark.parametrize(
    "command",
    [
        {"find": "metrics", "filter": {"name": {"$regex": f"{WORD}.*"}}},
        {"find": "metrics", "filter": {"$where": "1"}},
        {"find": "metrics", "filter": {f"tags.{WORD}": 1}},
        {"find": "metrics", "filter": {"$expr": {"$eq": [f"${WORD}", 1]}}},
        {"aggregate": "metrics", "pipeline": [{"$match": {}}, {"$group": {"_id": f"$value.{WORD}"}}]},
        {"aggregate": "metrics", "pipeline": [{"$lookup": {"from": "keys"}}]},
        {"update": "metrics", "updates": [{"q": {}, "u": {"$set": {f"{WORD}": 1}}}]},
    ],
    ids=lambda command: ascii(command)[:60],
)
def test_operators_are_seen_where_they_arrive(command: object) -> None:
    """A command that was built from what a user said is a fault."""
    assert list(reached(command))


@pytest.mark.parametrize(
    "command",
    [
        {"find": "metrics", "filter": {"name": f"${WORD}", "tags": {"$all": [f"k:${WORD}"]}}},
        {"aggregate": "metrics", "pipeline": [{"$match": {"tags": {"$in": [f"${WORD}"]}}}]},
        {"aggregate": "metrics", "pipeline": [{"$project": {"row": [{"$literal": f"${WORD}"}]}}]},
        {"insert": "metrics", "documents": [{"tags": [f"${WORD}"]}]},
    ],
    ids=lambda command: ascii(command)[:60],
)
def test_texts_are_no_operators(command: object) -> None:
    """A text that is compared with, stored or literal is none."""
    assert list(reached(command)) == []
    assert THEIRS not in str(command)


def test_who_dawdles_is_let_go(server: Server) -> None:
    """A socket of each kind is closed, with a 408 where a request had begun; who is answered meanwhile is served."""
    address, deadline = (server.host, server.process.port), time.monotonic() + drips.END_SECONDS

    async def at_once() -> list[str]:
        return list(await asyncio.gather(*(drips.drip(address, kind, deadline, 0) for kind in drips.KINDS)))

    ends = dict(zip(drips.KINDS, asyncio.run(at_once()), strict=True))
    assert [kind for kind, end in ends.items() if not end.startswith("closed")] == []
    assert {ends[kind] for kind in ("half a head", "a dripping body", "dripping chunks")} == {"closed 408"}
    assert httpx.get(f"{server.url}/health/live").status_code == 200


def test_one_address_has_so_many_connections(start_server: StartServer) -> None:
    """More are closed, and another address is served."""
    server = start_server(MAX_CONNECTIONS=str(drips.CAP))
    assert asyncio.run(drips.crowd(server)) == []


@pytest.mark.parametrize("name", ["_", "...", "-", "::", "/"])
def test_names_without_a_word_can_be_asked_about(client: httpx.Client, name: str) -> None:
    """A metric's name may be signs alone."""
    body = {"name": name, "value": 1, "type": "counter"}
    assert client.post("/metrics", json=body).status_code == 201
    for path in (f"/data/metrics/{name}", "/query"):
        parameters = {"prompt": f'average "{name}" today'} if path == "/query" else {}
        assert client.get(path, params=parameters).status_code in (200, 404, 422)


@pytest.mark.parametrize("items", [["AAA"], "AAA", [{"scopeMetrics": ["a"]}], [[]]])
def test_otlp_messages_are_objects(client: httpx.Client, items: object) -> None:
    """A text in the place of a message is not OTLP."""
    assert client.post("/v1/metrics", json={"resourceMetrics": items}).status_code == 400


def test_many_unknown_fields_are_told_at_once(client: httpx.Client) -> None:
    """A body of 1,000 fields is refused in one sentence, not field by field."""
    body = {f"field-{number}": 0 for number in range(1000)}
    for path in ("/metrics", "/query", "/admin/keys"):
        answer = client.post(path, json=body)
        assert answer.status_code == 422
        assert [each["detail"] for each in answer.json()["errors"]] == ["At most 100 fields."]


def test_pipelines_of_the_corpus_hold_nothing_strange() -> None:
    """Only stages that read, and only fields of the model: what is new is named in the lists, or no one's."""
    for _, prompt in READ:
        result = nlq.interpret(prompt, CONTEXT)
        assert isinstance(result, nlq.Interpretation), prompt
        pipeline = nlq.compile_question(result.question)
        assert reading.strange(pipeline.collection, pipeline.stages) == [], prompt
    assert reading.strange("users", [{"$out": "copy"}, {"$set": {"secret": "$password"}}])
