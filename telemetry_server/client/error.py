"""The one error of the client."""

import os
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import msgspec

_AGAIN = frozenset({408, 429, 502, 503, 504})  # statuses after which the same request may succeed
_MAX_SAID = 300


class TelemetryError(Exception):
    """What a server did not do, and why; `str(error)` is one clear line.

    status: of HTTP, None where no answer came. problem: the whole problem+json. errors: of a request that is not valid,
    a pointer and a detail each. code: why a prompt was refused (`not_understood`, `ambiguous` ...), None for all other
    errors; span: its characters that stand in the way, end exclusive; suggestions: prompts to ask instead.
    stored: how many metrics of those that were to be sent are stored.
    """

    def __init__(self, detail: str, *, status: int | None = None, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.problem = dict(problem or {})
        self.code: str | None = _text(self.problem.get("code"))
        self.errors = [each for each in _list(self.problem.get("errors")) if isinstance(each, Mapping)]
        self.suggestions = [each for each in _list(self.problem.get("suggestions")) if isinstance(each, str)]
        self.span = _span(self.problem.get("span"))
        self.retry_after_seconds: float | None = None
        self.stored = 0

    @property
    def is_refusal(self) -> bool:
        """Whether the server understood the request, and refused the prompt."""
        return self.status == 422 and self.code is not None

    @property
    def is_passing(self) -> bool:
        """Whether the same request may succeed later: there was no answer, or one that says so."""
        return self.status is None or self.status in _AGAIN


def error_of(response: httpx.Response) -> TelemetryError:
    """The error that a response, read to its end, tells."""
    try:
        said = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        said = None
    problem = said if isinstance(said, dict) else {}
    detail = _text(problem.get("detail")) or _text(problem.get("message"))
    if detail is None:
        detail = f"The server answered {response.status_code} {response.reason_phrase}, and gave no reason."
    error = TelemetryError(_line(detail), status=response.status_code, problem=problem)
    error.retry_after_seconds = _seconds(response.headers.get("retry-after"))
    return error


def not_an_answer(response: httpx.Response) -> TelemetryError:
    """Of a response that is none of this API."""
    kind = response.headers.get("content-type", "no content type").partition(";")[0]
    said = f"{response.url.copy_with(query=None)} answered with {kind}: it seems to be no telemetry server."
    return TelemetryError(_line(said), status=response.status_code)


def no_answer(address: str, error: httpx.HTTPError) -> TelemetryError:
    """Of a request that got none."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        detail = f"No server answers at {address}: {_reason(error)}."
    elif isinstance(error, httpx.TimeoutException):
        detail = f"{address} did not answer in time."
    else:
        detail = f"The connection to {address} broke: {_reason(error)}."
    return TelemetryError(_line(detail))


def _reason(error: httpx.HTTPError) -> str:
    cause: BaseException = error
    while cause.__cause__ is not None or cause.__context__ is not None:  # the system's own words are at the bottom
        cause = cause.__cause__ or cause.__context__ or cause
    words = str(error)
    if isinstance(cause, OSError) and cause.strerror:
        words = cause.strerror
        if cause.errno and not isinstance(cause, ssl.SSLError | socket.gaierror):  # whose numbers are no errno
            words = os.strerror(cause.errno)  # asyncio has words of its own
    return (words or type(error).__name__).rstrip(".")


def _line(text: str) -> str:
    return " ".join(text.split())[:_MAX_SAID]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _span(value: object) -> tuple[int, int] | None:
    if isinstance(value, Mapping) and isinstance(value.get("start"), int) and isinstance(value.get("end"), int):
        return value["start"], value["end"]
    return None


def _seconds(header: str | None) -> float | None:
    try:
        return max(0.0, float(header or ""))
    except ValueError:
        return None
