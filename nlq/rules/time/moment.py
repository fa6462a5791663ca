"""Times on days, and which one is meant: `Monday at 9`, `last Friday`, `noon yesterday`, `Tuesday of last week`.

Kinds: `moment`, a Pattern of times on days; `fixed`, a Span.
"""

from datetime import datetime

from nlq.context import Context
from nlq.portions import Walls
from nlq.question import TimeRange
from nlq.recurrence import Days, DaysOfMonth, Pattern, Preceding, Run, Timed, TimeOfDay
from nlq.refusal import Problem
from nlq.rule import Rule
from nlq.rules.time.date import in_year
from nlq.rules.time.produce import same, sound, swapped
from nlq.rules.time.span import clock_on
from nlq.timeline import Span, to_wall, unit_at, wall_span


def wall_now(context: Context) -> datetime:
    return to_wall(context.now, context.zone)


def known(context: Context, walls: Walls | None, pattern: Pattern) -> Span | None:
    """The span of one of a pattern."""
    return wall_span(*walls, context.zone, exact=pattern.exact) if walls else None


def latest(context: Context, pattern: Pattern) -> Span | None:
    return known(context, pattern.latest(wall_now(context)), pattern)


def latest_clock(context: Context, time: TimeOfDay) -> Span:
    return wall_span(*time.latest(wall_now(context)), context.zone, exact=time.exact)


def clock_today(context: Context, time: TimeOfDay) -> Span:
    return wall_span(*time.on(wall_now(context).date()), context.zone, exact=time.exact)


def _past(context: Context, pattern: Pattern) -> Span | None:
    return known(context, pattern.past(wall_now(context)), pattern)


def _past_weekday(context: Context, weekday: int) -> Span | None:
    return _past(context, Days(weekday=weekday))


def _next(context: Context, pattern: Pattern) -> Span | None:
    return known(context, pattern.after(wall_now(context)), pattern)


def _this(context: Context, pattern: Pattern) -> Span | Problem | None:
    """`this Friday`: the one of this week; `this March`: the one of this year."""
    whole = unit_at(context.now, "week" if pattern.reach.days <= 7 else "year", context.zone)
    return _within(context, pattern, whole)


def last_and_this(context: Context, last: Pattern, this: Pattern) -> tuple[TimeRange, TimeRange] | None:
    """`last Monday`, said beside `this Monday`: the one before it. None where they are not of one pattern."""
    span = _this(context, this) if last == this else None
    if not isinstance(span, Span) or span.start is None:
        return None
    second = TimeRange(span.start, span.end)
    return Preceding(last).apply(second, context.zone), second


def _within(context: Context, pattern: Pattern, span: Span) -> Span | Problem | None:
    """The one in `span`; a Problem where there is none, or several, as in `Monday last month`."""
    if span.start is None or span.end is None or span.exact:
        return None
    start, end = to_wall(span.start, context.zone), to_wall(span.end, context.zone)
    walls = pattern.within(start, end)
    if walls is not None:
        return known(context, walls, pattern)
    if next(pattern.starting(start, end), None) is None:
        return Problem("conflict", "There is no such time in that range.")
    return Problem("ambiguous", "There are several such times in that range.")


def _timed(_context: Context, time: TimeOfDay, days: Pattern) -> Pattern | None:
    if isinstance(days, Days):
        return Timed(days, time)
    if isinstance(days, Timed) and not days.exact and time is not days.time:
        return Timed(days.days, time.fitted(days.time))  # `Monday morning at 9`
    if isinstance(days, DaysOfMonth) and time.exact:
        return Run(Timed(Days(days.month, days.first), time), Timed(Days(days.month, days.last), time))
    return None


def _timed_day(context: Context, day: int, time: TimeOfDay) -> Pattern | None:
    return _timed(context, time, Days(day=day)) if 1 <= day <= 31 else None


ON = "on|at|of|in|,|@|during|·|•|∙"
_LAST = "last|past|previous|prior"

RULES = (
    # the one that is meant
    Rule("last date", f"the? this? {_LAST} <date>", "fixed", sound(_past)),
    Rule("weekday last", "<weekday> last", "fixed", sound(_past_weekday)),
    Rule("this date", "this <date>", "fixed", sound(_this)),
    Rule("next date", "next|coming <date>", "fixed", sound(_next)),
    Rule("date in a span", f"<date> {ON}? the? <fixed>", "fixed", sound(_within)),
    Rule("run in a span", f"<run> {ON}? the? <fixed>", "fixed", sound(_within)),
    Rule("span and date", f"<fixed> {ON}|'s|’s|-? <date>", "fixed", swapped(_within)),
    Rule("span and run", f"<fixed> {ON}? <run>", "fixed", swapped(_within)),
    # times on days that are known
    Rule("time: clock", "<clock>", "time-of-day", same),
    Rule("time: clock range", "<clock-range>", "time-of-day", same),
    Rule("time: business hours", "<work-hours>", "time-of-day", same),  # of a day that is named, never of all days
    Rule("time: part of a day", "the? <day-part>", "time-of-day", same),
    Rule("time on a span", f"at? <time-of-day> {ON}? the? <fixed>", "fixed", sound(clock_on)),
    Rule("span and time", f"<fixed> {ON}? <time-of-day>", "fixed", swapped(clock_on)),
    Rule("hours on a span", f"<hours> {ON}? the? <fixed>", "fixed", sound(clock_on)),
    Rule("span and hours", f"<fixed> {ON}? <hours>", "fixed", swapped(clock_on)),
    Rule("span and hour", "<fixed> at|@ <hour>", "fixed", swapped(clock_on)),
    # times on days that come again
    Rule("time on a date", f"at? <time-of-day> {ON}? the? <date>", "moment", sound(_timed)),
    Rule("date and time", f"<date> {ON}|(? <time-of-day>", "moment", swapped(_timed)),
    Rule("date in a part", "<date> ,? in the <day-part>", "moment", swapped(_timed)),
    Rule("time on a loose date", "at? <time-of-day> on|of <loose-date>", "moment", sound(_timed)),
    Rule("loose date and time", f"on <loose-date> {ON}? <time-of-day>", "moment", swapped(_timed)),
    Rule("day and time", "on <count> ,|at <clock>", "moment", sound(_timed_day)),
    Rule("hours on a date", f"<hours> {ON}? <date>", "moment", sound(_timed)),
    Rule("date and hours", f"<date> {ON}? <hours>", "moment", swapped(_timed)),
    Rule("date and hour", "<date> at|@ <hour>", "moment", swapped(_timed)),
    Rule("date and dotted hour", "<date> ,? <dotted-hour>", "moment", swapped(_timed), cost=0.1),
    Rule("date and marked hour", "<date> ,? <hour> h", "moment", swapped(_timed), cost=0.1),
    Rule("dotted date and time", "<dotted> .? <time-of-day>", "moment", swapped(_timed), cost=0.1),
    Rule("time on a moment", f"<time-of-day> {ON}? <moment>", "moment", sound(_timed)),
    Rule("moment and time", f"<moment> {ON}? <time-of-day>", "moment", swapped(_timed)),
    Rule("moment and year", "<moment> ,? <year>", "fixed", sound(in_year)),
    Rule("days at a time", "<run> at <time-of-day>", "run", swapped(_timed)),
)
