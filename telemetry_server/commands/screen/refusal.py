"""A refused prompt: what stands in the way is underlined, with what to ask instead."""

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.text import Text

from telemetry_server.commands.screen.safe import safe

if TYPE_CHECKING:
    from telemetry_server.client import TelemetryError

_INDENT = "  "
_BEFORE = 20  # characters that are shown before a span that is far to the right


def refusal(prompt: str, error: "TelemetryError", console: Console) -> RenderableType:
    """The prompt with its span underlined, why, and the suggestions."""
    parts: list[RenderableType] = []
    if error.span is not None:
        parts += _underlined(prompt, *error.span, console.width - len(_INDENT))
    parts.append(Text(safe(error.detail), style="bold"))
    if error.suggestions:
        parts.append(Text("Ask instead:"))
        parts += [Text(f"{_INDENT}{safe(each)}", style="green") for each in error.suggestions]
    return Group(*parts)


def _underlined(prompt: str, start: int, end: int, width: int) -> list[Text]:
    """Two lines: the prompt, or as much of it as there is room for, and the marks below the span."""
    start, end = max(0, min(start, len(prompt))), max(start, min(end, len(prompt)))
    before, within, after = safe(prompt[:start]), safe(prompt[start:end]), safe(prompt[end:])
    if cell_len(before + within + after) > width and len(before) > _BEFORE:
        before = "…" + before[-_BEFORE:]
    marks = "^" * max(1, cell_len(within))
    shown = Text.assemble(_INDENT, before, (within, "bold red"), after)
    below = Text.assemble(_INDENT, " " * cell_len(before), (marks, "red"))
    for each in (shown, below):
        each.truncate(width + len(_INDENT), overflow="ellipsis")
        each.no_wrap = True
    return [shown, below]
