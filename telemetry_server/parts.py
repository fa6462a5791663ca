"""The parts of one worker, as the routes see them."""

import time
from dataclasses import dataclass, field
from datetime import timedelta

from sanic import Request

from telemetry_server.answers import Answers
from telemetry_server.cache import Cache
from telemetry_server.config import Config
from telemetry_server.counters import Counters
from telemetry_server.ingest import Ingest
from telemetry_server.metrics import Metrics
from telemetry_server.misses import Misses
from telemetry_server.rate_limit import RateLimit
from telemetry_server.recorder import Recorder
from telemetry_server.schemas.metric import MetricForms
from telemetry_server.series import SeriesLog
from telemetry_server.shared import Shared
from telemetry_server.stores.mongo import Mongo
from telemetry_server.stores.redis import Redis
from telemetry_server.versions import Versions


@dataclass(slots=True)
class Parts:
    """Everything that a request may need. `prepared`: the indexes stand; `stopping`: no new work."""

    config: Config
    shared: Shared
    mongo: Mongo
    redis: Redis
    versions: Versions
    counters: Counters
    series: SeriesLog
    ingest: Ingest
    cache: Cache
    metrics: Metrics
    answers: Answers
    misses: Misses
    recorder: Recorder
    rate_limit: RateLimit
    forms: MetricForms
    prepared: bool = False
    stopping: bool = field(default=False)

    @property
    def uptime_seconds(self) -> float:
        """Since the `serve` began."""
        return time.time() - self.shared.started_at


def assemble(config: Config, shared: Shared, worker: int) -> Parts:
    """Make the parts; needs a running event loop."""
    retention = timedelta(days=config.retention_days)
    mongo = Mongo(config.mongo_uri, config.app_env, retention)
    redis = Redis(config.redis_uri, config.app_env)
    versions = Versions(shared.slots)
    counters = Counters(shared.cells, worker)
    series = SeriesLog(mongo, versions, config.aliases_file.pairs)
    ingest = Ingest(mongo, series, versions)
    misses = Misses(mongo, series.catalog)
    cache = Cache(redis, versions, counters, serve_id=shared.serve_id, staleness_ms=config.cache_staleness_ms)
    return Parts(
        config=config,
        shared=shared,
        mongo=mongo,
        redis=redis,
        versions=versions,
        counters=counters,
        series=series,
        ingest=ingest,
        cache=cache,
        metrics=Metrics(mongo, ingest, series, versions, config.app_env),
        answers=Answers(mongo, series, cache, versions, misses),
        misses=misses,
        recorder=Recorder(ingest, counters),
        rate_limit=RateLimit(config.rate_limit),
        forms=MetricForms(retention),
    )


def parts_of(request: Request) -> Parts:
    """The parts of the worker that handles `request`."""
    parts: Parts = request.app.ctx.parts
    return parts
