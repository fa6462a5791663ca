"""Spans told from now: `today`, `last week`, `the past 3 hours`, `2 weeks ago`, `year to date`.

Kinds: `fixed`, a Span that is known; `instant`, a Span without length.
"""

from collections.abc import Callable
from datetime import timedelta

from nlq import lexicon
from nlq.context import Context
from nlq.question import Unit
from nlq.recurrence import HOUR, Days, TimeOfDay
from nlq.refusal import Problem
from nlq.rule import Rule
from nlq.rules.time.duration import length_of
from nlq.rules.time.produce import chained, constant, same, sound
from nlq.timeline import MONTHS, SECONDS, Duration, Span, moved, rolled, to_wall, unit_at, wall_span

_EVENING_AND_NIGHT = TimeOfDay(18 * HOUR, 30 * HOUR, exact=False)


_FINER: dict[Unit, Unit] = {
    "year": "month", "quarter": "month", "month": "day", "week": "day", "day": "hour", "hour": "minute",
    "minute": "second", "second": "second",
}  # fmt: skip


def unit_from_now(offset: int) -> Callable[[Context, Unit], Span]:
    """The calendar unit `offset` units from the one that is running."""
    return lambda context, unit: unit_at(context.now, unit, context.zone, offset)


def day_from_today(offset: int) -> Callable[[Context], Span]:
    return lambda context: unit_at(context.now, "day", context.zone, offset)


def long_unit(context: Context, unit: Unit) -> Span | None:
    """The unit that is running, where it is a day or longer."""
    return None if unit in SECONDS else unit_at(context.now, unit, context.zone)


def _last_unit(context: Context, unit: Unit) -> Span:
    """The calendar unit before this one; a day or shorter rolls back from now."""
    if unit == "week" or unit in MONTHS:
        return unit_at(context.now, unit, context.zone, -1)
    return rolled(context.now, Duration.of(1, unit), context.zone)


def _last_whole_unit(context: Context, unit: Unit) -> Span:
    return unit_at(context.now, unit, context.zone, -1)


def _past_unit(context: Context, unit: Unit) -> Span:
    return rolled(context.now, Duration.of(1, unit), context.zone)


def _rolled(context: Context, length: Duration) -> Span:
    return rolled(context.now, length, context.zone)


def coming(context: Context, length: Duration) -> Span:
    return rolled(context.now, -length, context.zone)


def _unit_and_length(_context: Context, unit: Unit, length: Duration) -> Duration:
    return Duration.of(1, unit) + length


def _to_date(context: Context, unit: Unit) -> Span | None:
    span = long_unit(context, unit)
    return Span(span.start, context.now) if span else None


def rest_of(context: Context, span: Span) -> Span | None:
    return Span(context.now, span.end) if span.end and span.end > context.now else None


def so_far(context: Context, span: Span) -> Span | None:
    return Span(span.start, context.now) if span.start and span.start < context.now else None


def now(context: Context) -> Span:
    return Span(context.now, context.now, exact=True)


def _ago(context: Context, length: Duration) -> Span:
    """`3 days ago`: that day. `Half an hour ago` is no hour, but that minute."""
    unit = length.unit if length.is_whole else _FINER[length.unit]
    return unit_at(moved(context.now, -length, context.zone), unit, context.zone)


def instant_ago(context: Context, length: Duration) -> Span:
    instant = moved(context.now, -length, context.zone)
    return Span(instant, instant, exact=True)


def instant_ahead(context: Context, length: Duration) -> Span:
    return instant_ago(context, -length)


def _ago_at(context: Context, length: Duration, time: TimeOfDay) -> Span | None:
    """`2 weeks ago at 8am`: on the day that long ago."""
    if length.seconds:
        return None
    day = unit_at(moved(context.now, -length, context.zone), "day", context.zone)
    return clock_on(context, time, day)


def _weekdays_ago(context: Context, count: int, days: Days) -> Span | None:
    """`2 Thursdays ago`."""
    walls = days.past(to_wall(context.now, context.zone))
    if walls is None or not 1 <= count <= 1000:
        return None
    back = timedelta(weeks=count - 1)
    return wall_span(walls[0] - back, walls[1] - back, context.zone)


def _same_unit(context: Context, unit: Unit, other: Unit) -> Span:
    """`the same hour last week`."""
    return unit_at(moved(context.now, -Duration.of(1, other), context.zone), unit, context.zone)


def clock_on(context: Context, time: TimeOfDay, span: Span) -> Span | None:
    """A time of day on a day, or in a part of a day, that is known."""
    if span.start is None or span.end is None or span.exact:
        return None
    start, end = to_wall(span.start, context.zone), to_wall(span.end, context.zone)
    if not timedelta(hours=4) <= end - start <= timedelta(days=1):
        return None
    if end - start < timedelta(days=1):
        if not (time.exact or time.bare or time.marked):
            return None  # a part of the day within another
        first = start.hour * HOUR
        time = time.fitted(TimeOfDay(first, first + (end - start).seconds))
    return wall_span(*time.on(start.date()), context.zone, exact=time.exact)


def _part_of_day(offset: int) -> Callable[[Context, TimeOfDay], Span | Problem | None]:
    return lambda context, time: clock_on(context, time, day_from_today(offset)(context))


def _tonight(context: Context) -> Span | None:
    return clock_on(context, _EVENING_AND_NIGHT, day_from_today(0)(context))


_LAST = "last|past|previous|prior"
_NEXT = "next|coming|upcoming"

RULES = (
    Rule("today", "today", "fixed", sound(day_from_today(0))),
    Rule("yesterday", "yesterday", "fixed", sound(day_from_today(-1))),
    Rule("tomorrow", "tomorrow", "fixed", sound(day_from_today(1))),
    Rule("day before yesterday", "the? day before yesterday", "fixed", sound(day_from_today(-2))),
    Rule("day after tomorrow", "the? day after tomorrow", "fixed", sound(day_from_today(2))),
    Rule("tonight", "tonight|tonite", "fixed", sound(_tonight)),
    Rule("this part of a day", "this <day-part>", "fixed", sound(_part_of_day(0))),
    Rule("last part of a day", "last <day-part>", "fixed", sound(_part_of_day(-1))),
    # units
    Rule("this unit", "this|current calendar? <unit>", "fixed", sound(unit_from_now(0))),
    Rule("all unit", "all <unit>", "fixed", sound(unit_from_now(0))),
    Rule("last unit", "the? last|previous|prior calendar? <unit>", "fixed", sound(_last_unit)),
    Rule("last whole unit", "the? last|previous|prior full|whole|complete <unit>", "fixed", sound(_last_whole_unit)),
    Rule("past unit", "the? past <unit>", "fixed", sound(_past_unit)),
    Rule("unit just gone", "the? <unit> just gone|past|ended|finished", "fixed", sound(_last_unit), cost=-0.1),
    Rule("going back", "going|go|looking back <length>", "fixed", sound(_rolled)),
    Rule("next unit", "the? next|coming <unit>", "fixed", sound(unit_from_now(1))),
    Rule("unit to date", "<unit> to date", "fixed", sound(_to_date)),
    *(
        Rule(f"to date: {word}", word, "fixed", chained(constant(unit), _to_date))
        for word, unit in lexicon.TO_DATE.items()
    ),
    Rule("span so far", "<fixed> so far", "fixed", sound(so_far)),
    Rule("so far in a span", "so far <fixed>", "fixed", sound(so_far)),
    Rule("rest of a span", "rest|remainder|later of|in? the? <fixed>", "fixed", sound(rest_of)),
    Rule("rest of the unit", "rest|remainder|later of|in? the <unit>", "fixed", chained(long_unit, rest_of)),
    Rule("earlier in a span", "earlier <fixed>", "fixed", sound(so_far)),
    # lengths
    Rule("last length", f"the? {_LAST}|recent <length>", "fixed", sound(_rolled)),
    # dearer than two clauses: `over 120 last month` is about values
    Rule("number last unit", f"the? <number> {_LAST} <unit>", "fixed", chained(length_of, _rolled), cost=1.2),
    Rule("glued length", "<glued-length>", "fixed", sound(_rolled), cost=0.2),
    Rule("next length", f"the? {_NEXT} <length>", "fixed", sound(coming)),
    Rule("last unit and length", f"the? {_LAST} <unit> and <length>", "fixed", chained(_unit_and_length, _rolled)),
    Rule("next unit and length", f"the? {_NEXT} <unit> and <length>", "fixed", chained(_unit_and_length, coming)),
    Rule("number next unit", f"the? <number> {_NEXT} <unit>", "fixed", chained(length_of, coming)),
    Rule("length ahead", "<length> in the future", "fixed", sound(coming)),
    Rule("within a length", "within <length>", "fixed", sound(coming)),
    # so long ago
    Rule("ago", "<length> ago|back|earlier", "fixed", sound(_ago), cost=0.1),
    Rule("ago at a time", "<length> ago at? <clock>", "fixed", sound(_ago_at)),
    Rule("weekdays ago", "<count> <weekdays> ago|back", "fixed", sound(_weekdays_ago)),
    Rule("same unit", "the? same <unit> last|previous <unit>", "fixed", sound(_same_unit)),
    # instants
    Rule("instant ago", "<length> ago|back|earlier", "instant", sound(instant_ago)),
    Rule("instant ahead", "<length> from now", "instant", sound(instant_ahead)),
    Rule("instant later", "<length> later|hence", "instant", sound(instant_ahead)),
    Rule("now and an offset", "<now-offset>", "instant", same),
    Rule("now", "now|atm|rightnow", "instant", now),
    Rule("right now", "right|just now", "instant", now),
    Rule("at the moment", "at the? moment|minute|present", "instant", now),
    Rule("at the present time", "at the? present time", "instant", now),
)
