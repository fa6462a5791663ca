"""Small charts of characters: bars, and lines of blocks."""

from collections.abc import Sequence
from statistics import fmean

_EIGHTHS = " ▏▎▍▌▋▊▉"
_LEVELS = "▁▂▃▄▅▆▇█"


FULL, SHADED = "█", "▒"


def bar(value: float, low: float, high: float, width: int, block: str = FULL) -> str:
    """From zero to the value, where `low` (0 or less) to `high` (0 or more) is `width` characters wide."""
    if not value:
        return ""
    eighths = 8 * width / (high - low)
    zero = round(-low * eighths / 8) * 8
    start, end = sorted((zero, zero + round(value * eighths)))
    start -= start % 8  # there are no blocks that begin within a character
    whole, rest = divmod(max(end - start, 1), 8)
    if block != FULL:  # of others there are no parts
        whole, rest = max(whole + round(rest / 8), 1), 0
    return " " * (start // 8) + block * whole + _EIGHTHS[rest].strip()


def line(values: Sequence[float | None], low: float, high: float) -> str:
    """A character for each value; a gap for None."""
    top = len(_LEVELS) - 1
    scale = top / (high - low) if high > low else 0.0
    return "".join(" " if each is None else _LEVELS[round((each - low) * scale)] for each in values)


def thinned(values: Sequence[float | None], most: int) -> list[float | None]:
    """At most so many values, each the mean of equally many, but for the last."""
    each = -(-len(values) // most) or 1
    parts = (
        [value for value in values[start : start + each] if value is not None] for start in range(0, len(values), each)
    )
    return [fmean(part) if part else None for part in parts]
