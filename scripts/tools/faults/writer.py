"""A client that writes in all ways there are, and remembers what it was told of each."""

from __future__ import annotations

import hashlib
import itertools
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tools.faults.client import Client, Reply
from tools.faults.history import Operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.faults.history import History, Kind, Status
    from tools.server import Server

NAME = "fault.load"
STEP = 10_000_000  # between the values of two writers
INSIST_SECONDS = 60
ANSWER_SECONDS = 2.0
MAX_KEPT = 50  # documents that a writer goes on changing
PAUSE_SECONDS = 0.01
BATCH = 5


class Writer:
    """Puts on its load in a thread until it is told to end; `number` is its own, from 0."""

    def __init__(
        self, server: Server, history: History, number: int, tag: str, pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        self._pause_seconds = pause_seconds
        self._client = Client(server)
        self._history = history
        self._number = number
        self._tags = [tag, f"writer:{number}"]
        self._counts = itertools.count(1)
        self._kept: list[str] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.statuses: Counter[int] = Counter()
        self.odd: list[str] = []
        self.slowest_seconds = 0.0

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._end.set()

    def join(self) -> None:
        self._thread.join(2 * INSIST_SECONDS)

    def _run(self) -> None:
        ways = (
            self._fresh, self._keyed, self._with_id, self._replace, self._batch, self._refused, self._change,
            self._late, self._ask, self._replace, self._delete,
        )  # fmt: skip
        try:
            for way in itertools.cycle(ways):
                if self._end.is_set():
                    return
                way()
                time.sleep(self._pause_seconds)
        except Exception as error:  # noqa: BLE001  told with the faults; the thread would take it with it
            self.odd.append(f"writer {self._number} broke off: {error!r}")
        finally:
            self._client.close()

    # --- ways to write

    def _fresh(self) -> None:
        """Without an id: not to be repeated, as nobody could tell the two apart."""
        value = next(self._values())
        started, reply = time.monotonic(), self._send("POST", "/metrics", self._metric(value))
        metric_id = reply.json["id"] if reply.status == 201 else None
        self._note("create", metric_id, value, reply, started)
        if metric_id is not None:
            self._keep(metric_id)
            self._read_back(metric_id)

    def _keyed(self) -> None:
        value = next(self._values())
        headers = {"Idempotency-Key": f"{self._tags[0]}-{value}"}
        reply = self._insist("POST", "/metrics", {None: value}, self._metric(value), headers)
        if reply is not None and reply.status in {200, 201}:
            self._keep(reply.json["id"])

    def _with_id(self) -> None:
        value = next(self._values())
        metric_id = self._id(value)
        self._insist("POST", "/metrics", {metric_id: value}, {"id": metric_id, **self._metric(value)})
        self._keep(metric_id)
        self._read_back(metric_id)

    def _late(self) -> None:
        """Into an hour that has ended, which a summary may answer for already."""
        value = next(self._values())
        metric_id = self._id(value)
        at = datetime.now(UTC) - timedelta(hours=2 + self._number)
        body = {"id": metric_id, **self._metric(value), "timestamp": at.isoformat()}
        self._insist("POST", "/metrics", {metric_id: value}, body)

    def _batch(self) -> None:
        values = {self._id(value): value for value in itertools.islice(self._values(), BATCH)}
        metrics = [{"id": metric_id, **self._metric(value)} for metric_id, value in values.items()]
        self._insist("POST", "/v1/metrics", values, {"metrics": metrics})

    def _refused(self) -> None:
        """All or nothing: the good one of a bad batch must not be there afterwards."""
        value = next(self._values())
        body = {"metrics": [{"id": self._id(value), **self._metric(value)}, {"name": "a b", "value": "c"}]}
        started, reply = time.monotonic(), self._send("POST", "/v1/metrics", body)
        self._note("create", self._id(value), value, reply, started)
        if reply.status in {200, 201}:
            self.odd.append("a bad batch was taken")

    def _replace(self) -> None:
        self._write_again("PUT", self._metric)

    def _change(self) -> None:
        """Not repeated where its outcome is unknown."""
        if not self._kept:
            return
        metric_id, value = self._kept[-1], next(self._values())
        started, reply = time.monotonic(), self._send("PATCH", f"/metrics/{metric_id}", {"value": value})
        if not self._is_gone(metric_id, reply):
            self._note("change", metric_id, value, reply, started)

    def _delete(self) -> None:
        if len(self._kept) < 3:
            return
        metric_id = self._kept.pop(0)
        deadline, unknown = time.monotonic() + INSIST_SECONDS, False
        while time.monotonic() < deadline:
            started, reply = time.monotonic(), self._send("DELETE", f"/metrics/{metric_id}")
            if reply.status == 404 and unknown:  # by the request of unknown outcome
                self._history.add(self._operation("delete", metric_id, None, "acknowledged", 404, started))
                return
            if self._is_gone(metric_id, reply):
                return
            self._note("delete", metric_id, None, reply, started)
            if reply.status > 0 and reply.status < 500:
                return
            unknown = unknown or reply.status != -1
            time.sleep(PAUSE_SECONDS * 5)

    def _write_again(self, method: str, body: Callable[[int], Any]) -> None:
        if self._kept:
            metric_id, value = self._kept[len(self._kept) // 2], next(self._values())
            self._insist(method, f"/metrics/{metric_id}", {metric_id: value}, body(value), kind="change")
            self._read_back(metric_id)

    # --- ways to read

    def _read_back(self, metric_id: str) -> None:
        reply = self._send("GET", f"/metrics/{metric_id}")
        if reply.status in {200, 404}:
            value = int(reply.json["value"]) if reply.status == 200 else None
            self._history.add(self._operation("read", metric_id, value, "acknowledged", reply.status))

    def _ask(self) -> None:
        """A list, which may come from a cache: what is in it of this writer's own must be right."""
        reply = self._send("GET", f"/metrics?tags=writer:{self._number}&name={NAME}&limit=20")
        if reply.status != 200:
            return
        kept = set(self._kept)
        for each in reply.json["data"]:
            if each["id"] in kept and self._tags[0] in each["tags"]:
                self._history.add(self._operation("read", each["id"], int(each["value"]), "acknowledged", 200))

    # --- helpers

    def _insist(
        self,
        method: str,
        path: str,
        values: dict[str, int] | dict[None, int],
        body: Any,
        headers: dict[str, str] | None = None,
        kind: Kind = "create",
    ) -> Reply | None:
        """Repeat until its outcome is known; None where it never is. values: what it writes, by id."""
        deadline = time.monotonic() + INSIST_SECONDS
        while time.monotonic() < deadline:
            started, reply = time.monotonic(), self._send(method, path, body, headers)
            for metric_id, value in values.items():
                if kind == "change" and metric_id is not None and self._is_gone(metric_id, reply):
                    return reply
                told = reply.json["id"] if metric_id is None and reply.status in {200, 201} else metric_id
                self._note(kind, told, value, reply, started)
            if 0 < reply.status < 500:
                return reply
            time.sleep(PAUSE_SECONDS * 5)
        return None

    def _send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
        started = time.monotonic()
        reply = self._client.send(method, path, body, headers)
        took = time.monotonic() - started
        self.statuses[reply.status] += 1
        self.slowest_seconds = max(self.slowest_seconds, took)
        if reply.status == 503 and "retry-after" not in reply.headers:
            self.odd.append("503 without Retry-After")
        if reply.status >= 500 and reply.status != 503:
            self.odd.append(f"{method} {path}: {reply.status} {reply.body[:200]!r}")
        return reply

    def _note(self, kind: Kind, metric_id: str | None, value: int | None, reply: Reply, started: float) -> None:
        if reply.status == -1:
            return
        if 200 <= reply.status < 300:
            status: Status = "acknowledged"
        else:
            status = "refused" if 400 <= reply.status < 500 else "unknown"
        self._history.add(self._operation(kind, metric_id, value, status, reply.status, started))

    def _is_gone(self, metric_id: str, reply: Reply) -> bool:
        """Whether a document that should be there was not: the checker will ask why."""
        if reply.status != 404:
            return False
        self._history.add(self._operation("read", metric_id, None, "acknowledged", 404))
        if metric_id in self._kept:
            self._kept.remove(metric_id)
        return True

    def _operation(
        self, kind: Kind, metric_id: str | None, value: int | None, status: Status, code: int, started: float = 0.0
    ) -> Operation:
        return Operation(self._number, kind, metric_id, value, status, code, started, time.monotonic())

    def _metric(self, value: int) -> dict[str, Any]:
        return {"name": NAME, "type": "counter", "value": value, "tags": self._tags}

    def _id(self, value: int) -> str:
        """Of this load alone, whatever others share the database."""
        return hashlib.blake2b(f"{self._tags[0]} {value}".encode(), digest_size=12).hexdigest()

    def _values(self) -> Any:
        """Numbers that no other write has."""
        return (self._number * STEP + count for count in self._counts)

    def _keep(self, metric_id: str) -> None:
        self._kept.append(metric_id)
        if len(self._kept) > MAX_KEPT:
            del self._kept[0]
