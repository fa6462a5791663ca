"""Cells of an answer as text."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from telemetry_server.commands.screen.safe import safe

NOTHING = "–"


def number(value: float) -> str:
    """Whole numbers whole, others to about four digits; `--json` and `--csv` have all of them."""
    if isinstance(value, int) or value.is_integer():
        return f"{value:,.0f}" if abs(value) < 1e15 else f"{value:.6g}"
    return f"{value:,.1f}" if 1000 <= abs(value) < 1e15 else f"{value:.4g}"


def cell(value: Any) -> str:
    """Any value that is no time."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, list):
        return safe(" ".join(map(str, value)))
    return safe(str(value))


def times(values: Sequence[Any]) -> list[str]:
    """A column of times, no finer than any of them needs to be told."""
    parsed = [_parsed(value) for value in values]
    known = [each for each in parsed if each is not None]
    if all(each.time() == time() for each in known):
        form = "%Y-%m-%d"
    elif all(not each.second and not each.microsecond for each in known):
        form = "%Y-%m-%d %H:%M"
    else:
        form = "%Y-%m-%d %H:%M:%S"
    return [cell(value) if each is None else each.strftime(form) for value, each in zip(values, parsed, strict=True)]


def _parsed(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
