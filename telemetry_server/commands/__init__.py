"""The command line, one command or noun a file. What a command needs it imports when it runs: so each starts fast."""

import typer

from telemetry_server.commands import keys, migrate
from telemetry_server.commands.misses import misses
from telemetry_server.commands.serve import serve
from telemetry_server.commands.settings import settings
from telemetry_server.commands.summarise import summarise

cli = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="A telemetry server."
)
for command in (serve, settings, misses, summarise):
    cli.command()(command)
cli.add_typer(migrate.commands, name="migrate")
cli.add_typer(keys.commands, name="keys")
