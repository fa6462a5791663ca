"""Where a command writes: a terminal, in colours, or a file or pipe, as plain text of any width."""

import os
from typing import TextIO

from rich.console import Console, RenderableType

ANY_WIDTH = 100_000
_PLAIN = ("", "dumb")


def console(stream: TextIO) -> Console:
    """Nothing in the text is markup. No escape code leaves it but on a terminal, and none where NO_COLOR is set."""
    terminal = stream.isatty()
    plain = not terminal or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") in _PLAIN
    return Console(
        file=stream,
        width=None if terminal else ANY_WIDTH,
        force_terminal=terminal,
        color_system=None if plain else "auto",
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )


def show(console: Console, what: RenderableType) -> None:
    """Print it now; in a file or pipe no line ends in spaces."""
    if console.is_terminal:
        console.print(what)
        return
    with console.capture() as captured:
        console.print(what)
    console.file.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())
    console.file.flush()
