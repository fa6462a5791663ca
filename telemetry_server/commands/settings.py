"""`telemetry settings`."""

from typing import Annotated

import typer

from telemetry_server.commands import database


def settings(
    env: Annotated[bool, typer.Option("--env", help="As .env.sample.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As the README's table.")] = False,
) -> None:
    """Print every setting: the table, or the values in use (secrets are not shown)."""
    from telemetry_server import config as table

    if env:
        typer.echo(table.sample(), nl=False)
    elif markdown:
        typer.echo(table.markdown(), nl=False)
    else:
        config = database.settings()
        for setting in table.SETTINGS:
            value = "(not shown)" if setting.secret else getattr(config, setting.attribute)
            value = ",".join(value) if isinstance(value, tuple) else value
            typer.echo(f"{setting.variable}={int(value) if isinstance(value, bool) else value}")
