"""Groups and buckets: `by host and region`, `per service`, `by name`; `per hour`, `daily`, `every 15 minutes`."""

from msgspec.structs import replace

from nlq import lexicon
from nlq.clauses import Both, Groups, KeyNoun
from nlq.context import Context
from nlq.contradictions import MAX_GRAIN_COUNTS
from nlq.question import Grain, GroupKey, TimeRange, Unit
from nlq.refusal import Problem
from nlq.rule import Rule
from nlq.timeline import Duration, rolled

_CODES = range(100, 600)
MAX_KEYS = 10  # told where a tag is unknown
UNKNOWN_KEY_COST = 30.0  # dearer than any other reading, cheaper than an unknown word
_HOUR = KeyNoun(GroupKey("hour", "hour"), plural=False)
_GROUPED = (
    "grouped|split|broken|group|break|separated|segmented|sliced|itemised|itemized it|that|this? down|up|out? by|per"
)
_KINDS = "type|types|kind|kinds"
_ROWS = "row|rows|line|column|bar|figure"
_AT = "on|at|from|by|in|across|for"
_BY = "by|per|across|each|every"


def _tag(_context: Context, key: str) -> GroupKey:
    return GroupKey("tag", key)


def _both(_context: Context, first: Groups, second: GroupKey) -> Groups | None:
    return None if second in first.keys else Groups((*first.keys, second))


def _and_grain(_context: Context, groups: Groups, grain: Grain | Problem) -> Groups | Problem:
    return grain if isinstance(grain, Problem) else replace(groups, grain=grain)


def _and_single_grain(context: Context, groups: Groups, grain: Grain | Problem) -> Groups | Problem | None:
    """`by host, day`; but `by host, 2 weeks` may be how long."""
    return None if isinstance(grain, Grain) and grain.count > 1 else _and_grain(context, groups, grain)


def _grain_and(context: Context, grain: Grain | Problem, groups: Groups) -> Groups | Problem:
    return _and_grain(context, groups, grain)


def _grain(context: Context, count: int, unit: Unit) -> Grain | Problem | None:
    if unit == "second" and count in _CODES and context.catalog.values_like(str(count)):  # `by 500s`
        return None
    if not 1 <= count <= MAX_GRAIN_COUNTS[unit]:
        detail = f"A bucket is 1 to {MAX_GRAIN_COUNTS[unit]} {unit}s wide, not {count}."
        return Problem("impossible", detail, (unit,))
    return Grain(unit, count)


def _fraction(_context: Context, number: float, unit: Unit) -> Problem:
    detail = f"A bucket is a whole number of {unit}s wide, not {number:g}."
    return Problem("impossible", detail, (unit,))


def _unknown(context: Context, word: str) -> Problem | None:
    if not word[0].isalpha():
        return None
    known = context.catalog.keys_from("", MAX_KEYS)
    detail = f"There is no tag {word!r}. Known tags begin: {', '.join(known[:5])}."
    return Problem("unknown_value", detail, tuple(known))


def _one(_context: Context, unit: Unit) -> Grain:
    return Grain(unit)


def _crossed(_context: Context, first: GroupKey, second: GroupKey) -> Groups | None:
    """`region x host`."""
    return None if first == second else Groups((first, second))


def _each_of_last(context: Context, length: Duration) -> Both:
    """`for each of the last 8 weeks`."""
    span = rolled(context.now, length, context.zone)
    return Both(Grain(length.unit), TimeRange(span.start, span.end))


def _all_so_many(context: Context, count: int, noun: KeyNoun) -> KeyNoun | Problem | None:
    """`all three reservoirs`: as many as there are."""
    known = len(context.catalog.keys.get(noun.key.key, ())) if noun.key.kind == "tag" else 0
    if known != count:
        return Problem("unknown_value", f"There are {known} of {noun.key.key}, not {count}.")
    return noun


RULES = (
    Rule("tag key", "tag? <key>", "group", _tag),
    Rule("unknown key", "<stranger>", "unknown-group", _unknown, cost=UNKNOWN_KEY_COST),
    Rule("by unknown key", "by|per|across <unknown-group>", "grouping", lambda _context, problem: problem),
    Rule("units of no whole number", "<fraction> <unit>", "width", _fraction),
    Rule("metric name", "metric? name|names", "group", lambda _context: GroupKey("name", "name"), cost=0.1),
    Rule("metric", "metric|metrics", "group", lambda _context: GroupKey("name", "name"), cost=0.2),
    Rule("event", "event|events", "group", lambda _context: GroupKey("name", "name"), cost=0.2),
    Rule("metric type", "metric? type|types", "group", lambda _context: GroupKey("type", "type"), cost=0.1),
    Rule("hour of day", "hour|hours|time of the? day", "group", lambda _context: GroupKey("hour", "hour")),
    Rule("hour of day asked about", "hour|time of the? day", "key-noun", lambda _context: _HOUR),
    Rule("weekday", "weekday|weekdays", "group", lambda _context: GroupKey("weekday", "weekday")),
    Rule("day of week", "day|days of the? week", "group", lambda _context: GroupKey("weekday", "weekday")),
    Rule("part of day", "part|parts of the? day", "group", lambda _context: GroupKey("day_part", "day_part")),
    Rule("daypart", "daypart|dayparts", "group", lambda _context: GroupKey("day_part", "day_part")),
    Rule("part of week", "weekday or|/ weekend", "group", lambda _context: GroupKey("week_part", "week_part")),
    Rule("countable key", "<key>", "countable", _tag),
    Rule("countable names", "metric? names", "countable", lambda _context: GroupKey("name", "name")),
    Rule("countable types", "metric? types", "countable", lambda _context: GroupKey("type", "type")),
    Rule("one group", "<group>", "groups", lambda _context, key: Groups((key,))),
    Rule("several groups", "<groups> and|,|/|+|by|per <group>", "groups", _both),
    Rule("groups, and the last", "<groups> , and <group>", "groups", _both),
    Rule("by groups", f"{_BY} <groups>", "grouping", lambda _context, groups: groups),
    Rule("groups and unit", "<groups> and <width>", "timed-groups", _and_grain),
    Rule("groups, unit", "<groups> , <width>", "timed-groups", _and_single_grain),
    Rule("unit and groups", "<width> and|, <groups>", "timed-groups", _grain_and),
    Rule("by groups and unit", f"{_BY} <timed-groups>", "grouping", lambda _context, groups: groups),
    Rule("for each group", "for each|every <groups>", "grouping", lambda _context, groups: groups),
    Rule("on each group", "on|at|in|from|by|across each|every <groups>", "grouping", lambda _context, groups: groups),
    Rule("crossed groups", "<group> x|× <group>", "grouping", _crossed),
    Rule("a row for each", f"a|one {_ROWS} for each|every <groups>", "grouping", lambda _context, groups: groups),
    Rule("a row per", f"a|one? {_ROWS} per <groups>", "grouping", lambda _context, groups: groups),
    Rule("grouped by", f"{_GROUPED} <groups>", "grouping", lambda _context, groups: groups),
    Rule("grouped by unit", f"{_GROUPED} <width>", "grain", lambda _context, grain: grain),
    Rule("grouped by groups and unit", f"{_GROUPED} <timed-groups>", "grouping", lambda _context, groups: groups),
    Rule(
        "all of a key",
        "on|at|from|by|across? all|both of? the? <key-noun> separately|individually?",
        "noun",
        lambda _context, noun: noun,
    ),
    Rule(
        "each of a key",
        "each|every of? the? <groups> separately|individually?",
        "grouping",
        lambda _context, groups: groups,
    ),
    Rule("all so many of a key", f"{_AT}? all|both the? <count> of? the? <key-noun>", "noun", _all_so_many),
    Rule("kinds of a key", f"<key-noun> {_KINDS}", "key-noun", lambda _context, noun: noun, cost=0.1),
    Rule("key noun", "<key-noun>", "noun", lambda _context, noun: noun, cost=0.25),
    Rule("unit of a bucket", "<unit>", "width", _one),
    Rule("units of a bucket", "<count> <unit>", "width", _grain),
    Rule("per unit", "per|each|every|by <width>", "grain", lambda _context, grain: grain),
    Rule("on each unit", "for|in|on|during each|every <width>", "grain", lambda _context, grain: grain),
    Rule("each of the last", "for|in|on|over|during? each|every of the? last|past <length>", "grain", _each_of_last),
    Rule("each part of an hour", "per|each|every quarter of? an? hour", "grain", lambda _context: Grain("minute", 15)),
    Rule("each half hour", "per|each|every half of? an? hour", "grain", lambda _context: Grain("minute", 30)),
    Rule("a unit", "a|an <unit>", "grain", _one, cost=1.1),  # `in a day` is ahead
    Rule("in a single unit", "in|on|within? a|any single|given|one <unit>", "grain", _one),
    Rule(
        "unit by unit",
        "<unit> by|after <unit>",
        "grain",
        lambda _context, unit, other: Grain(unit) if unit == other else None,
    ),
    Rule("as a series", "as a|an? <grain> series|chart|graph?", "grain", lambda _context, grain: grain),
    Rule(
        "in steps of",
        "in|with|at? <width> buckets|steps|bins|intervals|chunks",
        "grain",
        lambda _context, grain: grain,
    ),
    *(
        Rule(f"{word}", f"on? a|an? {word} basis?", "grain", lambda _context, unit=unit: Grain(unit))
        for word, unit in lexicon.EVERY.items()
    ),
)
