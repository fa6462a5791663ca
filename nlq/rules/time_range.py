"""Time ranges: `today`, `last week`, `since Monday`, `from 9 to 17:00 yesterday`, `3 days ago`.

Kinds, from small to large: `length` (a Duration), `clock` (a TimeOfDay), `date` and `moment` (Patterns, of days and
of times on days), `fixed` (a Span that is known), and `time`, the clause.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from nlq.context import Context
from nlq.engine import Rule
from nlq.question import TimeRange, Unit
from nlq.recurrence import Days, Pattern, Run, TimeOfDay, Timed
from nlq.refusal import Problem
from nlq.rules import clock, date, duration
from nlq.rules.duration import sound
from nlq.timeline import MONTHS, Duration, Shift, Span, moved, rolled, to_utc, to_wall, unit_at, wall_span


def _wall_now(context: Context) -> datetime:
    return to_wall(context.now, context.zone)


# --- spans


def _unit(offset: int) -> Callable[..., Span]:
    return lambda context, unit: unit_at(context.now, unit, context.zone, offset)


def _day(offset: int) -> Callable[..., Span]:
    return lambda context: unit_at(context.now, "day", context.zone, offset)


def _last_unit(context: Context, unit: Unit) -> Span:
    """The calendar unit before this one; a day or shorter rolls back from now."""
    if unit == "week" or unit in MONTHS:
        return unit_at(context.now, unit, context.zone, -1)
    return rolled(context.now, Duration.of(1, unit), context.zone)


def _rolled(context: Context, length: Duration) -> Span:
    return rolled(context.now, length, context.zone)


def _coming(context: Context, length: Duration) -> Span:
    return rolled(context.now, -length, context.zone)


def _to_date(context: Context, unit: Unit) -> Span:
    return Span(unit_at(context.now, unit, context.zone).start, context.now)


def _ago(context: Context, length: Duration) -> Span:
    return unit_at(moved(context.now, -length, context.zone), length.unit, context.zone)


def _instant_ago(context: Context, length: Duration) -> Span:
    instant = moved(context.now, -length, context.zone)
    return Span(instant, instant, exact=True)


def _now(context: Context) -> Span:
    return Span(context.now, context.now, exact=True)


def _latest(context: Context, pattern: Pattern) -> Span | None:
    walls = pattern.latest(_wall_now(context))
    return wall_span(*walls, context.zone, exact=pattern.exact) if walls else None


def _past(context: Context, pattern: Pattern) -> Span | None:
    walls = pattern.past(_wall_now(context))
    return wall_span(*walls, context.zone, exact=pattern.exact) if walls else None


def _coming_one(context: Context, pattern: Pattern) -> Span | None:
    walls = pattern.after(_wall_now(context))
    return wall_span(*walls, context.zone, exact=pattern.exact) if walls else None


def _this_one(context: Context, pattern: Pattern) -> Span | None:
    """`this Friday`: the one of this week; `this March`: the one of this year."""
    unit: Unit = "week" if pattern.reach.days <= 7 else "year"
    return _within(context, pattern, unit_at(context.now, unit, context.zone))


def _latest_clock(context: Context, time: TimeOfDay) -> Span:
    return wall_span(*time.latest(_wall_now(context)), context.zone, exact=time.exact)


def _within(context: Context, pattern: Pattern, span: Span) -> Span | None:
    """The one in `span`; None where there are several, as `Monday last month`."""
    if span.start is None or span.end is None:
        return None
    walls = pattern.within(to_wall(span.start, context.zone), to_wall(span.end, context.zone))
    return wall_span(*walls, context.zone, exact=pattern.exact) if walls else None


def _clock_on(context: Context, time: TimeOfDay, span: Span) -> Span | None:
    """A time of day on a day that is known."""
    if span.start is None or span.end is None or span.exact:
        return None
    start, end = to_wall(span.start, context.zone), to_wall(span.end, context.zone)
    if (end - start).days != 1:
        return None
    return wall_span(*time.on(start.date()), context.zone, exact=time.exact)


def _timed(_context: Context, time: TimeOfDay, days: Pattern) -> Pattern | None:
    return Timed(days, time) if isinstance(days, Days) else None


# --- two ends


def _end(span: Span) -> datetime | None:
    """Where a range ends that ends with `span`: a day is part of it, a time of day is not."""
    return span.start if span.exact else span.end


def _between(_context: Context, first: Span, last: Span) -> Span | Problem:
    end = _end(last)
    if first.start is None or end is None or end <= first.start:
        return Problem("conflict", "the range ends before it begins")
    return Span(first.start, end)


def _run(_context: Context, first: Pattern, last: Pattern) -> Pattern:
    return Run(first, last)


def _fixed_to_pattern(context: Context, first: Span, last: Pattern) -> Span | Problem | None:
    if first.start is None:
        return None
    walls = last.after(to_wall(first.start, context.zone))
    return _between(context, first, wall_span(*walls, context.zone, exact=last.exact)) if walls else None


def _pattern_to_fixed(context: Context, first: Pattern, last: Span) -> Span | Problem | None:
    end = _end(last)
    if end is None:
        return None
    walls = first.before(to_wall(end, context.zone))
    return _between(context, wall_span(*walls, context.zone), last) if walls else None


# --- clauses


def _in(context: Context, span: Span) -> TimeRange | None:
    """The span itself; one that is still running ends now."""
    if span.start is None or span.end is None or span.start == span.end:
        return None
    end = context.now if span.start < context.now < span.end and not span.exact else span.end
    return TimeRange(span.start, end)


def _whole(_context: Context, span: Span) -> TimeRange:
    return TimeRange(span.start, span.end)


def _since(context: Context, span: Span) -> TimeRange:
    ahead = span.start is not None and span.start >= context.now
    return TimeRange(span.start, None if ahead else context.now)


def _after(context: Context, span: Span) -> TimeRange:
    return _since(context, Span(_end(span), None))


def _before(_context: Context, span: Span) -> TimeRange:
    return TimeRange(None, span.start)


def _until(_context: Context, span: Span) -> TimeRange:
    return TimeRange(None, _end(span))


def _shift(count: int) -> Callable[..., Shift]:
    return lambda _context, unit: Shift(Duration.of(-count, unit))


_AND = "to|-|–|until|till|untill|through|~|.."
_ON = "on|at|of|in|,|@|from|during|between"

RULES = (
    *duration.RULES,
    *clock.RULES,
    *date.RULES,
    # spans
    Rule("today", "today", "fixed", sound(_day(0))),
    Rule("yesterday", "yesterday", "fixed", sound(_day(-1))),
    Rule("tomorrow", "tomorrow", "fixed", sound(_day(1))),
    Rule("day before yesterday", "the? day before yesterday", "fixed", sound(_day(-2))),
    Rule("day after tomorrow", "the? day after tomorrow", "fixed", sound(_day(2))),
    Rule("now", "now", "instant", _now),
    Rule("right now", "right|just now", "instant", _now),
    Rule("this unit", "this|current <unit>", "fixed", sound(_unit(0))),
    Rule("last unit", "the? last|previous|prior <unit>", "fixed", sound(_last_unit)),
    Rule("past unit", "the? past <unit>", "fixed", sound(lambda c, unit: _rolled(c, Duration.of(1, unit)))),
    Rule("next unit", "next|coming <unit>", "fixed", sound(_unit(1))),
    Rule("last length", "the? last|past|previous|prior|recent <length>", "fixed", sound(_rolled)),
    Rule("next length", "the? next|coming|upcoming <length>", "fixed", sound(_coming)),
    Rule("glued length", "<glued-length>", "fixed", sound(_rolled), cost=0.2),
    Rule("last glued length", "<glued-length>", "length", lambda _c, length: length),
    Rule("to date", "<unit> to date", "fixed", sound(_to_date)),
    Rule("ago", "<length> ago", "fixed", sound(_ago)),
    Rule("instant ago", "<length> ago", "instant", sound(_instant_ago)),
    # patterns on spans and on each other
    Rule("last date", "the? last|past|previous <date>", "fixed", sound(_past)),
    Rule("this date", "this <date>", "fixed", sound(_this_one)),
    Rule("next date", "next|coming <date>", "fixed", sound(_coming_one)),
    Rule("this part", "this <day-part>", "fixed", sound(lambda c, part: _clock_on(c, part, unit_at(c.now, "day", c.zone)))),
    Rule("part as clock range", "<day-part>", "clock-range", lambda _c, part: part),
    Rule("clock as range", "<clock>", "clock-range", lambda _c, clock: clock),
    Rule("date in span", f"<date> {_ON}? <fixed>", "fixed", sound(_within)),
    Rule("span and date", f"<fixed> {_ON}|'s? <date>", "fixed", sound(lambda c, span, date: _within(c, date, span))),
    Rule("clock on span", f"at? the? <clock-range> {_ON}? the? <fixed>", "fixed", sound(_clock_on)),
    Rule("span and clock", f"<fixed> {_ON}? the? <clock-range>", "fixed", sound(lambda c, span, clock: _clock_on(c, clock, span))),
    Rule("hours on span", f"<hours> {_ON}? <fixed>", "fixed", sound(_clock_on)),
    Rule("span and hours", f"<fixed> {_ON}? <hours>", "fixed", sound(lambda c, span, clock: _clock_on(c, clock, span))),
    Rule("clock on date", f"at? the? <clock-range> {_ON}? the? <date>", "moment", sound(_timed)),
    Rule("date and clock", f"<date> {_ON}? the? <clock-range>", "moment", sound(lambda c, date, clock: _timed(c, clock, date))),
    Rule("hours on date", f"<hours> {_ON}? <date>", "moment", sound(_timed)),
    Rule("date and hours", f"<date> {_ON}? <hours>", "moment", sound(lambda c, date, clock: _timed(c, clock, date))),
    # two ends
    Rule("date or moment", "<date>", "pattern", lambda _c, date: date),
    Rule("moment", "<moment>", "pattern", lambda _c, moment: moment),
    Rule("clock every day", "<clock>", "pattern", sound(lambda _c, clock: Timed(Days(), clock)), cost=0.1),
    Rule("known span", "<fixed>", "known", lambda _c, span: span, cost=0.05),
    Rule("known instant", "<instant>", "known", lambda _c, span: span),
    Rule("patterns", f"from|between? the? <pattern> {_AND}|and the? <pattern>", "pattern", sound(_run)),
    Rule("known to known", f"from|between? <known> {_AND}|and <known>", "fixed", sound(_between)),
    Rule("known to pattern", f"from|between? <known> {_AND}|and <pattern>", "fixed", sound(_fixed_to_pattern)),
    Rule("pattern to known", f"from|between? <pattern> {_AND}|and <known>", "fixed", sound(_pattern_to_fixed)),
    # what a clause is made of
    Rule("fixed", "<fixed>", "span", lambda _c, span: span),
    Rule("pattern", "<pattern>", "span", sound(_latest)),
    Rule("clock", "<clock-range>", "span", sound(_latest_clock)),
    Rule("edge", "<instant>", "edge", lambda _c, span: span),
    Rule("edge span", "<span>", "edge", lambda _c, span: span, cost=0.05),
    # clauses
    Rule("in", "over|in|during|within|for|on|at|of? the? <span>", "time", sound(_in)),
    Rule("since", "since|from|starting <edge>", "time", sound(_since)),
    Rule("after", "after <edge>", "time", sound(_after)),
    Rule("before", "before <edge>", "time", sound(_before)),
    Rule("until", "until|till|through|by <edge>", "time", sound(_until)),
    # ranges beside another
    Rule("the unit before", "the? previous|prior <unit>", "shift", _shift(1)),
    Rule("the day before", "the? <unit> before", "shift", _shift(1)),
)
SCANNERS = (*duration.SCANNERS, *clock.SCANNERS, *date.SCANNERS)
