"""`telemetry tail`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from telemetry_server.commands.remote import Key, Url, comings_and_goings, server
from telemetry_server.commands.screen import safe, write_json

if TYPE_CHECKING:
    from rich.text import Text

    from telemetry_server.client import Event

MAX_NAME_WIDTH = 40


def tail(
    name: Annotated[str | None, typer.Option(help="Only metrics of this name.")] = None,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tag", "--tags", metavar="KEY:VALUE", help="Only metrics with this tag; once for each."),
    ] = None,
    kind: Annotated[str | None, typer.Option("--type", help="Only metrics of this type.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON for each.")] = False,
    url: Url = None,
    key: Key = None,
) -> None:
    """Print metrics as they are stored, until Ctrl-C; what comes while the server is away is printed afterwards."""
    from telemetry_server.commands.screen.console import console, show

    screen, width = console(sys.stdout), 0
    said = comings_and_goings(lambda line: typer.echo(line, err=True))
    with server(url, key) as client:
        for event in client.tail(name, tags=tags, type=kind, told=said):
            if as_json:
                write_json(event.metric)
                continue
            width = min(max(width, len(event.metric.name)), MAX_NAME_WIDTH)
            show(screen, _line(event, width))


def _line(event: "Event", width: int) -> "Text":
    from rich.text import Text

    from telemetry_server.commands.screen.values import number

    metric = event.metric
    return Text.assemble(
        (f"{metric.timestamp:%Y-%m-%d %H:%M:%S}  ", "dim"),
        (safe(metric.name).ljust(width), "cyan"),
        (f"  {number(metric.value):>10}", "bold"),
        f"  {safe(' '.join(metric.tags))}",
        ("  (changed)" if event.changed else "", "yellow"),
        no_wrap=False,
    )
