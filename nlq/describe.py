"""Question -> the reading: one canonical English sentence, which parses back to the same question.

p95 of api.latency where region=eu-west by service per hour, top 5, from 2026-11-21T00:00Z to 2026-11-22T00:00Z
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from nlq.question import (
    MIDNIGHT,
    Aggregation,
    Condition,
    Cycle,
    GroupKey,
    Question,
    Rank,
    TagFilter,
    TimeRange,
    ValueFilter,
)
from nlq.units import own_measure

_SIGNS = {"eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_SUBJECTS = {"names": "metric names", "keys": "tag keys", "values": "tag values of "}
_KINDS = {"name": "metric name", "type": "metric type", "hour": "hour of day", "weekday": "weekday"}
_KINDS |= {"day_part": "part of day", "week_part": "weekday or weekend"}
_MATCHES = {"prefix": "starts with", "suffix": "ends with", "contains": "contains"}
_OF = {"value": "", "change": "change ", "change_percent": "change percent "}
_RANKED_BY = {"change": "change", "change_percent": "percent change", "absolute_change": "absolute change"}
_WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_DAYS = {(): "each day", (0, 1, 2, 3, 4): "on weekdays", (5, 6): "on weekends"}
_PLAIN = re.compile(r"[^\W_](?:[\w./:@+-]*[^\W_])?|[/](?:[\w./@+-]*[^\W_])?")


def describe(question: Question) -> str:
    """The reading of `question`; instants in its zone."""
    zone = ZoneInfo(question.zone)
    asides = list(_asides(question))
    sentence = ", ".join((" ".join((_opening(question), *_restrictions(question))), *asides, *([""] if asides else [])))
    sentence = " ".join((sentence.rstrip(), *map(_cycle, question.during), _range(question.range, zone))).rstrip()
    if question.zone != "UTC":
        sentence += f" in {question.zone} time"
    if question.compared_to:
        sentence += f" vs {_range(question.compared_to, zone)}"
    return sentence


def _asides(question: Question) -> Iterator[str]:
    """What is done with the groups."""
    if question.share:
        yield "share"
    if question.over and question.over.percent:
        yield from (f"share where {tag_filter(tag)}" for tag in question.tags if tag not in question.over.tags)
        rest = [value for value in question.values if value not in question.over.values]
        yield from (f"share where {_value(value, question)}" for value in rest)
    if question.over and (pair := question.over.contrast(question.tags)):
        this, other = map(tag_filter, pair)
        yield f"difference of {this} and {other}" if question.over.minus else f"ratio of {this} to {other}"
    if question.rank and question.form == "list" and question.limit:
        yield f"{'highest' if question.rank.descending else 'lowest'} first"
    elif question.rank:
        yield _rank(question.rank)
    for condition in question.having:
        yield f"having {_OF[condition.of]}{_SIGNS[condition.comparison]} {_amount(condition, question)}"


def _opening(question: Question) -> str:
    """What kind of answer is asked for, and of which metrics."""
    names = " and ".join(map(_quoted, question.names)) or "all events"
    aggregations = " and ".join(map(_aggregation, question.aggregations))
    key = _quoted(question.groups[0].key) if question.groups else ""
    limit = "" if question.limit is None else f" {question.limit}"
    unit = f" in {question.unit}" if question.unit else ""
    return {
        "aggregate": f"{aggregations} of {names}{unit}{_per(question)}",
        "list": f"list{' first' if question.oldest else ''}{limit} of {names}",
        "exists": f"whether {aggregations or 'any'} of {names}",
        "age": f"how long since {names}{unit}",
        "silent": f"silent of {names}",
        "catalog": f"{_SUBJECTS[question.subject or 'names']}{key} of {names}",
    }[question.form]


def _rank(rank: Rank) -> str:
    per = f" per {' and '.join(map(_group, rank.per))}" if rank.per else ""
    by = "" if rank.by == "value" else f" by {_RANKED_BY[rank.by]}"
    if rank.place > 1:
        return f"{_ordinal(rank.place)} {'highest' if rank.descending else 'lowest'}{per}{by}"
    return f"{'top' if rank.descending else 'bottom'} {rank.count}{per}{by}{' and others' if rank.others else ''}"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _per(question: Question) -> str:
    over = question.over
    if over is None or over.percent or over.contrast(question.tags):
        return ""
    word = "minus" if over.minus else "per" if over.times == 1 else f"per {_number(over.times)}"
    return f" {word} {_aggregation(over.aggregation)} of {_quoted(over.names[0])}"


def _restrictions(question: Question) -> Iterator[str]:
    whole = question.over if question.over and question.over.percent else question
    tags = [tag for tag in whole.tags if question.over is None or tag in question.over.tags]
    conditions = [*map(tag_filter, tags), *(_value(value, question) for value in whole.values)]
    if conditions:
        yield "where " + " and ".join(conditions)
    if question.groups and question.form != "catalog":
        yield "by " + " and ".join(map(_group, question.groups))
    if question.grain:
        count, unit = question.grain.count, question.grain.unit
        yield f"per {unit}" if count == 1 else f"per {count} {unit}s"


def _aggregation(aggregation: Aggregation) -> str:
    if aggregation.key:
        return f"distinct {_group(aggregation.key)}"
    return (
        f"{aggregation.function} rate per {aggregation.per}" if aggregation.per else aggregation.label.replace("_", " ")
    )


def tag_filter(wanted: TagFilter) -> str:
    """As it stands in a reading."""
    key = _quoted(wanted.key)
    if not wanted.values:
        return f"without {key}" if wanted.negated else f"with {key}"
    values = " or ".join(map(_quoted, wanted.values))
    if wanted.match != "is":
        return f"{'not ' if wanted.negated else ''}{key} {_MATCHES[wanted.match]} {values}"
    return f"not {key}={values}" if wanted.negated else f"{key}={values}"


def _value(wanted: ValueFilter, question: Question) -> str:
    return f"value {_SIGNS[wanted.comparison]} {_amount(wanted, question)}"


def _amount(wanted: ValueFilter | Condition, question: Question) -> str:
    """The number; and where results are in another unit, the one that it is in itself."""
    own = own_measure(question.names) if question.unit and question.form != "age" else None
    percent = isinstance(wanted, Condition) and wanted.of == "change_percent"
    return _number(wanted.number) + (f" {own.symbol}" if own and not percent else "")


def _number(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _group(key: GroupKey) -> str:
    return _quoted(key.key) if key.kind == "tag" else _KINDS[key.kind]


def _cycle(cycle: Cycle) -> str:
    days = _DAYS.get(cycle.weekdays) or "on " + " and ".join(_WEEKDAYS[day] for day in cycle.weekdays)
    if cycle.start != cycle.end:
        days = f"between {_clock(cycle.start, cycle)} and {_clock(cycle.end, cycle)} {days}"
    return f"not {days}" if cycle.negated else days


def _clock(clock: time, cycle: Cycle) -> str:
    if clock == MIDNIGHT == cycle.end:
        return "24:00"
    text = clock.isoformat("seconds" if clock.second else "minutes")
    return text + (" pm" if clock.hour == 12 else " am") if _may_end_at_noon(cycle) and clock.hour >= 10 else text


def _may_end_at_noon(cycle: Cycle) -> bool:
    """`between 11:00 and 10:00` would end in the evening: see _from_to."""
    return cycle.end < cycle.start and all(10 <= clock.hour <= 12 for clock in (cycle.start, cycle.end))


def _range(time: TimeRange, zone: ZoneInfo) -> str:
    if time.start and time.end:
        return f"from {_instant(time.start, zone)} to {_instant(time.end, zone)}"
    if time.end:
        return f"until {_instant(time.end, zone)}"
    return f"since {_instant(time.start, zone)}" if time.start else ""


def _instant(instant: datetime, zone: ZoneInfo) -> str:
    """RFC 3339 to the minute, or as far as the instant goes: second, millisecond."""
    local = instant.astimezone(zone)
    precision = "milliseconds" if local.microsecond else "seconds" if local.second else "minutes"
    text = local.isoformat(timespec=precision)
    return text.removesuffix("+00:00") + "Z" if local.utcoffset() == UTC.utcoffset(None) else text


def _quoted(text: str) -> str:
    """The text as it stands where it is read as one word, else in quotes."""
    return text if _PLAIN.fullmatch(text) else f'"{text}"'
