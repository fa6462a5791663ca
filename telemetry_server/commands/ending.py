"""How a command ends: its exit status, and one clear line for whoever reads it."""

from typing import NoReturn

import typer

REFUSED = 1  # understood, and not done: a prompt that is refused, a key that does not suffice, a port that is taken
MISUSE = 2  # wrong arguments, settings or metrics
AWAY = 3  # no server there, or one that cannot answer now
INTERRUPTED = 130  # Ctrl-C


def fail(status: int, *lines: str) -> NoReturn:
    """End with this status, and say why."""
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(status)
