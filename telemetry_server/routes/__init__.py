"""The API at a glance."""

from collections.abc import Callable

from sanic import Blueprint, HTTPResponse

from telemetry_server.errors import Problem
from telemetry_server.routes import batch, health, metrics, query, stats

BLUEPRINTS: tuple[Blueprint, ...] = (
    metrics.blueprint,  # /metrics, /metrics/{id}, /metrics/{name}, /metrics/{name}/aggregate
    batch.blueprint,  #   /v1/metrics
    query.blueprint,  #   /query, /query/complete
    health.blueprint,  #  /health, /health/live, /health/ready
    stats.blueprint,  #   /stats
)

# Routes that speak a dialect of their own (`ctx_error_form`) answer errors in its form.
ERROR_FORMS: dict[str, Callable[[Problem], HTTPResponse]] = {"batch": batch.error_response}
