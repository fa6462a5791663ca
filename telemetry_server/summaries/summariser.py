"""Summarises hours once they have ended, and again after late changes; then their days.

Every worker of every server runs one, and one of them leads at a time. Nothing that is right depends on that: a summary
is sealed only where its metrics have not changed since it was made.
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TextIO

import structlog
from rich.console import Console
from rich.progress import Progress

from nlq.spans import DAY, HOUR, floor
from telemetry_server import instants
from telemetry_server.errors import Problem
from telemetry_server.periodic import Periodic
from telemetry_server.stores.mongo import LEASE, Kept, Mongo, Sealed, SummaryStore
from telemetry_server.summaries.retention import GRACE, Retention
from telemetry_server.summaries.seals import SETTLE, kept_since, over_until

PERIOD_SECONDS = 10.0
ROUND_SECONDS = 30.0  # of work, until it is asked again who leads
JUMP_SECONDS = 5.0
RENEWAL_SECONDS = LEASE.total_seconds() / 3

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Behind:
    """What is still to be done. lag: how long the first hour that is not summarised has been due, or 0.

    stale_hours: how many are to be summarised again.
    """

    lag: timedelta
    stale_hours: int


class _Clock:
    """Whether the clock has not jumped for `settle`: until then no hour is over by it, and no mark old."""

    def __init__(self, settle: timedelta) -> None:
        self._settle_seconds = settle.total_seconds()
        self._ahead: float | None = None  # of the monotonic clock
        self._jumped_at = -self._settle_seconds

    def runs_evenly(self, now: datetime) -> bool:
        """To be asked now and then."""
        elapsed = time.monotonic()
        ahead = now.timestamp() - elapsed
        if self._ahead is not None and abs(ahead - self._ahead) > JUMP_SECONDS:
            log.warning("the clock has jumped", seconds=round(ahead - self._ahead))
            self._jumped_at = elapsed
        self._ahead = ahead
        return elapsed - self._jumped_at >= self._settle_seconds


class Summariser:
    """settle: as SETTLE; shorter in tests."""

    def __init__(self, store: SummaryStore, retention: Retention, settle: timedelta = SETTLE) -> None:
        self._store = store
        self._retention = retention
        self._settle = settle
        self._name = uuid.uuid4().hex
        self._clock = _Clock(settle)
        self._periodic = Periodic("summariser", PERIOD_SECONDS, self._round)
        self.leads = False

    def start(self) -> None:
        self._periodic.start()

    async def stop(self) -> None:
        await self._periodic.cancel()

    async def _round(self) -> None:
        try:
            await self.work()
        except Problem as problem:  # answers are read from the metrics meanwhile
            log.warning("not summarised", reason=problem.detail)

    async def work(self, told: Callable[[Sealed], None] = lambda _: None) -> bool:
        """Summarise what there is to summarise, for up to ROUND_SECONDS; whether anything may be left.

        `told` hears how far it is. Where another one leads, nothing is done.
        """
        end = time.monotonic() + ROUND_SECONDS
        self.leads = await self._store.lead(self._name)
        if not self.leads:
            return False
        leading = asyncio.create_task(self._keep_leading())
        try:
            while time.monotonic() < end:
                sealed = await self._store.sealed()
                if sealed is None:
                    await self._store.begin()
                    continue
                told(sealed)
                if not await self._step(sealed):
                    return False
        finally:
            leading.cancel()
        return True

    async def behind(self) -> Behind | None:
        """What is still to be done, by whichever leads; None before anything was. Raises Problem."""
        sealed = await self._store.sealed()
        if sealed is None:
            return None
        due_since = instants.now() - (sealed.hours + HOUR + self._settle)
        return Behind(max(due_since, timedelta(0)), sum(each.unit == "hour" for each in sealed.stale))

    async def _keep_leading(self) -> None:
        """One hour may take longer than a lease lasts."""
        while True:
            await asyncio.sleep(RENEWAL_SECONDS)
            with contextlib.suppress(Problem):
                await self._store.lead(self._name)

    async def _step(self, sealed: Sealed) -> bool:
        """Do what comes first; False where nothing is left."""
        now = instants.now()
        if not self._clock.runs_evenly(now):
            return False
        metrics_since, hours_since = kept_since(self._retention, sealed, now)
        over = over_until(now, self._settle)
        if sealed.hours > over:  # by a clock that was ahead: what is stored by the right one breaks no such seal
            await self._store.unseal(max(over, kept_since(self._retention, sealed, sealed.hours)[0]))
            return False
        if sealed.hours < over:
            await self._store.summarise("hour", sealed.hours)
            return True
        gone = {"hour": metrics_since - GRACE / 2, "day": hours_since - GRACE / 2}
        waiting = {floor(each.start, DAY) for each in sealed.stale if each.unit == "hour"}
        for each in sorted(sealed.stale, key=lambda stale: (stale.unit == "day", stale.start)):
            if each.start < gone[each.unit]:
                await self._store.forget(each)
                return True
            settled = each.settled and each.marked_at + self._settle < now  # by MongoDB's clock, and by the servers'
            if settled if each.unit == "hour" else each.start not in waiting and each.start < sealed.days:
                await self._store.summarise(each.unit, each.start, each.mark)
                return True
        if sealed.days + DAY <= sealed.hours:
            await self._store.summarise("day", sealed.days)
            return True
        lengths = self._retention.metrics, self._retention.hours
        if sealed.kept is None or sealed.kept[:2] != lengths:
            await self._store.keep(Kept(*lengths, metrics_since, hours_since))
        return False


async def summarise_all(
    uri: str, app_env: str, retention: Retention, told: Callable[[Sealed], None]
) -> datetime | None:
    """Summarise until nothing is left; until when all is sealed then. None where another one leads. Raises Problem."""
    mongo = Mongo(uri, app_env, retention)
    try:
        await mongo.prepare()
        sealed: list[Sealed] = []

        def hear(state: Sealed) -> None:
            sealed[:] = [state]
            told(state)

        summariser = Summariser(SummaryStore(mongo, SETTLE), retention)
        while await summariser.work(hear):
            pass
        return sealed[0].hours if sealed else None
    finally:
        mongo.close()


@contextlib.contextmanager
def progress(stream: TextIO) -> Iterator[Callable[[Sealed], None]]:
    """A bar of the hours that are sealed, on a terminal."""
    with Progress(console=Console(file=stream), transient=True, disable=not stream.isatty()) as bar:
        task = bar.add_task("summarising", total=None)

        def tell(sealed: Sealed) -> None:
            total = (instants.now() - sealed.since) // HOUR
            bar.update(task, total=total, completed=(sealed.hours - sealed.since) // HOUR)

        yield tell
