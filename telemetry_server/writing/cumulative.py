"""Totals that only grow become metrics: of each stream its last total is remembered, and what came since is stored.

Remembering comes first, and says what is to be stored with it. Whoever finds that of another who may have died before
it was stored, stores it, under the same ids. So nothing is doubled or lost, whatever ends when, and any worker of any
server may go on.

The first total of a stream is what came since the stream began. Where that is unknown, or longer ago than totals are
remembered, it may have been counted, and is only remembered.
"""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from telemetry_server import instants
from telemetry_server.errors import Conflict, Unavailable
from telemetry_server.metrics import Metrics
from telemetry_server.stores.documents import Remembered
from telemetry_server.stores.mongo import TotalStore, new_id
from telemetry_server.writing.totals import Amount, Total, complete, difference

MAX_STREAMS = 1000  # at a time
MAX_STEPS = 100  # of a stream at a time
MAX_ROUNDS = 200  # more than the steps of one stream in a request need


class Cumulative:
    """retention: how long the last total of a stream is surely remembered."""

    def __init__(self, store: TotalStore, metrics: Metrics, retention: timedelta) -> None:
        self._store = store
        self._metrics = metrics
        self._retention = retention

    async def add(self, totals: Sequence[Total]) -> None:
        """Store what came since the totals before; of late and repeated ones nothing did.

        Raises Unavailable; then the same totals may be sent again, and so may later ones.
        """
        streams: dict[str, list[Total]] = {}
        for total in sorted(totals, key=lambda total: total.at):
            streams.setdefault(total.stream, []).append(total)
        items = iter(streams.items())
        while some := dict(islice(items, MAX_STREAMS)):
            await self._add(some)

    async def _add(self, streams: dict[str, list[Total]]) -> None:
        since = instants.now() - self._retention
        for _ in range(MAX_ROUNDS):
            known = await self._store.last(streams)
            await self._keep(streams, known)
            claim = new_id()
            ahead = {
                stream: (known.get(stream), advanced)
                for stream, totals in streams.items()
                if (advanced := _advanced(known.get(stream), totals, since, claim)) is not None
            }
            if not ahead:
                return
            won = await self._store.advance(ahead)
            await self._keep(streams, {stream: after for stream, (_, after) in ahead.items() if stream in won})
            streams = {stream: streams[stream] for stream in ahead}
        raise Unavailable("Others add to the same streams all the time.")

    async def _keep(self, streams: Mapping[str, list[Total]], remembered: Mapping[str, Remembered]) -> None:
        """Store the steps that are not known to be stored."""
        steps = [
            _metric(stream, streams[stream][0].fields, at, amount)
            for stream, last in remembered.items()
            for at, amount in last.steps
        ]
        if not steps:
            return
        with contextlib.suppress(Conflict):  # stored before, and changed by somebody since
            await self._metrics.create_all(steps)
        await self._store.settle({stream: last.claim for stream, last in remembered.items() if last.steps})


def _advanced(last: Remembered | None, totals: Sequence[Total], since: datetime, claim: str) -> Remembered | None:
    """What is to be remembered after these totals, sorted by time; None where it stays as it is."""
    at, amount = (None, None) if last is None else (last.at, last.amount)
    steps = []
    for total in islice(_after(totals, at), MAX_STEPS):
        counts = at is not None or (total.started_at is not None and since <= total.started_at <= total.at)
        came = difference(amount, total.amount) if counts else None
        if came is not None:
            steps.append((total.at, came))
        at, amount = total.at, total.amount
    if at is None or amount is None or (last is not None and at == last.at):
        return None
    return Remembered(at, amount, claim, tuple(steps))


def _after(totals: Sequence[Total], at: datetime | None) -> Iterator[Total]:
    for total in totals:
        if at is None or total.at > at:
            at = total.at
            yield total


def _metric(stream: str, fields: Mapping[str, Any], at: datetime, amount: Amount) -> dict[str, Any]:
    metric_id = hashlib.blake2b(f"{stream} {instants.render(at)}".encode(), digest_size=12).hexdigest()
    metric = {**fields, "id": metric_id, "timestamp": at}
    if isinstance(amount, dict):
        distribution = complete(amount)
        return metric | {"value": distribution["sum"] / distribution["count"], "distribution": distribution}
    return metric | {"value": float(amount)}
