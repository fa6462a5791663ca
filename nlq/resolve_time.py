"""The one time range that a text speaks of."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from nlq.catalog import Catalog
from nlq.context import Context
from nlq.engine import Grammar, Match
from nlq.question import TimeRange
from nlq.rules import number, time_range
from nlq.timeline import Span
from nlq.tokens import tokenize

MAX_LENGTH: Final = 4096

_GRAMMAR: Final = Grammar(
    (*number.RULES, *time_range.RULES), (*number.SCANNERS, *time_range.SCANNERS), frozenset({"time"}), frozenset()
)
_NOTHING: Final = Catalog()


def resolve_time(text: str, now: datetime) -> tuple[datetime | None, datetime | None] | None:
    """The range `[start, end)` that `text` speaks of, a phrase or a whole sentence; None where it speaks of none.

    A side that is open is None. `now` may be aware or naive; the answer is of the same kind, in the same zone.
    Of several phrases the longest counts, of equals the first. Never raises, whatever the text.
    """
    zone = now.tzinfo if isinstance(now.tzinfo, ZoneInfo) else ZoneInfo("UTC")
    instant = now.replace(tzinfo=zone) if now.tzinfo is None else now
    context = Context(instant.astimezone(UTC), _NOTHING, zone)
    tokens = tokenize(text[:MAX_LENGTH])
    found: Match | None = None
    for match in _GRAMMAR.matches(tokens, context):
        if match.kind in ("time", "instant") and (found is None or _rank(match) > _rank(found)):
            found = match
    if found is None:
        return None
    value = found.value
    if isinstance(value, Span):  # `now`: this second
        value = TimeRange(value.start, value.start + timedelta(seconds=1)) if value.start else None
    if not isinstance(value, TimeRange):
        return None
    return _like(value.start, now), _like(value.end, now)


def _rank(match: Match) -> tuple[int, bool, float, int]:
    sensible = match.kind == "time" and isinstance(match.value, TimeRange)
    return (match.end - match.start, sensible, -match.cost, -match.start)


def _like(instant: datetime | None, now: datetime) -> datetime | None:
    if instant is None:
        return None
    local = instant.astimezone(now.tzinfo or UTC)
    return local.replace(tzinfo=None) if now.tzinfo is None else local
