"""Time ranges: `today`, `last week`, `since Monday`, `from 9 to 17:00 yesterday`, `3 days ago`.

What the other files of the aspect read is put together here. Kinds, from small to large: `length` (a Duration),
`clock` (a TimeOfDay), `date`, `run` and `moment` (Patterns: of days, from day to day, and of times on days),
`fixed` (a Span that is known), `instant` (a Span without length), and the clause, `time` (a TimeRange).
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from nlq.context import Context
from nlq.engine import Match, Rule, Scanner
from nlq.question import TimeRange, Unit
from nlq.recurrence import Days, DaysOfMonth, Pattern, Run, TimeOfDay, Timed
from nlq.refusal import Problem
from nlq.rules import clock, date, duration, zone
from nlq.rules.clock import TO, in_part
from nlq.rules.duration import same, sound
from nlq.rules.written_date import between
from nlq.timeline import MONTHS, SECONDS, Duration, Shift, Span, add_units, moved, rolled, to_wall, unit_at, wall_span
from nlq.tokens import Token


def _wall_now(context: Context) -> datetime:
    return to_wall(context.now, context.zone)


# --- spans that are known


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


def _rest_of(context: Context, span: Span) -> Span | None:
    return Span(context.now, span.end) if span.end and span.end > context.now else None


def _so_far(context: Context, span: Span) -> Span | None:
    return Span(span.start, context.now) if span.start and span.start < context.now else None


def _ago(context: Context, length: Duration) -> Span:
    return unit_at(moved(context.now, -length, context.zone), length.unit, context.zone)


def _instant_ago(context: Context, length: Duration) -> Span:
    instant = moved(context.now, -length, context.zone)
    return Span(instant, instant, exact=True)


def _ago_at(context: Context, length: Duration, time: TimeOfDay) -> Span | None:
    """`2 weeks ago at 8am`: on the day so long ago."""
    day = unit_at(moved(context.now, -length, context.zone), "day", context.zone)
    return None if length.seconds else _clock_on(context, time, day)


def _now(context: Context) -> Span:
    return Span(context.now, context.now, exact=True)


def _same_unit(context: Context, unit: Unit, other: Unit) -> Span:
    """`the same hour last week`: that hour, a week before."""
    return unit_at(moved(context.now, -Duration.of(1, other), context.zone), unit, context.zone)


def _weekdays_ago(context: Context, count: int, pattern: Pattern) -> Span | None:
    """`2 Thursdays ago`."""
    if not isinstance(pattern, Days) or pattern.day is not None or not 1 <= count <= 1000:
        return None
    walls = pattern.past(_wall_now(context))
    back = timedelta(weeks=count - 1)
    return wall_span(walls[0] - back, walls[1] - back, context.zone) if walls else None


def _part_of_day(offset: int) -> Callable[..., Span | None]:
    return lambda context, time: _clock_on(context, time, unit_at(context.now, "day", context.zone, offset))


def _tonight(context: Context) -> Span:
    """This evening and the night that follows it."""
    start = to_wall(unit_at(context.now, "day", context.zone).start or context.now, context.zone)
    return wall_span(start + timedelta(hours=18), start + timedelta(hours=30), context.zone)


def _length_before(context: Context, length: Duration, span: Span) -> Span | None:
    """`2 days before yesterday`: the unit that lies so far back; from a time of day, the instant."""
    return _beside(context, -length, span)


def _length_after(context: Context, length: Duration, span: Span) -> Span | None:
    return _beside(context, length, span)


def _beside(context: Context, length: Duration, span: Span) -> Span | None:
    if span.start is None:
        return None
    start = moved(span.start, length, context.zone)
    if span.exact or length.seconds:
        return Span(start, start + timedelta(minutes=1), exact=True)
    return Span(start, moved(start, Duration.of(1, "day"), context.zone))


def _lengths_before(context: Context, length: Duration, span: Span) -> Span | None:
    """`the 3 hours before noon`: all of them."""
    return Span(moved(span.start, -length, context.zone), span.start) if span.start else None


def _lengths_after(context: Context, length: Duration, span: Span) -> Span | None:
    edge = span.start if span.exact else span.end
    return Span(edge, moved(edge, length, context.zone)) if edge else None


def _for_length(context: Context, span: Span, length: Duration) -> Span | None:
    """`from Monday for 10 days`."""
    return Span(span.start, moved(span.start, length, context.zone)) if span.start else None


# --- patterns, and the one that is meant


def _known(context: Context, walls: tuple[datetime, datetime] | None, pattern: Pattern) -> Span | None:
    return wall_span(*walls, context.zone, exact=pattern.exact) if walls else None


def _latest(context: Context, pattern: Pattern) -> Span | None:
    return _known(context, pattern.latest(_wall_now(context)), pattern)


def _past(context: Context, pattern: Pattern) -> Span | None:
    return _known(context, pattern.past(_wall_now(context)), pattern)


def _next(context: Context, pattern: Pattern) -> Span | None:
    return _known(context, pattern.after(_wall_now(context)), pattern)


def _this(context: Context, pattern: Pattern) -> Span | None:
    """`this Friday`: the one of this week; `this March`: the one of this year."""
    unit: Unit = "week" if pattern.reach.days <= 7 else "year"
    return _within(context, pattern, unit_at(context.now, unit, context.zone))


def _within(context: Context, pattern: Pattern, span: Span) -> Span | Problem | None:
    """The one in `span`; None where there are several, as in `Monday last month`."""
    if span.start is None or span.end is None or span.exact:
        return None
    return _known(context, pattern.within(to_wall(span.start, context.zone), to_wall(span.end, context.zone)), pattern)


def _today_at(context: Context, time: TimeOfDay) -> Span:
    """Where a range ends at a time of day, that of today is meant."""
    return wall_span(*time.on(_wall_now(context).date()), context.zone, exact=time.exact)


def _latest_clock(context: Context, time: TimeOfDay) -> Span:
    return wall_span(*time.latest(_wall_now(context)), context.zone, exact=time.exact)


def _clock_on(context: Context, time: TimeOfDay, span: Span) -> Span | None:
    """A time of day on a day, or in a part of a day, that is known."""
    if span.start is None or span.end is None or span.exact:
        return None
    start, end = to_wall(span.start, context.zone), to_wall(span.end, context.zone)
    if not timedelta(hours=4) <= end - start <= timedelta(days=1):
        return None
    if end - start < timedelta(days=1):
        if not (time.exact or time.bare or time.marked):
            return None  # a part of the day in another part of it
        time = _fitted(time, TimeOfDay(start.hour * 3600, start.hour * 3600 + (end - start).seconds))
    return wall_span(*time.on(start.date()), context.zone, exact=time.exact)


def _timed(_context: Context, time: TimeOfDay, days: Pattern) -> Pattern | None:
    if isinstance(days, Days):
        return Timed(days, time)
    if isinstance(days, Timed) and not days.exact and time is not days.time:
        return Timed(days.days, _fitted(time, days.time))
    if isinstance(days, DaysOfMonth) and time.exact:
        return Run(Timed(Days(days.month, days.first), time), Timed(Days(days.month, days.last), time))
    if isinstance(days, Run) and isinstance(days.first, Days) and isinstance(days.last, Days) and time.exact:
        return Run(Timed(days.first, time), Timed(days.last, time))
    return None


def _fitted(time: TimeOfDay, part: TimeOfDay) -> TimeOfDay:
    """A bare time of day, moved into a part of the day where that is what it can mean."""
    late = time.start + 12 * 3600
    return time.at(late) if time.bare and part.start <= late < part.end and time.start < part.start else time


# --- from one to another


def _run(_context: Context, first: Pattern, last: Pattern) -> Pattern:
    return Run(first, last)


def _between(_context: Context, first: Span, last: Span) -> Span | Problem:
    return between(first, last)


def _known_to_pattern(context: Context, first: Span, last: Pattern) -> Span | Problem | None:
    if first.start is None:
        return None
    start = to_wall(first.start, context.zone)
    walls = last.after(start)
    if walls and isinstance(last, Timed) and last.time.bare:  # `until 8`: before or after noon, whichever is next
        walls = min(walls, Timed(last.days, last.time.at(last.time.start + 12 * 3600)).after(start) or walls)
    end = _known(context, walls, last)
    return between(first, end) if end else None


def _pattern_to_known(context: Context, first: Pattern, last: Span) -> Span | Problem | None:
    if _end(last) is None:
        return None
    start = _known(context, first.before(to_wall(_end(last), context.zone)), first)
    return between(start, last) if start else None


def _end(span: Span) -> Any:
    return span.start if span.exact else span.end


def _years(context: Context, first: int, last: int) -> Span | Problem | None:
    if not (1900 <= first < 2200 and 1900 <= last < 2200):
        return None
    return between(date.months_of(context, first), date.months_of(context, last))


# --- clauses


def _in(context: Context, span: Span) -> TimeRange | None:
    """The span itself; one that is still running ends now."""
    if span.start is None or span.end is None or span.start == span.end:
        return None
    end = context.now if span.start < context.now < span.end and not span.exact else span.end
    return TimeRange(span.start, end)


def _since(context: Context, span: Span) -> TimeRange:
    return _from(context, span.start)


def _after(context: Context, span: Span) -> TimeRange:
    return _from(context, _end(span))


def _from(context: Context, start: datetime | None) -> TimeRange:
    return TimeRange(start, None if start is not None and start >= context.now else context.now)


def _before(_context: Context, span: Span) -> TimeRange:
    return TimeRange(None, span.start)


def _until(_context: Context, span: Span) -> TimeRange:
    return TimeRange(None, _end(span))


def _day_before(context: Context, days: Span, time: TimeOfDay) -> TimeRange | None:
    """`yesterday before 5pm`."""
    at = _clock_on(context, time, days)
    return TimeRange(days.start, at.start) if at else None


def _day_after(context: Context, days: Span, time: TimeOfDay) -> TimeRange | None:
    at = _clock_on(context, time, days)
    if at is None or at.start is None or days.end is None:
        return None
    return TimeRange(at.start, context.now if at.start < context.now < days.end else days.end)


def _incomplete(_context: Context, _part: Any) -> Problem:
    return Problem("ambiguous", "a part of what? name the week, month or year")


def _shift(adjacent: bool) -> Callable[..., Shift]:
    return lambda _context, unit: Shift(Duration.of(1, unit), adjacent)


_ON = "on|at|of|in|,|@|during|·|•|∙"
_IN = "over|in|during|within|for|on|at|of|from"
_LAST = "last|past|previous|prior"

RULES = (
    *duration.RULES,
    *clock.RULES,
    *date.RULES,
    *zone.RULES,
    # spans that are known
    Rule("today", "today", "fixed", sound(_day(0))),
    Rule("yesterday", "yesterday", "fixed", sound(_day(-1))),
    Rule("tomorrow", "tomorrow", "fixed", sound(_day(1))),
    Rule("day before yesterday", "the? day before yesterday", "fixed", sound(_day(-2))),
    Rule("day after tomorrow", "the? day after tomorrow", "fixed", sound(_day(2))),
    Rule("tonight", "tonight|tonite", "fixed", sound(_tonight)),
    Rule("this part", "this <day-part>", "fixed", sound(_part_of_day(0))),
    Rule("last part of a day", "last <day-part>", "fixed", sound(_part_of_day(-1))),
    Rule("now", "now", "instant", _now),
    Rule("right now", "right|just now", "instant", _now),
    Rule("atm", "atm", "instant", _now),
    Rule("at the moment", "at the? moment|minute|present", "instant", _now),
    Rule("at the present time", "at the? present time", "instant", _now),
    Rule("length from now", "<length> from now", "instant", sound(lambda c, length: _instant_ago(c, -length))),
    Rule("length later", "<length> later|hence", "instant", sound(lambda c, length: _instant_ago(c, -length))),
    Rule("length ago at", "<length> ago at? <clock>", "fixed", sound(_ago_at)),
    Rule("this unit", "this|current calendar? <unit>", "fixed", sound(_unit(0))),
    Rule("all unit", "all <unit>", "fixed", sound(_unit(0))),
    Rule(
        "the unit",
        "for|in|during the <unit>",
        "time",
        sound(lambda c, unit: None if unit in SECONDS else _in(c, unit_at(c.now, unit, c.zone))),
        cost=0.5,
    ),
    Rule("last unit", "the? last|previous|prior calendar? <unit>", "fixed", sound(_last_unit)),
    Rule("past unit", "the? past <unit>", "fixed", sound(lambda c, unit: _rolled(c, Duration.of(1, unit)))),
    Rule("next unit", "the? next|coming <unit>", "fixed", sound(_unit(1))),
    Rule("last length", f"the? {_LAST}|recent <length>", "fixed", sound(_rolled)),
    Rule(
        "length last",
        f"the? <number> {_LAST} <unit>",
        "fixed",
        sound(lambda c, n, unit: _rolled(c, Duration.of(n, unit))),
    ),
    Rule(
        "next unit and length",
        "the? next <unit> and <length>",
        "fixed",
        sound(lambda c, unit, length: _coming(c, Duration.of(1, unit) + length)),
    ),
    Rule("next length", "the? next|coming|upcoming <length>", "fixed", sound(_coming)),
    Rule(
        "length to come",
        "the? <number> next|coming|upcoming <unit>",
        "fixed",
        sound(lambda c, n, unit: _coming(c, Duration.of(n, unit))),
    ),
    Rule("within length", "within <length>", "fixed", sound(_coming)),
    Rule("glued length", "<glued-length>", "fixed", sound(_rolled), cost=0.2),
    Rule("unit to date", "<unit> to date", "fixed", sound(_to_date)),
    Rule("rest of", "rest|remainder|later of|in? the? <fixed>", "fixed", sound(_rest_of)),
    Rule("so far", "earlier <fixed>", "fixed", sound(_so_far)),
    Rule("ago", "<length> ago|back|earlier", "fixed", sound(_ago), cost=0.1),
    Rule("instant ago", "<length> ago|back|earlier", "instant", sound(_instant_ago)),
    Rule("weekdays ago", "<count> <weekdays> ago|back", "fixed", sound(_weekdays_ago)),
    Rule("same unit", "the? same <unit> last|previous <unit>", "fixed", sound(_same_unit)),
    # the one that is meant
    Rule("last date", f"the? this? {_LAST} <date>", "fixed", sound(_past)),
    Rule("date last", "<weekday> last", "fixed", sound(lambda c, weekday: _past(c, Days(weekday=weekday)))),
    Rule("this date", "this <date>", "fixed", sound(_this)),
    Rule("next date", "next|coming <date>", "fixed", sound(_next)),
    Rule("date in span", f"<date> {_ON}? the? <fixed>", "fixed", sound(_within)),
    Rule("run in span", f"<run> {_ON}? the? <fixed>", "fixed", sound(_within)),
    Rule(
        "span and date", f"<fixed> {_ON}|'s|’s|-? <date>", "fixed", sound(lambda c, span, date: _within(c, date, span))
    ),
    Rule("span and run", f"<fixed> {_ON}? <run>", "fixed", sound(lambda c, span, date: _within(c, date, span))),
    # times on days
    Rule("time: clock", "<clock>", "time-of-day", same),
    Rule("time: clock range", "<clock-range>", "time-of-day", same),
    Rule("time: part", "the? <day-part>", "time-of-day", same),
    Rule("time on span", f"at? <time-of-day> {_ON}? the? <fixed>", "fixed", sound(_clock_on)),
    Rule(
        "span and time", f"<fixed> {_ON}? <time-of-day>", "fixed", sound(lambda c, span, time: _clock_on(c, time, span))
    ),
    Rule("hours on span", f"<hours> {_ON}? the? <fixed>", "fixed", sound(_clock_on)),
    Rule("span and hours", f"<fixed> {_ON}? <hours>", "fixed", sound(lambda c, span, time: _clock_on(c, time, span))),
    Rule("span and hour", "<fixed> at|@ <hour>", "fixed", sound(lambda c, span, time: _clock_on(c, time, span))),
    Rule("time on date", f"at? <time-of-day> {_ON}? the? <date>", "moment", sound(_timed)),
    Rule(
        "date and time", f"<date> {_ON}|(? <time-of-day>", "moment", sound(lambda c, date, time: _timed(c, time, date))
    ),
    Rule("time on loose date", "at? <time-of-day> on|of <loose-date>", "moment", sound(_timed)),
    Rule(
        "loose date and time",
        f"on <loose-date> {_ON}? <time-of-day>",
        "moment",
        sound(lambda c, date, time: _timed(c, time, date)),
    ),
    Rule(
        "day and time",
        "on <count> ,|at <clock>",
        "moment",
        sound(lambda c, day, time: _timed(c, time, Days(day=day)) if 1 <= day <= 31 else None),
    ),
    Rule(
        "dotted date and time",
        "<dotted> .? <time-of-day>",
        "moment",
        sound(lambda c, date, time: _timed(c, time, date)),
        cost=0.1,
    ),
    Rule(
        "date and dotted hour",
        "<date> ,? <dotted-hour>",
        "moment",
        sound(lambda c, date, time: _timed(c, time, date)),
        cost=0.1,
    ),
    Rule("date in part", f"<date> ,? in the <day-part>", "moment", sound(lambda c, date, time: _timed(c, time, date))),
    Rule("hours on date", f"<hours> {_ON}? <date>", "moment", sound(_timed)),
    Rule("date and hours", f"<date> {_ON}? <hours>", "moment", sound(lambda c, date, time: _timed(c, time, date))),
    Rule("date and hour", "<date> at|@ <hour>", "moment", sound(lambda c, date, time: _timed(c, time, date))),
    Rule("time on moment", f"<time-of-day> {_ON}? <moment>", "moment", sound(_timed)),
    Rule("moment and year", "<moment> ,? <year>", "fixed", sound(date.in_year)),
    Rule(
        "date and hour mark",
        "<date> ,? <hour> h",
        "moment",
        sound(lambda c, date, time: _timed(c, time, date)),
        cost=0.1,
    ),
    Rule(
        "moment and time",
        f"<moment> {_ON}? <time-of-day>",
        "moment",
        sound(lambda c, date, time: _timed(c, time, date)),
    ),
    Rule("run and time", "<run> at <time-of-day>", "run", sound(lambda c, run, time: _timed(c, time, run))),
    # from one to another
    Rule("pattern: date", "<date>", "pattern", same),
    Rule("pattern: moment", "<moment>", "pattern", same),
    Rule("pattern: clock", "<clock>", "end-pattern", sound(lambda _c, clock: Timed(Days(), clock))),
    Rule("end: pattern", "<pattern>", "end-pattern", same),
    Rule("known: span", "<fixed>", "known", same),
    Rule("known: instant", "<instant>", "known", same),
    Rule("from date to date", f"from? the? <pattern> {TO} the? <pattern>", "run", sound(_run)),
    Rule("from loose date", f"from <loose-date> {TO} <pattern>", "run", sound(_run)),
    Rule("between dates", f"between the? <pattern> and|{TO} the? <pattern>", "run", sound(_run)),
    Rule("from known to known", f"from? <known> {TO}|.. <known>", "fixed", sound(_between)),
    Rule("between known", f"between <known> and|{TO} <known>", "fixed", sound(_between)),
    Rule("from known to pattern", f"from? <known> {TO}|.. <end-pattern>", "fixed", sound(_known_to_pattern)),
    Rule("between known and pattern", f"between <known> and|{TO} <end-pattern>", "fixed", sound(_known_to_pattern)),
    Rule("from pattern to known", f"from? the? <end-pattern> {TO}|.. <known>", "fixed", sound(_pattern_to_known)),
    Rule(
        "between pattern and known", f"between the? <end-pattern> and|{TO} <known>", "fixed", sound(_pattern_to_known)
    ),
    Rule("from year to year", "from|between <year> and|to|-|through|until <year>", "fixed", sound(_years), cost=0.5),
    Rule(
        "from span to year",
        f"from|between <known> and|to|-|through|until <year>",
        "fixed",
        sound(lambda c, span, year: between(span, date.months_of(c, year))),
    ),
    Rule(
        "from year to span",
        f"from|between|in <year> and|to|-|through|until <known>",
        "fixed",
        sound(lambda c, year, span: between(date.months_of(c, year), span)),
    ),
    # lengths beside something
    Rule("length before", "<length> before <span>", "fixed", sound(_length_before)),
    Rule("length after", "<length> after|from <span>", "fixed", sound(_length_after)),
    Rule(
        "the length before", "the <length> before|preceding|leading <span>", "fixed", sound(_lengths_before), cost=-0.1
    ),
    Rule("the length after", "the <length> after|following <span>", "fixed", sound(_lengths_after), cost=-0.1),
    Rule("span for length", "from? <span> for <length>", "fixed", sound(_for_length)),
    Rule(
        "length from span",
        "for <length> ,? from|starting from? <span>",
        "fixed",
        sound(lambda c, length, span: _for_length(c, span, length)),
        cost=-0.2,
    ),
    # what a clause is made of
    Rule("span: fixed", "<fixed>", "span", same),
    Rule("span: pattern", "<pattern>", "span", sound(_latest)),
    Rule("span: run", "<run>", "span", sound(_latest)),
    Rule("span: word run", "<word-run>", "span", sound(_latest)),
    Rule("span: clock", "<clock>", "span", sound(_latest_clock)),
    Rule("span: clock range", "<clock-range>", "span", sound(_latest_clock)),
    Rule("edge: span", "<span>", "edge", same, cost=0.05),
    Rule("edge: instant", "<instant>", "edge", same),
    Rule("edge: loose date", "<loose-date>", "edge", sound(_latest)),
    Rule("edge: year", "year? <year>", "edge", sound(lambda c, year: date.months_of(c, year))),
    # clauses
    Rule("in", f"{_IN}? the? <span>", "time", sound(_in)),
    Rule("from a date to now", "from <edge> to date|now", "time", sound(_since)),
    Rule(
        "rest of this unit",
        "rest|remainder|later of|in the? <unit>",
        "time",
        sound(lambda c, unit: _in(c, _rest_of(c, unit_at(c.now, unit, c.zone)))),
    ),
    Rule(
        "more than a length before",
        "more than <length> before <span>",
        "time",
        sound(lambda c, length, span: _before(c, _length_before(c, length, span))),
    ),
    Rule("time <=", "<=|≤ <span>", "time", sound(_until)),
    Rule("time >=", ">=|≥ <span>", "time", sound(_since)),
    Rule("years", "from|between|in|during|over <years>", "time", sound(lambda c, years: _in(c, _years(c, *years)))),
    Rule("in loose date", "on|for|from <loose-date>", "time", sound(lambda c, date: _in(c, _latest(c, date)))),
    Rule(
        "in part of a day",
        "in|during|over|at the? <day-part>",
        "time",
        sound(lambda c, part: _in(c, _latest_clock(c, part))),
    ),
    Rule("overnight", "overnight", "time", sound(lambda c: _in(c, _latest_clock(c, TimeOfDay(22 * 3600, 30 * 3600))))),
    Rule("in year", "in|during|for|over <year>", "time", sound(lambda c, year: _in(c, date.months_of(c, year)))),
    Rule("since", "since <edge>", "time", sound(_since)),
    Rule("starting", "starting from|on|with|at? <edge>", "time", sound(_since)),
    Rule("from on", "from <edge> on|onwards|onward", "time", sound(_since)),
    Rule("or later", "<edge> or|and later|after|onwards|greater|on", "time", sound(_since)),
    Rule("from an instant", "from <instant>", "time", sound(_since)),
    Rule("on or after", "on|at or after|later <edge>", "time", sound(_since)),
    Rule("after or on", "after or on|equal|at|in to? <edge>", "time", sound(_since)),
    Rule("later than or on", "later than or on|equal|at|in to? <edge>", "time", sound(_since)),
    Rule("after", "after <edge>", "time", sound(_after)),
    Rule("later than", "later than <edge>", "time", sound(_after)),
    Rule("before", "before <edge>", "time", sound(_before)),
    Rule("before a clock", "before <clock>", "time", sound(lambda c, time: _before(c, _today_at(c, time))), cost=-0.1),
    Rule(
        "until a clock",
        "until|till|untill|through <clock>",
        "time",
        sound(lambda c, time: _until(c, _today_at(c, time))),
        cost=-0.1,
    ),
    Rule(
        "prior to a clock", "prior to <clock>", "time", sound(lambda c, time: _before(c, _today_at(c, time))), cost=-0.1
    ),
    Rule(
        "in advance of a clock",
        "in advance of <clock>",
        "time",
        sound(lambda c, time: _before(c, _today_at(c, time))),
        cost=-0.1,
    ),
    Rule("prior to", "prior to <edge>", "time", sound(_before)),
    Rule("in advance of", "in advance of <edge>", "time", sound(_before)),
    Rule("earlier than", "earlier|sooner than <edge>", "time", sound(_before)),
    Rule(
        "more than ago", "more than <length> ago", "time", sound(lambda c, length: _before(c, _instant_ago(c, length)))
    ),
    Rule("to date", "<to-date>", "time", _until),
    Rule("until", "until|till|untill|through|thru <edge>", "time", sound(_until)),
    Rule("up to", "up to <edge>", "time", sound(_until)),
    Rule("ending", "ending on|with|at? <edge>", "time", sound(_until)),
    Rule("no later than", "no|not later than <edge>", "time", sound(_until)),
    Rule("on or before", "on|at or before|earlier than? <edge>", "time", sound(_until)),
    Rule("before or on", "before or on|in|at|equal to? <edge>", "time", sound(_until)),
    Rule("day before clock", "on? <fixed> before|until|by <clock>", "time", sound(_day_before)),
    Rule("day after clock", "on? <fixed> after|since <clock>", "time", sound(_day_after)),
    Rule(
        "date before clock",
        "on? <date> before|until|by <clock>",
        "time",
        sound(lambda c, days, time: _day_before(c, _latest(c, days), time)),
    ),
    Rule(
        "date after clock",
        "on? <date> after|since <clock>",
        "time",
        sound(lambda c, days, time: _day_after(c, _latest(c, days), time)),
    ),
    Rule("the day before", "the day before", "time", sound(lambda c: _in(c, _day(-1)(c))), cost=0.5),
    Rule("part of nothing", f"{_IN}? the? <part>", "time", sound(_incomplete), cost=0.5),
    # ranges beside another
    Rule("the unit before", "the? <unit> before|earlier|prior", "shift", _shift(adjacent=True)),
    Rule("the previous unit", "the previous|prior|preceding <unit>", "shift", _shift(adjacent=True)),
    Rule("the length before it", "the <length> before|prior", "shift", lambda _c, length: Shift(length, adjacent=True)),
    Rule(
        "the same unit before",
        "the? same <unit> last|previous <unit>",
        "shift",
        lambda _c, unit, back: Shift(Duration.of(1, back), unit=unit),
    ),
    Rule("the same time before", "the? same time|period last|previous <unit>", "shift", _shift(adjacent=False)),
)


def _scan_to_date(tokens: Sequence[Token], context: Context) -> Iterator[Match]:
    """`to date`, which `up to date` is not."""
    words = [token.norm for token in tokens]
    for index in range(len(words) - 1):
        if words[index : index + 2] == ["to", "date"] and words[index - 1 : index] != ["up"]:
            yield Match(index, index + 2, "to-date", _now(context), 0.0, "to date")


SCANNERS = (Scanner("to date", _scan_to_date), *duration.SCANNERS, *clock.SCANNERS, *date.SCANNERS, *zone.SCANNERS)
