"""One document is sent 1 to 5 times at once under one id, or one Idempotency-Key; some of the senders hang up."""

from __future__ import annotations

import json
import random
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tools.bench.stage import HEADERS
from tools.faults.client import Client
from tools.faults.ground import Ground
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    from tools.server import Server

MAX_AT_ONCE = 5
NAME = "fault.same"


def run(count: int) -> Outcome:
    """So many ids."""
    chance = random.Random(7)  # noqa: S311  no secret
    faults, unknown, sent = [], 0, 0
    with Ground() as ground, ThreadPoolExecutor(2 * MAX_AT_ONCE) as threads:
        server = ground.serve(workers=2)
        for number in range(count):
            at_once, cut = 1 + number % MAX_AT_ONCE, chance.randrange(MAX_AT_ONCE)
            sender = _Sender(server, number, differs=number % 4 == 3)
            jobs = [threads.submit(sender.send, place) for place in range(at_once)]
            cuts = [threads.submit(sender.cut, chance.random()) for _ in range(cut)]
            codes = Counter(job.result() for job in jobs)
            for each in cuts:
                each.result()
            unknown += cut
            sent += at_once + cut
            # Whoever was cut may have been the one that created it.
            wrong = [code for code in codes if code not in sender.right]
            if wrong or codes[201] > 1 or (not cut and codes[201] != 1):
                faults.append(f"id {number}, {at_once} at once, {cut} cut: {dict(codes)}")
            if sender.send(0) not in {200, *sender.others}:
                faults.append(f"id {number}: once more is not the same document")
        stored = Counter(int(each["value"]) // 10 for each in ground.database["metrics"].find({"name": NAME}))
        faults += [f"{number} is there {stored[number]} times" for number in range(count) if stored[number] != 1]
    return Outcome(count, faults, unknown, f"{sent:,} requests, {unknown:,} of them cut off")


class _Sender:
    """Sends one document, or (`differs`) one that is another from each sender, under one id or key."""

    def __init__(self, server: Server, number: int, *, differs: bool) -> None:
        self._server = server
        self._number = number
        self._differs = differs
        self._keyed = (bool(number % 2) and not differs) or number % 8 == 7
        self.others = {422 if self._keyed else 409} if differs else set[int]()
        self.right = {200, 201} | self.others

    def send(self, place: int) -> int:
        client = Client(self._server)
        try:
            return client.send("POST", "/metrics", self._body(place), self._headers()).status
        finally:
            client.close()

    def cut(self, after: float) -> None:
        """Send all of it, or a part, and hang up."""
        body = json.dumps(self._body(0))
        head = {**HEADERS, **self._headers(), "Host": "faults", "Content-Length": str(len(body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        raw = f"POST /metrics HTTP/1.1\r\n{lines}\r\n{body}".encode()
        with socket.create_connection((self._server.host, self._server.process.port), 5) as connection:
            connection.sendall(raw if after < 0.5 else raw[: int(len(raw) * after)])

    def _headers(self) -> dict[str, str]:
        return {"Idempotency-Key": f"same-{self._number}"} if self._keyed else {}

    def _body(self, place: int) -> dict[str, Any]:
        own = {} if self._keyed else {"id": f"{self._number:024x}"}
        return {**own, "name": NAME, "value": self._number * 10 + (place if self._differs else 0)}


ROW = Row(
    "same-id",
    "one document 1 to 5 times at once under one id or key, and up to 4 connections cut",
    "one document, right statuses",
    "ids",
    100,
    5000,
    run,
)
