"""/metrics: one metric, lists, and what is known of a name."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypedDict
from urllib.parse import urlencode

from sanic import Blueprint, HTTPResponse, Request, empty

from telemetry_server import instants
from telemetry_server.dialects import bare
from telemetry_server.errors import Conflict, Fault, Invalid, NotFound, PreconditionFailed
from telemetry_server.http import tables, wire
from telemetry_server.metric import COLUMNS, Metric, MetricDocument, etag
from telemetry_server.metric_filter import MetricFilter
from telemetry_server.metrics import matches
from telemetry_server.monitoring.exposition import FORMS
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import JSON, Header, operation
from telemetry_server.parts import Parts, parts_of
from telemetry_server.reading.cache import Result
from telemetry_server.reading.versions import Dependency
from telemetry_server.routes import exposition
from telemetry_server.routes.decorators import VARIES, reads, recalls, wants_stored_truth
from telemetry_server.schemas import ids, listing, parameters
from telemetry_server.schemas.fields import Name, whole
from telemetry_server.schemas.metric import MetricSchema, PatchSchema, ReplacementSchema

METRIC, REPLACEMENT, PATCH = MetricSchema(timedelta()), ReplacementSchema(timedelta()), PatchSchema(timedelta())
EXAMPLE = {"name": "cpu.usage", "type": "gauge", "value": 85.5, "tags": {"host": "web-01", "region": "us-west-2"}}
IF_MATCH = Header("If-Match", "The ETag that the metric must have still.")
IF_NONE_MATCH = Header("If-None-Match", "The ETag of what is known already.")
IDEMPOTENCY_KEY = Header(
    "Idempotency-Key",
    "The same key again stores nothing more, and gives the same document.",
    {"type": "string", "pattern": whole(ids.IDEMPOTENCY_KEY.pattern)},
)

blueprint = Blueprint("metrics", url_prefix="/metrics")


class MetricPage(TypedDict):
    data: list[MetricDocument]
    next_cursor: str | None


class RecentMetrics(TypedDict):
    """What was measured last of a name, newest first."""

    name: str
    metric_name: str
    values: list[float]
    data: list[MetricDocument]
    timestamp: instants.Text


class Aggregate(TypedDict):
    """Of nothing, 0 and nulls. sum, mean: null too where the sum is more than a number holds. percentile_error: by how
    much of themselves the percentiles may be wrong; null where they are as fine as the buckets of histograms.
    """

    name: str
    metric_name: str
    count: int
    sum: float | None
    mean: float | None
    min: float | None
    max: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    percentile_error: float | None
    timestamp: instants.Text | None


@blueprint.post("/", ctx_role="writer")
@operation(
    body=(METRIC, bare.BARE),
    example=EXAMPLE,
    headers=(IDEMPOTENCY_KEY,),
    gives=dict.fromkeys((200, 201), (MetricDocument, bare.BareAnswer)),
    fails=(Conflict,),
)
async def create(request: Request) -> HTTPResponse:
    """Store one metric: 201, or 200 where the same one is stored already."""
    parts, timing = parts_of(request), timing_of(request)
    timing.enter("parse")
    key = ids.check_idempotency_key(request.headers.get("idempotency-key"))
    raw = wire.body_of(request)
    is_bare = bare.is_bare(raw)
    try:
        fields = parts.forms.one(bare.to_metric(raw) if is_bare else raw)
    except Invalid as problem:
        raise (bare.failure(problem) if is_bare else problem) from None
    if key is not None and "id" in fields:
        raise Invalid([Fault("/id", "Give an id or an Idempotency-Key, not both.")])
    parts.counters.add("total_metrics_received")
    timing.enter("database")
    metric, created = await parts.metrics.create(fields, key)
    timing.enter("encode")
    status = 201 if created else 200
    response = wire.json(bare.success(metric.id), status) if is_bare else _one(metric, status)
    response.headers["Location"] = f"/metrics/{metric.id}"
    return response


@reads(blueprint, "/")
@recalls
@operation(
    query=listing.ListSchema, gives={JSON: MetricPage, **dict.fromkeys((tables.CSV, tables.NDJSON, *FORMS), str)}
)
async def page(request: Request) -> HTTPResponse:
    """One page of metrics, newest first, where `Link` leads to the next; the server's own for Prometheus."""
    if (form := exposition.wanted(request)) is not None:
        return await exposition.exposed(request, form)
    parts, timing = parts_of(request), timing_of(request)
    timing.enter("parse")
    pairs = request.get_query_args(keep_blank_values=True)
    wanted = listing.listing(pairs)

    async def compute() -> Result:
        timing.enter("database")
        stamp = parts.versions.stamp(_depends_on(wanted.where))
        found = await parts.metrics.page(wanted.where, wanted.after, wanted.limit)
        timing.enter("encode")
        cursor = found.next.encode() if found.next else None
        body = wire.encode({"data": [metric.to_wire() for metric in found.metrics], "next_cursor": cursor})
        timing.enter("store")
        return Result(body, {} if cursor is None else {"Link": _next(pairs, cursor)}, stamp)

    timing.enter("cache")
    result, outcome = await parts.cache.get(
        "list", [sorted(pairs), request.path], compute, raw=request.raw_url, bypass=wants_stored_truth(request)
    )
    headers = {**result.headers, **VARIES, "X-Cache": outcome}
    lines = tables.form_of(request.headers.get("accept", ""), "json")
    if lines == "json":
        return wire.json(result.body, headers=headers)
    body = tables.whole(lines, COLUMNS, wire.decode_own(result.body)["data"])
    return wire.Response(body, 200, headers, tables.CONTENT_TYPES[lines])


@reads(blueprint, "/<metric_id>")
@operation(
    path={"id": Name()},
    query=listing.RecentSchema,
    headers=(IF_NONE_MATCH,),
    gives={200: (MetricDocument, RecentMetrics), 304: {}},
    fails=(NotFound,),
)
async def read(request: Request, metric_id: str) -> HTTPResponse:
    """One metric by its id; or the recent metrics of a name."""
    parts, timing = parts_of(request), timing_of(request)
    timing.enter("parse")
    if not ids.is_id(metric_id):
        return await _recent(request, ids.check_name(metric_id))
    parameters.nothing(request.get_query_args(keep_blank_values=True))
    timing.enter("database")
    metric = await parts.metrics.get(metric_id.lower())
    timing.enter("encode")
    response = _one(metric)
    condition = request.headers.get("if-none-match")
    if condition is not None and matches(condition, response.headers["ETag"], weak=True):
        return empty(304, {"ETag": response.headers["ETag"]})
    return response


@blueprint.put("/<metric_id>", unquote=True, ctx_role="writer")
@operation(
    body=REPLACEMENT,
    example=EXAMPLE,
    headers=(IF_MATCH,),
    gives=MetricDocument,
    fails=(NotFound, PreconditionFailed),
)
async def replace(request: Request, metric_id: str) -> HTTPResponse:
    """Replace all but the id, and the timestamp where none is given."""
    parts = parts_of(request)
    timing_of(request).enter("parse")
    metric_id = ids.check_id(metric_id)
    fields = parts.forms.replacement(_without_id(wire.body_of(request), metric_id))
    return await _updated(request, metric_id, lambda _: fields)


@blueprint.patch("/<metric_id>", unquote=True, ctx_role="writer")
@operation(
    body={JSON: PATCH, "application/merge-patch+json": PATCH},
    example={"value": 90},
    headers=(IF_MATCH,),
    gives=MetricDocument,
    fails=(NotFound, PreconditionFailed),
)
async def change(request: Request, metric_id: str) -> HTTPResponse:
    """Change the given fields (a merge patch); what comes of it must be a valid metric."""
    parts = parts_of(request)
    timing_of(request).enter("parse")
    metric_id = ids.check_id(metric_id)
    raw = _without_id(wire.body_of(request), metric_id)

    def merge(metric: Metric) -> Mapping[str, Any]:
        return parts.forms.merge(metric.to_wire(), raw)

    return await _updated(request, metric_id, merge)


@blueprint.delete("/<metric_id>", unquote=True, ctx_role="writer")
@operation(headers=(IF_MATCH,), gives={204: {}}, fails=(NotFound, PreconditionFailed))
async def delete(request: Request, metric_id: str) -> HTTPResponse:
    """Delete one metric."""
    timing = timing_of(request)
    timing.enter("parse")
    metric_id = ids.check_id(metric_id)
    timing.enter("database")
    await parts_of(request).metrics.delete(metric_id, request.headers.get("if-match"))
    timing.enter("encode")
    return empty()


@reads(blueprint, "/<metric_name>/aggregate")
@operation(query=listing.RangeSchema, gives=Aggregate, fails=(NotFound,))
async def aggregate(request: Request, metric_name: str) -> HTTPResponse:
    """Count, sum, mean, min, max and percentiles of a name; `from`, `to` and `tags` narrow it."""
    parts, timing = parts_of(request), timing_of(request)
    timing.enter("parse")
    where = listing.within(request.get_query_args(keep_blank_values=True), ids.check_name(metric_name))
    timing.enter("database")
    newest = await _newest(parts, where)
    if newest is None and await _newest(parts, MetricFilter(name=where.name)) is None:
        raise NotFound("There is no metric with this name.")
    summary = await parts.answers.summarise(parts.metrics.kept(where))
    timing.enter("encode")
    at = None if newest is None else instants.render(newest.timestamp)
    return wire.json({"name": metric_name, "metric_name": metric_name, **summary, "timestamp": at})


async def _recent(request: Request, name: str) -> HTTPResponse:
    parts, timing = parts_of(request), timing_of(request)
    limit = listing.recent(request.get_query_args(keep_blank_values=True))
    timing.enter("database")
    found = (await parts.metrics.page(MetricFilter(name=name), None, limit)).metrics
    if not found:
        raise NotFound("There is no metric with this name.")
    timing.enter("encode")
    return wire.json(
        {
            "name": name,
            "metric_name": name,
            "values": [metric.value for metric in found],
            "data": [metric.to_wire() for metric in found],
            "timestamp": instants.render(found[0].timestamp),
        }
    )


async def _updated(request: Request, metric_id: str, change: Callable[[Metric], Mapping[str, Any]]) -> HTTPResponse:
    timing = timing_of(request)
    timing.enter("database")
    metric = await parts_of(request).metrics.update(metric_id, request.headers.get("if-match"), change)
    timing.enter("encode")
    return _one(metric)


async def _newest(parts: Parts, where: MetricFilter) -> Metric | None:
    found = (await parts.metrics.page(where, None, 1)).metrics
    return found[0] if found else None


def _one(metric: Metric, status: int = 200) -> HTTPResponse:
    raw = wire.encode(metric.to_wire())
    return wire.json(raw, status, {"ETag": etag(raw)})


def _without_id(raw: Any, metric_id: str) -> Any:
    """A client may send the document back with its id in it, as long as it is this one."""
    if isinstance(raw, dict) and isinstance(raw.get("id"), str) and raw["id"].lower() == metric_id:
        return {key: value for key, value in raw.items() if key != "id"}
    return raw


def _depends_on(where: MetricFilter) -> Dependency:
    """Each filter by itself can vouch for the list: a metric must fulfil all of them."""
    keys = [f"t:{tag}" for tag in where.tags] + ([f"n:{where.name}"] if where.name else [])
    return tuple((key,) for key in keys or ["*"])


def _next(pairs: list[tuple[str, str]], cursor: str) -> str:
    query = [(key, value) for key, value in pairs if key != "cursor"]
    return f'</metrics?{urlencode([*query, ("cursor", cursor)])}>; rel="next"'
