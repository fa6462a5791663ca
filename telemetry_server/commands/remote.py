"""The server that a command is a client of: --url, --key, and what becomes of its errors."""

import contextlib
from typing import TYPE_CHECKING, Annotated

import typer

from telemetry_server.commands.ending import AWAY, MISUSE, REFUSED, fail
from telemetry_server.commands.screen import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from telemetry_server.client import Client, TelemetryError

Url = Annotated[
    str | None, typer.Option(envvar="TELEMETRY_URL", help="The server; else this machine's, http://127.0.0.1:8080.")
]
Key = Annotated[str | None, typer.Option(envvar="TELEMETRY_API_KEY", help="An API key, where the server needs one.")]


@contextlib.contextmanager
def server(url: str | None, key: str | None) -> "Iterator[Client]":
    """A client of the server. What goes wrong ends the program in a line for each problem."""
    from telemetry_server.client import Client, TelemetryError

    try:
        client = Client(url, key)
    except ValueError as error:
        fail(MISUSE, str(error))
    with client:
        try:
            yield client
        except TelemetryError as error:
            fail(status_of(error), *lines_of(error))


def status_of(error: "TelemetryError") -> int:
    """The exit status that an error comes to."""
    if error.is_passing or (error.status or 0) >= 500:
        return AWAY
    return MISUSE if error.status in {400, 422} and not error.is_refusal else REFUSED


def lines_of(error: "TelemetryError") -> list[str]:
    """What is wrong, as it may be printed: a line for each problem."""
    faults = [f"{str(each.get('pointer', '')).lstrip('/')}: {each.get('detail', '')}" for each in error.errors]
    if error.status in {401, 403}:
        return [safe(f"{error.detail} (TELEMETRY_API_KEY, or --key)")]
    return [safe(line.removeprefix(": ")) for line in faults or [error.detail]]


def comings_and_goings(say: "Callable[[str], None]") -> "Callable[[TelemetryError | None], None]":
    """For `told` of a stream: says that the server went away, and that it is back."""
    went_away = False

    def told(error: "TelemetryError | None") -> None:
        nonlocal went_away
        if error is not None:
            say(safe(f"{error.detail} Trying again." if error.is_passing else error.detail))
            went_away = went_away or error.is_passing
        elif went_away:
            went_away = False
            say("The server is back.")

    return told
