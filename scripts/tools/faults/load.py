"""Many writers, and afterwards the comparison of all that they were told with all that is stored."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from tools.faults.checker import check, same
from tools.faults.client import Client
from tools.faults.history import History
from tools.faults.writer import NAME, PAUSE_SECONDS, Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.database import Database

    from tools.faults.checker import Findings, Stored
    from tools.server import Server

WRITERS = 6
PAGE = 1000
TRUTH = {"Cache-Control": "no-cache"}
GO_ON_SECONDS = 90


class Load:
    """Writers, while the block runs; with a `tag` of their own, where several loads share a database."""

    def __init__(
        self, *servers: Server, tag: str = "run:1", writers: int = WRITERS, pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        self.server = servers[0]
        self.tag = tag
        self.history = History()
        self.writers = [
            Writer(servers[number % len(servers)], self.history, number, tag, pause_seconds)
            for number in range(writers)
        ]

    def __enter__(self) -> Self:
        for writer in self.writers:
            writer.start()
        return self

    def __exit__(self, broken_off: object, *_: object) -> None:
        for writer in self.writers:
            writer.end()
        for writer in self.writers if broken_off is None else ():  # else nobody asks what came of their last writes
            writer.join()

    def go_on(self, count: int) -> bool:
        """Wait for so many more acknowledged writes; False where they do not come."""
        wanted, deadline = self.history.acknowledged + count, time.monotonic() + GO_ON_SECONDS
        while self.history.acknowledged < wanted:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        return True

    @property
    def statuses(self) -> Counter[int]:
        """How often each status was answered; 0: none, -1: no connection."""
        return sum((writer.statuses for writer in self.writers), Counter())

    @property
    def slowest_seconds(self) -> float:
        """Of all answers so far."""
        return max(writer.slowest_seconds for writer in self.writers)

    @property
    def told(self) -> str:
        """Figures in a line."""
        counts, statuses = self.history.counts, dict(sorted(self.statuses.items()))
        return f"{counts['acknowledged']:,} writes acknowledged, {counts['refused']:,} refused; by status {statuses}"

    def findings(self, database: Database[dict[str, Any]]) -> Findings:
        """What the history and MongoDB disagree about."""
        return check(self.history.operations, stored(database, self.tag))

    def faults(self, database: Database[dict[str, Any]]) -> list[str]:
        """All that is wrong, when the block has ended: in MongoDB, in what the server shows, and in its answers."""
        inside = stored(database, self.tag)
        lines = check(self.history.operations, inside).lines()
        lines += same(inside, list(shown(self.server, self.tag)))
        lines += _sums(self.server, self.tag, database)
        return lines + [odd for writer in self.writers for odd in writer.odd]


def stored(database: Database[dict[str, Any]], tag: str) -> list[Stored]:
    """All documents with a tag, from MongoDB."""
    return [(str(each["_id"]), int(each["value"])) for each in database["metrics"].find({"tags": tag})]


def shown(server: Server, tag: str) -> Iterator[Stored]:
    """All documents with a tag, page by page from the server, as they are stored."""
    client, path = Client(server), f"/metrics?tags={quote(tag)}&limit={PAGE}"
    cursor = ""
    while True:
        reply = client.send("GET", path + (f"&cursor={quote(cursor)}" if cursor else ""), headers=TRUTH)
        page = reply.json
        if reply.status != 200:
            yield (f"GET {path}: {reply.status} {reply.body[:100]!r}", 0)
            return
        yield from ((each["id"], int(each["value"])) for each in page["data"])
        cursor = page["next_cursor"]
        if cursor is None:
            client.close()
            return


def _sums(server: Server, tag: str, database: Database[dict[str, Any]]) -> list[str]:
    """Questions about all of them up to now, which may be answered from summaries."""
    client, key, value = Client(server), *tag.split(":", 1)
    faults = []
    for operator, prompt in (("$sum", "sum of"), ("$max", "max of")):
        before = _up_to_now(database, tag, operator)
        reply = client.send("GET", f"/query?prompt={quote(f'{prompt} {NAME} where {key} is {value}')}", headers=TRUTH)
        right = [before, _up_to_now(database, tag, operator)]  # what was ahead of the clock may have come meanwhile
        if right != [None, None] and (reply.status != 200 or reply.json["rows"][0][0] not in right):
            faults.append(f"{prompt} {NAME}: {right[0]} is right, not {reply.status} {reply.body[-200:]!r}")
    client.close()
    return faults


def _up_to_now(database: Database[dict[str, Any]], tag: str, operator: str) -> float | None:
    stages: list[dict[str, Any]] = [
        {"$match": {"tags": tag, "timestamp": {"$lt": datetime.now(UTC)}}},
        {"$group": {"_id": None, "result": {operator: "$value"}}},
    ]
    return next((each["result"] for each in database["metrics"].aggregate(stages)), None)
