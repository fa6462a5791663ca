"""What a question's answer is, worked out in plain Python: the judge of the pipelines, sharing no code with them."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from nlq.question import Aggregation, Grain, GroupKey, Question, TagFilter, TimeRange, ValueFilter

Document = dict[str, Any]
ABSENT = object()


def evaluate(question: Question, documents: Iterable[Document]) -> list[list[Any]]:
    """The rows, in order; times of buckets as instants."""
    documents = list(documents)
    return _listed(question, documents) if question.form == "list" else _aggregated(question, documents)


def _is_meant(question: Question, document: Document) -> bool:
    start, end = question.range.start, question.range.end
    return (
        (not question.names or document["name"] in question.names)
        and (not question.types or document["type"] in question.types)
        and (start is None or document["timestamp"] >= start)
        and (end is None or document["timestamp"] < end)
        and all(_has_tag(document, wanted) for wanted in question.tags)
        and all(_has_value(document, wanted) for wanted in question.values)
    )


def _tag(document: Document, key: str) -> Any:
    for tag in document["tags"]:
        if tag == key:
            return None
        if tag.startswith(key + ":"):
            return tag[len(key) + 1 :]
    return ABSENT


def _has_tag(document: Document, wanted: TagFilter) -> bool:
    value = _tag(document, wanted.key)
    if not wanted.values:
        return (value is ABSENT) == wanted.negated
    if value is ABSENT or value is None:
        return False
    return (value in wanted.values) != wanted.negated


def _has_value(document: Document, wanted: ValueFilter) -> bool:
    value, number = document["value"], wanted.number
    return {
        "eq": value == number,
        "ne": value != number,
        "lt": value < number,
        "le": value <= number,
        "gt": value > number,
        "ge": value >= number,
    }[wanted.comparison]


def _listed(question: Question, documents: list[Document]) -> list[list[Any]]:
    chosen = [document for document in documents if _is_meant(question, document)]
    chosen = sorted(chosen, key=lambda d: (d["timestamp"], d["_id"]), reverse=True)
    count = question.limit
    if question.rank:
        sign = -1 if question.rank.descending else 1
        chosen.sort(key=lambda d: sign * d["value"])
        count = question.rank.count
    fields = ("name", "type", "value", "tags", "timestamp")
    return [[str(document["_id"]), *(document[field] for field in fields)] for document in chosen[:count]]


def _aggregated(question: Question, documents: list[Document]) -> list[list[Any]]:
    first = _groups(question, question.range, documents)
    second = _groups(question, question.compared_to, documents) if question.compared_to else {}
    rows = []
    for key in {**first, **second}:
        row = list(key)
        for aggregation in question.aggregations:
            value = _reduce(aggregation, first.get(key, []))
            if aggregation.per:
                units = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
                value /= _seconds(question, question.range, key) / units[aggregation.per]
            row.append(value)
            if question.compared_to:
                row += _compared(value, _reduce(aggregation, second.get(key, [])))
        rows.append(row)
    return _ordered(question, rows)


def _compared(value: float | None, before: float | None) -> list[Any]:
    change = None if value is None or before is None else value - before
    return [before, change, None if change is None or not before else change / abs(before) * 100]


def _groups(question: Question, time: TimeRange, documents: list[Document]) -> dict[tuple[Any, ...], list[Document]]:
    chosen = [document for document in documents if _is_meant(replace(question, range=time), document)]
    groups: dict[tuple[Any, ...], list[Document]] = defaultdict(list)
    for document in chosen:
        key = [_group(document, each) for each in question.groups]
        if question.grain:
            shift = _shift(question) if time == question.compared_to else timedelta()
            key.append(_bucket(document["timestamp"], question.grain, question.zone) + shift)
        groups[tuple(key)].append(document)
    if not question.groups and not question.grain:
        groups.setdefault((), [])
    return groups


def _seconds(question: Question, time: TimeRange, key: tuple[Any, ...]) -> float:
    """How long the range lasts, or what of the bucket is in it."""
    start, end = time.start, time.end
    assert end
    if question.grain:
        bucket = key[-1]
        assert question.grain.unit in ("minute", "hour")
        width = timedelta(minutes=question.grain.count * {"minute": 1, "hour": 60}[question.grain.unit])
        start, end = max(bucket, start or bucket), min(bucket + width, end)
    assert start
    return (end - start).total_seconds()


def _shift(question: Question) -> timedelta:
    """How far apart the ranges of a comparison begin: whole days, in UTC, and no months as buckets."""
    assert question.compared_to
    assert question.range.start
    assert question.compared_to.start
    assert question.zone == "UTC"
    return question.range.start - question.compared_to.start


def _ordered(question: Question, rows: list[list[Any]]) -> list[list[Any]]:
    width = len(question.groups) + (question.grain is not None)
    rows.sort(key=lambda row: [(cell is not None, cell) for cell in row[:width]])
    if question.rank:
        rows = [row for row in rows if None not in row[: len(question.groups)]]
        rows.sort(key=lambda row: row[width], reverse=question.rank.descending)
        rows = rows[: question.rank.count]
    return rows


def _group(document: Document, key: GroupKey) -> Any:
    if key.kind != "tag":
        return document[key.key]
    value = _tag(document, key.key)
    return None if value is ABSENT else value


def _bucket(instant: datetime, grain: Grain, zone: str) -> datetime:
    return _local_bucket(instant.astimezone(ZoneInfo(zone)), grain).astimezone(UTC)


def _local_bucket(local: datetime, grain: Grain) -> datetime:
    """The start of the instant's bucket; minutes that divide the hour, or one calendar unit."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if grain.unit == "minute":  # `replace` keeps the fold: the hour that a clock change repeats stays apart
        return local.replace(minute=local.minute // grain.count * grain.count, second=0, microsecond=0)
    assert grain.count == 1
    return {
        "hour": local.replace(minute=0, second=0, microsecond=0),
        "day": midnight,
        "week": midnight - timedelta(days=local.weekday()),
        "month": midnight.replace(day=1),
        "quarter": midnight.replace(month=(local.month - 1) // 3 * 3 + 1, day=1),
        "year": midnight.replace(month=1, day=1),
    }[grain.unit]


def _reduce(aggregation: Aggregation, documents: list[Document]) -> Any:
    values = [document["value"] for document in documents]
    if aggregation.function == "count":
        return len(values)
    if aggregation.key:
        return len({_group(document, aggregation.key) for document in documents} - {None})
    if aggregation.function == "sum":
        return math.fsum(values)
    if not values:
        return None
    if aggregation.function == "percentile":
        # nearest rank: the smallest value with at least p % of the values at or below it
        ordered = sorted(values)
        share = aggregation.percent or 0.0
        return next(v for i, v in enumerate(ordered, 1) if i * 100 >= share * len(ordered) - 1e-9)
    mean = math.fsum(values) / len(values)
    variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
    in_time = sorted(documents, key=lambda document: (document["timestamp"], document["_id"]))
    return {
        "avg": mean,
        "min": min(values),
        "max": max(values),
        "range": max(values) - min(values),
        "variance": variance,
        "stddev": math.sqrt(variance),
        "first": in_time[0]["value"],
        "latest": in_time[-1]["value"],
    }[aggregation.function]
