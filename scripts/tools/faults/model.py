"""The metrics as a resource and the questions about them, beside a model of them in plain Python: they never differ.

Hypothesis makes up what is done, and tells how it came to where the two differ.
"""

# ruff: noqa: S101 - Hypothesis wants assertions

from __future__ import annotations

import itertools
import math
import time
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from tools.faults.client import Client, Reply
from tools.faults.ground import Ground
from tools.faults.row import Outcome, Row

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.server import Server

STEPS = 50
PLACES = 180  # minutes before `now` in which timestamps lie
TYPES = {"a": "gauge", "b": "counter", "c": "event"}

HOSTS = st.sampled_from(["web-1", "web-2", "db"])
METRICS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(sorted(TYPES)),
        "value": st.integers(-1000, 1000),
        "minute": st.integers(-PLACES, -1),
    },
    optional={"host": HOSTS, "word": st.sampled_from(["red", "blue"])},
)
FILTERS = st.fixed_dictionaries(
    {"limit": st.integers(1, 7)},
    optional={
        "kind": st.sampled_from(sorted(TYPES)),
        "host": HOSTS,
        "min": st.integers(-500, 0),
        "max": st.integers(0, 500),
        "since": st.integers(-PLACES, -90),
        "until": st.integers(-90, 0),
    },
)
Values = list[float]
QUESTIONS: dict[str, Callable[[Values], float]] = {
    "avg of": lambda values: sum(values) / len(values),
    "sum of": sum,
    "min of": min,
    "max of": max,
    "count of": len,
    "p50 of": lambda values: sorted(values)[math.ceil(len(values) / 2) - 1],
}
_runs = itertools.count(1)


class Machine(RuleBasedStateMachine):
    """One run: names of its own, and what should be stored under them."""

    steps: ClassVar[int] = 0

    def __init__(self, client: Client) -> None:
        super().__init__()
        self._client = client
        self._prefix = f"model{next(_runs)}x{uuid.uuid4().hex[:6]}"
        self._now = datetime.now(UTC).replace(second=0, microsecond=0)
        self._known: set[str] = set()  # kinds of which there ever was a metric
        self.metrics: dict[str, dict[str, Any]] = {}

    # --- writing

    @rule(metric=METRICS, how=st.sampled_from(["fresh", "id", "key"]))
    def create(self, metric: dict[str, Any], how: str) -> None:
        body = self._body(metric)
        headers = {"Idempotency-Key": uuid.uuid4().hex} if how == "key" else {}
        if how == "id":
            body["id"] = uuid.uuid4().hex[:24]
        reply = self._send("POST", "/metrics", body, headers)
        self._is(reply, 201, body)
        self._store(reply.json)
        if how == "key":
            self._is(self._send("POST", "/metrics", body, headers), 200, reply.json)
            self._status(self._send("POST", "/metrics", {**body, "value": body["value"] + 1}, headers), 422)

    @rule(metrics=st.lists(METRICS, min_size=1, max_size=4), bad=st.booleans())
    def create_many(self, metrics: list[dict[str, Any]], bad: bool) -> None:
        bodies = [{"id": uuid.uuid4().hex[:24], **self._body(metric)} for metric in metrics]
        sent = [*bodies, {"name": "a b"}] if bad else bodies
        self._status(self._send("POST", "/v1/metrics", {"metrics": sent}), 400 if bad else 200)
        for body in [] if bad else bodies:
            self._store(body)

    @precondition(lambda self: self.metrics)
    @rule(data=st.data(), more=st.integers(0, 1))
    def create_again(self, data: st.DataObject, more: int) -> None:
        old = self._any(data)
        reply = self._send("POST", "/metrics", {**old, "value": old["value"] + more})
        self._status(reply, 409 if more else 200)

    @precondition(lambda self: self.metrics)
    @rule(data=st.data(), metric=METRICS, condition=st.sampled_from(["none", "right", "wrong"]))
    def replace(self, data: st.DataObject, metric: dict[str, Any], condition: str) -> None:
        old, body = self._any(data), self._body(metric)
        reply = self._send("PUT", f"/metrics/{old['id']}", body, self._condition(old, condition))
        if condition == "wrong":
            self._status(reply, 412)
            return
        self._is(reply, 200, {**body, "id": old["id"]})
        self._store(reply.json)

    @precondition(lambda self: self.metrics)
    @rule(data=st.data(), value=st.integers(-1000, 1000), condition=st.sampled_from(["none", "right", "wrong"]))
    def change(self, data: st.DataObject, value: int, condition: str) -> None:
        old = self._any(data)
        reply = self._send("PATCH", f"/metrics/{old['id']}", {"value": value}, self._condition(old, condition))
        if condition == "wrong":
            self._status(reply, 412)
            return
        self._is(reply, 200, {**old, "value": value})
        self._store(reply.json)

    @precondition(lambda self: self.metrics)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        old = self._any(data)
        del self.metrics[old["id"]]
        self._status(self._send("DELETE", f"/metrics/{old['id']}"), 204)
        for method in ("DELETE", "GET"):
            self._status(self._send(method, f"/metrics/{old['id']}"), 404)

    # --- reading

    @precondition(lambda self: self.metrics)
    @rule(data=st.data())
    def read(self, data: st.DataObject) -> None:
        old = self._any(data)
        reply = self._send("GET", f"/metrics/{old['id']}")
        self._is(reply, 200, old)
        tag = {"If-None-Match": reply.headers["etag"]}
        self._status(self._send("GET", f"/metrics/{old['id']}", headers=tag), 304)

    @rule(filters=FILTERS)
    def page(self, filters: dict[str, Any]) -> None:
        """All pages of a list, one after the other."""
        kind = filters.get("kind", "a")
        query: dict[str, Any] = {"name": self._name(kind), "limit": filters["limit"]}
        query |= {key: filters[key] for key in ("min", "max") if key in filters}
        query |= {"tags": f"host:{filters['host']}"} if "host" in filters else {}
        query |= {"from": self._at(filters["since"])} if "since" in filters else {}
        query |= {"to": self._at(filters["until"])} if "until" in filters else {}
        wanted = [
            metric
            for metric in self._of(kind)
            if filters.get("min", -math.inf) <= metric["value"] <= filters.get("max", math.inf)
            and ("host" not in filters or f"host:{filters['host']}" in metric["tags"])
            and query.get("from", "") <= metric["timestamp"] < query.get("to", "9")
        ]
        wanted.sort(key=lambda metric: (metric["timestamp"], metric["id"]), reverse=True)
        seen: list[Any] = []
        while True:
            reply = self._send("GET", f"/metrics?{urlencode(query)}")
            self._status(reply, 200)
            seen += reply.json["data"]
            if reply.json["next_cursor"] is None:
                break
            assert len(reply.json["data"]) == filters["limit"]
            query["cursor"] = reply.json["next_cursor"]
        assert seen == wanted, (seen, wanted)

    @rule(kind=st.sampled_from(sorted(TYPES)))
    def aggregate(self, kind: str) -> None:
        values = [metric["value"] for metric in self._of(kind)]
        reply = self._send("GET", f"/metrics/{self._name(kind)}/aggregate")
        if not values:
            self._status(reply, 404)
            return
        self._status(reply, 200)
        wanted = {"count": len(values), "sum": sum(values), "min": min(values), "max": max(values)}
        assert {key: reply.json[key] for key in wanted} == wanted

    @rule(
        kind=st.sampled_from(sorted(TYPES)),
        question=st.sampled_from(sorted(QUESTIONS)),
        by_host=st.booleans(),
        host=st.none() | HOSTS,
        hours=st.none() | st.integers(1, 3),
    )
    def ask(self, kind: str, question: str, by_host: bool, host: str | None, hours: int | None) -> None:
        """Twice, the second time perhaps from a cache; a counter's count is its total."""
        parts = [question, self._name(kind), "by host" if by_host else ""]
        parts += [f"where host is {host}" if host else "", f"in the last {hours} hours" if hours else ""]
        prompt = " ".join(filter(None, parts))
        path = f"/query?prompt={quote(prompt)}&now={quote(self._now.isoformat())}"
        since = self._at(-60 * hours) if hours else ""
        right = QUESTIONS["sum of" if question == "count of" and TYPES[kind] == "counter" else question]
        groups: dict[str | None, Values] = {} if by_host else {None: []}
        for metric in self._of(kind):
            own = next((tag.removeprefix("host:") for tag in metric["tags"] if tag.startswith("host:")), None)
            if (host is None or own == host) and metric["timestamp"] >= since:
                groups.setdefault(own if by_host else None, []).append(metric["value"])
        for _ in range(2):
            reply = self._send("GET", path)
            if kind not in self._known or (reply.status == 422 and (host or by_host)):
                self._status(reply, 422)  # what nobody ever sent cannot be asked for
                continue
            self._status(reply, 200)
            rows = reply.json["rows"]
            if not any(groups.values()):
                assert rows in ([], [[None]], [[0]]), (prompt, rows)
                continue
            seen = {row[0]: row[1] for row in rows} if by_host else {None: rows[0][0]}
            assert seen.keys() == groups.keys(), (prompt, rows, groups)
            for key, values in groups.items():
                assert math.isclose(seen[key], right(values), abs_tol=1e-9), (prompt, rows, groups)

    # --- helpers

    def _name(self, kind: str) -> str:
        return f"{self._prefix}.{kind}"

    def _at(self, minute: int) -> str:
        at = self._now + timedelta(minutes=minute)
        return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def _body(self, metric: dict[str, Any]) -> dict[str, Any]:
        tags = ([f"host:{metric['host']}"] if "host" in metric else []) + ([metric["word"]] if "word" in metric else [])
        kind = metric["kind"]
        return {
            "name": self._name(kind),
            "type": TYPES[kind],
            "value": metric["value"],
            "tags": sorted(tags),
            "timestamp": self._at(metric["minute"]),
        }

    def _of(self, kind: str) -> list[dict[str, Any]]:
        return [metric for metric in self.metrics.values() if metric["name"] == self._name(kind)]

    def _store(self, metric: dict[str, Any]) -> None:
        self.metrics[metric["id"]] = metric
        self._known.add(metric["name"].rpartition(".")[2])

    def _any(self, data: st.DataObject) -> dict[str, Any]:
        place = data.draw(st.integers(0, len(self.metrics) - 1))
        return list(self.metrics.values())[place]

    def _condition(self, metric: dict[str, Any], kind: str) -> dict[str, str]:
        if kind == "none":
            return {}
        tag = self._send("GET", f"/metrics/{metric['id']}").headers["etag"]
        return {"If-Match": tag if kind == "right" else '"0"'}

    def _send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
        Machine.steps += 1
        return self._client.send(method, path, body, headers)

    def _status(self, reply: Reply, *right: int) -> None:
        assert reply.status in right, (reply.status, right, reply.body[:500])

    def _is(self, reply: Reply, status: int, metric: dict[str, Any]) -> None:
        self._status(reply, status)
        assert reply.json == {"id": reply.json["id"], **metric}, (reply.json, metric)


def check(server: Server, runs: int, steps: int = STEPS) -> list[str]:
    """Make up so many runs of so many steps; the first difference, or nothing."""
    client = Client(server)
    chosen = settings(
        max_examples=runs,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(partial(Machine, client), settings=chosen)  # type: ignore[arg-type]
    except AssertionError as error:
        return [f"{error}; {'; '.join(getattr(error, '__notes__', []))}"]
    finally:
        client.close()
    return []


def run(count: int) -> Outcome:
    """So many runs."""
    started, before = time.monotonic(), Machine.steps
    with Ground() as ground:
        faults = check(ground.serve(), count)
    requests = Machine.steps - before
    return Outcome(count, faults, 0, f"{requests:,} requests, {requests / (time.monotonic() - started):,.0f}/s")


ROW = Row(
    "model",
    f"runs of {STEPS} made-up steps: metrics and questions beside a model in plain Python",
    "0 counter-examples",
    "runs",
    15,
    2000,
    run,
)
