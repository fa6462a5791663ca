"""How far a backup or a restore is: a bar on a terminal, nothing elsewhere."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Told = Callable[[int, int], None]  # so many documents more, of about so many in all


@contextlib.contextmanager
def progress(stream: TextIO, *names: str) -> Iterator[tuple[Told, ...]]:
    """A bar for each name, in this order; what to tell each."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(file=stream)
    with Progress(*columns, console=console, transient=True, disable=not stream.isatty()) as bars:

        def teller(name: str) -> Told:
            task = bars.add_task(name, total=None)
            return lambda count, total: bars.update(task, advance=count, total=total)

        yield tuple(teller(name) for name in names)
