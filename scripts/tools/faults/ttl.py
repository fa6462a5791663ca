"""Metrics at the edge of their time: MongoDB removes none early, and the server shows none that has expired."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bson import ObjectId

from tools.faults.client import Client
from tools.faults.ground import Ground, until
from tools.faults.load import stored
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    from tools.server import Server

NAME, TAG = "fault.ttl", "run:ttl"
RETENTION = timedelta(days=1)
GRACE = timedelta(days=1)  # MongoDB removes so much later
EDGE = timedelta(minutes=5)
REMOVED_SECONDS = 20
ROUND_SECONDS = 0.3


def run(count: int) -> Outcome:
    """So many metrics about each edge, looked at for as long as MongoDB removes."""
    faults: list[str] = []
    with Ground(set_up=_often) as ground:
        removed_before = datetime.now(UTC) - RETENTION - GRACE
        ages = _about(_kept_since(), count, timedelta(milliseconds=1)) + _about(removed_before, count, EDGE)
        values = dict(enumerate(ages, 1))
        ground.database["metrics"].insert_many([_document(number, at) for number, at in values.items()])
        server = ground.serve(RETENTION_DAYS="1", RETENTION_HOURLY_DAYS="1", RETENTION_DAILY_DAYS="1")
        faults += _accepted(server)
        values[0] = datetime.now(UTC)  # what _accepted has stored
        gone = [number for number, at in values.items() if at < removed_before]
        looks = 0

        def are_removed() -> bool:
            nonlocal looks
            looks += 1
            there = {value for _, value in stored(ground.database, TAG)}
            kept_at = datetime.now(UTC) - RETENTION - GRACE
            faults.extend(
                f"removed early: {at}" for number, at in values.items() if number not in there and at > kept_at
            )
            since = _kept_since()
            summarised = {number for number, at in values.items() if at >= since.replace(hour=0)}
            seen = _shown(server, {number for number, at in values.items() if at >= since}, summarised)
            if since == _kept_since():  # else the hour has turned meanwhile
                faults.extend(seen)
            time.sleep(ROUND_SECONDS)
            return there.isdisjoint(gone)

        if not until(are_removed, REMOVED_SECONDS):
            faults.append("MongoDB does not remove what has expired")
        are_removed()
    return Outcome(len(values), faults, 0, f"looked {looks} times, in five ways each")


def _often(ground: Ground) -> None:
    """Let MongoDB look each second, and not each minute, what has expired."""
    arguments = ground.stack.mongo.arguments
    ground.stack.mongo.arguments = [*arguments, "--setParameter", "ttlMonitorSleepSecs=1"]


def _kept_since() -> datetime:
    """An hour of metrics goes as a whole."""
    return (datetime.now(UTC) - RETENTION).replace(minute=0, second=0, microsecond=0)


def _about(edge: datetime, count: int, step: timedelta) -> list[datetime]:
    """Instants below and from the edge on, the nearest a step away, or on it."""
    return [edge + step * place for place in range(-count // 2, count // 2)]


def _document(number: int, at: datetime) -> dict[str, Any]:
    return {"_id": ObjectId(), "name": NAME, "type": "counter", "value": number, "tags": [TAG], "timestamp": at}


def _accepted(server: Server) -> list[str]:
    """A metric that would be expired at once is not taken; one a moment younger is, and one of now."""
    client, faults = Client(server), []
    for at, right in ((datetime.now(UTC) - RETENTION - EDGE, 422), (datetime.now(UTC) - RETENTION + EDGE, 201)):
        body = {"name": "fault.old", "value": 1, "timestamp": at.isoformat()}
        if (reply := client.send("POST", "/metrics", body)).status != right:
            faults.append(f"a metric of {at} had {reply.status}, not {right}")
    client.send("POST", "/metrics", {"name": NAME, "type": "counter", "value": 0, "tags": [TAG]})
    client.close()
    return faults


def _shown(server: Server, right: set[int], summarised: set[int]) -> list[str]:
    """What is seen in each of the ways to look, if it is not what is right.

    A question may count those as well whose hours are known from summaries, which are kept by whole days.
    """
    client = Client(server)
    key, value = TAG.split(":")
    ask = f"/query?prompt={quote(f'sum of {NAME} where {key} is {value}')}"
    listed = [int(each["value"]) for each in client.send("GET", f"/metrics?name={NAME}&limit=1000").json["data"]]
    summary = client.send("GET", f"/metrics/{NAME}/aggregate").json
    answer = client.send("GET", ask).json
    exported = client.send("GET", f"/metrics/export?name={NAME}", headers={"Accept": "application/x-ndjson"})
    client.close()
    return [
        f"{what} shows {seen}, where {wanted} is right"
        for what, seen, wanted in (
            ("the list", sorted(listed), [sorted(right)]),
            ("the aggregate's count", summary["count"], [len(right)]),
            ("the aggregate's sum", summary["sum"], [sum(right)]),
            ("the question", answer["rows"], [[[sum(right)]], [[sum(summarised)]]]),
            ("the export", exported.body.count(b"\n"), [len(right)]),
        )
        if seen not in wanted
    ]


ROW = Row(
    "ttl",
    "metrics about the edges of what is kept and what is removed",
    "nothing removed early, nothing expired ever shown",
    "metrics",
    100,
    400,
    run,
)
