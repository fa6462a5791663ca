"""The server's own metrics, as Prometheus reads them: its text format 0.0.4, or OpenMetrics 1.0.

They are those of all workers of this `serve`, whichever of them tells. The route in a label is the router's pattern;
nothing that a client sends becomes a label.
"""

import platform
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Final, Literal

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from telemetry_server import __version__
from telemetry_server.monitoring.traffic import BOUNDS, Endpoint, Requests
from telemetry_server.parts import Parts
from telemetry_server.summaries.summariser import Behind

Form = Literal["prometheus", "openmetrics"]
FORMS: Final[dict[str, Form]] = {"text/plain": "prometheus", "application/openmetrics-text": "openmetrics"}
CONTENT_TYPES: Final[dict[Form, str]] = {
    "prometheus": "text/plain; version=0.0.4; charset=utf-8",
    "openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8",
}

_Labels = tuple[str, ...]
_Simple = type[CounterMetricFamily] | type[GaugeMetricFamily]

# What `counters` knows: its name there, the metric's without `_total`, and what it counts.
_COUNTERS: Final = (
    ("total_metrics_received", "telemetry_metrics_received", "Metrics of clients, in requests that could be read."),
    ("metrics_stored", "telemetry_metrics_stored", "Metrics that were stored durably, the server's own among them."),
    ("metrics_refused", "telemetry_metrics_refused", "Metrics that were refused, of batches whose rest was taken."),
    ("total_batches_processed", "telemetry_batches_processed", "Batches of metrics."),
    ("inserts", "telemetry_inserts", "Inserts into MongoDB, each of all the metrics that had gathered."),
    ("validation_errors", "telemetry_requests_invalid", "Requests that were answered with 400 or 422."),
    ("rate_limited_requests", "telemetry_requests_rate_limited", "Requests that were answered with 429."),
    ("recorder_dropped", "telemetry_recorder_dropped", "Own requests that could not be recorded as metrics."),
)
_CACHE: Final = {"cache_hits": "hit", "cache_misses": "miss", "cache_bypasses": "bypass"}

# What `vitals` knows of each worker.
_VITALS: Final[tuple[tuple[str, _Simple, str, str], ...]] = (
    ("cpu_seconds", CounterMetricFamily, "process_cpu_seconds", "CPU time that the worker has used."),
    ("resident_bytes", GaugeMetricFamily, "process_resident_memory_bytes", "Memory that the worker uses."),
    ("tasks", GaugeMetricFamily, "telemetry_tasks", "Tasks that run in the worker."),
    ("listeners", GaugeMetricFamily, "telemetry_listeners", "Clients that follow live updates."),
    ("waiting_metrics", GaugeMetricFamily, "telemetry_waiting_metrics", "Metrics that wait for the next insert."),
    ("remembered_bytes", GaugeMetricFamily, "telemetry_remembered_bytes", "Answers that the worker remembers."),
)


def expose(parts: Parts, form: Form, *, mongodb_up: bool, behind: Behind | None) -> bytes:
    """All of them, as text. behind: what the summariser has still to do, where that is known."""
    families = [
        *_server(parts, mongodb_up=mongodb_up),
        *_http(parts.traffic.totals()),
        *_counted(parts.counters.totals()),
        *_workers(parts.vitals.known()),
        *_summaries(behind),
    ]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(families))
    if form == "openmetrics":
        return generate_openmetrics(registry)  # type: ignore[no-untyped-call,no-any-return]
    return generate_latest(registry)


class _Collected(Collector):
    """What was collected, as a registry takes it."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _server(parts: Parts, *, mongodb_up: bool) -> Iterator[Metric]:
    build = [((__version__, platform.python_version()), 1.0)]
    yield _family(GaugeMetricFamily, "telemetry_build_info", "Always 1.", build, ("version", "python"))
    yield _gauge("process_start_time_seconds", "When `serve` began, since 1970.", parts.shared.started_at)
    yield _gauge("telemetry_mongodb_up", "Whether MongoDB answered just now.", mongodb_up)
    yield _gauge("telemetry_redis_up", "Whether the worker that tells has Redis.", parts.redis.available)


def _http(totals: Iterable[Requests]) -> Iterator[Metric]:
    counts: dict[_Labels, float] = {}
    buckets: dict[Endpoint, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS) + 1))
    seconds: dict[Endpoint, float] = defaultdict(float)
    for each in totals:
        endpoint = (each.method, each.route)
        counts[*endpoint, each.status] = each.count
        buckets[endpoint] = [sum(pair) for pair in zip(buckets[endpoint], each.buckets, strict=True)]
        seconds[endpoint] += each.seconds
    labels = ("method", "route")
    yield _family(
        CounterMetricFamily, "http_requests", "Requests that were answered.", counts.items(), (*labels, "status")
    )
    meaning = "From the arrival of a request to its answer; of a stream, until it began."
    durations = HistogramMetricFamily("http_request_duration_seconds", meaning, labels=labels)
    names = [*map(str, BOUNDS), "+Inf"]
    for endpoint, found in buckets.items():
        durations.add_metric(endpoint, [*zip(names, accumulate(found), strict=True)], seconds[endpoint])
    yield durations


def _counted(totals: Mapping[str, int]) -> Iterator[Metric]:
    for counter, name, meaning in _COUNTERS:
        yield _family(CounterMetricFamily, name, meaning, [((), totals[counter])])
    results = [((result,), totals[counter]) for counter, result in _CACHE.items()]
    meaning = "Requests by what the cache had for them; a bypass did not want it."
    yield _family(CounterMetricFamily, "telemetry_cache_requests", meaning, results, ("result",))


def _workers(known: Mapping[int, Mapping[str, float]]) -> Iterator[Metric]:
    for vital, kind, name, meaning in _VITALS:
        values = [((str(worker),), vitals[vital]) for worker, vitals in known.items()]
        yield _family(kind, name, meaning, values, ("worker",))


def _summaries(behind: Behind | None) -> Iterator[Metric]:
    if behind is not None:
        meaning = "How long the first hour that is not summarised has been due."
        yield _gauge("telemetry_summariser_lag_seconds", meaning, behind.lag.total_seconds())
        meaning = "Hours that have changed since they were summarised."
        yield _gauge("telemetry_summariser_stale_hours", meaning, behind.stale_hours)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return _family(GaugeMetricFamily, name, meaning, [((), float(value))])


def _family(
    kind: _Simple, name: str, meaning: str, values: Iterable[tuple[_Labels, float]], labels: _Labels = ()
) -> Metric:
    family = kind(name, meaning, labels=labels)
    for given, value in values:
        family.add_metric(given, value)
    return family
