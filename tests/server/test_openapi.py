"""GET /openapi.json: valid, equal to the router, and true of what is answered; and GET /docs, which shows it."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from sanic import Sanic
from tools.stack import Stack

from telemetry_server.metric import TYPES
from telemetry_server.openapi.document import described, document
from telemetry_server.openapi.operation import operation
from telemetry_server.routes import BLUEPRINTS
from telemetry_server.schemas import fields, listing, metric, prompt
from tests.conftest import StartServer, servers

HOW = "describe it with @operation(...) below the line of its route: see telemetry_server/openapi/operation.py"
METHODS = ("get", "post", "put", "patch", "delete")
KEY = "an-admin-key-of-the-tests"
STREAM = "text/event-stream"
ELSEWHERE = "/admin/optimize"  # compacts the database that all tests share: see test_admin.py
# What parameters that are needed are, where the document has no example.
KNOWN = {"name": "cpu.usage", "id": "cpu.usage", "file": "page.js"}


def _router() -> Any:
    app = Sanic("openapi-tests", configure_logging=False)
    for blueprint in BLUEPRINTS:
        app.blueprint(blueprint)
    app.router.finalize()
    Sanic.unregister_app(app)
    return app.router


ROUTES = _router().routes
DOCUMENT: dict[str, Any] = json.loads(json.dumps(document(ROUTES, "test")))


def operations(*methods: str) -> list[tuple[str, str]]:
    return [(method, path) for path, item in DOCUMENT["paths"].items() for method in item if method in methods]


def asked(*methods: str) -> list[tuple[str, str]]:
    return [each for each in operations(*methods) if each[1] != ELSEWHERE]


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[httpx.Client]:
    """Of an admin: the first key that a request makes locks everybody else out."""
    with servers(stack) as start:
        url = start(API_KEYS=KEY).url
        with httpx.Client(base_url=url, timeout=10, headers={"Authorization": f"Bearer {KEY}"}) as client:
            yield client


def test_document_is_valid(client: httpx.Client) -> None:
    """What is served is valid OpenAPI 3.1, and what the routes of this test make."""
    served = client.get("/openapi.json").json()
    validate(served)
    assert served["openapi"] == "3.1.0"
    assert served["paths"] == DOCUMENT["paths"]
    assert served["components"] == DOCUMENT["components"]


@pytest.mark.parametrize("route", sorted(described(ROUTES), key=lambda each: each[:2]), ids=str)
def test_every_route_is_described(route: Any) -> None:
    """Each method of each route has an operation, and the handler a docstring for its summary."""
    path, method, route, told = route
    assert told is not None, f"{method.upper()} {path} is not in the OpenAPI document; {HOW}"
    assert route.handler.__doc__, f"{method.upper()} {path} has no docstring, which is its summary"


def test_document_is_the_router() -> None:
    """The document has the router's paths and methods, and no others."""
    routed = {(method, path) for path, method, *_ in described(ROUTES)}
    assert set(operations(*METHODS)) == routed


def test_every_parameter_of_a_path_is_told() -> None:
    """What stands in braces is a parameter, and nothing else is said to be in the path."""
    for method, path in operations(*METHODS):
        told = DOCUMENT["paths"][path][method].get("parameters", [])
        assert [each["name"] for each in told if each["in"] == "path"] == re.findall(r"{(\w+)}", path)


def test_bounds_are_those_of_the_schemas() -> None:
    """Bounds in the document come from where they are enforced."""
    listed = {each["name"]: each for each in DOCUMENT["paths"]["/metrics"]["get"]["parameters"]}
    assert listed["limit"]["schema"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": listing.MAX_LIMIT,
        "default": listing.DEFAULT_LIMIT,
    }
    assert listed["type"]["schema"]["enum"] == list(TYPES)
    forms = DOCUMENT["components"]["schemas"]
    assert forms["Batch"]["properties"]["metrics"]["maxItems"] == metric.MAX_BATCH
    assert forms["Metric"]["properties"]["tags"]["maxItems"] == fields.MAX_TAGS
    assert forms["AskWithContext"]["properties"]["prompt"]["maxLength"] == prompt.MAX_PROMPT_LENGTH


@pytest.mark.parametrize(
    ("body", "is_taken"),
    [
        ({"name": "a", "value": 1}, True),
        ({"name": "a", "value": 1, "tags": {"host": "web-01"}, "timestamp": time.time_ns() // 10**6}, True),
        ({"name": "a", "value": 1, "tags": ["host:web-01", "canary"], "type": "counter"}, True),
        ({"name": "a b", "value": 1}, False),
        ({"name": "n" * 201, "value": 1}, False),
        ({"value": 1}, False),
        ({"name": "a", "value": "1"}, False),
        ({"name": "a", "value": True}, False),
        ({"name": "a", "value": 1, "more": 1}, False),
        ({"name": "a", "value": 1, "tags": ["k:"]}, False),
        ({"name": "a", "value": 1, "tags": [f"k{n}" for n in range(33)]}, False),
        ({"name": "a", "value": 1, "id": "x"}, False),
    ],
)
def test_form_of_a_metric_is_what_is_taken(client: httpx.Client, body: Any, is_taken: bool) -> None:
    """The document's form and the server agree on which metrics are metrics."""
    assert client.post("/metrics", json=body).status_code == (201 if is_taken else 422)
    assert _validator({"$ref": "#/components/schemas/Metric"}).is_valid(body) == is_taken


@pytest.mark.parametrize(("method", "path"), [*asked("post"), *asked("get")], ids=str)
def test_answers_are_as_described(client: httpx.Client, method: str, path: str) -> None:
    """A real request of each operation, with the document's example, is answered in a form that the document has."""
    told = DOCUMENT["paths"][path][method]
    body = _example(told)
    parameters = {each["name"]: _value(each) for each in told.get("parameters", []) if each.get("required")}
    url = path
    for name in re.findall(r"{(\w+)}", path):
        url = url.replace(f"{{{name}}}", parameters.pop(name))
    client.post("/metrics", json={"name": "cpu.usage", "value": 1, "tags": ["host:web-01"]})
    client.post("/ingest/metrics", json={"level": "cpu", "name": "usage", "type": "TIMER", "value": 1})
    sent = {"content": body} if isinstance(body, str) else {"json": body}
    with client.stream(method, url, params=parameters, **sent, headers={"Cache-Control": "no-cache"}) as answer:
        media = answer.headers.get("content-type", "").partition(";")[0]
        if media != STREAM:
            answer.read()
        assert answer.status_code < 300, answer.text
        if answer.status_code == 204:
            return
        form = told["responses"][str(answer.status_code)]["content"][media]
        if media == "application/json":
            _validator(form["schema"]).validate(answer.json())


@pytest.mark.parametrize(("method", "path"), asked(*METHODS), ids=str)
def test_errors_are_as_described(client: httpx.Client, method: str, path: str) -> None:
    """What is wrong is answered with a status and a form that the document has, for a body and for a parameter."""
    told = DOCUMENT["paths"][path][method]
    url = path.replace("{id}", "f" * 24).replace("{name}", "no.such").replace("{file}", "none")
    sent: dict[str, Any] = {"content": b"{"} if "requestBody" in told else {"params": {"no_such_parameter": 1}}
    with client.stream(method, url, **sent, headers={"Content-Type": "application/json"}) as answer:
        media = answer.headers.get("content-type", "").partition(";")[0]
        if media == STREAM or answer.status_code < 300:
            return  # it takes no notice of parameters
        answer.read()
    assert 400 <= answer.status_code < 500
    response = told["responses"][str(answer.status_code)]
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]]
    _validator(response["content"][media]["schema"]).validate(answer.json())


def test_refusal_is_as_described(client: httpx.Client) -> None:
    """A refused prompt has the form of problems, with its words and suggestions."""
    answer = client.get("/query", params={"prompt": "flobberwock per host"})
    assert answer.status_code == 422
    _validator({"$ref": "#/components/schemas/ProblemBody"}).validate(answer.json())


@pytest.mark.parametrize("media", ["text/csv", "application/x-ndjson"])
def test_lines_are_described(client: httpx.Client, media: str) -> None:
    """Answers as lines have the media types that the document says."""
    for path in ("/query?prompt=top+5+events+today", "/metrics/export"):
        answer = client.get(path, headers={"Accept": media})
        assert answer.headers["content-type"].partition(";")[0] == media
        assert media in DOCUMENT["paths"][path.partition("?")[0]]["get"]["responses"]["200"]["content"]


def test_two_forms_of_one_name_are_an_error() -> None:
    """A second form of a name that is taken is no form that the document can have."""
    other = msgspec.defstruct("MetricPage", [("page", int)])
    app = Sanic("openapi-two", configure_logging=False)

    @app.get("/other")
    @operation(gives=other)
    async def handler(_: object) -> None:
        """Another one."""

    app.router.finalize()
    Sanic.unregister_app(app)
    with pytest.raises(ValueError, match="MetricPage"):
        document([*ROUTES, *app.router.routes], "test")


def test_page_is_whole_and_closed(client: httpx.Client) -> None:
    """The page has a strict policy, no script in its text, and needs nothing but files of this server."""
    page = client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=|javascript:", page.text)
    needed = re.findall(r'<(?:script|link)[^>]*(?:src|href)="(?!data:)([^"]+)"', page.text)
    assert sorted(needed) == ["/docs/page.css", "/docs/page.js"]
    for path in needed:
        part = client.get(path)
        assert part.status_code == 200
        assert part.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"https?://", part.text)
    assert "innerHTML" not in client.get("/docs/page.js").text
    assert client.get("/docs/other.js").status_code == 404


def test_document_and_page_need_no_key(start_server: StartServer) -> None:
    """They tell nothing of what is stored, and a browser has no key; the document says which operations need one."""
    server = start_server(API_KEYS="k" * 32)
    with httpx.Client(base_url=server.url) as client:
        for method, path in operations("get"):
            if "{" in path or any(
                each.get("required") for each in DOCUMENT["paths"][path][method].get("parameters", [])
            ):
                continue
            is_open = DOCUMENT["paths"][path][method].get("security") == []
            with client.stream("GET", path) as answer:
                assert (answer.status_code == 200) == is_open, path
        assert client.get("/docs/page.js").status_code == 200


def _example(told: dict[str, Any]) -> Any:
    content = told.get("requestBody", {}).get("content", {})
    if not content:
        return None
    example = next(iter(content.values())).get("example")
    assert example is not None, f"an example of a body is missing: {told['operationId']}"
    return example


def _value(parameter: dict[str, Any]) -> str:
    examples = parameter["schema"].get("examples") or [KNOWN.get(parameter["name"])]
    assert examples[0] is not None, f"an example is missing: {parameter['name']}"
    return str(examples[0])


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    """For answers: whatever is not described is wrong, too."""
    components = {"schemas": dict(_closed(DOCUMENT["components"]["schemas"]))}
    return Draft202012Validator({**schema, "components": components})


def _closed(forms: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, form in forms.items():
        yield name, {"additionalProperties": False, **form} if form.get("properties") else form


@pytest.mark.parametrize(
    "document",
    [
        {"type": "gauge", "value": 1e308},
        {
            "type": "histogram",
            "distribution": {"count": 2, "sum": 3, "min": 1, "max": 2, "bounds": [1], "counts": [1, 1]},
        },
    ],
    ids=["a sum beyond numbers", "percentiles as fine as buckets"],
)
def test_aggregate_of_extremes_is_as_described(client: httpx.Client, document: dict[str, Any]) -> None:
    """Where a result cannot be told, the document says that it may be null."""
    name = f"extreme.{document['type']}"
    for _ in range(2):
        assert client.post("/metrics", json={"name": name, **document}).status_code == 201
    answer = client.get(f"/metrics/{name}/aggregate")
    assert None in (answer.json()["sum"], answer.json()["percentile_error"])
    _validator({"$ref": "#/components/schemas/Aggregate"}).validate(answer.json())
