"""/metrics: one metric, lists, and what is known of a name."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from sanic import Blueprint, HTTPResponse, Request, empty

from telemetry_server import instants, wire
from telemetry_server.cache import Result
from telemetry_server.errors import Fault, Invalid, NotFound
from telemetry_server.metric import Metric, etag
from telemetry_server.metric_filter import MetricFilter
from telemetry_server.metrics import matches
from telemetry_server.parts import Parts, parts_of
from telemetry_server.routes.decorators import reads
from telemetry_server.schemas import ids, listing, parameters
from telemetry_server.versions import Dependency

blueprint = Blueprint("metrics", url_prefix="/metrics")


@blueprint.post("/")
async def create(request: Request) -> HTTPResponse:
    """Store one metric: 201, or 200 where the same one is stored already."""
    parts = parts_of(request)
    key = ids.check_idempotency_key(request.headers.get("idempotency-key"))
    fields = parts.forms.one(wire.body_of(request))
    if key is not None and "id" in fields:
        raise Invalid([Fault("/id", "Give an id or an Idempotency-Key, not both.")])
    parts.counters.add("total_metrics_received")
    metric, created = await parts.metrics.create(fields, key)
    response = _one(metric, 201 if created else 200)
    response.headers["Location"] = f"/metrics/{metric.id}"
    return response


@reads(blueprint, "/")
async def page(request: Request) -> HTTPResponse:
    """One page of metrics, newest first."""
    parts = parts_of(request)
    pairs = request.get_query_args(keep_blank_values=True)
    wanted = listing.listing(pairs)

    async def compute() -> Result:
        stamp = parts.versions.stamp(_depends_on(wanted.where))
        found = await parts.metrics.page(wanted.where, wanted.after, wanted.limit)
        cursor = found.next.encode() if found.next else None
        body = wire.encode({"data": [metric.to_wire() for metric in found.metrics], "next_cursor": cursor})
        return Result(body, {} if cursor is None else {"Link": _next(pairs, cursor)}, stamp)

    result, outcome = await parts.cache.get(
        "list", [sorted(pairs), request.path], compute, bypass=wants_stored_truth(request)
    )
    return wire.json(result.body, headers={**result.headers, "X-Cache": outcome})


@reads(blueprint, "/<metric_id>")
async def read(request: Request, metric_id: str) -> HTTPResponse:
    """One metric by its id; or the recent metrics of a name."""
    parts = parts_of(request)
    if not ids.is_id(metric_id):
        return await _recent(request, ids.check_name(metric_id))
    parameters.nothing(request.get_query_args(keep_blank_values=True))
    response = _one(await parts.metrics.get(metric_id.lower()))
    condition = request.headers.get("if-none-match")
    if condition is not None and matches(condition, response.headers["ETag"], weak=True):
        return empty(304, {"ETag": response.headers["ETag"]})
    return response


@blueprint.put("/<metric_id>", unquote=True)
async def replace(request: Request, metric_id: str) -> HTTPResponse:
    """Replace all but the id, and the timestamp where none is given."""
    parts = parts_of(request)
    metric_id = ids.check_id(metric_id)
    fields = parts.forms.replacement(_without_id(wire.body_of(request), metric_id))
    return _one(await parts.metrics.update(metric_id, request.headers.get("if-match"), lambda _: fields))


@blueprint.patch("/<metric_id>", unquote=True)
async def change(request: Request, metric_id: str) -> HTTPResponse:
    """Change the given fields (a merge patch); what comes of it must be a valid metric."""
    parts = parts_of(request)
    metric_id = ids.check_id(metric_id)
    raw = _without_id(wire.body_of(request), metric_id)

    def merge(metric: Metric) -> Mapping[str, Any]:
        return parts.forms.merge(metric.to_wire(), raw)

    return _one(await parts.metrics.update(metric_id, request.headers.get("if-match"), merge))


@blueprint.delete("/<metric_id>", unquote=True)
async def delete(request: Request, metric_id: str) -> HTTPResponse:
    """Delete one metric."""
    await parts_of(request).metrics.delete(ids.check_id(metric_id), request.headers.get("if-match"))
    return empty()


@reads(blueprint, "/<metric_name>/aggregate")
async def aggregate(request: Request, metric_name: str) -> HTTPResponse:
    """Count, sum, mean, min, max and percentiles of a name; `from`, `to` and `tags` narrow it."""
    parts = parts_of(request)
    where = listing.within(request.get_query_args(keep_blank_values=True), ids.check_name(metric_name))
    newest = await _newest(parts, where)
    if newest is None and await _newest(parts, MetricFilter(name=where.name)) is None:
        raise NotFound("There is no metric with this name.")
    summary = await parts.answers.summarise(parts.metrics.kept(where))
    at = None if newest is None else instants.render(newest.timestamp)
    return wire.json({"name": metric_name, "metric_name": metric_name, **summary, "timestamp": at})


def wants_stored_truth(request: Request) -> bool:
    """Whether the client asks for an answer that is not cached."""
    return "no-cache" in request.headers.get("cache-control", "").lower()


async def _recent(request: Request, name: str) -> HTTPResponse:
    parts = parts_of(request)
    limit = listing.recent(request.get_query_args(keep_blank_values=True))
    found = (await parts.metrics.page(MetricFilter(name=name), None, limit)).metrics
    if not found:
        raise NotFound("There is no metric with this name.")
    return wire.json(
        {
            "name": name,
            "metric_name": name,
            "values": [metric.value for metric in found],
            "data": [metric.to_wire() for metric in found],
            "timestamp": instants.render(found[0].timestamp),
        }
    )


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
