"""`telemetry metrics`."""

import sys
from typing import Annotated

import typer

from telemetry_server.commands.remote import Key, Url, server
from telemetry_server.commands.screen import safe, write_json


def metrics(
    text: Annotated[str | None, typer.Argument(help="Only names with this in them.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    url: Url = None,
    key: Key = None,
) -> None:
    """List what is stored: names, their types, and of how many series each is."""
    with server(url, key) as client:
        catalog = client.metrics()
    found = [each for each in catalog.metrics if text is None or text.lower() in each.name.lower()]
    if as_json:
        write_json(found)
    else:
        from rich.table import Table
        from rich.text import Text

        from telemetry_server.commands.screen.console import console, show

        table = Table("name", "types", box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
        table.add_column("series", justify="right")
        for each in found:
            cells = safe(each.name), safe(" ".join(each.types)), f"{each.series:,}"
            table.add_row(*map(Text, cells))
        nothing = "Nothing is stored so far." if text is None else "No name has this in it."
        show(console(sys.stdout), table if found else Text(nothing))
    if catalog.truncated:
        typer.echo(f"There are more names than these {len(catalog.metrics):,}.", err=True)
