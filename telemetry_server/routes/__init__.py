"""The API at a glance. Each route says which role it needs (`ctx_role`); one that does not is for admins."""

from collections.abc import Callable

from sanic import Blueprint, HTTPResponse, Request

from telemetry_server.errors import Problem
from telemetry_server.routes import (
    admin,
    analytics,
    batch,
    console,
    docs,
    events,
    export,
    exposition,
    grafana,
    health,
    influx,
    keys,
    levelled,
    live,
    metrics,
    observability,
    prometheus_import,
    query,
    stats,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    console.blueprint,  #   /, /console/{file}
    live.metrics_blueprint,  # /metrics/live
    live.query_blueprint,  #   /query/live
    metrics.blueprint,  # /metrics, /metrics/{id}, /metrics/{name}, /metrics/{name}/aggregate
    export.blueprint,  #  /metrics/export
    batch.blueprint,  #   /v1/metrics
    levelled.ingest,  #   /ingest/metrics
    levelled.data,  #     /data/metrics/{name}
    influx.v1,  #         /write
    influx.v2,  #         /api/v2/write
    prometheus_import.blueprint,  # /import/prometheus
    query.blueprint,  #   /query, /query/complete
    health.blueprint,  #  /health, /health/live, /health/ready, /health/ping
    stats.blueprint,  #   /stats
    exposition.blueprint,  #     /-/metrics
    analytics.blueprint,  #      /observability/analytics
    observability.blueprint,  #  /observability/health, /observability/metrics/summary, /observability/metrics/types
    events.blueprint,  #         /observability/add, /observability/events
    grafana.blueprint,  #   /grafana, /grafana/query, /grafana/annotations, and what they are chosen by
    admin.blueprint,  #          /admin/stats, /admin/optimize, /admin/metrics/cache, /admin/misses, ...
    docs.blueprint,  #   /openapi.json, /docs, /docs/{file}
    keys.blueprint,  #           /admin/keys, /admin/keys/{id}, /admin/audit
)

# Routes that speak a dialect of their own (`ctx_error_form`) answer errors in its form.
ERROR_FORMS: dict[str, Callable[[Request, Problem], HTTPResponse]] = {
    "batch": batch.error_response,
    "influx": influx.error_response,
}
