"""Times of day: `15:30`, `3pm`, `noon`, `half past nine`, `from 9 to 17:00`, `in the morning`.

Kinds: `clock`, a time of day for certain; `hour`, what may be one in company (`3`, `9.30`); `clock-range`, from one
to another; `hours`, the same without any that is certain; `day-part`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from nlq import lexicon
from nlq.context import Context
from nlq.recurrence import HOUR, TimeOfDay
from nlq.refusal import Problem
from nlq.rule import Match, Rule, Scanner
from nlq.rules.time.produce import constant, same, sound, swapped
from nlq.timeline import Duration
from nlq.tokens import Token

Half = Literal["a", "p"]

NOON = 12 * HOUR
DAY = 24 * HOUR
_CLOCK = re.compile(
    r"""(?P<hour>\d{1,2})
    (?: [:h.] (?P<minute>\d\d) (?: [:.] (?P<second>\d\d) (?:[.,]\d{1,9})? )? )?
    \.? (?P<half> [ap]\.?m | (?<=\d) [ap] )? (?<=[\dapm]) h?""",
    re.VERBOSE,
)


def read_clock(text: str) -> tuple[str, TimeOfDay | Problem] | None:
    """What one word says, as a kind and a value: `15:30` and `3pm` are a clock, `9.30` and `3` only an hour."""
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hour, minute, second = int(found["hour"]), int(found["minute"] or 0), int(found["second"] or 0)
    half = found["half"]
    certain = (half is not None and (len(half) > 1 or found["minute"])) or bool(
        found["minute"] and re.search("[:h]", text)
    )
    if hour > 24 or minute > 59 or second > 59 or hour * 60 + minute > 24 * 60:
        return ("clock", Problem("impossible", f"There is no {text}.")) if certain else None
    start = hour * HOUR + minute * 60 + second
    length = 1 if found["second"] else 60 if found["minute"] else HOUR
    bare = 1 <= hour <= 12 and not found["hour"].startswith("0")
    clock = TimeOfDay(start, start + length, bare=bare)
    if half is None:
        return ("clock" if certain else "hour"), clock
    halved = _halved(clock, half[0])
    return ("clock" if certain else "short-clock", halved) if halved else None


def _halved(clock: TimeOfDay, half: str) -> TimeOfDay | None:
    """`clock` before (a) or after (p) noon; None where it says so itself."""
    if clock.marked or clock.start >= 13 * HOUR:
        return None
    return clock.at(clock.start % NOON + (NOON if half == "p" else 0))


def _with_half(_context: Context, clock: TimeOfDay, half: Half) -> TimeOfDay | None:
    return _halved(clock, half)


def _hour(_context: Context, count: int) -> TimeOfDay | None:
    return TimeOfDay(count * HOUR, (count + 1) * HOUR, bare=1 <= count <= 12) if 0 <= count <= 24 else None


def _run(_context: Context, first: TimeOfDay, last: TimeOfDay) -> TimeOfDay:
    return _from_to(first, last)


def _from_to(first: TimeOfDay, last: TimeOfDay) -> TimeOfDay:
    """From one time of day to the next other.

    Where only one is said to be am or pm, the other takes the nearest hour that fits: 1:30 to 3pm, 11 to 3pm,
    8pm to 11. Two bare hours are before noon, unless that runs backwards: 11 to 4 ends in the afternoon.
    """
    start, end = first.start, last.start
    if first.bare and last.marked and start % NOON + NOON < end:
        start = start % NOON + NOON
    doubtful = last.bare and (first.bare or first.marked)
    if doubtful and first.marked:
        end %= NOON
    while end <= start:
        end += NOON if doubtful else DAY
    bare = first.bare and last.bare
    return TimeOfDay(start, end, exact=False, bare=bare, marked=not bare)


def in_part(_context: Context, clock: TimeOfDay, part: TimeOfDay) -> TimeOfDay | None:
    """`3:20 in the afternoon`: of the two, the one in that part of the day; `11 at night` is before midnight."""
    if clock.marked or clock.start >= 13 * HOUR:
        return clock
    early = clock.start % NOON
    if part.end <= NOON:
        return clock.at(early)
    if part.start >= DAY - 2 * HOUR:
        return clock.at(early if early < part.end - DAY else early + NOON)
    return clock.at(early + NOON)


def _run_together(_context: Context, figures: int, half: Half) -> TimeOfDay | None:
    """`330 pm`."""
    hour, minute = divmod(figures, 100)
    start = hour * HOUR + minute * 60
    return _halved(TimeOfDay(start, start + 60), half) if 1 <= hour <= 12 and minute < 60 else None


def _spoken(_context: Context, hour: TimeOfDay, minutes: int, half: Half) -> TimeOfDay | None:
    """`four twenty-three am`."""
    clock = _beside(hour, minutes)
    return _halved(clock, half) if clock else None


def _past(_context: Context, minutes: int, clock: TimeOfDay) -> TimeOfDay | None:
    return _beside(clock, minutes)


def _to(_context: Context, minutes: int, clock: TimeOfDay) -> TimeOfDay | None:
    return _beside(clock, -minutes)


def _quarter_past(_context: Context, clock: TimeOfDay) -> TimeOfDay | None:
    return _beside(clock, 15)


def _quarter_to(_context: Context, clock: TimeOfDay) -> TimeOfDay | None:
    return _beside(clock, -15)


def _half_past(_context: Context, clock: TimeOfDay) -> TimeOfDay | None:
    return _beside(clock, 30)


def _beside(clock: TimeOfDay, minutes: int) -> TimeOfDay | None:
    """`quarter past nine`: so many minutes from a full hour."""
    if clock.end - clock.start != HOUR or not -60 < minutes < 60:
        return None
    start = (clock.start + minutes * 60) % DAY
    return TimeOfDay(start, start + 60, bare=clock.bare, marked=clock.marked)


def _for(_context: Context, clock: TimeOfDay, length: Duration) -> TimeOfDay | None:
    """`from 9 for 2 hours`."""
    if length.months or length.days or not 0 < length.seconds <= DAY:
        return None
    return TimeOfDay(clock.start, clock.start + int(length.seconds), exact=False)


def _scan(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
    for index, token in enumerate(tokens):
        if token.quoted or not token.norm[0].isdecimal():
            continue
        text = token.norm
        read = read_clock(text) if not text.isdecimal() else None
        if read is None and "-" in text:
            read = _read_run(text)
        if read is not None:
            yield Match(index, index + 1, *read, 0.0, "clock")
            if read[0] == "hour":
                yield Match(index, index + 1, "dotted-hour", read[1], 0.0, "clock")
            if text.endswith(".m") and index + 1 < len(tokens) and tokens[index + 1].norm == ".":
                yield Match(index, index + 2, *read, 0.0, "clock")


def _last(_context: Context, _part: TimeOfDay, clock: TimeOfDay) -> TimeOfDay:
    return clock


def _read_run(text: str) -> tuple[str, Any] | None:
    """`9:30-11:00`, `3-8pm`: two times of day in one word."""
    first, _, last = text.partition("-")
    one, other = read_clock(first), read_clock(last)
    if one is None or other is None or isinstance(one[1], Problem) or isinstance(other[1], Problem):
        return None
    loose = one[0] == "hour" and other[0] == "hour"
    return "hours" if loose else "clock-range", _from_to(one[1], other[1])


def _part(first: int, last: int) -> TimeOfDay:
    return TimeOfDay(first * HOUR, last * HOUR, exact=False)


TO = "to|-|–|until|till|untill|through|thru|~"

_FULL_HOURS = {word: TimeOfDay(hour * HOUR, (hour + 1) * HOUR, marked=True) for word, hour in lexicon.MOMENTS.items()}

SCANNERS = (Scanner("clock", _scan, reach=2),)
RULES = (
    *(
        Rule(f"day part: {word}", word, "day-part", constant(_part(*hours)))
        for word, hours in lexicon.DAY_PARTS.items()
    ),
    *(Rule(f"clock: {word}", f"12? {word}", "clock", constant(time)) for word, time in _FULL_HOURS.items()),
    Rule("business hours", "business|office|working hours", "work-hours", constant(_part(9, 17))),
    Rule("am", "am|a.m|a.m. .?", "half", constant("a")),
    Rule("pm", "pm|p.m|p.m. .?", "half", constant("p")),
    Rule("a m", "a .? m .?", "half", constant("a")),
    Rule("p m", "p .? m .?", "half", constant("p")),
    # one time of day
    Rule("hour of a count", "<count>", "hour", _hour),
    Rule("clock and half", "<clock> <half>", "clock", sound(_with_half)),
    Rule("hour and half", "<hour> <half>", "clock", sound(_with_half)),
    Rule("figures and half", "<count> <half>", "clock", sound(_run_together)),
    Rule("spoken clock", "<hour> <spoken-day> <half>", "clock", sound(_spoken)),
    Rule("marked hour", "<dotted-hour> h", "clock", same),
    Rule("short clock", "at <short-clock>", "clock", same),
    Rule("o'clock", "<hour> o'clock|oclock", "clock", same),
    Rule("clock in a part", "<clock> in|at the? <day-part>", "clock", sound(in_part)),
    Rule("hour in a part", "<hour> in|at the? <day-part>", "clock", sound(in_part)),
    Rule("part at a clock", "<day-part> at <clock>", "clock", swapped(in_part)),
    Rule("part at an hour", "<day-part> at <hour>", "clock", swapped(in_part)),
    Rule("minutes past", "<count> minutes|min? past|after <clock>", "clock", sound(_past)),
    Rule("minutes to", "<count> minutes|min to|before <clock>", "clock", sound(_to)),
    Rule("minutes past an hour", "<count> minutes|min? past <hour>", "clock", sound(_past)),
    Rule("quarter past", "a? quarter past <clock>", "clock", sound(_quarter_past)),
    Rule("quarter past an hour", "a? quarter past <hour>", "clock", sound(_quarter_past)),
    Rule("quarter to", "a? quarter to <clock>", "clock", sound(_quarter_to)),
    Rule("half past", "half past <clock>", "clock", sound(_half_past)),
    Rule("half past an hour", "half past <hour>", "clock", sound(_half_past)),
    # from one to another
    Rule("clock to clock", f"from? <clock> {TO} <clock>", "clock-range", sound(_run)),
    Rule("clock to hour", f"from? <clock> {TO} <hour>", "clock-range", sound(_run)),
    Rule("hour to clock", f"from? <hour> {TO} <clock>", "clock-range", sound(_run)),
    Rule("hour to hour", f"from? <hour> {TO} <hour>", "hours", sound(_run)),
    Rule("between clocks", f"between <clock> and|{TO} <clock>", "clock-range", sound(_run)),
    Rule("between clock and hour", f"between <clock> and|{TO} <hour>", "clock-range", sound(_run)),
    Rule("between hour and clock", f"between <hour> and|{TO} <clock>", "clock-range", sound(_run)),
    Rule("between hours", f"between <hour> and|{TO} <hour>", "hours", sound(_run)),
    Rule("after and before clocks", "after|since <clock> and|but|,? before|until <clock>", "clock-range", sound(_run)),
    Rule("from a clock range", "from|between|at <clock-range>", "clock-range", same),
    Rule("from hours", "from|between <hours>", "hours", same),
    Rule("clock for a length", "from|starting? at? <clock> for <length>", "clock-range", sound(_for)),
    Rule("hour for a length", "from <hour> for <length>", "clock-range", sound(_for)),
    Rule("length from a clock", "for <length> from|starting from? <clock>", "clock-range", swapped(_for)),
    Rule("length from an hour", "for <length> from <hour>", "clock-range", swapped(_for)),
    Rule("part and range", "<day-part> ,? <clock-range>", "clock-range", sound(_last)),
)
