"""Times of day: `15:30`, `3pm`, `noon`, `half past nine`, `from 9 to 17:00`, `morning`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from nlq import lexicon
from nlq.context import Context
from nlq.engine import Match, Rule, Scanner
from nlq.recurrence import TimeOfDay
from nlq.refusal import Problem
from nlq.rules.duration import sound
from nlq.tokens import Token

_HOUR = 3600
_HALF_DAY = 12 * _HOUR
_CLOCK = re.compile(
    r"""(?P<hour>\d{1,2})
    (?: [:h](?P<minute>\d\d) (?: [:.](?P<second>\d\d) (?:[.,]\d{1,9})? )? | \.(?P<dotted>\d\d)(?=[ap]) )?
    \.? (?P<mark>(?:[ap]\.?m|(?<=\d\d)[ap]))? """,
    re.VERBOSE,
)


def _clock(text: str) -> TimeOfDay | Problem | None:
    """What one word says: `15:30`, `3pm`, `3h18`. None for a number or any other word."""
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    minute = found["minute"] or found["dotted"]
    if minute is None and (found["mark"] is None or len(found["mark"]) < 2):
        return None
    hour, minutes, seconds = int(found["hour"]), int(minute or 0), int(found["second"] or 0)
    if hour > 24 or minutes > 59 or seconds > 59 or (hour == 24 and (minutes or seconds)):
        return Problem("impossible", f"there is no {text}")
    start = hour * _HOUR + minutes * 60 + seconds
    length = 1 if found["second"] else 60 if minute else _HOUR
    bare = 1 <= hour <= 12 and len(found["hour"]) == len(str(hour)) and ":" in text
    clock = TimeOfDay(start, start + length, bare=bare)
    return _mark(clock, found["mark"][0]) if found["mark"] else clock


def _mark(clock: TimeOfDay, half: str) -> TimeOfDay | None:
    """`clock` before (a) or after (p) noon."""
    if clock.marked or clock.start >= 13 * _HOUR:
        return None
    hour = clock.start % _HALF_DAY
    start = hour + (_HALF_DAY if half == "p" else 0)
    return replace(clock, start=start, end=start + clock.end - clock.start, bare=False, marked=True)


def _hour(_context: Context, count: int) -> TimeOfDay | None:
    if not 0 <= count <= 24:
        return None
    return TimeOfDay(count * _HOUR, (count + 1) * _HOUR, bare=1 <= count <= 12)


def _pair(_context: Context, first: TimeOfDay, last: TimeOfDay) -> TimeOfDay | None:
    """From one time of day to the next other. An hour without am or pm takes the nearest that fits."""
    start, end = first.start, last.start
    if first.bare and last.marked and start % _HALF_DAY + _HALF_DAY < end:
        start = start % _HALF_DAY + _HALF_DAY
    step = _HALF_DAY if last.bare and (first.bare or first.marked) else 2 * _HALF_DAY
    if last.bare and first.marked:
        end %= _HALF_DAY
    while end <= start:
        end += step
    return TimeOfDay(start, end, exact=False)


def _in_part(_context: Context, clock: TimeOfDay, part: TimeOfDay) -> TimeOfDay | None:
    """`3:20 in the afternoon`: the one of the two that lies in that part of the day."""
    for start in (clock.start % _HALF_DAY, clock.start % _HALF_DAY + _HALF_DAY):
        if part.start <= start < part.end or part.start <= start + 2 * _HALF_DAY < part.end or (part.start == 86400 and start >= 75600):
            return replace(clock, start=start, end=start + clock.end - clock.start, bare=False, marked=True)
        if part.start == 6 * _HOUR and start < part.end:
            return replace(clock, start=start, end=start + clock.end - clock.start, bare=False, marked=True)
    return None


def _scan(tokens: Sequence[Token], context: Context) -> Iterator[Match]:
    for index, token in enumerate(tokens):
        if token.quoted or not token.norm[0].isdigit():
            continue
        clock = _clock(token.norm)
        if clock is not None:
            yield Match(index, index + 1, "clock", clock, 0.0, "clock")
            continue
        first, dash, last = token.norm.partition("-")
        if dash:
            pair = _scan_pair(context, first, last)
            if pair is not None:
                yield Match(index, index + 1, pair[0], pair[1], 0.0, "clock range")


def _scan_pair(context: Context, first: str, last: str) -> tuple[str, TimeOfDay] | None:
    sides = [_clock(side) or (_hour(context, int(side)) if re.fullmatch(r"\d\d?", side) else None) for side in (first, last)]
    if not all(isinstance(side, TimeOfDay) for side in sides):
        return None
    pair = _pair(context, *sides)
    plain = re.fullmatch(r"\d+", first) and re.fullmatch(r"\d+", last)
    return ("hours" if plain else "clock", pair) if pair else None


_TO = "to|-|–|until|till|untill|through|~"

SCANNERS = (Scanner("clock", _scan),)
RULES = (
    *(
        Rule(f"day part {word}", f"{word}", "day-part", lambda _c, part=part: TimeOfDay(part[0] * _HOUR, part[1] * _HOUR, exact=False))
        for word, part in lexicon.DAY_PARTS.items()
    ),
    *(
        Rule(f"moment {word}", f"12? {word}", "clock", lambda _c, hour=hour: TimeOfDay(hour * _HOUR, (hour + 1) * _HOUR, marked=True))
        for word, hour in lexicon.MOMENTS.items()
    ),
    Rule("am", "am|a.m|a.m. .?", "half", lambda _context: "a"),
    Rule("pm", "pm|p.m|p.m. .?", "half", lambda _context: "p"),
    Rule("a m", "a .? m .?", "half", lambda _context: "a"),
    Rule("p m", "p .? m .?", "half", lambda _context: "p"),
    Rule("hour", "<count>", "hour", _hour),
    Rule("clock half", "<clock> <half>", "clock", sound(lambda _context, clock, half: _mark(clock, half))),
    Rule("hour half", "<hour> <half>", "clock", sound(lambda _context, clock, half: _mark(clock, half))),
    Rule("o'clock", "<hour> o'clock|oclock", "clock", lambda _context, clock: clock),
    Rule("o'clock half", "<hour> o'clock|oclock <half>", "clock", lambda _context, clock, half: _mark(clock, half)),
    Rule("clock in part", "<clock> in|at the? <day-part>", "clock", sound(_in_part)),
    Rule("hour in part", "<hour> in|at the? <day-part>", "clock", sound(_in_part)),
    Rule("clocks", f"from|between? <clock> {_TO}|and <clock>", "clock-range", sound(_pair)),
    Rule("clock hour", f"from|between? <clock> {_TO}|and <hour>", "clock-range", sound(_pair)),
    Rule("hour clock", f"from|between? <hour> {_TO}|and <clock>", "clock-range", sound(_pair)),
    Rule("hours", f"from|between? <hour> {_TO}|and <hour>", "hours", sound(_pair)),
)
