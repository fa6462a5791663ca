"""Asked: a question that answers itself again, once for all in this worker who ask it."""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import msgspec
import structlog

from telemetry_server.errors import Problem, Unavailable, body
from telemetry_server.http import wire
from telemetry_server.live.events import Event
from telemetry_server.live.feed import Feed
from telemetry_server.live.listener import Listener
from telemetry_server.monitoring.timing import Timing
from telemetry_server.reading.answers import Answers
from telemetry_server.reading.versions import Stamp, Versions
from telemetry_server.schemas.prompt import Prompt
from telemetry_server.stores.mongo import Change

HEARTBEAT_SECONDS = 5.0
LEAST_SECONDS = 1.0  # between two answers
GRAINS_SECONDS = (60, 15, 5, 1)  # each divides a minute, so that no midnight is met late
STEPS = 60  # a range that slides is answered again when it has moved by so small a part of itself
_ID_BYTES = 12

log = structlog.get_logger(__name__)


class _Range(msgspec.Struct):
    start: datetime | None = None
    end: datetime | None = None


class _Question(msgspec.Struct):
    range: _Range | None = None


class _Answer(msgspec.Struct):
    """What of an answer tells whether it is another one, and when the clock makes it so."""

    question: _Question
    columns: msgspec.Raw
    rows: msgspec.Raw
    truncated: bool


class Asked:
    """A reader of the feed, which tells when the answer may have become another one."""

    def __init__(
        self, feed: Feed, answers: Answers, versions: Versions, slots: asyncio.Semaphore, asked: Prompt
    ) -> None:
        self._feed = feed
        self._answers = answers
        self._versions = versions
        self._slots = slots
        self._asked = asked
        self._listeners: set[Listener] = set()
        self._latest: Event | None = None
        self._stamp: Stamp = ()
        self._stale = asyncio.Event()
        self._grain_seconds: float | None = LEAST_SECONDS
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def is_last(self, listener: Listener) -> bool:
        """Whether nobody else listens."""
        return self._listeners <= {listener}

    def take(self, changes: Sequence[Change]) -> None:
        if not self._stale.is_set() and changes:
            deleted = any(change.metric is None for change in changes)  # of which nothing is known
            if deleted or not self._versions.valid(self._stamp) or any(map(self._is_concerned, changes)):
                self._stale.set()

    def miss(self) -> None:
        self._stale.set()

    async def join(self, listener: Listener) -> None:
        """Begin, where nobody has. Raises what the answer raises."""
        self._listeners.add(listener)
        async with self._lock:
            if self._task is None:
                await self._feed.join(self)
                self._latest = await self._answer()
                self._task = asyncio.create_task(self._follow(), name="live answer")

    async def leave(self, listener: Listener) -> None:
        """End, where nobody is left."""
        self._listeners.discard(listener)
        if not self._listeners:
            self._feed.leave(self)
            if self._task is not None:
                self._task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await self._task

    async def events(self, listener: Listener, known: str | None) -> AsyncIterator[list[Event]]:
        """The newest answer, again and again, as often as its rows are others than those of the id `known`."""
        while not listener.ended:
            event = self._latest
            if event is not None and event.id != known:
                known = event.id
                yield [event]
            elif not await listener.woken(HEARTBEAT_SECONDS):
                yield [Event("heartbeat", known or "")]

    def _is_concerned(self, change: Change) -> bool:
        return change.metric is not None and self._versions.concerns(self._stamp, change.metric.keys())

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(LEAST_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._until_grain()):
                    await self._stale.wait()
            try:
                event = await self._answer()
            except Unavailable:
                self._stale.set()  # tried again; until then the last answer stands
                continue
            except Problem as problem:
                text = wire.encode(body(problem.status, problem.detail, problem.faults, problem.extra))
                event = Event("problem", _identify(text), text)
            except Exception:
                log.exception("live answer failed")
                continue
            if self._latest is None or event.id != self._latest.id:
                self._latest = event
                for listener in self._listeners:
                    listener.wake()

    async def _answer(self) -> Event:
        async with self._slots:
            self._stale.clear()
            result, _ = await self._answers.answer(self._asked, Timing(time.perf_counter()), bypass=True)
        self._stamp = result.stamp
        if not self._versions.valid(result.stamp):
            self._stale.set()
        answer = msgspec.json.decode(result.body, type=_Answer)
        self._grain_seconds = None if self._asked.now else _grain(answer.question.range)
        parts = (bytes(answer.columns), bytes(answer.rows), b"%d" % answer.truncated)
        return Event("answer", _identify(*parts), result.body)

    def _until_grain(self) -> float | None:
        """Seconds until the clock may have changed the answer; None where the question has a clock of its own."""
        if self._grain_seconds is None:
            return None
        return self._grain_seconds - time.time() % self._grain_seconds


def _grain(asked: _Range | None) -> float:
    if asked is None or asked.start is None:
        return GRAINS_SECONDS[0]
    length = ((asked.end or datetime.now(UTC)) - asked.start).total_seconds()
    return next((grain for grain in GRAINS_SECONDS if grain <= length / STEPS), GRAINS_SECONDS[-1])


def _identify(*parts: bytes) -> str:
    return hashlib.blake2b(b"\0".join(parts), digest_size=_ID_BYTES).hexdigest()
