"""Which hours and days may be read from their summaries: each write that changes a past hour breaks its seal first.

A write to the present hour needs no mark: an hour is summarised SETTLE after its end at the soonest. So the clocks of
servers may differ by up to SETTLE - LATE. A clock may jump: what was sealed while it was ahead is not read, and soon
unsealed; what is stored while it is behind is late, by the latest that this process has seen.
"""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

import nlq
from nlq.spans import DAY, HOUR, floor
from telemetry_server import instants
from telemetry_server.stores.mongo import Sealed, SummaryStore
from telemetry_server.summaries.retention import Retention

SETTLE = timedelta(minutes=5)  # after a mark, and after the end of an hour, until it is summarised
LATE = timedelta(minutes=1)  # after its end, until writes to an hour are marked
MAX_REMEMBERED = 10_000


def over_until(now: datetime, settle: timedelta) -> datetime:
    """The end of the hours that may be sealed."""
    return floor(now - settle, HOUR)


def kept_since(retention: Retention, sealed: Sealed | None, now: datetime) -> tuple[datetime, datetime]:
    """The first hour of which the metrics are kept, and the first day of which the summaries of hours are.

    What a shorter retention has given up does not come back with a longer one; what is not sealed was not given up.
    """
    since = retention.metrics_since(now), retention.hours_since(now)
    if sealed is None or sealed.kept is None:
        return since
    kept = sealed.kept
    before = Retention(kept.metrics, kept.hours, retention.days)
    metrics_gone, hours_gone = min(kept.metrics_gone, sealed.hours), min(kept.hours_gone, sealed.days)
    metrics_since = max(since[0], before.metrics_since(now), metrics_gone)
    return metrics_since, max(since[1], before.hours_since(now), hours_gone)


class Seals:
    """settle: as SETTLE; shorter in tests."""

    def __init__(self, store: SummaryStore, retention: Retention, settle: timedelta = SETTLE) -> None:
        self._store = store
        self._retention = retention
        self._settle = settle
        self._late = min(LATE, settle / 5)
        self._latest = instants.now()
        self._marked: dict[datetime, float] = {}  # hour -> when, by the loop's clock

    def open_since(self) -> datetime:
        """Metrics from then on break no seal, for SETTLE / 2 from now."""
        self._latest = max(self._latest, instants.now())
        return floor(self._latest - self._late, HOUR)

    async def break_for(self, timestamps: Iterable[datetime], seconds: float) -> None:
        """To be called before metrics of these times are stored, changed or deleted, within SETTLE / 2 of it."""
        open_since = self.open_since()
        late = {floor(timestamp, HOUR) for timestamp in timestamps if timestamp < open_since}
        if not late:
            return
        now = asyncio.get_running_loop().time()
        fresh = {hour for hour in late if now - self._marked.get(hour, -1e9) > self._settle.total_seconds() / 2}
        if fresh:
            await self._store.mark(fresh, seconds)
            if len(self._marked) > MAX_REMEMBERED:
                self._marked.clear()
            self._marked |= dict.fromkeys(fresh, now)

    async def known(self, since: datetime | None = None) -> nlq.Summaries:
        """What a question may read from summaries now. since: the earliest that it reads; None: all."""
        now = instants.now()
        self._latest = max(self._latest, now)
        over = over_until(now, self._settle)
        sealed = await self._store.sealed() if since is None or since < over else None
        metrics_since, hours_since = kept_since(self._retention, sealed, now)
        if sealed is None:
            return nlq.Summaries(metrics_since, metrics_since, metrics_since, metrics_since, metrics_since)
        hours = frozenset(each.start for each in sealed.stale if each.unit == "hour")
        return nlq.Summaries(
            since=max(min((sealed.since, *hours)), self._retention.days_since(now)),
            metrics_since=metrics_since,
            hours_since=hours_since,
            hours_until=min(sealed.hours, over),
            days_until=min(sealed.days, floor(over, DAY)),
            stale_hours=hours,
            stale_days=frozenset(each.start for each in sealed.stale if each.unit == "day"),
        )
