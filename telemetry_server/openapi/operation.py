"""@operation(...): what a handler takes and what it answers, for the OpenAPI document."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, TypeVar

from marshmallow import Schema
from marshmallow.fields import Field

from telemetry_server.errors import Problem

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
ATTRIBUTE: Final = "operation"
Handler = TypeVar("Handler", bound=Callable[..., Any])

Form = Any
"""What JSON looks like: a marshmallow schema, or a type that msgspec knows (TypedDict, dataclass, list ...); a tuple is
any of its forms, a list has any of them for items. None: anything, such as bytes."""
_PARAMETER: Final = re.compile(r"<(?:metric_)?(\w+)[^>]*>")


@dataclass(frozen=True, slots=True)
class Header:
    """A header that a request may have."""

    name: str
    description: str
    json_schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class Operation:
    """What a handler takes, and what it answers: forms by media type, and by status.

    query: of the parameters in the URL, a schema or several. path: fields of parameters in the path, where they are
    neither an `id` nor a `name`. example: of the first form of a body. fails: problems, beside those that any such
    request may meet. errors: forms of errors where they are not problem+json; what is invalid is a 400 there.
    """

    query: tuple[type[Schema] | Schema, ...] = ()
    path: Mapping[str, Field[Any]] = field(default_factory=dict)
    headers: tuple[Header, ...] = ()
    body: Mapping[str, Form] = field(default_factory=dict)
    example: Any = None
    answers: Mapping[int, Mapping[str, Form]] = field(default_factory=dict)
    fails: tuple[type[Problem], ...] = ()
    errors: Mapping[str, Form] = field(default_factory=dict)


def operation(
    *,
    gives: Form,
    body: Form = None,
    query: type[Schema] | Schema | tuple[type[Schema] | Schema, ...] = (),
    path: Mapping[str, Field[Any]] | None = None,
    headers: tuple[Header, ...] = (),
    example: Any = None,
    fails: tuple[type[Problem], ...] = (),
    errors: Form = None,
) -> Callable[[Handler], Handler]:
    """Describe a handler, below the line of its route; its docstring is the summary.

    gives: the form of a 200, or forms by status; a form by media type where it is not JSON: `{201: Metric}`,
    `{200: {"text/csv": str}}`, `{204: {}}`. body, errors: a form, or forms by media type. The others: see Operation.
    """
    by_status = gives if isinstance(gives, Mapping) and all(isinstance(key, int) for key in gives) else {200: gives}
    described = Operation(
        query=query if isinstance(query, tuple) else (query,),
        path=path or {},
        headers=headers,
        body={} if body is None else _by_media(body),
        example=example,
        answers={status: _by_media(form) for status, form in by_status.items()},
        fails=fails,
        errors={} if errors is None else _by_media(errors),
    )

    def describe(handler: Handler) -> Handler:
        setattr(handler, ATTRIBUTE, described)
        return handler

    return describe


@lru_cache
def template(path: str) -> str:
    """The path of a route as OpenAPI writes it: `/metrics/{id}`."""
    return _PARAMETER.sub(r"{\1}", f"/{path}").rstrip("/") or "/"


def _by_media(form: Form) -> Mapping[str, Form]:
    return form if isinstance(form, Mapping) else {JSON: form}
