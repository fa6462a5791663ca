"""The forms that things have in MongoDB: metrics, the conditions of lists, the rows of answers, pipelines as text."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bson import Int64, ObjectId, json_util

from telemetry_server.metric import Metric
from telemetry_server.metric_filter import MetricFilter

_extended = partial(json_util.default, json_options=json_util.RELAXED_JSON_OPTIONS)
_PLAIN = frozenset((str, float, int, bool, type(None)))
_TOLD = {Int64: int, ObjectId: str}


def extended_json(stages: Sequence[Mapping[str, Any]]) -> bytes:
    """Stages as relaxed MongoDB Extended JSON."""
    return json.dumps(stages, default=_extended).encode()


def match_stage(where: MetricFilter) -> dict[str, Any]:
    """The pipeline stage that keeps what fulfils `where`."""
    return {"$match": condition(where)}


def to_document(metric: Metric) -> dict[str, Any]:
    """The document of a metric."""
    document: dict[str, Any] = {
        "_id": ObjectId(metric.id),
        "name": metric.name,
        "type": metric.type,
        "value": metric.value,
        "tags": list(metric.tags),
        "timestamp": metric.timestamp,
    }
    if metric.distribution is not None:
        document["distribution"] = metric.distribution
    return document


def to_metric(document: Mapping[str, Any]) -> Metric:
    """The metric of a document. Raises KeyError and TypeError for one that is none."""
    return Metric(
        id=str(document["_id"]),
        name=document["name"],
        type=document["type"],
        value=document["value"],
        tags=tuple(document["tags"]),
        timestamp=document["timestamp"],
        distribution=document.get("distribution"),
    )


def exactly(metric: Metric) -> dict[str, Any]:
    """What only the document of this very metric fulfils."""
    return {"distribution": None} | to_document(metric)


def condition(where: MetricFilter, *, end: datetime | None = None, at: datetime | None = None) -> dict[str, Any]:
    """What the documents fulfil that fulfil `where`, with another end, or at one instant."""
    found: dict[str, Any] = {}
    if where.name is not None:
        found["name"] = where.name
    if where.tags:
        found["tags"] = {"$all": list(where.tags)}
    if where.type is not None:
        found["type"] = where.type
    span = {"$gte": where.start, "$lt": end or where.end}
    found["timestamp"] = at or {operator: bound for operator, bound in span.items() if bound is not None}
    values = {"$gte": where.least, "$lte": where.most}
    if where.least is not None or where.most is not None:
        found["value"] = {operator: bound for operator, bound in values.items() if bound is not None}
    return {field: test for field, test in found.items() if test != {}}


def to_rows(documents: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    """The `row` of each document, of plain values and aware instants; those of the documents are not aware."""
    aware: dict[datetime, datetime] = {}

    def plain(value: Any) -> Any:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is datetime:
            return aware.get(value) or aware.setdefault(value, value.replace(tzinfo=UTC))
        if kind is list:
            return [plain(item) for item in value]
        if kind is dict:
            return {key: plain(item) for key, item in value.items()}
        return _TOLD[kind](value)

    return [[plain(value) for value in document["row"]] for document in documents]
