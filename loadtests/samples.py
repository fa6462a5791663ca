"""What is asked of the server under load: filters, prompts and metrics of the made-up web shop."""

import itertools
import json
import random
import secrets
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

FILTERS: tuple[dict[str, Any], ...] = (
    {"name": "cpu.usage", "limit": 100},
    {"name": "cpu.usage", "tags": "host:web-01", "limit": 50},
    {"name": "cpu.usage", "tags": "region:us-east", "min": 50},
    {"name": "api.latency_ms", "tags": "service:checkout", "limit": 20},
    {"name": "api.latency_ms", "tags": "service:auth,status:500"},
    {"name": "api.errors", "limit": 50},
    {"tags": "region:eu-west", "limit": 20},
    {"type": "event", "limit": 20},
)
PROMPTS = (
    "average cpu.usage by host yesterday",
    "average cpu.usage over the last 5 minutes",
    "p95 api.latency_ms by service yesterday",
    "max queue.depth per hour yesterday",
    "sum of api.errors by service yesterday",
    "count user.signup by plan today",
    "top 5 events today",
    "median api.latency_ms yesterday",
)
SERIES = (
    ("cpu.usage", "gauge", ("host:web-01", "region:eu-west")),
    ("cpu.usage", "gauge", ("host:db-02", "region:us-east")),
    ("api.latency_ms", "timer", ("region:eu-west", "service:checkout", "status:200")),
    ("api.latency_ms", "timer", ("region:us-east", "service:auth", "status:200")),
    ("api.errors", "counter", ("region:eu-west", "service:search")),
    ("user.signup", "event", ("plan:free", "region:us-east")),
)


def metric() -> dict[str, Any]:
    """One metric of now, of a series that the reads and the prompts look at."""
    name, kind, tags = random.choice(SERIES)
    return {"name": name, "type": kind, "value": round(random.uniform(1, 100), 1), "tags": list(tags)}


def metrics_with_ids(count: int) -> list[dict[str, Any]]:
    """Metrics whose ids are known before they are stored: to update or to delete."""
    return [{"id": f"{int(time.time()):08x}{secrets.token_hex(8)}", **metric()} for _ in range(count)]


def read_paths() -> Iterator[str]:
    """Paths of reads, for ever, from a random one on."""
    return _from_anywhere([f"/metrics?{urlencode({'filters': json.dumps(each)})}" for each in FILTERS])


def query_paths() -> Iterator[str]:
    """Paths of questions, for ever, from a random one on."""
    return _from_anywhere([f"/query?{urlencode({'prompt': each})}" for each in PROMPTS])


def _from_anywhere(paths: list[str]) -> Iterator[str]:
    first = random.randrange(len(paths))
    return itertools.cycle(paths[first:] + paths[:first])
