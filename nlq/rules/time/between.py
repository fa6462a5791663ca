"""From one time to another: `from Monday to Friday`, `between March 3 and yesterday`, `the 3 hours before noon`.

Where both ends are patterns, the range is one too (`run`): the latest first end that has begun, and the next
second end after it. Where one is known, the other is the nearest that keeps the order.
"""

from datetime import datetime, timedelta

from nlq.context import Context
from nlq.recurrence import Days, Pattern, Run, Timed, TimeOfDay
from nlq.refusal import Problem
from nlq.rule import Rule
from nlq.rules.time.clock import NOON, TO
from nlq.rules.time.moment import known
from nlq.rules.time.produce import same, sound, swapped
from nlq.rules.time.written_date import BACKWARDS, between, months_of
from nlq.timeline import Duration, Span, moved, to_wall


def edge_of(span: Span) -> datetime | None:
    """Where a range ends that ends with `span`: a day is part of it, a time of day is not."""
    return span.start if span.exact else span.end


def _between(_context: Context, first: Span, last: Span) -> Span | Problem:
    return between(first, last)


def _run(_context: Context, first: Pattern, last: Pattern) -> Pattern | Problem:
    if isinstance(first, Days) and isinstance(last, Days) and first.day and last.day and first.month:
        if first == last:
            return first
        if first.month == last.month and last.day < first.day:
            return BACKWARDS
    return Run(first, last)


def _every_day(_context: Context, time: TimeOfDay) -> Pattern:
    return Timed(Days(), time)


def _known_to_pattern(context: Context, first: Span, last: Pattern) -> Span | Problem | None:
    if first.start is None:
        return None
    start = to_wall(first.start, context.zone)
    walls = last.after(start)
    if walls and isinstance(last, Timed) and last.time.bare:  # `until 8`: before or after noon, whichever is next
        other = Timed(last.days, last.time.at(last.time.start + NOON)).after(start)
        walls = min(walls, other or walls)
    end = known(context, walls, last)
    return between(first, end) if end else None


def _pattern_to_known(context: Context, first: Pattern, last: Span) -> Span | Problem | None:
    end = edge_of(last)
    if end is None:
        return None
    start = known(context, first.before(to_wall(end, context.zone)), first)
    return between(start, last) if start else None


def _known_to_year(context: Context, first: Span, year: int) -> Span | Problem:
    return between(first, months_of(context, year))


def _year_to_known(context: Context, year: int, last: Span) -> Span | Problem:
    return between(months_of(context, year), last)


def year_to_year(context: Context, first: int, last: int) -> Span | Problem | None:
    if not (1900 <= first < 2200 and 1900 <= last < 2200):
        return None
    return between(months_of(context, first), months_of(context, last))


# --- lengths beside something


def length_before(context: Context, length: Duration, span: Span) -> Span | None:
    """`2 days before yesterday`: the day that lies so far back, or the instant."""
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


def _all_before(context: Context, length: Duration, span: Span) -> Span | None:
    """`the 3 hours before noon`: all of them."""
    return Span(moved(span.start, -length, context.zone), span.start) if span.start else None


def _all_after(context: Context, length: Duration, span: Span) -> Span | None:
    edge = edge_of(span)
    return Span(edge, moved(edge, length, context.zone)) if edge else None


def _for_length(context: Context, span: Span, length: Duration) -> Span | None:
    """`from Monday for 10 days`."""
    return Span(span.start, moved(span.start, length, context.zone)) if span.start else None


_FROM = f"{TO}|.."
_YEARS = "and|to|-|–|through|until"

RULES = (
    Rule("pattern: date", "<date>", "pattern", same),
    Rule("pattern: moment", "<moment>", "pattern", same),
    Rule("end: pattern", "<pattern>", "end-pattern", same),
    Rule("end: clock", "<clock>", "end-pattern", sound(_every_day)),
    Rule("known: span", "<fixed>", "known", same),
    Rule("known: instant", "<instant>", "known", same),
    Rule("from date to date", f"from|since? the? <pattern> {TO} the? <pattern>", "run", sound(_run)),
    Rule("from loose date to date", f"from|since <loose-date> {TO} <pattern>", "run", sound(_run)),
    Rule("between dates", f"between the? <pattern> and|{TO} the? <pattern>", "run", sound(_run)),
    Rule("from span to span", f"from|since? <known> {_FROM} <known>", "range", sound(_between)),
    Rule("between spans", f"between <known> and|{TO} <known>", "range", sound(_between)),
    Rule(
        "from span to date", f"from|since? <known> {_FROM} <end-pattern>", "range", sound(_known_to_pattern), cost=0.05
    ),
    Rule("between span and date", f"between <known> and|{TO} <end-pattern>", "range", sound(_known_to_pattern)),
    Rule("from date to span", f"from|since? the? <end-pattern> {_FROM} <known>", "range", sound(_pattern_to_known)),
    Rule("between date and span", f"between the? <end-pattern> and|{TO} <known>", "range", sound(_pattern_to_known)),
    Rule("from year to year", f"from|since|between <year> {_YEARS} <year>", "range", sound(year_to_year), cost=0.5),
    Rule("from span to year", f"from|since|between <known> {_YEARS} <year>", "range", sound(_known_to_year)),
    Rule("from year to span", f"from|since|between|in <year> {_YEARS} <known>", "range", sound(_year_to_known)),
    Rule("length before", "<length> before <point>", "fixed", sound(length_before)),
    Rule("length after", "<length> after|from <point>", "fixed", sound(_length_after)),
    Rule("all before", "the <length> before|preceding|leading <point>", "range", sound(_all_before), cost=-0.1),
    Rule("all after", "the <length> after|following <point>", "range", sound(_all_after), cost=-0.1),
    Rule("span for a length", "from? <point> for <length>", "range", sound(_for_length)),
    Rule("length from a span", "for <length> ,? from|starting from? <point>", "range", swapped(_for_length), cost=-0.2),
)
