"""`telemetry keys`."""

import asyncio
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from telemetry_server.commands.database import database
from telemetry_server.commands.ending import MISUSE, fail

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from telemetry_server.access.keys import Keys

Result = TypeVar("Result")

commands = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")


@commands.command()
def make(
    role: Annotated[str, typer.Argument(help="reader, writer or admin; each may do what those before it may.")],
    rate_limit: Annotated[
        int | None, typer.Option(help="Requests a second of this key, 0 for no limit; else RATE_LIMIT of its client.")
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="Whose metrics it sees and touches; else those of none.")] = None,
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
    expires_in: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="How long it stands: 90d, 12h, 30m or 45s; else until it is revoked."),
    ] = None,
) -> None:
    """Make a key and print it; it is shown this once."""
    from telemetry_server.access.keys import COMMAND_LINE, Wanted
    from telemetry_server.errors import Invalid
    from telemetry_server.schemas import keys as forms

    try:
        given = {"role": role, "tenant": tenant, "rate_limit": rate_limit, "note": note}
        wanted = Wanted(**forms.wanted(given | {"expires_at": forms.end_in(expires_in)}))
    except Invalid as invalid:
        fail(MISUSE, *(f"{fault.pointer[1:]}: {fault.detail}" for fault in invalid.faults))
    key, text = _with_keys(lambda keys: keys.make(wanted, COMMAND_LINE))
    typer.echo(text)
    typer.echo(f"Key {key.id}, {key.role}. Only its digest is kept: this text is not shown again.", err=True)


@commands.command("list")
def list_keys() -> None:
    """Print the keys that were made; those of API_KEYS are not among them."""
    from telemetry_server.access.keys import table

    for line in table(_with_keys(lambda keys: keys.listed())):
        typer.echo(line)


@commands.command()
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID", help="As `keys list` prints it.")]) -> None:
    """Let a key stand no more."""
    from telemetry_server.access.keys import COMMAND_LINE
    from telemetry_server.errors import Invalid
    from telemetry_server.schemas import ids

    try:
        wanted = ids.check_id(key_id)
    except Invalid as invalid:
        fail(MISUSE, *(f"id: {fault.detail}" for fault in invalid.faults))
    _with_keys(lambda keys: keys.revoke(wanted, COMMAND_LINE.id))
    typer.echo("Revoked; servers know it within CACHE_STALENESS_MS.")


def _with_keys(work: "Callable[[Keys], Awaitable[Result]]") -> "Result":
    with database() as config:
        from telemetry_server.access.keys import run

        done = asyncio.run(run(work, config))
    return done  # noqa: RET504 - to mypy the block may swallow what it raises, and return nothing
