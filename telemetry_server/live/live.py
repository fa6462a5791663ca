"""Live: the door for whoever wants to listen."""

import asyncio
from collections.abc import AsyncIterator

from telemetry_server.live.asked import Asked
from telemetry_server.live.audience import Audience
from telemetry_server.live.events import Event
from telemetry_server.live.feed import Feed
from telemetry_server.live.follower import Follower
from telemetry_server.live.listener import Listener
from telemetry_server.metric_filter import MetricFilter
from telemetry_server.reading.answers import Answers
from telemetry_server.reading.versions import Versions
from telemetry_server.schemas.prompt import Prompt
from telemetry_server.stores.mongo import Mongo

ANSWERS_AT_ONCE = 4  # of those that MongoDB works out for a server


class Live:
    """What is told of one database."""

    def __init__(self, store: Mongo, answers: Answers, versions: Versions, audience: Audience) -> None:
        self._feed = Feed(store)
        self._answers = answers
        self._versions = versions
        self._audience = audience
        self._asked: dict[Prompt, Asked] = {}
        self._slots = asyncio.Semaphore(ANSWERS_AT_ONCE)

    @property
    def is_followed(self) -> bool:
        """Whether anybody listens."""
        return self._feed.is_followed

    async def metrics(self, where: MetricFilter, position: str | None) -> AsyncIterator[list[Event]]:
        """`ready`, then each metric as it is stored; those behind `position` first. Raises Unavailable."""
        follower = Follower(self._feed, where)
        with self._audience.joined(follower):
            if follower.ended:
                return
            await self._feed.join(follower)
            try:
                async for events in follower.events(position):
                    yield events
            finally:
                self._feed.leave(follower)

    async def answers(self, asked: Prompt, known: str | None) -> AsyncIterator[list[Event]]:
        """The answer, then each that differs from the one before. Raises what the first answer raises."""
        listener = Listener()
        with self._audience.joined(listener):
            if listener.ended:
                return
            shared = self._asked.get(asked)
            if shared is None:
                shared = Asked(self._feed, self._answers, self._versions, self._slots, asked)
                self._asked[asked] = shared
            try:
                await shared.join(listener)
                async for events in shared.events(listener, known):
                    yield events
            finally:
                if shared.is_last(listener):
                    del self._asked[asked]
                await shared.leave(listener)
