"""Requests and what becomes of their responses, without doing either: what both clients share."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from telemetry_server.client.answer import Answer, Completion, Completions, Lines
from telemetry_server.client.error import TelemetryError, error_of, no_answer, not_an_answer
from telemetry_server.client.metric import Batch, Catalog, Metric, identified

DEFAULT_URL = "http://127.0.0.1:8080"
URL_VARIABLE, KEY_VARIABLE = "TELEMETRY_URL", "TELEMETRY_API_KEY"
MAX_PAUSE_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 0.2
Form = Literal["json", "csv", "ndjson"]
Instant = datetime | str
Result = TypeVar("Result")

_ACCEPT: dict[Form, str] = {"json": "application/json", "csv": "text/csv", "ndjson": "application/x-ndjson"}


class Call(msgspec.Struct, Generic[Result], frozen=True):
    """One request, and how its response is read. Each may be sent again: it stores nothing twice."""

    method: str
    path: str
    read: Callable[[httpx.Response], Result]
    params: dict[str, Any] = {}
    headers: dict[str, str] = {}
    body: bytes | None = None

    def build(self, client: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        kind = {} if self.body is None else {"Content-Type": "application/json"}
        return client.build_request(
            self.method, self.path, params=self.params, headers={**self.headers, **kind}, content=self.body
        )


class Retries:
    """The attempts of one call: `failed` says how long to pause before the next one, and raises after the last."""

    def __init__(self, address: str, most: int) -> None:
        self._address = address
        self._left = most
        self._pause_seconds = FIRST_PAUSE_SECONDS

    def failed(self, why: httpx.HTTPError | TelemetryError) -> float:
        error = why if isinstance(why, TelemetryError) else no_answer(self._address, why)
        if not self._left or not error.is_passing:
            raise error from None
        self._left -= 1
        pause = error.retry_after_seconds if error.retry_after_seconds is not None else self._pause_seconds
        self._pause_seconds *= 2
        return min(pause, MAX_PAUSE_SECONDS)


def address(url: str | None) -> str:
    """The server's address: the one given, else TELEMETRY_URL, else this machine's. Raises ValueError."""
    text = url or os.environ.get(URL_VARIABLE) or DEFAULT_URL
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and text.isprintable()
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("Give the server's address alone, such as http://127.0.0.1:8080.")
        if not usable or " " in text:
            raise ValueError(f"{text!r} is no http:// or https:// address.")
        httpx.URL(text)
    except httpx.InvalidURL:
        raise ValueError(f"{text!r} is no http:// or https:// address.") from None
    return text.rstrip("/")


def authorization(key: str | None) -> dict[str, str]:
    """The header that a key becomes: the one given, else TELEMETRY_API_KEY. Raises ValueError."""
    text = key or os.environ.get(KEY_VARIABLE)
    if not text:
        return {}
    if not (text.isascii() and text.isprintable() and text.strip()):
        raise ValueError("An API key is printable ASCII.")
    return {"Authorization": f"Bearer {text}"}


def ask(
    prompt: str,
    *,
    now: Instant | None,
    tz: str | None,
    limit: int | None,
    context: Answer | Mapping[str, Any] | None,
    fresh: bool,
) -> Call[Answer]:
    headers = {"Cache-Control": "no-cache"} if fresh else {}
    params = question(prompt, now, tz, limit)
    if context is None:
        return Call("GET", "/query", _reader(Answer), params, headers)
    previous = context.question if isinstance(context, Answer) else context
    body = msgspec.json.encode({**params, "context": previous})
    return Call("POST", "/query", _reader(Answer), {}, headers, body)


def ask_text(prompt: str, form: Form, *, now: Instant | None, tz: str | None, limit: int | None) -> Call[Lines]:
    def read(response: httpx.Response) -> Lines:
        if response.headers.get("content-type", "").partition(";")[0] != _ACCEPT[form]:
            raise not_an_answer(response)
        return Lines(response.text, response.headers.get("x-truncated") == "true")

    return Call("GET", "/query", read, question(prompt, now, tz, limit), {"Accept": _ACCEPT[form]})


def question(prompt: str, now: Instant | None, tz: str | None, limit: int | None) -> dict[str, Any]:
    """The parameters of a prompt; what is not given is left out."""
    at = now.isoformat() if isinstance(now, datetime) else now
    given = {"prompt": prompt, "now": at, "tz": tz, "limit": limit}
    return {name: value for name, value in given.items() if value is not None}


def complete(prefix: str, *, now: Instant | None, tz: str | None) -> Call[tuple[Completion, ...]]:
    params = question(prefix, now, tz, None)
    params["prefix"] = params.pop("prompt")
    found = _reader(Completions)
    return Call("GET", "/query/complete", lambda response: found(response).completions, params)


def metrics() -> Call[Catalog]:
    return Call("GET", "/observability/metrics/types", _reader(Catalog))


def send(metric: Mapping[str, Any], idempotency_key: str | None) -> Call[Metric]:
    body = msgspec.json.encode(identified(metric, idempotency_key, 0))
    return Call("POST", "/metrics", _reader(Metric), body=body)


def send_batch(batch: Batch) -> Call[int]:
    return Call("POST", "/v1/metrics", lambda _: batch.count, body=batch.body)


def read_response(call: Call[Result], response: httpx.Response) -> Result:
    """What a response, read to its end, gives. Raises TelemetryError."""
    if response.status_code not in (200, 201):
        raise error_of(response)
    return call.read(response)


def _reader(kind: type[Result]) -> Callable[[httpx.Response], Result]:
    def read(response: httpx.Response) -> Result:
        try:
            return msgspec.json.decode(response.content, type=kind)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise not_an_answer(response) from None

    return read
