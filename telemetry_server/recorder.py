"""The server records its own requests as metrics, so that questions about it have true answers."""

import structlog

from telemetry_server import instants
from telemetry_server.counters import Counters
from telemetry_server.errors import Problem
from telemetry_server.ingest import Ingest
from telemetry_server.metric import Metric
from telemetry_server.periodic import Periodic
from telemetry_server.stores.mongo import new_id

NAME = "http.request.duration_ms"
EVERY_SECONDS = 1.0
MAX_KEPT = 20_000

log = structlog.get_logger(__name__)


class Recorder:
    """Keeps requests for a second, then writes them as one batch; never delays a request, nor fails one."""

    def __init__(self, ingest: Ingest, counters: Counters) -> None:
        self._ingest = ingest
        self._counters = counters
        self._kept: list[Metric] = []
        self._periodic = Periodic("recorder", EVERY_SECONDS, self._flush)

    def start(self) -> None:
        self._periodic.start()

    async def stop(self) -> None:
        """Write what is left."""
        await self._periodic.stop()

    def record(self, route: str, method: str, status: int, duration_ms: float) -> None:
        """Keep one request."""
        if len(self._kept) >= MAX_KEPT:
            self._counters.add("recorder_dropped")
            return
        self._kept.append(
            Metric(
                id=new_id(),
                name=NAME,
                type="timer",
                value=round(duration_ms, 3),
                tags=(f"method:{method}", f"route:{route}", f"status:{status}"),
                timestamp=instants.now(),
            )
        )

    async def _flush(self) -> None:
        kept, self._kept = self._kept, []
        if not kept:
            return
        try:
            await self._ingest.write(kept)
        except Problem as error:
            self._counters.add("recorder_dropped", len(kept))
            log.warning("own requests not recorded", count=len(kept), reason=error.detail)
