"""Runs of days, from one weekday to another, as time that comes again: `mon-fri 9-5`, `not Monday to Friday`."""

from msgspec.structs import replace

from nlq.context import Context
from nlq.question import Cycle, TimeRange
from nlq.recurrence import TimeOfDay
from nlq.refusal import Problem
from nlq.rule import Rule
from nlq.rules.time.cycle import Recurring, apart, during_of
from nlq.rules.time.moment import ON
from nlq.rules.time.produce import sound
from nlq.time_clauses import During


def _days_from(_context: Context, first: int, last: int) -> Recurring | None:
    """`mon-fri 9am to 5pm`."""
    days = tuple(sorted((first + day) % 7 for day in range((last - first) % 7 + 1)))
    return Recurring(Cycle(days)) if 1 < len(days) < 7 else None


def _days_at(context: Context, first: int, last: int, time: TimeOfDay) -> Recurring | Problem | None:
    days = _days_from(context, first, last)
    return apart(context, days, time) if days else None


def _days_at_in(context: Context, first: int, last: int, time: TimeOfDay, within: TimeRange) -> During | Problem | None:
    """`mon-fri 9-5 last week`."""
    recurring = _days_at(context, first, last, time)
    if not isinstance(recurring, Recurring):
        return recurring
    return replace(during_of(context, recurring), range=within)


def _at_days(context: Context, time: TimeOfDay, first: int, last: int) -> Recurring | Problem | None:
    return _days_at(context, first, last, time)


_IN = "on|in|during|within|over|at|of"
_RUN = "<weekday> to|-|–|through|thru <weekday>"
_TIMES = ("time-of-day", "hours")

# From Monday 9:00 to Friday 17:00 is another reading of the same words, and dearer.
RULES = (
    Rule("Monday to Friday", _RUN, "one-recurring", sound(_days_from), cost=0.3),
    *(
        Rule(f"Monday to Friday at {kind}", f"{_RUN} ,|{ON}|from? <{kind}>", "recurring", sound(_days_at), cost=-0.1)
        for kind in _TIMES
    ),
    *(
        Rule(
            f"Monday to Friday at {kind} in a range",
            f"{_RUN} ,|{ON}|from? <{kind}> {_IN}? the? <time>",
            "cycle",
            sound(_days_at_in),
            cost=-0.2,
        )
        for kind in _TIMES
    ),
    *(
        Rule(f"{kind} from Monday to Friday", f"<{kind}> {ON}? {_RUN}", "recurring", sound(_at_days), cost=-0.1)
        for kind in _TIMES
    ),
)
