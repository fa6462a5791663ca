"""The one time range that a text speaks of."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, cast

from msgspec.structs import replace

from nlq.catalog import Catalog
from nlq.context import Context
from nlq.engine import CrowdedError, Grammar
from nlq.measures import CURRENCIES
from nlq.question import TimeRange
from nlq.refusal import Problem
from nlq.rule import Match
from nlq.rules import number, time_alone, time_range
from nlq.timeline import Span
from nlq.tokens import Token, tokenize

MAX_LENGTH: Final = 4096

_NOTHING: Final = Catalog()


@lru_cache(maxsize=1)
def _grammar() -> Grammar:
    """Made when it is first needed: servers never do, and start sooner."""
    return Grammar(
        (*number.RULES, *time_range.RULES, *time_alone.RULES),
        (*number.SCANNERS, *time_range.SCANNERS, *time_alone.SCANNERS),
        frozenset({"time"}),
        frozenset(),
    )


def resolve_time(text: str, now: datetime) -> tuple[datetime | None, datetime | None] | None:
    """The range `[start, end)` that `text` speaks of, a phrase or a whole sentence; None where it speaks of none.

    A side that is open is None. `now` may be aware or naive; the answer is of the same kind and in the same zone,
    whatever zone the text names. Of several phrases the longest counts, of equals the first. Never raises,
    whatever the text; only the first MAX_LENGTH characters are read.
    """
    zone = UTC if now.tzinfo is None else now.tzinfo
    try:
        instant = now.replace(tzinfo=zone).astimezone(UTC)
        context = Context(instant, _NOTHING, cast("Any", zone))  # any tzinfo does here
        found = _longest(_without_prices(tokenize(text[:MAX_LENGTH])), context)
        if isinstance(found, TimeRange):
            return _like(found.start, now), _like(found.end, now)
    except (OverflowError, ValueError, CrowdedError):  # beyond the calendar's ends, or one time after another
        return None
    return None


def _longest(tokens: Sequence[Token], context: Context) -> TimeRange | Problem | None:
    best: Match | None = None
    zone: Any = None
    for match in _grammar().matches(tokens, context):
        if match.kind == "zone":
            zone = match.value
        elif match.kind in ("time", "instant") and (best is None or _rank(match) > _rank(best)):
            best = match
    if zone is not None and zone != context.zone:
        return _longest(tokens, replace(context, zone=zone))
    if best is None:
        return None
    if isinstance(best.value, Span):  # `now`: this second
        start = best.value.start
        return TimeRange(start, start + timedelta(seconds=1)) if start else None
    value: TimeRange | Problem = best.value
    return value


def _without_prices(tokens: Sequence[Token]) -> list[Token]:
    """With the numbers that are amounts of money quoted, which keeps them from being anything else."""
    before = ["", *(token.text for token in tokens)]
    return [
        replace(token, quoted=True) if text in CURRENCIES else token
        for text, token in zip(before, tokens, strict=False)
    ]


def _rank(match: Match) -> tuple[int, bool, float, int]:
    """Longer before shorter, a range before an instant or a problem, plain before far-fetched, first before last."""
    sensible = match.kind == "time" and isinstance(match.value, TimeRange)
    return (match.end - match.start, sensible, -match.cost, -match.start)


def _like(instant: datetime | None, now: datetime) -> datetime | None:
    """`instant` in the zone of `now`, naive where `now` is."""
    if instant is None:
        return None
    local = instant.astimezone(now.tzinfo or UTC)
    return local.replace(tzinfo=None) if now.tzinfo is None else local
