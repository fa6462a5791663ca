"""The latency targets, in one table; the load test holds the server to them."""

from typing import NamedTuple


class Target(NamedTuple):
    """What one kind of request may take: 95 and 99 of 100 are answered within these times."""

    operation: str
    endpoint: str
    p95_ms: float
    p99_ms: float

    def scaled(self, share: float) -> "Target":
        """The same with so large a share of its times."""
        return self._replace(p95_ms=self.p95_ms * share, p99_ms=self.p99_ms * share)


READ = Target("read", "GET /metrics?filters=", 30, 50)
QUERY = Target("query", "GET /query?prompt=", 100, 200)
WRITE = Target("write", "POST /metrics", 25, 40)
UPDATE = Target("update", "PUT /metrics/{id}", 30, 50)
DELETE = Target("delete", "DELETE /metrics/{id}", 20, 40)
COLD_START = Target("cold start", "the first of each", 500, 800)

UNDER_LOAD = (READ, QUERY, WRITE, UPDATE, DELETE)
