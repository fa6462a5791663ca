"""/admin, and /metrics/query-performance: what operators ask of the database, the cache and the questions."""

from typing import TypedDict

from sanic import Blueprint, HTTPResponse, Request

from telemetry_server import instants
from telemetry_server.http import wire
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.openapi import operation
from telemetry_server.parts import key_of, parts_of
from telemetry_server.routes.decorators import reads
from telemetry_server.stores.mongo import Size

MAX_MISSES = 100
blueprint = Blueprint("admin", url_prefix="")


class DatabaseStats(TypedDict):
    database: str
    document_count: int
    storage_bytes: int
    index_bytes: int
    collections: list[Size]


class Optimised(TypedDict):
    """collections: the bytes that were freed, of each; left: those for which there was no time."""

    status: str
    freed_bytes: int
    collections: dict[str, int]
    left: list[str]


class CacheStats(TypedDict):
    hits: int
    misses: int
    bypasses: int
    hit_ratio: float | None
    staleness_ms: int
    redis_available: bool
    memory: dict[str, int]


class MissedPrompt(TypedDict):
    code: str
    prompt: str
    count: int
    seen_at: instants.Text


class MissedPrompts(TypedDict):
    misses: list[MissedPrompt]
    truncated: bool


class SlowReading(TypedDict):
    """reads: as in an answer."""

    reading: str
    count: int
    max_ms: float
    mean_ms: float
    asked_at: instants.Text
    reads: dict[str, int] | None


class QueryPerformance(TypedDict):
    questions_worked_out: int
    slow_count: int
    slow_ms: float
    slowest: list[SlowReading]


@reads(blueprint, "/admin/stats", role="admin")
@operation(gives=DatabaseStats)
async def stats(request: Request) -> HTTPResponse:
    """Each collection of the database: documents, bytes, indexes."""
    parts, timing = parts_of(request), timing_of(request)
    timing.enter("database")
    sizes = await parts.upkeep.sizes()
    timing.enter("encode")
    totals = {
        "document_count": sum(each.document_count for each in sizes),
        "storage_bytes": sum(each.storage_bytes for each in sizes),
        "index_bytes": sum(each.index_bytes for each in sizes),
    }
    return wire.json({"database": parts.mongo.database.name, **totals, "collections": sizes})


@blueprint.post("/admin/optimize", ctx_role="admin")
@operation(gives=Optimised)
async def optimize(request: Request) -> HTTPResponse:
    """Make what indexes are missing, and give room that nothing uses back to the file system."""
    parts, timing = parts_of(request), timing_of(request)
    timing.enter("database")
    await parts.audit.write(key_of(request).id, "optimize", {})
    await parts.mongo.prepare()
    freed, left = await parts.upkeep.compact()
    timing.enter("encode")
    status = "partial" if left else "success"
    return wire.json({"status": status, "freed_bytes": sum(freed.values()), "collections": freed, "left": left})


@reads(blueprint, "/admin/metrics/cache", role="admin", is_shared=True)
@operation(gives=CacheStats)
async def cache(request: Request) -> HTTPResponse:
    """How often answers came from the cache, over all workers of this serve; and what this worker remembers."""
    parts = parts_of(request)
    timing_of(request).enter("encode")
    totals = parts.counters.totals()
    hits, misses = totals["cache_hits"], totals["cache_misses"]
    return wire.json(
        {
            "hits": hits,
            "misses": misses,
            "bypasses": totals["cache_bypasses"],
            "hit_ratio": hits / (hits + misses) if hits + misses else None,
            "staleness_ms": parts.config.cache_staleness_ms,
            "redis_available": parts.redis.available,
            "memory": parts.cache.memory(),
        }
    )


@reads(blueprint, "/admin/misses", role="admin")
@operation(gives=MissedPrompts)
async def misses(request: Request) -> HTTPResponse:
    """Prompts that were refused, the most frequent first, without what may name somebody."""
    parts, timing = parts_of(request), timing_of(request)
    timing.enter("database")
    found = sorted(await parts.mongo.misses(), key=lambda miss: (-miss.count, miss.code, miss.text))
    timing.enter("encode")
    listed = [
        {"code": each.code, "prompt": each.text, "count": each.count, "seen_at": instants.render(each.seen_at)}
        for each in found[:MAX_MISSES]
    ]
    return wire.json({"misses": listed, "truncated": len(found) > MAX_MISSES})


@reads(blueprint, "/metrics/query-performance", role="admin")
@operation(gives=QueryPerformance)
async def query_performance(request: Request) -> HTTPResponse:
    """The questions that took the worker that answers longest, since it started."""
    slow = parts_of(request).answers.slow
    timing_of(request).enter("encode")
    return wire.json(
        {
            "questions_worked_out": slow.asked_count,
            "slow_count": slow.slow_count,
            "slow_ms": slow.slow_ms,
            "slowest": [
                {
                    "reading": each.reading,
                    "count": each.count,
                    "max_ms": round(each.max_ms, 2),
                    "mean_ms": round(each.total_ms / each.count, 2),
                    "asked_at": instants.render(each.asked_at),
                    "reads": each.reads,
                }
                for each in slow.listed()
            ],
        }
    )
