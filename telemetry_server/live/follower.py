"""Follower: one who is told each change of the metrics that a filter lets through."""

from collections import deque
from collections.abc import AsyncIterator, Sequence

from telemetry_server.errors import Gone, Problem, body
from telemetry_server.http import wire
from telemetry_server.live.events import Event
from telemetry_server.live.feed import Feed
from telemetry_server.live.listener import Listener
from telemetry_server.metric_filter import MetricFilter
from telemetry_server.stores.mongo import Change

HEARTBEAT_SECONDS = 5.0
PAUSE_SECONDS = 1.0  # while MongoDB is away
MAX_WAITING = 1000  # events of one follower

_KINDS = {"stored": "metric", "replaced": "changed"}


class Follower(Listener):
    """A reader of the feed. One that lags behind drops what waits for it, and reads it again from MongoDB."""

    def __init__(self, feed: Feed, where: MetricFilter) -> None:
        super().__init__()
        self._feed = feed
        self._where = where
        self._waiting: deque[Event] = deque()
        self._lags = False
        self._missed = False

    def take(self, changes: Sequence[Change]) -> None:
        if self._lags:
            return
        events = self._events(changes)
        if len(self._waiting) + len(events) > MAX_WAITING:
            self._waiting.clear()
            self._lags = True
        self._waiting.extend(() if self._lags else events)
        if events:
            self.wake()

    def miss(self) -> None:
        self._missed = True
        self._waiting.clear()
        self.wake()

    async def events(self, position: str | None) -> AsyncIterator[list[Event]]:
        """What happens behind `position`, or from now on; the feed was joined before."""
        self._lags = position is not None
        position = position or self._feed.position
        yield [Event("ready", position, b"{}")]
        while not self.ended:
            if self._missed:
                self._missed = self._lags = False
                position = self._feed.position
                yield [_missed(position, "Changes were lost; read the list again.")]
            elif self._lags:
                try:
                    changes, position = await self._feed.read(position)
                except Gone:
                    self.miss()
                except Problem:
                    await self.woken(PAUSE_SECONDS)
                else:
                    self._lags = position < self._feed.position  # else the feed goes on from here
                    yield self._events(changes)
                yield [Event("heartbeat", position)]
            elif await self.woken(HEARTBEAT_SECONDS):
                events = [event for event in self._waiting if event.id > position]
                self._waiting.clear()
                if events:
                    position = events[-1].id
                    yield events
            else:
                position = max(position, self._feed.position)
                yield [Event("heartbeat", position)]

    def _events(self, changes: Sequence[Change]) -> list[Event]:
        return [
            Event(_KINDS[change.kind], change.position, wire.encode(change.metric.to_wire()))
            for change in changes
            if change.metric is not None and change.metric.fulfils(self._where)
        ]


def _missed(position: str, detail: str) -> Event:
    return Event("missed", position, wire.encode(body(Gone.status, detail)))
