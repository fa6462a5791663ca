"""The operations of /openapi.json with what they take, and a client that sends bytes as they are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from tools.bench.stage import HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.server import Server

SAMPLES = {"id": "0" * 24, "key_id": "0" * 24, "name": "attacks.a", "file": "page.js"}
UNBOUNDED = ("/metrics/live", "/query/live")  # answers without an end
LEFT_OUT = ("/admin/optimize",)  # it works on the whole database


@dataclass(frozen=True)
class Operation:
    """A method and a path; its parameters by where they stand; and an example of its JSON body, or None."""

    method: str
    path: str
    parameters: dict[str, tuple[str, ...]]
    body: Any

    @property
    def has_body(self) -> bool:
        return self.body is not None

    def url(self, **given: str) -> str:
        """The path, with samples for what is not given."""
        return self.path.format_map(SAMPLES | given)


def connect(server: Server, key: str | None = None) -> httpx.Client:
    """A client with a key; the stage's own where none is given."""
    headers = HEADERS if key is None else HEADERS | {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=server.url, headers=headers, timeout=20)


def operations(client: httpx.Client) -> list[Operation]:
    """All but those that are left out."""
    document = client.get("/openapi.json").json()
    return [
        Operation(method.upper(), path, _parameters(document, said), _example(document, said))
        for path, item in document["paths"].items()
        for method, said in item.items()
        if method in ("get", "post", "put", "patch", "delete") and path not in (*UNBOUNDED, *LEFT_OUT)
    ]


def problem(answer: httpx.Response) -> str:
    """What is wrong with a refusal: it must say why, in one of the forms that there are; empty where nothing is."""
    if not 400 <= answer.status_code < 500:
        return f"{answer.status_code}, not 4xx"
    try:
        said = answer.json()
    except (ValueError, UnicodeDecodeError):
        return "no JSON"
    reasons = [said.get(name) for name in ("detail", "message", "error", "errors")] if isinstance(said, dict) else []
    return "" if any(reasons) else f"no reason: {answer.text[:100]}"


def _parameters(document: Any, said: Any) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {"path": [], "query": [], "header": []}
    for each in said.get("parameters", []):
        parameter = _resolved(document, each)
        found[parameter["in"]].append(parameter["name"])
    return {place: tuple(names) for place, names in found.items()}


def _example(document: Any, said: Any) -> Any:
    body = _resolved(document, said.get("requestBody", {})).get("content", {}).get("application/json")
    if body is None:
        return None
    examples: Iterator[Any] = iter(body.get("examples", {}).values())
    return body.get("example", next(examples, {"value": {}})["value"] if "examples" in body else {})


def _resolved(document: Any, said: Any) -> Any:
    while "$ref" in said:
        place: Any = document
        for step in said["$ref"].removeprefix("#/").split("/"):
            place = place[step]
        said = place
    return said


def encode(value: Any) -> bytes:
    """JSON, lone surrogates too (as escapes)."""
    return json.dumps(value).encode()
