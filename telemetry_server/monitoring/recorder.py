"""The server records its own requests as metrics, so that questions about it have true answers.

Every request is counted; how long it took is kept of all of them up to MAX_TIMED a second, and of more than these
for an even sample: averages and percentiles stay true, and a busy server is not busy with itself.
"""

import random
import time
from collections import Counter
from datetime import UTC, datetime

import structlog

from telemetry_server import instants
from telemetry_server.errors import Problem
from telemetry_server.metric import Metric
from telemetry_server.monitoring.counters import Counters
from telemetry_server.periodic import Periodic
from telemetry_server.stores.mongo import new_id
from telemetry_server.writing.ingest import Ingest

COUNT_NAME = "http.requests"
DURATION_NAME = "http.request.duration_ms"
EVERY_SECONDS = 1.0
MAX_TIMED = 200

Kind = tuple[str, str, int]
"""Method, route, status."""

log = structlog.get_logger(__name__)


class Recorder:
    """Keeps requests for a second, then writes them as one batch; never delays a request, nor fails one."""

    def __init__(self, ingest: Ingest, counters: Counters) -> None:
        self._ingest = ingest
        self._counters = counters
        self._counts: Counter[Kind] = Counter()
        self._count = 0
        self._timed: list[tuple[Kind, float, float]] = []
        self._periodic = Periodic("recorder", EVERY_SECONDS, self._flush)

    def start(self) -> None:
        self._periodic.start()

    async def stop(self) -> None:
        """Write what is left."""
        await self._periodic.stop()

    def record(self, kind: Kind, duration_ms: float) -> None:
        """Keep one request, which ends now."""
        self._counts[kind] += 1
        self._count += 1
        if self._count <= MAX_TIMED:
            self._timed.append((kind, duration_ms, time.time()))
        elif (place := int(random.random() * self._count)) < MAX_TIMED:  # noqa: S311 - each is as likely to stay
            self._timed[place] = (kind, duration_ms, time.time())

    async def _flush(self) -> None:
        counts, timed, count = self._counts, self._timed, self._count
        self._counts, self._timed, self._count = Counter(), [], 0
        if not count:
            return
        now = instants.now()
        metrics = [_metric(COUNT_NAME, "counter", kind, number, now) for kind, number in counts.items()]
        metrics += [
            _metric(
                DURATION_NAME, "timer", kind, round(took_ms, 3), instants.truncate(datetime.fromtimestamp(ended, UTC))
            )
            for kind, took_ms, ended in timed
        ]
        try:
            await self._ingest.write(metrics)
        except Problem as error:
            self._counters.add("recorder_dropped", count)
            log.warning("own requests not recorded", count=count, reason=error.detail)


def _metric(name: str, kind: str, request: Kind, value: float, at: datetime) -> Metric:
    method, route, status = request
    tags = (f"method:{method}", f"route:{route}", f"status:{status}")
    return Metric(id=new_id(), name=name, type=kind, value=float(value), tags=tags, timestamp=at)
