"""The parts of one worker, as the routes see them."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sanic import Request

from telemetry_server.access.auth import Key
from telemetry_server.access.key_ring import KeyRing
from telemetry_server.access.keys import Keys
from telemetry_server.access.rate_limit import RateLimit
from telemetry_server.access.shared_limit import SharedLimit
from telemetry_server.config import Config
from telemetry_server.live import Audience, Live
from telemetry_server.metrics import Metrics
from telemetry_server.monitoring.counters import Counters
from telemetry_server.monitoring.recorder import Recorder
from telemetry_server.monitoring.traffic import Endpoint, Traffic
from telemetry_server.monitoring.vitals import Vitals
from telemetry_server.reading.answers import Answers
from telemetry_server.reading.cache import Cache, Memory, make_memory
from telemetry_server.reading.misses import Misses
from telemetry_server.reading.repeats import Repeats
from telemetry_server.reading.turns import Turns
from telemetry_server.reading.versions import Versions
from telemetry_server.schemas.metric import MetricForms
from telemetry_server.shared import Shared
from telemetry_server.statsd import Statsd
from telemetry_server.stores.mongo import AuditLog, KeyStore, Mongo, SummaryStore, TotalStore, Upkeep
from telemetry_server.stores.redis import Redis
from telemetry_server.summaries.seals import SETTLE, Seals
from telemetry_server.summaries.summariser import Summariser
from telemetry_server.writing.cumulative import Cumulative
from telemetry_server.writing.ingest import Ingest
from telemetry_server.writing.intake import Intake
from telemetry_server.writing.series import SeriesLog

if TYPE_CHECKING:
    from telemetry_server.monitoring.traces import Traces


@dataclass(slots=True)
class Parts:
    """Everything that a request may need: of the house, which has no tenant, or of one tenant.

    `statsd`: in the worker that listens, where one does; `traces`: None where none are wanted.
    `prepared`: the indexes stand; `stopping`: the server is going to end; `closing`: so is this worker, whose
    connections are given up with their next answer; `half_restored`: why nothing is answered until it starts anew.
    """

    common: "Common"
    config: Config
    shared: Shared
    mongo: Mongo
    redis: Redis
    versions: Versions
    counters: Counters
    traffic: Traffic
    vitals: Vitals
    series: SeriesLog
    ingest: Ingest
    cache: Cache
    metrics: Metrics
    intake: Intake
    answers: Answers
    live: Live
    misses: Misses
    recorder: Recorder
    summariser: Summariser
    rate_limit: SharedLimit
    repeats: Repeats
    forms: MetricForms
    upkeep: Upkeep
    statsd: Statsd | None
    traces: "Traces | None"
    key_ring: KeyRing
    keys: Keys
    audit: AuditLog
    prepared: bool = False
    stopping: bool = field(default=False)
    closing: bool = field(default=False)
    half_restored: str = ""

    @property
    def ready(self) -> bool:
        """Whether the indexes stand, and the catalog and the keys are read."""
        return self.prepared and self.series.loaded and self.key_ring.loaded

    @property
    def uptime_seconds(self) -> float:
        """Since the `serve` began."""
        return time.time() - self.shared.started_at


@dataclass(frozen=True, slots=True)
class Common:
    """What those of all databases share in one worker."""

    config: Config
    shared: Shared
    worker: int
    redis: Redis
    counters: Counters
    traffic: Traffic
    memory: Memory
    turns: Turns
    audience: Audience
    rate_limit: SharedLimit
    forms: MetricForms
    traces: "Traces | None"
    key_store: KeyStore
    key_ring: KeyRing


def assemble(config: Config, shared: Shared, worker: int, endpoints: Sequence[Endpoint]) -> Parts:
    """Make the parts of the house; needs a running event loop. endpoints: all that the router has."""
    mongo = Mongo(config.mongo_uri, config.app_env, config.retention)
    redis = Redis(config.redis_uri, config.app_env)
    key_store = KeyStore(mongo)
    common = Common(
        config=config,
        shared=shared,
        worker=worker,
        redis=redis,
        counters=Counters(shared.cells, worker),
        traffic=Traffic(endpoints, shared.traffic, worker),
        memory=make_memory(),
        turns=Turns(shared.turns),
        audience=Audience(config.max_listeners),
        rate_limit=SharedLimit(RateLimit(config.rate_limit), redis if config.workers > 1 else None),
        forms=MetricForms(config.retention.metrics),
        traces=_traces(config),
        key_store=key_store,
        key_ring=KeyRing(key_store, config.api_keys, shared.keys, config.cache_staleness_ms),
    )
    return _assemble(common, mongo, AuditLog(mongo))


def assemble_for(house: Parts, tenant: str) -> Parts:
    """Make the parts of a tenant: all that knows of metrics is its own."""
    return _assemble(house.common, house.mongo.of_tenant(tenant), AuditLog(house.mongo, tenant), tenant, house)


def _assemble(
    common: Common, mongo: Mongo, audit: AuditLog, tenant: str | None = None, house: Parts | None = None
) -> Parts:
    config, shared, counters = common.config, common.shared, common.counters
    retention, scope = config.retention, tenant or ""
    versions = Versions(shared.slots, scope)
    series = SeriesLog(mongo, versions, config.aliases_file.pairs)
    summaries = SummaryStore(mongo, SETTLE)
    seals = Seals(summaries, retention)
    ingest = Ingest(mongo, series, seals, versions, counters)
    misses = Misses(mongo, lambda: series.catalog)
    cache = Cache(
        common.redis,
        versions,
        counters,
        serve_id=shared.serve_id,
        staleness_ms=config.cache_staleness_ms,
        memory=common.memory,
        scope=scope,
    )
    metrics = Metrics(mongo, ingest, series, seals, versions, config.app_env)
    cumulative = Cumulative(TotalStore(mongo), metrics, retention.metrics)
    intake = Intake(common.forms, metrics, cumulative)
    recorder = Recorder(ingest, counters) if house is None else house.recorder
    answers = Answers(mongo, series, seals, cache, versions, misses, common.turns)
    live = Live(mongo, answers, versions, common.audience)
    return Parts(
        common=common,
        config=config,
        shared=shared,
        mongo=mongo,
        redis=common.redis,
        versions=versions,
        counters=counters,
        traffic=common.traffic,
        vitals=_vitals(common, ingest, cache) if house is None else house.vitals,
        series=series,
        ingest=ingest,
        cache=cache,
        metrics=metrics,
        intake=intake,
        answers=answers,
        live=live,
        misses=misses,
        recorder=recorder,
        summariser=Summariser(summaries, retention),
        rate_limit=common.rate_limit,
        repeats=_repeats(common, recorder) if house is None else house.repeats,
        forms=common.forms,
        upkeep=Upkeep(mongo),
        statsd=_statsd(common, intake) if house is None else None,
        traces=common.traces,
        key_ring=common.key_ring,
        keys=Keys(common.key_store, audit, shared.keys, mongo.database_of, tenant),
        audit=audit,
    )


def _vitals(common: Common, ingest: Ingest, cache: Cache) -> Vitals:
    def counts() -> tuple[int, ...]:
        return len(asyncio.all_tasks()), len(common.audience), ingest.waiting_count, cache.memory()["bytes"]

    return Vitals(counts, common.shared.vitals, common.worker)


def _repeats(common: Common, recorder: Recorder) -> Repeats:
    recorded = recorder if common.config.collect else None
    return Repeats(common.key_ring, common.rate_limit, common.counters, common.traffic, recorded)


def _statsd(common: Common, intake: Intake) -> Statsd | None:
    """In one worker alone, so that changes of a gauge meet its level."""
    config = common.config
    if not config.statsd_port or common.worker:
        return None
    return Statsd(config.host, config.statsd_port, intake, common.counters)


def _traces(config: Config) -> "Traces | None":
    if not config.otel_exporter_otlp_endpoint:
        return None
    from telemetry_server.monitoring.traces import Traces  # noqa: PLC0415 - it may not be installed

    return Traces(config.otel_exporter_otlp_endpoint)


def house_of(request: Request) -> Parts:
    """The parts of the worker that handles `request`, whoever asks."""
    parts: Parts = request.app.ctx.parts
    return parts


def parts_of(request: Request) -> Parts:
    """The parts for whom `request` is handled: with a tenant's key, those of the tenant."""
    parts: Parts = request.ctx.parts
    return parts


def key_of(request: Request) -> Key:
    """The key of `request`, which was found to be enough."""
    key: Key = request.ctx.key
    return key
