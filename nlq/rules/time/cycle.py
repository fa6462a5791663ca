"""Time that recurs: `on weekdays`, `at night last week`, `outside business hours`, `the last 3 Mondays`.

Kinds: `repeated`, one of it (`weekday`); `one-recurring`, all of it (`weekdays`, `every weekday`); `recurring`, some of
those; all are a Recurring. `daily`, a Daily. The clause is `cycle`.
"""

from datetime import time as clock_time

from msgspec import Struct
from msgspec.structs import replace

from nlq import lexicon
from nlq.clauses import Groups
from nlq.context import Context
from nlq.cycles import NIGHTS, TYPICAL, a_day_on, either
from nlq.question import Cycle, GroupKey, TimeRange
from nlq.recurrence import HOUR, Days, Pattern, Stretches, TimeOfDay, Weekends
from nlq.refusal import Problem
from nlq.rule import Rule
from nlq.rules.time.clock import DAY
from nlq.rules.time.moment import ON, clock_today, latest, latest_clock, wall_now
from nlq.rules.time.produce import chained, constant, same, sound, swapped
from nlq.rules.time.written_date import months_of
from nlq.time_clauses import Alternating, Daily, During
from nlq.timeline import wall_span

MAX_TIMES = 366
MAX_SINGLE = 2  # days of what comes once a week: a Monday, a weekend


class Recurring(Struct, frozen=True):
    """A cycle, what its words take for granted, and the single times, where those are not its stretches.

    late: the nights of days that are not said yet. loose: the days and the clock apart, so that
    the clock may be that of more days.
    """

    cycle: Cycle
    told: str = ""
    late: bool = False
    pattern: Pattern | None = None
    loose: bool = False


WEEKDAY, WEEK_PART, DAY_PART = (
    GroupKey("weekday", "weekday"),
    GroupKey("week_part", "week_part"),
    GroupKey("day_part", "day_part"),
)
_DAY_PARTS = ((0, 6), (6, 12), (12, 18), (18, 24))  # night, morning, afternoon, evening
_WEEKDAYS = Recurring(Cycle((0, 1, 2, 3, 4)))
_WEEKENDS = Recurring(Cycle((5, 6)), pattern=Weekends())
_EACH_DAY = Recurring(Cycle())
_NOT_SIDE_BY_SIDE = Problem("unsupported", "Such times are not put side by side: ask for each, or 'by weekday'.")
_OVERNIGHT = TimeOfDay(22 * HOUR, 30 * HOUR, exact=False)


def _mondays(_context: Context, days: Days) -> Recurring | None:
    return None if days.weekday is None else Recurring(Cycle((days.weekday,)))


def _monday(_context: Context, weekday: int) -> Recurring:
    return Recurring(Cycle((weekday,)))


def _every(_context: Context, each: Recurring) -> Recurring:
    return replace(each, told="all of those times read together: for a row each add 'per day'")


def _typical(_context: Context, each: Recurring) -> Recurring:
    return replace(each, told=TYPICAL)


def _and(_context: Context, first: Recurring, second: Recurring) -> Recurring | Problem | None:
    """`Mondays and Tuesdays`; but `weekends and nights` is no cycle, and `and` must not be lost."""
    if _whole_days(second) and not _whole_days(first):
        return None  # `from 9 to 17:00 on Mondays and Tuesdays`: the clock is that of both
    days = tuple(sorted({*first.cycle.weekdays, *second.cycle.weekdays}))
    if _whole_days(first) and _whole_days(second) and len(days) < 7:
        return Recurring(Cycle(days), first.told or second.told)
    return None


def _either(_context: Context, *times: Recurring | Daily) -> During | Problem | None:
    """`weekends and nights`: what belongs to one of the two, or to both."""
    each = [time.during.cycles[0] if isinstance(time, Daily) else time.cycle for time in times]
    days = {day for cycle in each for day in cycle.weekdays}
    whole = [replace(cycle, weekdays=()) == Cycle() for cycle in each]
    if all(whole) and len(days) < 7:
        return None  # `Mondays and Tuesdays` are one cycle
    if any(whole) and any(isinstance(time, Recurring) and time.loose for time in times):
        return None  # `from 9 to 17:00 on Mondays and Tuesdays`
    if not (cycles := either(*each)):
        return Problem("unsupported", "Together those are all time: ask for each, or for one 'vs' the other.")
    return During(cycles, "either of those times, not only what belongs to both")


def _or(context: Context, *times: Recurring | Daily) -> Alternating | Problem | None:
    """`more on weekdays or weekends`: together they are all time, so each is meant."""
    if (both := _either(context, *times)) is None:
        return None
    first, second = times
    if isinstance(both, Problem) and isinstance(first, Recurring) and isinstance(second, Recurring):
        return _compared(context, first, second)
    return Problem("ambiguous", "Both of those times together, or side by side? Say 'and', or 'vs'.")


def _whole_days(recurring: Recurring) -> bool:
    return replace(recurring.cycle, weekdays=()) == Cycle()


def _at(_context: Context, recurring: Recurring, time: TimeOfDay) -> Recurring | None:
    """`Mondays from 9 to 17:00`. A night begins when its day is over: Monday's is on Tuesday."""
    late, start = divmod(time.start, DAY)
    if not _whole_days(recurring) or not time.start < time.end < time.start + DAY:
        return None
    cycle = replace(recurring.cycle, start=_clock(start), end=_clock(time.end % DAY))
    if late and cycle.weekdays:
        return Recurring(a_day_on(cycle), NIGHTS)
    return Recurring(cycle, recurring.told, late=bool(late))


def apart(context: Context, recurring: Recurring, time: TimeOfDay) -> Recurring | None:
    """`Mondays from 9 to 17:00`."""
    timed = _at(context, recurring, time)
    return timed and replace(timed, loose=True)


def _clock(seconds: int) -> clock_time:
    return clock_time(seconds // HOUR, seconds // 60 % 60, seconds % 60)


def _each_day(context: Context, time: TimeOfDay) -> Recurring | None:
    return _at(context, _EACH_DAY, time)


def _said_each_day(context: Context, time: TimeOfDay) -> Recurring | None:
    each = _each_day(context, time)
    return each and _every(context, each)


def _work_hours(context: Context, time: TimeOfDay) -> Recurring | None:
    told = "business hours read as 09:00 to 17:00, Monday to Friday"
    return _at(context, replace(_WEEKDAYS, told=told), time)


def _daily(context: Context, time: TimeOfDay) -> Daily | None:
    each, latest = _each_day(context, time), latest_clock(context, time)
    return Daily(during_of(context, each), TimeRange(latest.start, latest.end)) if each else None


def _each(context: Context, one: Recurring) -> Daily | None:
    """`weekend orders in October`: of each; and where no range is said, the latest."""
    if not _whole_days(one) or not one.cycle.weekdays or len(one.cycle.weekdays) > MAX_SINGLE:
        return None
    span = latest(context, one.pattern or Days(weekday=one.cycle.weekdays[0]))
    return Daily(during_of(context, one), TimeRange(span.start, span.end)) if span else None


def _after(context: Context, time: TimeOfDay) -> Daily | None:
    """`after 5pm`: of each day; and where no range is said, since then."""
    each = _each_day(context, TimeOfDay(time.start % DAY, DAY))
    latest = TimeRange(latest_clock(context, time).start, context.now)
    told = "no range said: since the latest such time; with one, of each of its days"
    return Daily(during_of(context, each), latest, told) if each else None


def _before(context: Context, time: TimeOfDay) -> Daily | None:
    each = _each_day(context, TimeOfDay(0, time.start % DAY))
    latest = TimeRange(None, clock_today(context, time).start)
    return Daily(during_of(context, each), latest) if each else None


def during_of(_context: Context, recurring: Recurring) -> During:
    return During((recurring.cycle,), recurring.told, recurring.late)


def _not_during(_context: Context, recurring: Recurring) -> During:
    return During((replace(recurring.cycle, negated=True),), recurring.told)


def _nor(context: Context, first: During, second: Recurring) -> During:
    """`not on weekends or at night`; `not on Mondays or Tuesdays`, which are one cycle."""
    *others, last = first.cycles
    both = _and(context, Recurring(replace(last, negated=False)), second)
    more = both if isinstance(both, Recurring) else second
    kept = others if isinstance(both, Recurring) else first.cycles
    return During((*kept, replace(more.cycle, negated=True)), first.told or second.told)


def _last(context: Context, count: int, recurring: Recurring) -> During | Problem | None:
    """`the last 3 Mondays`: those that are over, and the range from the first of them to the last."""
    if not 1 <= count <= MAX_TIMES:
        return Problem("impossible", f"The last 1 to {MAX_TIMES} of them can be asked for, not {count}.")
    pattern = recurring.pattern or Stretches(recurring.cycle)
    first = last = pattern.past(wall_now(context))
    for _ in range(count - 1):
        first = first and pattern.before(first[0])
    if first is None or last is None:
        return None
    span = wall_span(first[0], last[1], context.zone)
    return During((recurring.cycle,), recurring.told, range=TimeRange(span.start, span.end))


def _last_at(context: Context, count: int, recurring: Recurring, time: TimeOfDay) -> During | Problem | None:
    timed = _at(context, recurring, time)
    return _last(context, count, timed) if timed else None


def _outside_and(_context: Context, _first: Recurring, _second: Recurring) -> Problem:
    return Problem("ambiguous", "Outside of both, or outside of one and within the other? Ask for each.")


def _compared(_context: Context, first: Recurring, second: Recurring) -> Alternating | Problem:
    """By what tells them apart: the weekday, weekdays from weekends, or the part of the day."""
    each = (first.cycle, second.cycle)
    if TYPICAL in (first.told, second.told):
        return Problem("unsupported", "Typical days are not put side by side: ask for each.")
    if all(map(_whole_days, (first, second))):
        if {cycle.weekdays for cycle in each} == {_WEEKDAYS.cycle.weekdays, _WEEKENDS.cycle.weekdays}:
            return Alternating(Groups((WEEK_PART,)))
        days = tuple(sorted(day for cycle in each for day in cycle.weekdays))
        if all(len(cycle.weekdays) == 1 for cycle in each) and len(set(days)) == 2:
            return Alternating(Groups((WEEKDAY,)), During((Cycle(days),)))
    parts = {(_clock(start * HOUR), _clock(end % 24 * HOUR)) for start, end in _DAY_PARTS}
    clocks = {(cycle.start, cycle.end) for cycle in each}
    if len(clocks) == 2 and clocks <= parts and not (first.cycle.weekdays or second.cycle.weekdays):
        return Alternating(Groups((DAY_PART,)), During(either(*each)))
    return _NOT_SIDE_BY_SIDE


def _sides(_context: Context, _first: Daily, _second: Daily) -> Problem:
    return _NOT_SIDE_BY_SIDE


def _week_parts(_context: Context) -> Alternating:
    return Alternating(Groups((WEEK_PART,)))


_IN = "on|in|during|within|over|at|of"
_NOT = "not|except|excluding|without|outside"
_LEAVING_OUT = "not counting|including"
_LAST = "last|past|previous|prior"
_VERSUS, _TO = "vs|versus|against", "to|with|against"

RULES = (
    Rule("a Monday", "<weekday>", "repeated", sound(_monday)),
    Rule("a weekday", "weekday|workday", "repeated", constant(_WEEKDAYS)),
    Rule("a weekend", "weekend", "repeated", constant(_WEEKENDS)),
    Rule("a part of a day", "<day-part>", "repeated", sound(_each_day)),
    Rule("a part of a weekday", "<repeated> <day-part>", "repeated", sound(_at)),
    Rule("every one", "each|every <repeated>", "one-recurring", sound(_every)),
    Rule("a typical one", "a|an typical|usual|normal|average|given <repeated>", "one-recurring", sound(_typical)),
    Rule("Mondays", "<weekdays>", "one-recurring", _mondays),
    Rule("weekdays", "weekdays|workdays", "one-recurring", constant(_WEEKDAYS)),
    Rule("working days", "working|business|work|week days", "one-recurring", constant(_WEEKDAYS)),
    Rule("weekends", "weekends", "one-recurring", constant(_WEEKENDS)),
    *(
        Rule(f"day parts: {word}s", f"{word}s", "day-parts", constant(TimeOfDay(first * HOUR, last * HOUR)))
        for word, (first, last) in lexicon.DAY_PARTS.items()
        if word != "overnight"
    ),
    Rule("parts of days", "<day-parts>", "one-recurring", sound(_each_day)),
    Rule("parts of weekdays", "<repeated> <day-parts>", "one-recurring", sound(_at)),
    Rule("parts of Mondays", "<day-parts> on|of <recurring>", "recurring", swapped(apart)),
    # some of those
    Rule("recurring", "<one-recurring>", "recurring", same),
    Rule("business hours of all weekdays", "<work-hours>", "recurring", sound(_work_hours)),
    Rule("days and days", "<recurring> and|or|,|& <one-recurring>", "recurring", sound(_and)),
    Rule("days, and days", "<recurring> , and|or <one-recurring>", "recurring", sound(_and)),
    Rule("on days and on days", f"<recurring> and|or {_IN} the? <recurring>", "recurring", sound(_and)),
    Rule("either of days", f"<recurring> and|& {_IN}? the? <recurring>", "either", sound(_either)),
    Rule("days and a time of day", "<recurring> and|& <daily>", "either", sound(_either)),
    Rule("a time of day and days", f"<daily> and|& {_IN}? the? <recurring>", "either", sound(_either)),
    Rule("one of days", f"<recurring> or {_IN}? the? <recurring>", "either", sound(_or)),
    Rule("days or a time of day", "<recurring> or <daily>", "either", sound(_or)),
    Rule("a time of day or days", f"<daily> or {_IN}? the? <recurring>", "either", sound(_or)),
    Rule("during either", f"but? only? {_IN}? the? <either>", "cycle", same),
    Rule("days at a time", f"<recurring> {ON}|from? <time-of-day>", "recurring", sound(apart)),
    Rule("days at hours", f"<recurring> {ON}|from? <hours>", "recurring", sound(apart)),
    Rule("time on days", f"<time-of-day> {ON}? <recurring>", "recurring", swapped(apart)),
    Rule("hours on days", f"<hours> {ON}? <recurring>", "recurring", swapped(apart)),
    Rule("time each day", "at? <time-of-day> each|every day", "recurring", sound(_said_each_day)),
    Rule("hours each day", "<hours> each|every day", "recurring", sound(_said_each_day)),
    Rule("each day at a time", f"each|every day {ON}? <time-of-day>", "recurring", sound(_said_each_day)),
    Rule("each day at hours", f"each|every day {ON}? <hours>", "recurring", sound(_said_each_day)),
    # of a question alone: in other sentences it may be any number
    Rule("a bare year", "<year>", "fixed", sound(months_of), cost=0.9),
    # clauses
    Rule("during", f"but? only? {_IN}? the? <recurring>", "cycle", sound(during_of)),
    Rule("during only", f"{_IN}? the? <recurring> only", "cycle", sound(during_of)),
    Rule("not during", f"but? {_NOT} {_IN}? the? <recurring>", "excluded", sound(_not_during)),
    Rule("not counting during", f"{_LEAVING_OUT} the? <one-recurring>", "excluded", sound(_not_during)),
    Rule("during excluded", "with? <one-recurring> excluded|omitted|ignored", "cycle", sound(_not_during)),
    Rule("not during one", f"but? {_NOT} {_IN}? the? <repeated>", "excluded", sound(_not_during)),
    Rule("not in a clock range", f"but? {_NOT} <clock-range>", "excluded", chained(_each_day, _not_during)),
    Rule("nor during", f"<excluded> ,|and|or|nor {_IN}? the? <recurring>", "excluded", sound(_nor), cost=0.1),
    Rule("nor during one", f"<excluded> ,|and|or|nor {_IN}? the? <repeated>", "excluded", sound(_nor), cost=0.1),
    Rule(
        "outside and on",
        f"but? outside of? {_IN}? the? <recurring> and on|in|during|at the? <recurring>",
        "cycle",
        _outside_and,
        cost=-0.2,
    ),
    Rule("excluded", "<excluded>", "cycle", same),
    Rule("last times", f"{_IN}|from? the? {_LAST} <count> <one-recurring>", "cycle", sound(_last)),
    Rule(
        "last times at a time",
        f"{_IN}|from? the? {_LAST} <count> <one-recurring> {ON}|from? <time-of-day>",
        "cycle",
        sound(_last_at),
    ),
    Rule("at a time of day", "in|during|over|at the? <day-part>", "daily", sound(_daily)),
    Rule("overnight of days", "overnight", "daily", lambda context: _daily(context, _OVERNIGHT)),
    Rule("from time to time", "<clock-range>", "daily", sound(_daily)),
    # dearer than the range that they are alone
    Rule("each of those in a range", f"{_IN}? the? <repeated>", "daily", sound(_each), cost=0.4),
    Rule("after a clock each day", "after|since <clock>", "clock-side", sound(_after), cost=-0.02),
    Rule("before a clock each day", "before|until|till <clock>", "clock-side", sound(_before), cost=0.3),
    Rule("a side of a clock", "<clock-side>", "daily", same),
    Rule("sides of clocks", f"<clock-side> {_VERSUS} <clock-side>", "cycle", _sides),
    Rule("daily", "but? only? <daily>", "cycle", same, cost=-0.05),
    Rule("and daily", "and|also <daily>", "cycle", same, cost=-0.05),
    Rule(
        "recurring against recurring",
        f"{_IN}? the? <recurring> {_VERSUS} {_IN}? the? <recurring>",
        "cycle",
        sound(_compared),
        cost=-0.1,
    ),
    Rule(
        "recurring compared",
        f"{_IN}? the? <recurring> compared {_TO} {_IN}? the? <recurring>",
        "cycle",
        sound(_compared),
    ),
    Rule("compare recurring", "compare|between <recurring> with|and|to <recurring>", "cycle", sound(_compared)),
    Rule(
        "weekdays against weekends",
        f"by? {_IN}? weekday|weekdays|workday|workdays {_VERSUS} {_IN}? weekend|weekends",
        "cycle",
        _week_parts,
        cost=-0.2,
    ),
    Rule(
        "weekends against weekdays",
        f"by? {_IN}? weekend|weekends {_VERSUS} {_IN}? weekday|weekdays|workday|workdays",
        "cycle",
        _week_parts,
        cost=-0.2,
    ),
)
