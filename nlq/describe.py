"""Question -> the reading: one canonical English sentence, which parses back to the same question.

p95 of api.latency where region=eu-west by service per hour, top 5, from 2026-11-21T00:00Z to 2026-11-22T00:00Z
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from nlq.question import Aggregation, GroupKey, Question, TagFilter, TimeRange, ValueFilter

_SIGNS = {"eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_PLAIN = re.compile(r"[^\W_](?:[\w./:@+-]*[^\W_])?|[/](?:[\w./@+-]*[^\W_])?")


def describe(question: Question) -> str:
    """The reading of `question`; instants in its zone."""
    subject = " and ".join(_quoted(name) for name in question.names) or "all events"
    if question.form == "list":
        count = f" {question.limit}" if question.limit is not None else ""
        parts = [f"list{count} of {subject}"]
    else:
        parts = [f"{' and '.join(_aggregation(a) for a in question.aggregations)} of {subject}"]
    conditions = [*map(_tag, question.tags), *map(_value, question.values)]
    if conditions:
        parts.append("where " + " and ".join(conditions))
    if question.groups:
        parts.append("by " + " and ".join(map(_group, question.groups)))
    if question.grain:
        count = "" if question.grain.count == 1 else f"{question.grain.count} "
        parts.append(f"per {count}{question.grain.unit}{'' if question.grain.count == 1 else 's'}")
    sentence = " ".join(parts)
    if question.rank:
        sentence += f", {'top' if question.rank.descending else 'bottom'} {question.rank.count},"
    zone = ZoneInfo(question.zone)
    sentence += f" {_range(question.range, zone)}"
    if question.compared_to:
        sentence += f" vs {_range(question.compared_to, zone)}"
    return sentence


def _aggregation(aggregation: Aggregation) -> str:
    if aggregation.key:
        return f"distinct {_group(aggregation.key)}"
    return f"{aggregation.function} rate per {aggregation.per}" if aggregation.per else aggregation.label


def _tag(wanted: TagFilter) -> str:
    key = _quoted(wanted.key)
    if not wanted.values:
        return f"without {key}" if wanted.negated else f"with {key}"
    values = " or ".join(map(_quoted, wanted.values))
    return f"not {key}={values}" if wanted.negated else f"{key}={values}"


def _value(wanted: ValueFilter) -> str:
    return f"value {_SIGNS[wanted.comparison]} {_number(wanted.number)}"


def _number(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _group(key: GroupKey) -> str:
    return _quoted(key.key) if key.kind == "tag" else f"metric {key.key}"


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
