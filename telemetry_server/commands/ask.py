"""`telemetry ask`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from telemetry_server.commands.completion import prompts
from telemetry_server.commands.ending import MISUSE, REFUSED, fail
from telemetry_server.commands.remote import Key, Url, comings_and_goings, server
from telemetry_server.commands.screen import write, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from telemetry_server.client import Answer, Client, TelemetryError
    from telemetry_server.client.calls import Form


def ask(
    words: Annotated[
        list[str],
        typer.Argument(metavar="PROMPT", help="The question, in quotes or not.", autocompletion=prompts),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="The rows as CSV.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Again whenever the answer has become another one.")] = False,
    tz: Annotated[str | None, typer.Option(help="IANA time zone of days and hours; else UTC.")] = None,
    now: Annotated[str | None, typer.Option(help="As of then (RFC 3339).")] = None,
    limit: Annotated[int | None, typer.Option(min=1, max=1000, help="Most rows.")] = None,
    url: Url = None,
    key: Key = None,
) -> None:
    """Ask in plain English: the reading, what was assumed, a small chart, the rows.

    A prompt that is refused is shown with what stands in the way and what to ask instead; the exit status is then 1.
    """
    if as_csv and (watch or as_json):
        fail(MISUSE, "--csv goes with neither --json nor --watch.")
    from telemetry_server.client import TelemetryError

    prompt = " ".join(words)
    with server(url, key) as client:
        try:
            if watch:
                said = comings_and_goings(_complain)
                _watch(client.watch(prompt, now=now, tz=tz, limit=limit, told=said), prompt, as_json=as_json)
            elif as_json or as_csv:
                _print_text(client, prompt, "csv" if as_csv else "json", now=now, tz=tz, limit=limit)
            else:
                _print(client.ask(prompt, now=now, tz=tz, limit=limit))
        except TelemetryError as error:
            if not error.is_refusal:
                raise
            if as_json:
                write_json(error.problem)
            else:
                _print_refusal(prompt, error)
            raise typer.Exit(REFUSED) from None


def _print(answer: "Answer") -> None:
    from telemetry_server.commands.screen.answer import answer as shown
    from telemetry_server.commands.screen.console import console, show

    screen = console(sys.stdout)
    show(screen, shown(answer, screen))


def _print_refusal(prompt: str, error: "TelemetryError") -> None:
    from telemetry_server.commands.screen.console import console, show
    from telemetry_server.commands.screen.refusal import refusal

    screen = console(sys.stderr)
    show(screen, refusal(prompt, error, screen))


def _print_text(
    client: "Client", prompt: str, form: "Form", *, now: str | None, tz: str | None, limit: int | None
) -> None:
    lines = client.ask_text(prompt, form, now=now, tz=tz, limit=limit)
    write(lines.text if lines.text.endswith("\n") else f"{lines.text}\n")
    if lines.truncated:
        _complain("There are more rows (--limit).")


def _complain(line: str) -> None:
    typer.echo(line, err=True)


def _watch(answers: "Iterable[Answer | TelemetryError]", prompt: str, *, as_json: bool) -> None:
    from telemetry_server.client import Answer

    if as_json:
        for each in answers:
            write_json(each if isinstance(each, Answer) else each.problem)
        return
    from rich.live import Live
    from rich.text import Text

    from telemetry_server.commands.screen.answer import answer as shown
    from telemetry_server.commands.screen.console import console, show
    from telemetry_server.commands.screen.refusal import refusal

    screen = console(sys.stdout)

    def drawn(each: "Answer | TelemetryError") -> "RenderableType":
        return shown(each, screen) if isinstance(each, Answer) else refusal(prompt, each, screen)

    if not screen.is_terminal:
        for each in answers:
            show(screen, drawn(each))
            show(screen, Text())
        return
    with Live(console=screen, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:
        for each in answers:
            live.update(drawn(each), refresh=True)
