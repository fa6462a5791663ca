"""The error tree, and the one problem+json body.

Problem                    500
├── Malformed              400  the body or the URL cannot be read at all
├── Unauthorized           401  no key that is known
├── Forbidden              403  a key that may not do this
├── NotFound               404
├── Conflict               409  the id is taken by another document
├── Gone               410  changes that are asked for, which MongoDB no longer knows
├── PreconditionFailed     412  If-Match does not hold
├── TooLarge               413
├── UnsupportedMedia       415
├── Invalid                422  read, but with wrong fields; `faults` names each
│   └── Refused            422  a prompt that is not answered; says why and what could be asked
├── TooManyRequests        429
├── Unavailable            503  a store is away, or the server is full or stopping; try again
│   └── HalfRestored       503  a backup was not put back to its end; an operator has to act
└── TimedOut               504  the question takes too long
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NotRequired, TypedDict

MAX_FAULTS = 100
RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the input. `pointer` is a JSON pointer: `/tags/3`."""

    pointer: str
    detail: str

    def to_builtins(self) -> "FaultBody":
        return {"pointer": self.pointer, "detail": self.detail}


class FaultBody(TypedDict):
    pointer: str
    detail: str


class ProblemBody(TypedDict):
    """What `body` makes; from `code` on, of refused prompts alone."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FaultBody]
    message: str
    code: NotRequired[str]
    span: NotRequired[dict[str, int]]
    words: NotRequired[list[dict[str, Any]]]
    suggestions: NotRequired[list[str]]
    success: NotRequired[bool]


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """Anything that is answered with problem+json."""

    status = 500

    def __init__(
        self,
        detail: str,
        *,
        faults: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


class Malformed(Problem):
    status = 400


class Unauthorized(Problem):
    status = 401


class Forbidden(Problem):
    status = 403


class NotFound(Problem):
    status = 404


class Conflict(Problem):
    status = 409


class Gone(Problem):
    status = 410


class PreconditionFailed(Problem):
    status = 412


class TooLarge(Problem):
    status = 413


class UnsupportedMedia(Problem):
    status = 415


class Invalid(Problem):
    """Wrong fields. The detail is made of the faults."""

    status = 422

    def __init__(self, faults: Iterable[Fault], *, headers: Mapping[str, str] | None = None) -> None:
        faults = tuple(faults)
        super().__init__(summarise(faults), faults=faults[:MAX_FAULTS], headers=headers)


class Refused(Problem):
    status = 422


class TooManyRequests(Problem):
    status = 429


class Unavailable(Problem):
    status = 503

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


class HalfRestored(Unavailable):
    pass


class TimedOut(Problem):
    status = 504


def summarise(faults: tuple[Fault, ...]) -> str:
    """One sentence for many faults."""
    if not faults:
        return "The request is not valid."
    first = f"{faults[0].pointer or 'the request'}: {faults[0].detail}"
    return first if len(faults) == 1 else f"{len(faults)} problems; the first is {first}"


def body(
    status: int, detail: str, faults: Iterable[Fault] = (), extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The problem+json object; `message` repeats `detail` for clients that look for it."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": [fault.to_builtins() for fault in faults],
        "message": detail,
        **(extra or {}),
    }
