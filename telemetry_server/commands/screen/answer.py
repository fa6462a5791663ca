"""An answer as text: the reading, what was assumed, a small chart, the table."""

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console, Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from telemetry_server.commands.screen import chart, values
from telemetry_server.commands.screen.safe import safe

if TYPE_CHECKING:
    from telemetry_server.client import Answer

BAR_WIDTH = 24
LINE_WIDTH = 60
MAX_LINES = 20  # of a chart
MAX_CELL_WIDTH = 40  # on a terminal; what is longer is folded
_GAP = 2
_BLOCKS = (chart.FULL, chart.SHADED)  # of a value, and of what it is compared with
NO_ROWS = "No rows: nothing that is stored fits this."


def answer(found: "Answer", console: Console) -> RenderableType:
    """All of it, for this console."""
    parts: list[RenderableType] = [Text(safe(found.reading), style="bold")]
    parts += [Text(f"assumed: {safe(each)}", style="dim") for each in found.assumptions]
    parts.append(Text())
    if not found.rows:
        parts.append(Text(NO_ROWS))
    elif len(found.rows) == len(found.columns) == 1:
        parts.append(Text(values.cell(found.rows[0][0]), style="bold cyan"))
    else:
        lines = list(_lines(found)) if found.chart == "line" else []
        parts += [*lines, Text()] if lines else []
        parts.append(_table(found, console))
    if found.truncated:
        parts.append(Text(f"Only the first {len(found.rows):,} rows: there are more (--limit).", style="yellow"))
    return Group(*parts)


def _texts(found: "Answer") -> list[list[str]]:
    """The columns, as text."""
    columns = []
    for place, column in enumerate(found.columns):
        cells = [row[place] for row in found.rows]
        columns.append(values.times(cells) if column.type == "time" else [values.cell(each) for each in cells])
    return columns


def _table(found: "Answer", console: Console) -> RenderableType:
    columns, bars = _texts(found), _bars(found)
    names = [safe(column.name) for column in found.columns]
    widest = [max(map(cell_len, (name, *cells))) for name, cells in zip(names, columns, strict=True)]
    least = sum(min(width, MAX_CELL_WIDTH) + _GAP for width in widest)
    if least > console.width:
        return _records(names, columns)
    bars = bars if least + BAR_WIDTH <= console.width else []
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="dim")
    most = MAX_CELL_WIDTH if sum(widest) + _GAP * len(widest) + BAR_WIDTH > console.width else None
    for name, column in zip(names, found.columns, strict=True):
        justify: JustifyMethod = "right" if column.type == "number" else "left"
        table.add_column(Text(name), justify=justify, overflow="fold", max_width=most)
    if bars:
        table.add_column(Text(_legend(found)), no_wrap=True)
    for place, cells in enumerate(zip(*columns, strict=True)):
        table.add_row(*map(Text, cells), *([bars[place]] if bars else []))
    return table


def _records(names: list[str], columns: list[list[str]]) -> RenderableType:
    """What is too wide for a table: a line for each cell, an empty one after each row."""
    table = Table.grid(padding=(0, _GAP, 0, 0))
    table.add_column(style="dim", overflow="fold", max_width=MAX_CELL_WIDTH)
    table.add_column(overflow="fold")
    for cells in zip(*columns, strict=True):
        for name, text in zip(names, cells, strict=True):
            table.add_row(Text(name), Text(text))
        table.add_row()
    return table


def _value_places(found: "Answer") -> list[int]:
    """Which columns to draw: the first value, and what it is compared with."""
    first = len(found.question.get("groups", ())) + bool(found.question.get("grain"))
    places = [first, first + 1] if found.question.get("compared_to") else [first]
    return places if places[-1] < len(found.columns) and found.columns[first].type == "number" else []


def _bars(found: "Answer") -> list[Text]:
    """A bar for each row; below it, where ranges are compared, that of the other range."""
    places = _value_places(found)
    if found.chart != "bar" or len(found.rows) < 2 or not places:
        return []
    shown = [[_number(row[place]) for place in places] for row in found.rows]
    known = [value for row in shown for value in row if value is not None]
    low, high = min((*known, 0)), max((*known, 0))
    return [
        Text("\n").join(
            Text(chart.bar(value or 0, low, high, BAR_WIDTH, block), style="cyan")
            for value, block in zip(row, _BLOCKS, strict=False)
        )
        for row in shown
    ]


def _legend(found: "Answer") -> str:
    """Which bar is which, where a row has two."""
    drawn = [safe(found.columns[place].name) for place in _value_places(found)]
    named = [f"{block} {name}" for block, name in zip(_BLOCKS, drawn, strict=False)]
    return "  ".join(named) if len(named) > 1 else ""


def _lines(found: "Answer") -> Iterator[Text]:
    """A line for each group over all times that there are; two where ranges are compared."""
    places = _value_places(found)
    at = len(found.question.get("groups", ()))
    instants = {instant: place for place, instant in enumerate(sorted({str(row[at]) for row in found.rows}))}
    if not places or len(instants) < 2:
        return
    series: dict[str, list[float | None]] = defaultdict(lambda: [None] * len(instants))
    for row in found.rows:
        for place in places:
            told = [safe(found.columns[place].name)] if len(places) > 1 or not at else []
            name = " ".join([*map(values.cell, row[:at]), *told])
            series[name][instants[str(row[at])]] = _number(row[place])
    drawn = {name: chart.thinned(points, LINE_WIDTH) for name, points in list(series.items())[:MAX_LINES]}
    known = [value for points in drawn.values() for value in points if value is not None]
    if not known:
        return
    low, high = min(known), max(known)
    width = min(max(map(cell_len, drawn)), MAX_CELL_WIDTH)
    for name, points in drawn.items():
        label = Text(name)
        label.truncate(width, overflow="ellipsis", pad=True)
        yield Text.assemble(label, "  ", (chart.line(points, low, high), "cyan"))
    each = -(-len(instants) // LINE_WIDTH)
    notes = [f"from {values.number(low)} to {values.number(high)}"]
    notes += [f"each mark is the mean of {each} rows"] if each > 1 else []
    notes += [f"{len(series) - MAX_LINES:,} more lines are not drawn"] if len(series) > MAX_LINES else []
    yield Text(f"{' ' * width}  {'; '.join(notes)}", style="dim")


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
