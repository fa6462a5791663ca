"""The write path: metrics of concurrent requests are gathered into few inserts (group commit).

While one insert is under way the next one gathers; a second is begun meanwhile only for a whole group. What arrives in
the same turns of the loop goes together, so a lone metric waits for nothing, and many share one journal flush. The
inserts run in tasks of their own: a client that goes away cancels its handler, never a shared insert.

An insert whose fate is unknown (a lost connection, a new primary) is repeated under the same ids until the
deadline. A metric is acknowledged when it is stored durably, its series is stored, and the caches know of it.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from itertools import chain

import structlog

from telemetry_server.errors import Fault, Invalid, Problem, Unavailable
from telemetry_server.metric import Metric
from telemetry_server.monitoring.counters import Counters
from telemetry_server.reading.versions import Versions
from telemetry_server.stores.mongo import RULE, Mongo, NotInserted
from telemetry_server.summaries.seals import Seals
from telemetry_server.writing.series import SeriesLog

MAX_GROUP = 1000
MAX_IN_FLIGHT = 2
QUIET_TURNS = 2  # of the loop, after which no more is expected
MAX_TURNS = 12
MAX_WAITING = 50_000
WRITE_SECONDS = 1.8
RETRY_PAUSE_SECONDS = 0.05
MIN_ATTEMPT_SECONDS = 0.1

log = structlog.get_logger(__name__)


class _Write:
    """Up to MAX_GROUP metrics of one request, and who waits for them."""

    __slots__ = ("deadline", "done", "metrics")

    def __init__(self, metrics: Sequence[Metric]) -> None:
        loop = asyncio.get_running_loop()
        self.metrics = metrics
        self.deadline = loop.time() + WRITE_SECONDS
        self.done: asyncio.Future[set[str]] = loop.create_future()


def _give_up(writes: Sequence[_Write]) -> None:
    for write in writes:
        if not write.done.done():
            write.done.set_exception(Unavailable("MongoDB did not confirm the write in time."))


def _forget(writes: Sequence[_Write]) -> None:
    """Nobody waits for them any more: one that is not begun never will be."""
    for write in writes:
        if not write.done.cancel() and not write.done.cancelled():
            write.done.exception()  # has been looked at: the first one that failed was told


class Ingest:
    """Stores metrics. `start` and `stop` frame its life; `write` may be called by any number of tasks."""

    def __init__(self, store: Mongo, series: SeriesLog, seals: Seals, versions: Versions, counters: Counters) -> None:
        self._store = store
        self._seals = seals
        self._series = series
        self._versions = versions
        self._counters = counters
        self._waiting: deque[_Write] = deque()
        self._waiting_count = 0
        self._wake = asyncio.Event()
        self._flushes: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def waiting_count(self) -> int:
        """How many metrics wait for the next insert."""
        return self._waiting_count

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="ingest")

    async def stop(self) -> None:
        """Refuse what is new, store what waits, and return when all is told."""
        self._closing = True
        while self._waiting or self._flushes:
            self._wake.set()
            await asyncio.wait(self._flushes, timeout=0.05) if self._flushes else await asyncio.sleep(0.005)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def write(self, metrics: Sequence[Metric]) -> set[str]:
        """Store `metrics`; give back the ids that other documents already had.

        Raises Invalid where a rule that the database has been given refuses some of them; the others are stored.
        Raises Unavailable where the queue is full, the server stops, or MongoDB does not confirm in time;
        then some or all of them may be stored, and the same ids may be sent again.
        """
        if self._closing:
            raise Unavailable("The server is stopping.")
        if self._waiting_count + len(metrics) > MAX_WAITING:
            raise Unavailable("Too many metrics are waiting to be stored.")
        writes = [_Write(metrics[start : start + MAX_GROUP]) for start in range(0, len(metrics), MAX_GROUP)]
        self._waiting.extend(writes)
        self._waiting_count += len(metrics)
        self._wake.set()
        late = asyncio.get_running_loop().call_later(WRITE_SECONDS, _give_up, writes)
        try:
            return set().union(*[await write.done for write in writes])
        finally:
            late.cancel()
            _forget(writes)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._while_they_come()
            while self._may_begin():
                if group := self._take():
                    task = asyncio.create_task(self._flush(group))
                    self._flushes.add(task)
                    task.add_done_callback(self._flushed)

    async def _while_they_come(self) -> None:
        """Let the requests be read that have arrived: those of many clients come together, as they were answered."""
        quiet = 0
        for _ in range(MAX_TURNS):
            before = self._waiting_count
            if before >= MAX_GROUP or quiet == QUIET_TURNS:
                return
            await asyncio.sleep(0)
            quiet = quiet + 1 if self._waiting_count == before else 0

    def _may_begin(self) -> bool:
        if not self._flushes:
            return bool(self._waiting)
        return len(self._flushes) < MAX_IN_FLIGHT and self._waiting_count >= MAX_GROUP

    def _flushed(self, task: asyncio.Task[None]) -> None:
        self._flushes.discard(task)
        self._wake.set()

    def _take(self) -> list[_Write]:
        group: list[_Write] = []
        count = 0
        while self._waiting and count + len(self._waiting[0].metrics) <= MAX_GROUP:
            write = self._waiting.popleft()
            self._waiting_count -= len(write.metrics)
            if not write.done.done():
                group.append(write)
                count += len(write.metrics)
        return group

    async def _flush(self, group: list[_Write]) -> None:
        metrics = list(chain.from_iterable(write.metrics for write in group))
        try:
            taken, refused = await self._insert(metrics, min(write.deadline for write in group))
        except Exception as error:  # whatever it is, those who wait must hear of it
            if not isinstance(error, Problem):
                log.exception("insert failed")
            for write in group:
                if not write.done.done():
                    write.done.set_exception(error)
            return
        self._counters.add("inserts")
        self._counters.add("metrics_stored", len(metrics) - len(taken) - len(refused))
        first = 0
        for write in group:
            places = range(first, first + len(write.metrics))
            first = places.stop
            if write.done.done():
                continue
            if poison := refused.intersection(places):
                write.done.set_exception(_refusal(len(poison), len(places)))
            else:  # of equal ids in one insert, the first may be new and the others not
                write.done.set_result({metrics[place].id for place in taken.intersection(places)})

    async def _insert(self, metrics: list[Metric], deadline: float) -> NotInserted:
        loop = asyncio.get_running_loop()
        try:
            while True:
                left = deadline - loop.time()
                try:
                    await self._series.save(metrics, max(left, MIN_ATTEMPT_SECONDS))
                    left = deadline - loop.time()
                    await self._seals.break_for((each.timestamp for each in metrics), max(left, MIN_ATTEMPT_SECONDS))
                    return await self._store.insert(metrics, max(deadline - loop.time(), MIN_ATTEMPT_SECONDS))
                except Unavailable:
                    if deadline - loop.time() < RETRY_PAUSE_SECONDS + MIN_ATTEMPT_SECONDS:
                        raise
                    await asyncio.sleep(RETRY_PAUSE_SECONDS)
        finally:
            self._versions.touch({key for metric in metrics for key in metric.keys()})  # noqa: SIM118 - no dict


def _refusal(count: int, of: int) -> Invalid:
    """What those are told whose own metrics are refused; who shares the insert hears nothing of it."""
    whole = "" if of == 1 else f" {count} of {of} are refused, and the others may be stored."
    return Invalid([Fault("", RULE + whole)])
