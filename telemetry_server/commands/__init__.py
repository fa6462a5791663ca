"""The command line, one command or noun a file. What a command needs it imports when it runs: so each starts fast.

ask, send, tail and metrics are clients of a server; the others are for those who run one.
"""

import typer

from telemetry_server.commands import keys, migrate
from telemetry_server.commands.ask import ask
from telemetry_server.commands.backup import backup, restore
from telemetry_server.commands.metrics import metrics
from telemetry_server.commands.misses import misses
from telemetry_server.commands.send import NEGATIVE_VALUES, send
from telemetry_server.commands.serve import serve
from telemetry_server.commands.settings import settings
from telemetry_server.commands.summarise import summarise
from telemetry_server.commands.tail import tail

cli = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="A telemetry server, and its clients.")
cli.command()(ask)
cli.command(context_settings=NEGATIVE_VALUES)(send)
for command in (tail, metrics, serve, settings, misses, summarise, backup, restore):
    cli.command()(command)
cli.add_typer(migrate.commands, name="migrate")
cli.add_typer(keys.commands, name="keys")
