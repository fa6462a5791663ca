"""What a question's answer is, worked out in plain Python: the judge of the pipelines, sharing no code with them."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from nlq.question import Aggregation, Condition, Grain, GroupKey, Over, Question, TagFilter, TimeRange, ValueFilter

Document = dict[str, Any]
ABSENT = object()


def evaluate(question: Question, documents: Iterable[Document]) -> list[list[Any]]:
    """The rows, in order; times of buckets as instants."""
    documents = list(documents)
    judges = {
        "aggregate": _aggregated,
        "list": _listed,
        "exists": _exists,
        "age": _age,
        "silent": _silent,
        "catalog": _catalog,
    }
    return judges[question.form](question, documents)


def _exists(question: Question, documents: list[Document]) -> list[list[Any]]:
    if question.aggregations:
        return [[bool(_aggregated(question, documents))]]
    return [[any(_is_meant(question, document) for document in documents)]]


def _age(question: Question, documents: list[Document]) -> list[list[Any]]:
    end, found = question.range.end, _groups(question, question.range, documents)
    assert end
    latest = {key: max(each["timestamp"] for each in group) for key, group in found.items() if group}
    seconds = {"s": 1, "min": 60, "h": 3600, "day": 86400, "week": 604800}[question.unit or "s"]
    rows = [[*key, (end - at).total_seconds() / seconds, at] for key, at in latest.items()]
    return sorted(rows, key=lambda row: (row[-1], [(cell is not None, cell) for cell in row[:-2]]))


def _silent(question: Question, documents: list[Document]) -> list[list[Any]]:
    seen: dict[tuple[Any, ...], datetime] = {}
    assert question.range.start
    for document in documents:
        if _is_meant(replace(question, range=TimeRange(None, question.range.end)), document):
            key = tuple(_group(document, each, question.zone) for each in question.groups)
            seen[key] = max(seen.get(key, document["timestamp"]), document["timestamp"])
    rows = [[*key, at] for key, at in seen.items() if at < question.range.start and None not in key]
    rows.sort(key=lambda row: row[:-1])
    return sorted(rows, key=lambda row: row[-1], reverse=True)


def _catalog(question: Question, documents: list[Document]) -> list[list[Any]]:
    series = {
        (document["name"], document["type"], tuple(document["tags"]))
        for document in documents
        if _is_meant(question, document)
    }
    found: dict[str, set[tuple[str, str, tuple[str, ...]]]] = defaultdict(set)
    for name, type_, tags in series:
        if question.subject == "names":
            found[name].add((name, type_, tags))
            continue
        for tag in tags:
            key, _, value = tag.partition(":")
            if question.subject == "keys":
                found[key].add((name, type_, tags))
            elif key == question.groups[0].key and value:
                found[value].add((name, type_, tags))
    rows: list[list[Any]] = []
    for text, members in sorted(found.items()):
        if question.subject == "names":
            rows.append([text, sorted({type_ for _, type_, _ in members}), len(members)])
        elif question.subject == "keys":
            values = {tag for _, _, tags in members for tag in tags if tag.startswith(f"{text}:")}
            rows.append([text, len(values), len(members)])
        else:
            rows.append([text, len(members)])
    return rows


def _is_meant(question: Question, document: Document) -> bool:
    start, end = question.range.start, question.range.end
    return (
        (not question.names or document["name"] in question.names)
        and (not question.types or document["type"] in question.types)
        and (start is None or document["timestamp"] >= start)
        and (end is None or document["timestamp"] < end)
        and belongs(question, document["timestamp"])
        and all(_has_tag(document, wanted) for wanted in question.tags)
        and all(_has_value(document, wanted) for wanted in question.values)
    )


def belongs(question: Question, instant: datetime) -> bool:
    """Whether some day's stretch of each cycle, as clocks show it, has the instant; of a negated one, none."""
    shown = instant.astimezone(ZoneInfo(question.zone)).replace(tzinfo=None)
    for cycle in question.during:
        found = False
        for day in (shown.date() - timedelta(days=1), shown.date()):
            start = datetime.combine(day, cycle.start)
            end = datetime.combine(day if cycle.start < cycle.end else day + timedelta(days=1), cycle.end)
            found |= (not cycle.weekdays or day.weekday() in cycle.weekdays) and start <= shown < end
        if found == cycle.negated:
            return False
    return True


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
    tests = {"is": str.__eq__, "prefix": str.startswith, "suffix": str.endswith, "contains": str.__contains__}
    return any(tests[wanted.match](value, text) for text in wanted.values) != wanted.negated


def _has_value(document: Document, wanted: ValueFilter) -> bool:
    return _compare(document["value"], wanted.comparison, wanted.number)


def _compare(value: float, comparison: str, number: float) -> bool:
    return {
        "eq": value == number,
        "ne": value != number,
        "lt": value < number,
        "le": value <= number,
        "gt": value > number,
        "ge": value >= number,
    }[comparison]


def _listed(question: Question, documents: list[Document]) -> list[list[Any]]:
    chosen = [document for document in documents if _is_meant(question, document)]
    chosen = sorted(chosen, key=lambda d: (d["timestamp"], d["_id"]), reverse=not question.oldest)
    count = question.limit
    first = 0
    if question.rank:
        chosen = chosen[: question.limit]
        sign = -1 if question.rank.descending else 1
        chosen.sort(key=lambda d: sign * d["value"])
        count, first = question.rank.count, question.rank.place - 1
    fields = ("name", "type", "value", "tags", "timestamp")
    chosen = chosen[first:][:count]
    return [[str(document["_id"]), *(document[field] for field in fields)] for document in chosen]


def _aggregated(question: Question, documents: list[Document]) -> list[list[Any]]:
    rows = _compared(question, documents) if question.compared_to else _of_one_range(question, documents)
    kept = [row for row in rows if all(_fulfils(question, row, condition) for condition in question.having)]
    return [_converted(question, row) for row in _ordered(question, kept)]


def _compared(question: Question, documents: list[Document]) -> list[list[Any]]:
    """Each range by itself; then, behind each result, or behind what is made of it, how it differs."""
    alone = replace(question, compared_to=None)
    width = len(question.groups) + (question.grain is not None)
    made = question.share or question.over
    now, before = (
        {tuple(row[:width]): row[width:] for row in rows}
        for rows in (
            _of_one_range(alone, documents),
            _of_one_range(replace(alone, range=question.compared_to), documents, _shift(question)),
        )
    )
    rows = []
    for key in {**now, **before}:
        nothing = _of_nothing(question, key, (now, before))
        row = list(key)
        pairs = list(zip(now.get(key, nothing[0]), before.get(key, nothing[1]), strict=True))
        for place, (value, earlier) in enumerate(pairs):
            row.append(value)
            if not made or place == len(pairs) - 1:
                row += _difference(value, earlier)
        rows.append(row)
    return rows


def _of_nothing(question: Question, key: Any, sides: tuple[Any, Any]) -> list[list[Any]]:
    """What a group comes to in a range in which it has no document."""
    cells: list[Any] = [_reduce(each, []) for each in question.aggregations]
    if question.over:
        base = _reduce(question.over.aggregation, [])
        result = cells[0] - base if question.over.minus and None not in (cells[0], base) else None
        cells += [base, result]
    if not question.share:
        return [cells, cells]
    beside = (lambda other: other[-2] == key[-1]) if question.grain else (lambda _: True)
    totals = [sum(row[0] for other, row in side.items() if beside((*other, None))) for side in sides]
    return [[*cells, 0.0 if total else None] for total in totals]


def _of_one_range(question: Question, documents: list[Document], shift: timedelta = timedelta()) -> list[list[Any]]:
    found = _groups(question, question.range, documents, shift)
    rows = [
        [*key, *(_result(question, question.range, key, aggregation, found) for aggregation in question.aggregations)]
        for key in found
    ]
    if question.share:
        _add_shares(question, rows)
    return _divided(question, question.over, rows, documents, shift) if question.over else rows


# From the unit that a name ends in to another: a level, and a difference of two.
CONVERSIONS = {
    ("ms", "s"): (lambda x: x / 1000, lambda x: x / 1000),
    ("km", "mi"): (lambda x: x / 1.609344, lambda x: x / 1.609344),
    ("kmh", "mph"): (lambda x: x / 1.609344, lambda x: x / 1.609344),
    ("bytes", "GB"): (lambda x: x / 1e9, lambda x: x / 1e9),
    ("c", "°F"): (lambda x: x * 1.8 + 32, lambda x: x * 1.8),
}


def _converted(question: Question, row: list[Any]) -> list[Any]:
    if question.unit is None:
        return row
    own = re.split(r"[._]", question.names[0])[-1]
    level, difference = CONVERSIONS[own, question.unit]
    width = len(question.groups) + (question.grain is not None)
    columns: list[Any] = []
    for aggregation in question.aggregations:
        value = difference if aggregation.function in ("stddev", "range") else level
        columns += [value, value, difference, None] if question.compared_to and not question.share else [value]
    converts = [None] * width + columns + [None] * (len(row) - width - len(columns))
    return [cell if None in (to, cell) else to(cell) for to, cell in zip(converts, row, strict=True)]


def _result(question: Question, time: TimeRange, key: Any, aggregation: Aggregation, groups: Any) -> Any:
    value = _reduce(aggregation, groups.get(key, []))
    if aggregation.per:
        units = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
        value /= _seconds(question, time, key) / units[aggregation.per]
    return value


def _divided(
    question: Question, over: Over, rows: list[list[Any]], documents: list[Document], shift: timedelta
) -> list[list[Any]]:
    whole = replace(question, over=None, names=over.names, tags=over.tags, values=over.values)
    whole = replace(whole, aggregations=(over.aggregation,))
    below = {tuple(row[:-1]): row[-1] for row in _of_one_range(whole, documents, shift)}
    above = {tuple(row[:-1]): row[-1] for row in rows}
    divided: list[list[Any]] = []
    for key in {**above, **below}:
        value = above.get(key, _reduce(question.aggregations[0], []))
        base = below.get(key, _reduce(over.aggregation, []))
        if over.minus:
            divided.append([*key, value, base, None if value is None or base is None else value - base])
            continue
        scale = 100 if over.percent else over.times
        divided.append([*key, value, base, value * scale / base if base and value is not None else None])
    return divided


def _fulfils(question: Question, row: list[Any], condition: Condition) -> bool:
    width = len(question.groups) + (question.grain is not None)
    made = 2 if question.over else 1 if question.share else 0
    place = {"value": 2 if question.over else 0, "change": made + 2, "change_percent": made + 3}[condition.of]
    value = row[width + place]
    return value is not None and _compare(value, condition.comparison, condition.number)


def _difference(value: float | None, before: float | None) -> list[Any]:
    change = None if value is None or before is None else value - before
    return [before, change, None if change is None or not before else change / abs(before) * 100]


def _groups(
    question: Question, time: TimeRange, documents: list[Document], shift: timedelta = timedelta()
) -> dict[tuple[Any, ...], list[Document]]:
    chosen = [document for document in documents if _is_meant(replace(question, range=time), document)]
    groups: dict[tuple[Any, ...], list[Document]] = defaultdict(list)
    for document in chosen:
        key = [_group(document, each, question.zone) for each in question.groups]
        if question.grain:
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
    if not question.during:
        return (end - start).total_seconds()
    minutes = round((end - start).total_seconds() / 60)  # a range of the corpus has whole ones
    return 60.0 * sum(belongs(question, start + timedelta(minutes=minute)) for minute in range(minutes))


def _shift(question: Question) -> timedelta:
    """How far apart the ranges of a comparison begin: whole days, in UTC, and no months as buckets."""
    if question.grain is None:
        return timedelta()
    assert question.compared_to
    assert question.range.start
    assert question.compared_to.start
    assert question.zone == "UTC"
    return question.range.start - question.compared_to.start


def _ordered(question: Question, rows: list[list[Any]]) -> list[list[Any]]:
    groups = len(question.groups)
    width = groups + (question.grain is not None)

    def place(cell: Any) -> Any:
        return (cell is not None, WEEKDAYS.index(cell) if cell in WEEKDAYS else cell)

    rows.sort(key=lambda row: [place(cell) for cell in row[:width]])
    rank = question.rank
    if rank is None:
        return rows
    rows = [row for row in rows if None not in row[:groups]]
    made = 2 if question.over else 1 if question.share else 0
    by = width + 2 if question.over else width
    by = {"value": by, "change_percent": width + made + 3}.get(rank.by, width + made + 2)
    if rank.by != "value":
        rows = [row for row in rows if row[by] is not None]
    size = abs if rank.by == "absolute_change" else float
    rows.sort(key=lambda row: (row[by] is not None, size(row[by] or 0)), reverse=rank.descending)
    if rank.others and len(rows) > rank.count:
        rest = rows[rank.count :]
        numbers = [sum(row[column] for row in rest) for column in range(width, len(rest[0]))]
        return [*rows[: rank.count], ["others", *numbers]]
    outer = [index for index, group in enumerate(question.groups) if group in rank.per]
    if question.grain and question.groups:
        outer.append(groups)
    taken: dict[tuple[Any, ...], list[list[Any]]] = defaultdict(list)
    for row in rows:
        taken[tuple(row[index] for index in outer)].append(row)
    return [row for key in sorted(taken) for row in taken[key][rank.place - 1 :][: rank.count]]


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _add_shares(question: Question, rows: list[list[Any]]) -> None:
    time = len(question.groups) if question.grain else None
    totals: dict[Any, float] = defaultdict(float)
    for row in rows:
        totals[None if time is None else row[time]] += row[-1]
    for row in rows:
        total = totals[None if time is None else row[time]]
        row.append(row[-1] / total * 100 if total else None)


def _group(document: Document, key: GroupKey, zone: str) -> Any:
    if key.kind == "hour":
        return document["timestamp"].astimezone(ZoneInfo(zone)).hour
    if key.kind == "day_part":
        return ["night", "morning", "afternoon", "evening"][document["timestamp"].astimezone(ZoneInfo(zone)).hour // 6]
    if key.kind == "week_part":
        return "weekends" if document["timestamp"].astimezone(ZoneInfo(zone)).weekday() > 4 else "weekdays"
    if key.kind == "weekday":
        return WEEKDAYS[document["timestamp"].astimezone(ZoneInfo(zone)).weekday()]
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


def _seen(document: Document) -> list[tuple[float, int]]:
    """(value, how often) of what a metric stands for: of a bucket the middle, of no buckets the mean."""
    distribution = document.get("distribution")
    if not distribution:
        return [(document["value"], 1)]
    if not distribution["counts"]:
        return [(document["value"], distribution["count"])]
    edges = pairwise([-math.inf, *distribution["bounds"], math.inf])
    low, high = distribution["min"], distribution["max"]
    buckets = zip(edges, distribution["counts"], strict=True)
    return [((max(start, low) + min(end, high)) / 2, count) for (start, end), count in buckets]


def _reduce(aggregation: Aggregation, documents: list[Document]) -> Any:
    values = [document["value"] for document in documents]
    seen = [each for document in documents for each in _seen(document)]
    if aggregation.function == "count":
        return len(values)
    if aggregation.key:
        return len({_group(document, aggregation.key, "UTC") for document in documents} - {None})
    if aggregation.function == "sum":
        return math.fsum(values)
    if not values:
        return None
    if aggregation.function == "percentile":
        # nearest rank: the smallest value with at least p % of the values at or below it
        ordered = sorted(value for value, count in seen for _ in range(count))
        share = aggregation.percent or 0.0
        return next(v for i, v in enumerate(ordered, 1) if i * 100 >= share * len(ordered) - 1e-9)
    seen_by = [each.get("distribution") or {"min": each["value"], "max": each["value"]} for each in documents]
    least, greatest = min(each["min"] for each in seen_by), max(each["max"] for each in seen_by)
    mean = math.fsum(values) / len(values)
    variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
    in_time = sorted(documents, key=lambda document: (document["timestamp"], document["_id"]))
    return {
        "avg": mean,
        "min": least,
        "max": greatest,
        "range": greatest - least,
        "variance": variance,
        "stddev": math.sqrt(variance),
        "first": in_time[0]["value"],
        "latest": in_time[-1]["value"],
        "total_latest": math.fsum({(each["name"], *each["tags"]): each["value"] for each in in_time}.values()),
    }[aggregation.function]
