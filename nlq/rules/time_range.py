"""Time ranges: the clause, `time` (a TimeRange), and what it is made of.

The aspect's other files, from small to large: duration (`3 hours`), clock (`9:30`), names, written_date and spoken
(`May`, `3/13`, `the third`), date and era (`March 3`, `the 1990s`), part (`first week of`), span (`today`), moment
(`Monday at 9`), between (`from ... to`); and zone.

Beside the clause: `shift`, how a second range lies to a first (`the day before`).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from msgspec import structs

from nlq.context import Context
from nlq.question import TimeRange, Unit
from nlq.recurrence import HOUR, Pattern, Preceding, TimeOfDay
from nlq.refusal import Problem
from nlq.rule import Match, Rule, Scanner
from nlq.rules.time import between, clock, date, duration, era, moment, names, part, span, spoken, written_date, zone
from nlq.rules.time.between import edge_of
from nlq.rules.time.clock import in_part
from nlq.rules.time.moment import clock_today, latest, latest_clock
from nlq.rules.time.produce import chained, same, sound, swapped
from nlq.rules.time.span import clock_on, long_unit
from nlq.rules.time.written_date import months_of
from nlq.timeline import Duration, Shift, Span, moved, to_wall, unit_at, wall_span
from nlq.tokens import Token

_OVERNIGHT = TimeOfDay(22 * HOUR, 30 * HOUR, exact=False)


def _in(context: Context, span: Span) -> TimeRange | None:
    """The span itself; one that is still running ends now."""
    if span.start is None or span.end is None or span.start >= span.end:
        return None
    running = span.start < context.now < span.end and not span.exact
    return TimeRange(span.start, context.now if running else span.end)


def _just_gone(context: Context, pattern: Pattern) -> Span | None:
    """`the weekend just gone`: the latest that is over."""
    walls = pattern.past(to_wall(context.now, context.zone))
    return wall_span(*walls, context.zone) if walls else None


def _in_minute(context: Context, span: Span) -> TimeRange | None:
    """The minute from an instant on."""
    return TimeRange(span.start, moved(span.start, Duration.of(1, "minute"), context.zone)) if span.start else None


def _start(_context: Context, span: Span) -> Span | None:
    return None if span.exact else Span(span.start, span.start, exact=True)


def _end(_context: Context, span: Span) -> Span | None:
    return None if span.exact else Span(span.end, span.end, exact=True)


def _since(context: Context, span: Span) -> TimeRange:
    return _from(context, span.start)


def _from_clock(context: Context, span: Span) -> TimeRange | None:
    """`from 9am yesterday` goes on to now; `from Monday` is that day."""
    return _since(context, span) if span.exact else None


def _after(context: Context, span: Span) -> TimeRange:
    return _from(context, edge_of(span))


def _from(context: Context, start: datetime | None) -> TimeRange:
    return TimeRange(start, context.now if start is not None and start < context.now else None)


def _before(_context: Context, span: Span) -> TimeRange:
    return TimeRange(None, span.start)


def _until(_context: Context, span: Span) -> TimeRange:
    return TimeRange(None, edge_of(span))


def _both(_context: Context, opening: TimeRange, closing: TimeRange) -> TimeRange | Problem:
    """`after Monday and before Thursday`."""
    if opening.start is None or closing.end is None or closing.end <= opening.start:
        return Problem("conflict", "The range ends before it begins.")
    return TimeRange(opening.start, closing.end)


def _between_ago(context: Context, count: int, length: Duration) -> TimeRange | None:
    """`between 2 and 3 days ago`: both days."""
    near, far = sorted((Duration.of(count, length.unit), length), key=structs.astuple)
    first, last = (unit_at(moved(context.now, -each, context.zone), length.unit, context.zone) for each in (far, near))
    return TimeRange(first.start, last.end)


def _and_next(_context: Context, first: TimeRange | Problem, second: TimeRange | Problem) -> TimeRange | None:
    """`yesterday and today`: of two that touch, both."""
    if isinstance(first, Problem) or isinstance(second, Problem) or first.end is None or first.end != second.start:
        return None
    return TimeRange(first.start, second.end)


def _day_before(context: Context, days: Span, time: TimeOfDay) -> TimeRange | None:
    """`yesterday before 5pm`."""
    at = clock_on(context, time, days)
    return TimeRange(days.start, at.start) if at else None


def _day_after(context: Context, days: Span, time: TimeOfDay) -> TimeRange | None:
    at = clock_on(context, time, days)
    return _in(context, Span(at.start, days.end)) if at else None


def _date_before(context: Context, days: Any, time: TimeOfDay) -> TimeRange | None:
    day = latest(context, days)
    return _day_before(context, day, time) if day else None


def _date_after(context: Context, days: Any, time: TimeOfDay) -> TimeRange | None:
    day = latest(context, days)
    return _day_after(context, day, time) if day else None


def _overnight(context: Context) -> Span:
    return latest_clock(context, _OVERNIGHT)


def _beyond_a_day(_context: Context, unit: Unit) -> Unit | None:
    """`of the day` may be each day: `busiest hour of the day`."""
    return None if unit == "day" else unit


def _incomplete(_context: Context, _part: Any) -> Problem:
    return Problem("ambiguous", "A part of what? Name the week, month or year.")


def _years(context: Context, years: tuple[int, int]) -> Any:
    return between.year_to_year(context, *years)


def _adjacent(_context: Context, length: Duration) -> Shift:
    return Shift(length, adjacent=True)


def _adjacent_unit(context: Context, unit: Unit) -> Shift:
    return _adjacent(context, Duration.of(1, unit))


def _as_long(_context: Context) -> Shift:
    return Shift(None, adjacent=True)


def _preceding(_context: Context, pattern: Pattern) -> Preceding:
    return Preceding(pattern)


def _beside_previous(context: Context, shift: Shift | Preceding) -> TimeRange | Problem | None:
    """`the day before`, alone: before that of the question before."""
    if isinstance(shift, Preceding):
        return None
    if context.previous is None or context.previous.range.start is None:
        return Problem("incomplete", "Before what? No question before this one has a time range with a start.")
    return shift.apply(context.previous.range, context.zone)


def _same_unit(_context: Context, unit: Unit, back: Unit) -> Shift:
    return Shift(Duration.of(1, back), unit=unit)


def _same_time(_context: Context, back: Unit) -> Shift:
    return Shift(Duration.of(1, back))


def _same_in_year(context: Context, year: int) -> Shift | None:
    """`against the same period of 2024`."""
    back = to_wall(context.now, context.zone).year - year
    return Shift(Duration.of(back, "year")) if back > 0 else None


def _scan_to_date(tokens: Sequence[Token], context: Context) -> Iterator[Match]:
    """`to date`, which `up to date` is not."""
    words = [token.norm for token in tokens]
    for index in range(len(words) - 1):
        if words[index : index + 2] == ["to", "date"] and words[index - 1 : index] != ["up"]:
            yield Match(index, index + 2, "to-date", span.now(context), 0.0, "to date")


_IN = "over|in|during|within|for|on|at|of|from|throughout"
_OR_ON = "or on|equal|at|in to?"
_BEFORE = "before|until|till|by"
_OF_DAY = "on|of|,? the?"
_WITHIN = "a clock time beside a day read as within that day, not as all time before or after it"

_PARTS = (
    Rule("point: fixed", "<fixed>", "point", same),
    Rule("point: pattern", "<pattern>", "point", sound(latest)),
    Rule("point: clock", "<clock>", "point", sound(latest_clock)),
    Rule("point: hour of this part", "<hour> this <day-part>", "point", chained(in_part, clock_today)),
    Rule("date just gone", "<date> just gone|past", "fixed", sound(_just_gone)),
    Rule("pattern so far", "<pattern> so far", "fixed", chained(latest, span.so_far)),
    Rule("year so far", "<year> so far", "fixed", chained(months_of, span.so_far)),
    Rule("span: point", "<point>", "span", same),
    Rule("span: range", "<range>", "span", same),
    Rule("span: run", "<run>", "span", sound(latest)),
    Rule("span: word run", "<word-run>", "span", sound(latest)),
    Rule("span: clock range", "<clock-range>", "span", sound(latest_clock)),
    Rule("start of a span", "the? start|beginning of the? <point>", "instant", sound(_start)),
    Rule("end of a span", "the? end of the? <point>", "instant", sound(_end)),
    Rule("start of the unit", "the? start|beginning of the <unit>", "instant", chained(long_unit, _start)),
    Rule("edge: point", "<point>", "edge", same, cost=0.05),
    Rule("edge: instant", "<instant>", "edge", same),
    Rule("edge: loose date", "<loose-date>", "edge", sound(latest)),
    Rule("edge: year", "year? <year>", "edge", sound(months_of)),
)

_CLAUSES = (
    Rule("in", f"{_IN}? the? <span>", "time", sound(_in)),
    Rule("all of", f"{_IN}? all|whole of the? <span>", "time", sound(_in), cost=-0.1),
    Rule("all day", "all day|week|month|night long? <fixed>", "time", sound(_in), cost=-0.1),
    Rule("in a loose date", "on|for|from <loose-date>", "time", chained(latest, _in)),
    Rule("in a part of the day", "in|during|over|at the? <day-part>", "time", chained(latest_clock, _in)),
    Rule("overnight", "overnight", "time", chained(_overnight, _in)),
    Rule("in a length", "in <length>", "time", chained(span.instant_ahead, _in_minute), cost=0.5),
    Rule("in the unit", "for|in|during the <unit>", "time", chained(long_unit, _in), cost=0.5),
    Rule("of the unit", "of the <unit>", "time", chained(_beyond_a_day, long_unit, _in), cost=0.5),
    Rule("in a year", "in|during|for|over <year>", "time", chained(months_of, _in)),
    Rule("years", "from|between|in|during|over <years>", "time", chained(_years, _in)),
    Rule("beside the range before", "<shift>", "time", sound(_beside_previous), cost=0.5),
    Rule(
        "between lengths ago", "between|from <count> and|to|- <length> ago|back", "time", sound(_between_ago), cost=-0.2
    ),
    Rule("only in", "only <time>", "time", same),
    Rule("in alone", "<time> only|alone", "time", same),
    Rule("one range and the next", "<time> and|+|& <time>", "time", _and_next, cost=0.9),
    # open at the end
    Rule("since", "since <edge>", "opening", sound(_since)),
    Rule("since a length", "since <length>", "opening", chained(span.instant_ago, _since)),
    Rule("since an offset from now", "<now-offset>", "opening", sound(_since), cost=0.1),
    Rule("starting", "starting from|on|with|at? <edge>", "opening", sound(_since)),
    Rule("from an instant", "from <instant>", "opening", sound(_since)),
    Rule("from a time of day", "from <point>", "opening", sound(_from_clock), cost=-0.1),
    Rule("from on", "from <edge> on|onwards|onward", "opening", sound(_since)),
    Rule("from to now", "from <edge> to date|now", "opening", sound(_since)),
    Rule("or later", "<edge> or|and later|after|onwards|greater|on", "opening", sound(_since)),
    Rule("on or after", "on|at or after|later <edge>", "opening", sound(_since)),
    Rule("after or on", f"after {_OR_ON} <edge>", "opening", sound(_since)),
    Rule("later than or on", f"later than {_OR_ON} <edge>", "opening", sound(_since)),
    Rule("at least", ">=|≥ <point>", "opening", sound(_since)),
    Rule("after", "after <edge>", "opening", sound(_after)),
    Rule("later than", "later than <edge>", "opening", sound(_after)),
    # open at the start
    Rule("before", "before <edge>", "closing", sound(_before)),
    Rule("before a clock", "before <clock>", "closing", chained(clock_today, _before), cost=-0.1),
    Rule("prior to", "prior to <edge>", "closing", sound(_before)),
    Rule("prior to a clock", "prior to <clock>", "closing", chained(clock_today, _before), cost=-0.1),
    Rule("in advance of", "in advance of <edge>", "closing", sound(_before)),
    Rule("in advance of a clock", "in advance of <clock>", "closing", chained(clock_today, _before), cost=-0.1),
    Rule("earlier than", "earlier|sooner than <edge>", "closing", sound(_before)),
    Rule("more than ago", "more than <length> ago", "closing", chained(span.instant_ago, _before)),
    Rule("more than before", "more than <length> before <point>", "closing", chained(between.length_before, _before)),
    Rule("until", "until|till|untill|through|thru <edge>", "closing", sound(_until)),
    Rule("until a clock", "until|till|untill|through|thru <clock>", "closing", chained(clock_today, _until), cost=-0.1),
    Rule("up to", "up to <edge>", "closing", sound(_until)),
    Rule("to date", "<to-date>", "closing", sound(_until)),
    Rule("ending", "ending on|with|at? <edge>", "closing", sound(_until)),
    Rule("no later than", "no|not later than <edge>", "closing", sound(_until)),
    Rule("on or before", "on|at or before|earlier than? <edge>", "closing", sound(_until)),
    Rule("before or on", f"before {_OR_ON} <edge>", "closing", sound(_until)),
    Rule("at most", "<=|≤ <point>", "closing", sound(_until)),
    # both
    Rule("open at the end", "<opening>", "time", same),
    Rule("open at the start", "<closing>", "time", same),
    Rule("opening and closing", "<opening> and|,? <closing>", "time", sound(_both), cost=0.2),
    # a day, up to or from a time
    Rule("day before a clock", f"on? <fixed> {_BEFORE} <clock>", "time", sound(_day_before)),
    Rule("day after a clock", "on? <fixed> after|since <clock>", "time", sound(_day_after)),
    Rule("date before a clock", f"on? <date> {_BEFORE} <clock>", "time", sound(_date_before)),
    Rule("date after a clock", "on? <date> after|since <clock>", "time", sound(_date_after)),
    Rule("before a clock of a day", f"{_BEFORE} <clock> {_OF_DAY} <fixed>", "time", swapped(_day_before), note=_WITHIN),
    Rule("after a clock of a day", f"after <clock> {_OF_DAY} <fixed>", "time", swapped(_day_after), note=_WITHIN),
    Rule(
        "before a clock of a date", f"{_BEFORE} <clock> {_OF_DAY} <date>", "time", swapped(_date_before), note=_WITHIN
    ),
    Rule("after a clock of a date", f"after <clock> {_OF_DAY} <date>", "time", swapped(_date_after), note=_WITHIN),
    # what cannot be told
    Rule("part of nothing", f"{_IN}? the? <part>", "time", sound(_incomplete), cost=0.5),
)

_SHIFTS = (
    Rule("period before", "the? period|time|range before|earlier|prior", "shift", _as_long),
    Rule("one before", "the? one before|earlier|prior", "shift", _as_long),
    Rule("previous period", "the previous|prior|preceding|last period|range", "shift", _as_long),
    Rule("unit before", "the? <unit> before|earlier|prior", "shift", sound(_adjacent_unit)),
    Rule("previous unit", "the? previous|prior|preceding <unit>", "shift", sound(_adjacent_unit)),
    Rule("length before it", "the <length> before|prior", "shift", sound(_adjacent)),
    Rule("previous length", "the previous|prior|preceding <length>", "shift", sound(_adjacent)),
    Rule("same unit earlier", "the? same <unit> a|one <unit> earlier|before|ago", "shift", sound(_same_unit)),
    Rule("same unit before", "the? same <unit> last|previous <unit>", "shift", sound(_same_unit)),
    Rule("date before", "the? <date> before|earlier|prior", "shift", sound(_preceding)),
    Rule("date before it", "the? last|previous|prior|preceding <date>", "shift", sound(_preceding)),
    Rule("same time yesterday", "the? same time|period yesterday", "shift", sound(lambda c: _same_time(c, "day"))),
    Rule(
        "same hour yesterday", "the? same <unit> yesterday", "shift", sound(lambda c, unit: _same_unit(c, unit, "day"))
    ),
    Rule("same days before", "the? same days last|previous <unit>", "shift", sound(_same_time), cost=-0.1),
    Rule("same time of a year", "the? same time|period|stretch|days|weeks|months of|in <year>", "shift", _same_in_year),
    Rule("same time before", "the? same time|period last|previous <unit>", "shift", sound(_same_time)),
)

_FILES = (duration, clock, names, written_date, spoken, date, era, part, span, moment, between, zone)

RULES = (*(rule for file in _FILES for rule in getattr(file, "RULES", ())), *_PARTS, *_CLAUSES, *_SHIFTS)
SCANNERS = (
    *(scanner for file in _FILES for scanner in getattr(file, "SCANNERS", ())),
    Scanner("to date", _scan_to_date),
)
