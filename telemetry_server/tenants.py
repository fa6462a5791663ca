"""Tenants: each has a database of its own, and in each worker that serves it parts of its own, while it is in use.

So nothing that a route does with its parts can reach another tenant's metrics. Parts are made when a tenant's key
comes, and let go when none has come for a while; what they cost meanwhile is a look at the series every two seconds.

The hours and days of all tenants, in use or not, are summarised by the worker that leads the house's summariser.
"""

import asyncio
import time
from dataclasses import dataclass, field

import structlog

from telemetry_server.errors import Problem, Unavailable
from telemetry_server.parts import Parts, assemble_for
from telemetry_server.periodic import Periodic
from telemetry_server.stores.mongo import SummaryStore
from telemetry_server.summaries.seals import SETTLE
from telemetry_server.summaries.summariser import Summariser

MAX_IN_USE = 200  # in each worker
IDLE_SECONDS = 600.0
LEAST_SECONDS = 30.0  # no request takes so long
TEND_SECONDS = 5.0
SUMMARISE_SECONDS = 60.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Resident:
    parts: Parts
    preparing: asyncio.Task[None]
    used_at: float = field(default_factory=time.monotonic)

    def idle_for(self, seconds: float) -> bool:
        return time.monotonic() - self.used_at > seconds and not self.parts.live.is_followed


class Tenants:
    """The tenants that are in use in this worker."""

    def __init__(self, house: Parts) -> None:
        self._house = house
        self._residents: dict[str, _Resident] = {}
        self._summarisers: dict[str, Summariser] = {}  # each keeps the lease that it has
        self._summarised_at = time.monotonic()
        self._periodic = Periodic("tenants", TEND_SECONDS, self._tend)
        self._summarising: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._periodic.start()

    async def stop(self) -> None:
        await self._periodic.cancel()
        if self._summarising is not None:
            self._summarising.cancel()
        await asyncio.gather(*(self._let_go(tenant) for tenant in tuple(self._residents)))

    async def parts(self, tenant: str) -> Parts:
        """The parts of a tenant, ready. Raises Unavailable."""
        resident = self._residents.get(tenant)
        if resident is None:
            resident = await self._take_in(tenant)
        resident.used_at = time.monotonic()
        if not resident.parts.series.loaded:
            await resident.parts.series.load()
        return resident.parts

    async def _take_in(self, tenant: str) -> _Resident:
        if len(self._residents) >= MAX_IN_USE:
            oldest = min(self._residents, key=lambda each: self._residents[each].used_at)
            if not self._residents[oldest].idle_for(LEAST_SECONDS):
                raise Unavailable("Too many tenants are in use.")
            await self._let_go(oldest)
            if tenant in self._residents:  # meanwhile
                return self._residents[tenant]
        parts = assemble_for(self._house, tenant)
        parts.ingest.start()
        parts.series.start()
        parts.misses.start()
        resident = _Resident(parts, asyncio.create_task(_prepare(parts), name="tenant"))
        self._residents[tenant] = resident
        return resident

    async def _let_go(self, tenant: str) -> None:
        resident = self._residents.pop(tenant)
        resident.preparing.cancel()
        await resident.parts.misses.stop()
        await resident.parts.ingest.stop()
        await resident.parts.series.stop()

    async def _tend(self) -> None:
        for tenant, resident in tuple(self._residents.items()):
            if self._residents.get(tenant) is resident and resident.idle_for(IDLE_SECONDS):
                await self._let_go(tenant)
        is_done = self._summarising is None or self._summarising.done()
        if is_done and time.monotonic() - self._summarised_at > SUMMARISE_SECONDS and self._house.summariser.leads:
            self._summarised_at = time.monotonic()
            self._summarising = asyncio.create_task(self._summarise(), name="summaries of tenants")

    async def _summarise(self) -> None:
        try:
            for tenant in await self._house.mongo.tenants():
                if tenant not in self._summarisers:
                    store = SummaryStore(self._house.mongo.of_tenant(tenant), SETTLE)
                    self._summarisers[tenant] = Summariser(store, self._house.config.retention)
                await self._summarisers[tenant].work()
        except Problem as problem:  # answers are read from the metrics meanwhile
            log.warning("not summarised", reason=problem.detail)
        except Exception:
            log.exception("not summarised")


async def _prepare(parts: Parts) -> None:
    while True:
        try:
            await parts.mongo.prepare()
        except Problem as problem:
            log.warning("mongodb not prepared", reason=problem.detail)
            await asyncio.sleep(TEND_SECONDS)
        else:
            return
