"""How a route for reading is declared."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

from sanic import Blueprint, HTTPResponse

Handler = TypeVar("Handler", bound=Callable[..., Coroutine[Any, Any, HTTPResponse]])


def reads(blueprint: Blueprint, uri: str) -> Callable[[Handler], Handler]:
    """GET, and HEAD, which is GET without the body."""
    return cast("Callable[[Handler], Handler]", blueprint.route(uri, methods=["GET", "HEAD"], unquote=True))
