"""`telemetry send`."""

import contextlib
import os
import stat
import sys
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from telemetry_server.commands.ending import MISUSE, fail
from telemetry_server.commands.remote import Key, Url, lines_of, server, status_of
from telemetry_server.commands.screen import safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from telemetry_server.client import Client, TelemetryError

STANDARD_INPUT = "-"
NEGATIVE_VALUES = {"ignore_unknown_options": True}  # to the parser they begin as options do


def send(
    name: Annotated[str | None, typer.Argument(help="What is measured; - for metrics on standard input.")] = None,
    value: Annotated[float | None, typer.Argument(help="An event needs none.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="counter, gauge, timer ...; else gauge.")] = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", metavar="KEY:VALUE", help="A tag; once for each.")] = None,
    at: Annotated[str | None, typer.Option(help="When it was measured (RFC 3339); else now.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="Metrics as NDJSON: a JSON object a line, as POST /metrics takes it.")
    ] = None,
    idempotency_key: Annotated[
        str | None, typer.Option(help="The same again with the same key stores nothing twice.")
    ] = None,
    url: Url = None,
    key: Key = None,
) -> None:
    """Store a metric, or a file of them (--file, or - for standard input)."""
    if name == STANDARD_INPUT or file is not None:
        if (file is not None and name is not None) or value is not None or kind or tags or at:
            fail(MISUSE, "Give a name and a value, or a file, not both.")
        with _opened(file) as lines, server(url, key) as client:
            _send_all(client, _Lines(lines, str(file or "standard input")), idempotency_key)
        return
    if name is None:
        fail(MISUSE, "Give a name and a value, or --file FILE, or - for standard input.")
    with server(url, key) as client:
        stored = client.send(name, value, type=kind, tags=tags, at=at, idempotency_key=idempotency_key)
    from telemetry_server.commands.screen.values import number

    said = [stored.name, stored.type, number(stored.value), *stored.tags, f"at {stored.timestamp.isoformat()}"]
    typer.echo(safe(" ".join(said)))


class _Lines:
    """The metrics of a file, and in which of its lines each stands."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._numbers = array("L")
        self.size_bytes = _size_bytes(file)
        self.read_bytes = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        import msgspec

        for number, line in enumerate(self._file, 1):
            self.read_bytes += len(line)
            if not line.strip():
                continue
            try:
                metric = msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                metric = None
            if not isinstance(metric, dict):
                raise NotAMetricError(f"{self._name}, line {number}: no JSON object.")
            self._numbers.append(number)
            yield metric

    def place(self, error: "TelemetryError") -> list[str]:
        """What is wrong, by line instead of by the place in a batch."""
        lines = []
        for fault, said in zip(error.errors, lines_of(error), strict=False):
            _, _, place, *field = [*str(fault.get("pointer", "")).split("/"), "", ""]
            if place.isdecimal() and error.stored + int(place) < len(self._numbers):
                number = self._numbers[error.stored + int(place)]
                text = f"{'/'.join(field).strip('/')}: {fault.get('detail', '')}".removeprefix(": ")
                lines.append(f"{self._name}, line {number}: {text}")
            else:
                lines.append(said)
        return lines or lines_of(error)


def _size_bytes(file: BinaryIO) -> int | None:
    """Of a file on disk; None for what comes from elsewhere."""
    with contextlib.suppress(OSError):
        found = os.fstat(file.fileno())
        return found.st_size if stat.S_ISREG(found.st_mode) else None
    return None


class NotAMetricError(Exception):
    """A line that is none."""


def _send_all(client: "Client", lines: _Lines, idempotency_key: str | None) -> None:
    from telemetry_server.client import TelemetryError

    stored = 0
    with _progress(lines) as show:

        def told(count: int) -> None:
            nonlocal stored
            stored = count
            show(count)

        try:
            client.send_all(lines, idempotency_key=idempotency_key, told=told)
        except TelemetryError as error:
            fail(status_of(error), *map(safe, lines.place(error)), _so_far(stored))
        except NotAMetricError as error:
            fail(MISUSE, safe(str(error)), _so_far(stored))
        except KeyboardInterrupt:
            typer.echo(_so_far(stored), err=True)
            raise
    typer.echo(f"{stored:,} metrics stored.")


def _so_far(stored: int) -> str:
    return f"{stored:,} metrics are stored."


@contextlib.contextmanager
def _opened(file: Path | None) -> Iterator[BinaryIO]:
    if file is None or str(file) == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    try:
        opened = file.open("rb")
    except OSError as error:
        fail(MISUSE, safe(f"{file}: {error.strerror}."))
    with opened:
        yield opened


@contextlib.contextmanager
def _progress(lines: _Lines) -> "Iterator[Callable[[int], None]]":
    """A bar, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from telemetry_server.commands.screen.console import console

    shown = TextColumn("sending"), BarColumn(), TextColumn("{task.fields[stored]:,} metrics"), TimeRemainingColumn()
    with Progress(*shown, console=console(sys.stderr), transient=True) as bar:
        task = bar.add_task("sending", total=lines.size_bytes, stored=0)
        yield lambda count: bar.update(task, completed=lines.read_bytes, stored=count)
