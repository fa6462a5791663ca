"""How a prompt may go on, over HTTP."""

from typing import Any

import httpx
import pytest


@pytest.fixture(scope="module", autouse=True)
def stored(client: httpx.Client) -> None:
    """One metric of two hosts."""
    metrics = [{"name": "cpu.usage", "value": 1, "tags": {"host": host}} for host in ("web-01", "web-02")]
    assert client.post("/v1/metrics", json={"metrics": metrics}).status_code == 200


def complete(client: httpx.Client, **parameters: str) -> list[dict[str, Any]]:
    answer = client.get("/query/complete", params=parameters)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["prefix"] == parameters.get("prefix", "")
    completions: list[dict[str, Any]] = document["completions"]
    return completions


def test_half_typed_word_is_completed(client: httpx.Client) -> None:
    """Names and values that are stored are proposed."""
    assert {"text": "average cpu.usage", "role": "metric"} in complete(client, prefix="average cp")
    hosts = complete(client, prefix="cpu usage host we")
    assert hosts[:2] == [{"text": f"cpu usage host web-0{n}", "role": "tag"} for n in (1, 2)]


@pytest.mark.parametrize("prefix", ["", "average ", "cpu usage ", "cpu usage by h"])
def test_completions_are_answered(client: httpx.Client, prefix: str) -> None:
    """Whatever is proposed is answered as it stands."""
    completions = complete(client, prefix=prefix, tz="Europe/Berlin")
    assert 1 <= len(completions) <= 10
    for completion in completions:
        parameters = {"prompt": completion["text"], "tz": "Europe/Berlin"}
        assert client.get("/query", params=parameters).status_code == 200, completion


def test_no_prefix_is_an_empty_one(client: httpx.Client) -> None:
    """Without a prefix there are starters; the time that it took is in a header."""
    assert complete(client) == complete(client, prefix="")
    assert "parse;dur=" in client.get("/query/complete").headers["Server-Timing"]


@pytest.mark.parametrize(
    ("parameters", "pointers"),
    [
        ({"prefix": "x" * 513}, {"/prefix"}),
        ({"prefix": "a\x00b"}, {"/prefix"}),
        ({"prefix": "a", "tz": "Mars/Olympus"}, {"/tz"}),
        ({"prefix": "a", "now": "noon"}, {"/now"}),
        ({"prefix": "a", "prompt": "a", "limit": "3"}, {"/prompt", "/limit"}),
        ({"tz": "x", "now": "y"}, {"/tz", "/now"}),
    ],
)
def test_bad_parameters_are_told_all_at_once(
    client: httpx.Client, parameters: dict[str, str], pointers: set[str]
) -> None:
    """Wrong and unknown parameters are 422, with a pointer to each."""
    answer = client.get("/query/complete", params=parameters)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {error["pointer"] for error in answer.json()["errors"]} == pointers
