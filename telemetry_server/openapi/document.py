"""The routes -> the OpenAPI document."""

import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from telemetry_server.access import auth
from telemetry_server.errors import (
    Forbidden,
    Invalid,
    Malformed,
    Problem,
    ProblemBody,
    TimedOut,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnsupportedMedia,
)
from telemetry_server.openapi.components import Components, first_paragraph
from telemetry_server.openapi.operation import ATTRIBUTE, PROBLEM, Form, Operation, template
from telemetry_server.schemas.fields import HexId, Name

VERSION: Final = "3.1.0"
TITLE: Final = "telemetry-server"
ABOUT: Final = """Programs send metrics; people ask about them in plain English.

Where GET is taken, but for live updates, HEAD is too. Bodies may be compressed (gzip, deflate, br, zstd), and answers
are where `Accept-Encoding` asks for it. `X-Request-ID` names each answer, and `Server-Timing` says where its time went.
`Cache-Control: no-cache` asks for the stored truth. Where no key is configured, none is needed."""
BEARER: Final = "bearer"
IGNORED_METHODS: Final = ("HEAD", "OPTIONS")
_PATH_FIELDS: Final = {"id": HexId(), "name": Name()}
_BRACED: Final = re.compile(r"{(\w+)}")


def described(routes: Iterable[Any]) -> Iterator[tuple[str, str, Any, Operation | None]]:
    """Each path and method of a router, its handler, and what is said of it: None where nothing is."""
    for route in routes:
        for method in sorted(set(route.methods) - set(IGNORED_METHODS)):
            yield template(route.path), method.lower(), route, getattr(route.handler, ATTRIBUTE, None)


def document(routes: Iterable[Any], version: str) -> dict[str, Any]:
    """The document of all routes that are described."""
    components = Components(
        title=TITLE,
        version=version,
        openapi_version=VERSION,
        info={"description": ABOUT, "license": {"name": "MIT", "identifier": "MIT"}},
        servers=[{"url": "/"}],
        security=[{BEARER: []}],
    )
    spec = components.spec
    spec.components.security_scheme(BEARER, {"type": "http", "scheme": "bearer"})
    for status in _statuses(Problem):
        spec.components.response(_problem(status), _response(components, status, {PROBLEM: ProblemBody}))
    resources: dict[str, str] = {}
    for path, method, route, operation in sorted(described(routes), key=lambda each: each[:2]):
        if operation is None:
            continue
        module = sys.modules[route.handler.__module__]
        resource = module.__name__.rpartition(".")[2]
        resources[resource] = first_paragraph(module)
        told = {"operationId": route.name.partition(".")[2], "tags": [resource], **_about(route.handler)}
        spec.path(
            path,
            operations={method: told | _operation(components, path, operation, is_open=_is_open(route))},
        )
    for resource, description in sorted(resources.items()):
        spec.tag({"name": resource, "description": description})
    return spec.to_dict()


def _is_open(route: Any) -> bool:
    return getattr(route.ctx, "role", None) == auth.ANYBODY


def _about(handler: Any) -> dict[str, str]:
    _, _, more = (inspect.getdoc(handler) or "").partition("\n\n")
    return {"summary": first_paragraph(handler)} | ({"description": more} if more else {})


def _operation(components: Components, path: str, operation: Operation, *, is_open: bool) -> dict[str, Any]:
    parameters = [*_in_path(components, path, operation), *_in_headers(operation)]
    for schema in operation.query:
        parameters += components.parameters(schema)
    told: dict[str, Any] = {"responses": _responses(components, operation, is_open=is_open)}
    if parameters:
        told["parameters"] = parameters
    if operation.body:
        content = _content(components, operation.body)
        if operation.example is not None:
            content[next(iter(content))]["example"] = operation.example
        is_text = all(media.startswith("text/") for media in operation.body)  # of which none is an empty one
        told["requestBody"] = {"required": not is_text, "content": content}
    if is_open:
        told["security"] = []
    return told


def _in_path(components: Components, path: str, operation: Operation) -> Iterator[dict[str, Any]]:
    for name in _BRACED.findall(path):
        field = operation.path.get(name) or _PATH_FIELDS.get(name)
        schema = {"type": "string"} if field is None else components.field(field)
        yield {"in": "path", "name": name, "required": True, "schema": schema}


def _in_headers(operation: Operation) -> Iterator[dict[str, Any]]:
    for header in operation.headers:
        schema = dict(header.json_schema)
        yield {"in": "header", "name": header.name, "description": header.description, "schema": schema}


def _responses(components: Components, operation: Operation, *, is_open: bool) -> dict[str, Any]:
    told: dict[int, Any] = {}
    for status in _failures(operation, is_open=is_open):
        told[status] = _response(components, status, operation.errors) if operation.errors else _problem(status)
    for status, forms in operation.answers.items():
        told[status] = _response(components, status, forms)
    return {str(status): told[status] for status in sorted(told)}


def _response(components: Components, status: int, forms: Mapping[str, Form]) -> dict[str, Any]:
    content = {"content": _content(components, forms)} if forms else {}
    return {"description": HTTPStatus(status).phrase, **content}


def _problem(status: int) -> str:
    """The name of the response among the components."""
    return HTTPStatus(status).phrase.replace(" ", "")


def _statuses(problem: type[Problem]) -> set[int]:
    """Of a class of problems, and of those below it."""
    return {problem.status}.union(*map(_statuses, problem.__subclasses__()))


def _failures(operation: Operation, *, is_open: bool) -> set[int]:
    """The statuses of the problems that a request may meet."""
    problems: list[type[Problem]] = [*operation.fails]
    if not is_open:
        problems += [Unauthorized, Forbidden, Invalid, TooManyRequests, Unavailable, TimedOut]
    if operation.body:
        problems += [Malformed, TooLarge, UnsupportedMedia]
    statuses = {problem.status for problem in problems}
    if operation.errors and Invalid.status in statuses:
        statuses = statuses - {Invalid.status} | {Malformed.status}
    return statuses


def _content(components: Components, forms: Mapping[str, Form]) -> dict[str, dict[str, Any]]:
    """Media types; what is sent as bytes has no schema."""
    found: dict[str, dict[str, Any]] = {}
    for media, form in forms.items():
        schema = components.schema(form)
        found[media] = {"schema": schema} if schema else {}
    return found
