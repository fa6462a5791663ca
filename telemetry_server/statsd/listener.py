"""The socket that StatsD clients send to.

It is read in turns with a rest after each that did not empty it, so that a flood takes a part of the worker's time and
no more; what is not read, the system drops.
"""

import asyncio
import socket
import time
from typing import Any

import structlog

from telemetry_server import instants
from telemetry_server.dialects import statsd
from telemetry_server.dialects.translation import Item, Translation
from telemetry_server.errors import Problem
from telemetry_server.monitoring.counters import Counters
from telemetry_server.periodic import Periodic
from telemetry_server.statsd.window import Window
from telemetry_server.stores.mongo import new_id
from telemetry_server.writing.intake import Accepted, Intake

EVERY_SECONDS = 1.0
TURN_SECONDS, REST_SECONDS = 0.004, 0.012
MAX_DATAGRAM = 16_384
MAX_AT_ONCE = 250  # metrics that are stored, so that requests wait for no more
MAX_WAITING = 10_000  # metrics that MongoDB did not take yet
RECEIVE_BYTES = 1 << 20  # that the system keeps for us; more would be late, in a flood

log = structlog.get_logger(__name__)


class Statsd:
    """`start` and `stop` frame its life. It tells nobody of what is wrong but the counters and the log."""

    def __init__(self, host: str, port: int, intake: Intake, counters: Counters) -> None:
        self._address = host, port
        self._intake = intake
        self._counters = counters
        self._window = Window()
        self._waiting: list[dict[str, Any]] = []
        self._socket: socket.socket | None = None
        self._resting: asyncio.TimerHandle | None = None
        self._periodic = Periodic("statsd", EVERY_SECONDS, self._flush)

    def start(self) -> None:
        """Listen. An address that cannot be had is logged; the server goes on without."""
        try:
            self._socket = _bound(*self._address)
        except OSError as error:
            log.error("statsd does not listen", port=self._address[1], reason=error.strerror)  # noqa: TRY400 - told
            return
        self._listen(self._socket)
        self._periodic.start()

    async def stop(self) -> None:
        """Read no more, and store what is left."""
        if self._socket is None:
            return
        self._read(self._socket)
        asyncio.get_running_loop().remove_reader(self._socket)
        if self._resting is not None:
            self._resting.cancel()
        self._socket.close()
        await self._periodic.stop()

    def _listen(self, listener: socket.socket) -> None:
        asyncio.get_running_loop().add_reader(listener, self._read, listener)

    def _read(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        until = time.perf_counter() + TURN_SECONDS
        while time.perf_counter() < until:
            try:
                datagram = listener.recv(MAX_DATAGRAM + 1)
            except OSError:  # nothing is there
                return
            self._take(datagram)
        loop.remove_reader(listener)
        self._resting = loop.call_later(REST_SECONDS, self._listen, listener)

    def _take(self, datagram: bytes) -> None:
        if len(datagram) > MAX_DATAGRAM:
            self._counters.add("statsd_bad_lines")
            return
        samples, bad = statsd.read(datagram)
        dropped = sum(not self._window.add(sample) for sample in samples)
        self._counters.add("statsd_samples", len(samples))
        if bad:
            self._counters.add("statsd_bad_lines", bad)
        if dropped:
            self._counters.add("statsd_dropped", dropped)

    async def _flush(self) -> None:
        documents = self._window.take(round(instants.now().timestamp() * 1000))
        done = Translation(items=[Item(place, each, new_id()) for place, each in enumerate(documents)])
        fresh = (await self._intake.check(done)).metrics
        self._counters.add("total_metrics_received", len(fresh))
        if done.rejected:
            self._counters.add("statsd_dropped", len(done.rejected))
        self._waiting += fresh
        try:
            while self._waiting:
                await self._intake.store(Accepted(self._waiting[:MAX_AT_ONCE]))
                del self._waiting[:MAX_AT_ONCE]
        except Problem as problem:
            over = max(0, len(self._waiting) - MAX_WAITING)
            del self._waiting[:over]
            self._counters.add("statsd_dropped", over)
            log.warning("statsd metrics wait", count=len(self._waiting), dropped=over, reason=problem.detail)


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # a worker that replaces this one is there before
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        made.setblocking(False)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made
