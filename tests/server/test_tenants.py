"""Tenants see and touch only their own metrics, whatever they ask, wherever and however often."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pymongo
import pytest
from sanic import Sanic
from tools.server import Server
from tools.stack import Stack

from telemetry_server import config, instants, tenants
from telemetry_server.access.auth import ANYBODY, ROLES
from telemetry_server.app import create_app
from telemetry_server.errors import Unavailable
from telemetry_server.metric import Metric
from telemetry_server.metric_filter import MetricFilter
from telemetry_server.monitoring import logs
from telemetry_server.parts import Parts, assemble
from telemetry_server.shared import make_shared
from telemetry_server.stores.mongo import new_id
from telemetry_server.tenants import Tenants
from tests.conftest import StartServer, servers

ADMIN = "an-admin-key-of-the-tests"
OWNERS = (None, "acme", "globex")
VALUES = {None: 1111.25, "acme": 2222.25, "globex": 3333.25}
NOBODY = "0" * 24
METRIC = {"name": "written.here", "value": 1}
EVENT = {
    "specversion": "1.0",
    "type": "t",
    "source": "s",
    "id": "1",
    "data": {"metric_type": "written.event", "value": 1},
}
ANALYTICS = {"metrics": ["shared.cpu"], "time_range": {"from_date": 0}}
PANEL = {
    "range": {"from": "2020-01-01T00:00:00Z", "to": "2099-01-01T00:00:00Z"},
    "targets": [{"target": "average shared.cpu", "refId": "A", "type": "table"}],
}

# Of each route requests that are the same for all.
REQUESTS: dict[str, list[tuple[str, Any]]] = {
    "GET /metrics": [("/metrics", None), ("/metrics?name=shared.cpu&limit=1000", None)],
    "POST /metrics": [("/metrics", METRIC)],
    "GET /metrics/{id}": [("/metrics/shared.cpu", None), (f"/metrics/{NOBODY}", None)],
    "PUT /metrics/{id}": [(f"/metrics/{NOBODY}", METRIC)],
    "PATCH /metrics/{id}": [(f"/metrics/{NOBODY}", {"value": 1})],
    "DELETE /metrics/{id}": [(f"/metrics/{NOBODY}", None)],
    "GET /metrics/{name}/aggregate": [("/metrics/shared.cpu/aggregate", None)],
    "GET /metrics/export": [("/metrics/export", None), ("/metrics/export?format=csv", None)],
    "GET /metrics/live": [("/metrics/live", None)],
    "GET /metrics/query-performance": [("/metrics/query-performance", None)],
    "POST /v1/metrics": [("/v1/metrics", {"metrics": [METRIC]}), ("/v1/metrics", {"resourceMetrics": []})],
    "POST /ingest/metrics": [("/ingest/metrics", {"level": "written", "name": "m", "type": "METER", "value": 1})],
    "GET /data/metrics/{name}": [("/data/metrics/shared.counted", None)],
    "GET /query": [
        ("/query?prompt=average+shared.cpu", None),
        ("/query?prompt=count+by+owner", None),
        ("/query?prompt=which+metrics+are+there", None),
        ("/query?prompt=count+by+ownr", None),
        ("/query?prompt=flobberwock", None),
    ],
    "POST /query": [("/query", {"prompt": "list shared.cpu"})],
    "POST /query/explain": [("/query/explain", {"prompt": "average shared.cpu"})],
    "GET /query/complete": [("/query/complete?prefix=average+only.", None), ("/query/complete?prefix=count+on+", None)],
    "GET /query/live": [("/query/live?prompt=list+shared.cpu", None)],
    "POST /observability/analytics": [("/observability/analytics", ANALYTICS)],
    "GET /observability/metrics/summary": [("/observability/metrics/summary", None)],
    "GET /observability/metrics/types": [("/observability/metrics/types", None)],
    "POST /observability/add": [("/observability/add", {"events": [EVENT]})],
    "POST /observability/events": [("/observability/events", {"events": [EVENT]})],
    "POST /write": [("/write", "written,by=influx value=1")],
    "POST /api/v2/write": [("/api/v2/write", "written,by=influx2 value=1")],
    "POST /import/prometheus": [("/import/prometheus", "written_by_prometheus 1")],
    "GET /grafana": [("/grafana", None)],
    "POST /grafana/query": [("/grafana/query", PANEL)],
    "POST /grafana/annotations": [("/grafana/annotations", PANEL | {"annotation": {"query": "list shared.cpu"}})],
    "POST /grafana/search": [("/grafana/search", {"target": "count on"})],
    "POST /grafana/metrics": [("/grafana/metrics", {"metric": "average only."})],
    "POST /grafana/metric-payload-options": [("/grafana/metric-payload-options", {"metric": ""})],
    "POST /grafana/variable": [("/grafana/variable", {"payload": {"target": "values of owner"}})],
    "POST /grafana/tag-keys": [("/grafana/tag-keys", {})],
    "POST /grafana/tag-values": [("/grafana/tag-values", {"key": "owner"})],
    "GET /-/metrics": [("/-/metrics", None)],
    "GET /stats": [("/stats", None)],
    "GET /admin/stats": [("/admin/stats", None)],
    "POST /admin/optimize": [("/admin/optimize", None)],
    "GET /admin/metrics/cache": [("/admin/metrics/cache", None)],
    "GET /admin/misses": [("/admin/misses", None)],
    "GET /admin/keys": [("/admin/keys", None)],
    "POST /admin/keys": [("/admin/keys", {"role": "reader", "note": "walked"})],
    "DELETE /admin/keys/{key_id}": [(f"/admin/keys/{NOBODY}", None)],
    "GET /admin/audit": [("/admin/audit", None)],
}
OF_ALL = {"GET /-/metrics", "GET /stats", "GET /admin/metrics/cache"}
SHOWN = (  # what an owner has must show there, else that nothing else shows says nothing
    "GET /metrics",
    "GET /metrics/{id}",
    "GET /metrics/{name}/aggregate",
    "GET /metrics/export",
    "GET /query",
    "POST /query",
    "GET /query/complete",
    "GET /query/live",
    "POST /observability/analytics",
    "POST /grafana/query",
    "POST /grafana/annotations",
    "POST /grafana/variable",
    "POST /grafana/tag-values",
    "GET /observability/metrics/summary",
    "GET /observability/metrics/types",
)


def marks(owner: str | None) -> set[str]:
    """What only an owner's metrics have: a value, a tag, a name."""
    return {str(VALUES[owner]), f"owner-is-{owner}", f"only.{owner}", f"note-of-{owner}"}


def template(path: str) -> str:
    """A route's path as REQUESTS has it."""
    return re.sub(r"<(?:metric_)?(\w+)[^>]*>", r"{\1}", f"/{path}")


@pytest.fixture(scope="module")
def routes() -> Iterator[dict[str, tuple[Any, bool]]]:
    """Of each method and path of the router: the role that it needs, and whether it is for no tenant."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda _: None)
        app = create_app(config.load({}, Path("/nonexistent")), make_shared(1))
    try:
        app.router.finalize()
        yield {
            f"{method} {template(route.path)}": (
                getattr(route.ctx, "role", None),
                getattr(route.ctx, "is_shared", False),
            )
            for route in app.router.routes
            for method in route.methods
            if method != "HEAD"
        }
    finally:
        Sanic.unregister_app(app)


class House:
    """A server on which three owners, two of them tenants, each have a key of each role and metrics of their own."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.keys: dict[tuple[str | None, str], dict[str, Any]] = {}
        self.ids: dict[str | None, str] = {}
        with self.client(ADMIN) as client:
            for owner in OWNERS:
                for role in ROLES:
                    wanted = {"role": role, "tenant": owner, "note": f"note-of-{owner}"}
                    self.keys[owner, role] = client.post("/admin/keys", json=wanted).json()
        for owner in OWNERS:
            with self.client(owner, "writer") as client:
                tags = [f"owner:owner-is-{owner}"]
                batch = [
                    {"name": name, "value": VALUES[owner], "type": kind, "tags": tags}
                    for name, kind in (
                        ("shared.cpu", "gauge"),
                        (f"only.{owner}", "gauge"),
                        ("shared.counted", "counter"),
                    )
                ]
                assert client.post("/v1/metrics", json={"metrics": batch}).status_code == 200
                self.ids[owner] = client.get("/metrics?name=shared.cpu").json()["data"][0]["id"]

    def client(self, owner: str | None, role: str = "") -> httpx.Client:
        """Of an owner with a role; or with the key that is given."""
        key = self.keys[owner, role]["key"] if role else owner
        return httpx.Client(base_url=self.server.url, headers={"Authorization": f"Bearer {key}"}, timeout=20)


@pytest.fixture(scope="module")
def house(stack: Stack) -> Iterator[House]:
    """It has two workers, so that parts are made in each."""
    with servers(stack) as start:
        yield House(start(API_KEYS=ADMIN, WORKERS="2", CACHE_STALENESS_MS="60000"))


def told(client: httpx.Client, method: str, path: str, body: Any) -> tuple[int, str]:
    """The answer; of a stream what comes first."""
    sent = {"content": body} if isinstance(body, str) else {"json": body}
    with client.stream(method, path, **sent) as answer:
        if "event-stream" not in answer.headers.get("Content-Type", ""):
            return answer.status_code, answer.read().decode()
        text = ""
        for line in answer.iter_lines():
            text += line + "\n"
            if line.startswith("data: "):
                break
        return answer.status_code, text


def test_each_route_is_walked(routes: dict[str, tuple[Any, bool]]) -> None:
    """Each route has requests here, and those that tell of all tenants are these: whoever adds one says what it is."""
    assert {route for route, (role, _) in routes.items() if role != ANYBODY} == set(REQUESTS)
    assert {route for route, (_, is_shared) in routes.items() if is_shared} == OF_ALL


def test_tenants_are_not_told_of_the_server(house: House) -> None:
    """A client that prefers Prometheus' formats gets the server's own metrics at /metrics, but no tenant does."""
    for owner in OWNERS:
        with house.client(owner, "reader") as client:
            answer = client.get("/metrics", headers={"Accept": "text/plain"})
            assert ("telemetry_build_info" in answer.text) == (owner is None)
            assert answer.headers["Content-Type"].startswith("text/plain" if owner is None else "application/json")


@pytest.mark.parametrize("owner", OWNERS)
def test_each_role_of_each_tenant_at_each_route(
    house: House, routes: dict[str, tuple[Any, bool]], owner: str | None
) -> None:
    """What a role may not is 403; what tells of all tenants is 403 for each; what is told is the owner's own."""
    others = set[str]().union(*(marks(other) for other in OWNERS if other != owner))
    others |= {house.ids[other] for other in OWNERS if other != owner}
    others |= {house.keys[other, role]["id"] for other in OWNERS if other != owner for role in ROLES}
    for route, requests in REQUESTS.items():
        least, is_shared = routes[route]
        for role in ROLES:
            seen = ""
            may = ROLES.index(role) >= ROLES.index(least) and not (is_shared and owner)
            with house.client(owner, role) as client:
                for path, body in requests * 2:  # what was cached, too
                    status, text = told(client, route.split()[0], path, body)
                    assert (status == 403) == (not may), (owner, role, route, status, text)
                    assert status < 500 or (status == 503 and "optimize" in route), (route, text)
                    seen += text
            if owner is not None or not route.startswith(("GET /admin/keys", "GET /admin/audit")):
                assert {mark for mark in others if mark in seen} == set(), (owner, role, route)
            if may and route in SHOWN:
                assert any(mark in seen for mark in marks(owner)), (owner, role, route, seen)


def test_ids_of_others_are_not_there(house: House) -> None:
    """By another's id nothing is found, changed or deleted; the same id may be one's own."""
    for owner in OWNERS:
        for other in OWNERS:
            if owner == other:
                continue
            path = f"/metrics/{house.ids[other]}"
            with house.client(owner, "admin") as client:
                assert client.get(path).status_code == 404
                assert client.put(path, json=METRIC).status_code == 404
                assert client.patch(path, json={"value": 0}).status_code == 404
                assert client.delete(path).status_code == 404
    for owner in OWNERS:
        with house.client(owner, "reader") as client:
            assert client.get(f"/metrics/{house.ids[owner]}").json()["value"] == VALUES[owner]
    own = {"id": new_id(), "name": "same.id", "value": 1}
    for place, owner in enumerate(OWNERS):
        with house.client(owner, "writer") as client:
            assert client.post("/metrics", json={**own, "value": place}).status_code == 201
            answer = client.post("/metrics", json=METRIC, headers={"Idempotency-Key": "the-same-for-all"})
            assert answer.status_code == 201


def test_live_updates_are_ones_own(house: House) -> None:
    """A listener is told of nothing that another owner stores, on the same name."""
    with house.client("acme", "reader") as client, client.stream("GET", "/metrics/live?name=live.own") as answer:
        lines = answer.iter_lines()
        assert next(line for line in lines if line.startswith("event: ")) == "event: ready"
        for owner in ("globex", None, "acme"):
            with house.client(owner, "writer") as writer:
                writer.post("/metrics", json={"name": "live.own", "value": VALUES[owner]})
        event = next(line for line in lines if line.startswith("data: ") and "live.own" in line)
    assert json.loads(event.removeprefix("data: "))["value"] == VALUES["acme"]


def test_own_writes_are_read_at_once_through_any_worker(house: House) -> None:
    """The same promise as without tenants; and the write of one leaves what another has cached."""
    for round_ in range(1, 6):
        for owner in OWNERS:
            with house.client(owner, "writer") as client:
                client.post("/metrics", json={"name": "read.own", "value": VALUES[owner]})
            for _ in range(4):
                with house.client(owner, "reader") as client:
                    answer = client.get("/query?prompt=sum+of+read.own")
                    assert answer.json()["rows"] == [[VALUES[owner] * round_]], answer.text
    with house.client("acme", "reader") as client:
        client.get("/metrics?name=read.own")
        with house.client("globex", "writer") as other:
            other.post("/metrics", json={"name": "read.own", "value": 0})
        assert client.get("/metrics?name=read.own").headers["X-Cache"] == "hit"


def test_nothing_of_a_tenant_is_in_another_database(house: House, mongo_uri: str) -> None:
    """Each database holds what its owner has, and of others nothing but their keys and deeds, in that of no tenant."""
    with house.client("acme", "reader") as client:
        client.get("/query?prompt=acmewhisper")
    name = f"telemetry_server_{house.server.environment['APP_ENV']}"
    time.sleep(2.5)  # refused prompts are counted every other second
    with pymongo.MongoClient[dict[str, Any]](mongo_uri) as mongo:
        for owner in OWNERS:
            database = mongo[name if owner is None else f"{name}~{owner}"]
            names = set(database.list_collection_names())
            told = str([list(database[each].find()) for each in names - {"keys", "audit"}])
            assert ("acmewhisper" in told) == (owner == "acme")
            for other in OWNERS:
                assert any(mark in told for mark in marks(other)) == (owner == other), (owner, other)
            assert (owner is None) == ("keys" in names)
            assert "timestamp_1" in database["metrics"].index_information()


def test_admin_of_a_tenant_has_its_keys_alone(house: House) -> None:
    """They make, list and revoke keys of the tenant, whose limit is their own; others' are not there."""
    with house.client("acme", "admin") as client:
        made = client.post("/admin/keys", json={"role": "writer"})
        assert (made.status_code, made.json()["tenant"]) == (201, "acme")
        assert client.post("/admin/keys", json={"role": "reader", "tenant": "acme"}).status_code == 201
        assert client.post("/admin/keys", json={"role": "reader", "tenant": "globex"}).status_code == 403
        assert client.post("/admin/keys", json={"role": "reader", "rate_limit": 0}).status_code == 403
        assert {each["tenant"] for each in client.get("/admin/keys").json()["data"]} == {"acme"}
        for other in (None, "globex"):
            assert client.delete(f"/admin/keys/{house.keys[other, 'reader']['id']}").status_code == 404
        assert client.delete(f"/admin/keys/{made.json()['id']}").status_code == 204
        deeds = client.get("/admin/audit?limit=1000").json()["data"]
        assert {each["tenant"] for each in deeds} == {"acme"}
        assert deeds[0]["about"] == {"id": made.json()["id"]}
    with house.client(None, "admin") as client:
        assert {each["tenant"] for each in client.get("/admin/keys").json()["data"]} == set(OWNERS)
        assert deeds[0] in client.get("/admin/audit?limit=1000").json()["data"]


@pytest.mark.parametrize("tenant", ["", "A", "a_b", "a b", "-a", "a-", "a~b", "a/b", "a.b", "a\n", "x" * 41, 1, ["a"]])
def test_wrong_names_of_tenants(house: House, tenant: Any) -> None:
    """They are told, and no key is made."""
    with house.client(None, "admin") as client:
        answer = client.post("/admin/keys", json={"role": "reader", "tenant": tenant})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/tenant"


def test_name_must_fit_a_database(start_server: StartServer) -> None:
    """A long APP_ENV leaves little room, which is told; what fits works."""
    server = start_server(API_KEYS=ADMIN, APP_ENV=f"t-{new_id()}-{'x' * 11}")
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {ADMIN}"}) as client:
        refused = client.post("/admin/keys", json={"role": "writer", "tenant": "eightish"})
        assert refused.json()["errors"] == [{"pointer": "/tenant", "detail": "With this APP_ENV at most 7 characters."}]
        made = client.post("/admin/keys", json={"role": "writer", "tenant": "sevenis"}).json()
    own = httpx.post(f"{server.url}/metrics", json=METRIC, headers={"Authorization": f"Bearer {made['key']}"})
    assert own.status_code == 201


def run_house(mongo_uri: str, redis_uri: str, app_env: str, scene: Callable[[Parts, Tenants], Awaitable[None]]) -> None:
    """The parts of a worker, without a server around them."""

    async def run() -> None:
        settings = {"MONGO_URI": mongo_uri, "REDIS_URI": redis_uri, "APP_ENV": app_env}
        house = assemble(config.load(settings, Path("/nonexistent")), make_shared(1), 0, [])
        registry = Tenants(house)
        try:
            await scene(house, registry)
        finally:
            await registry.stop()
            await house.redis.close()
            house.mongo.close()

    asyncio.run(run())


def test_idle_tenants_are_let_go(mongo_uri: str, redis_uri: str, app_env: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is in use stays, and so does who is listened to; the others end all their tasks, and may come again."""
    monkeypatch.setattr(tenants, "IDLE_SECONDS", 0.5)

    async def scene(_: Parts, registry: Tenants) -> None:
        before = len(asyncio.all_tasks())
        idle, followed = await registry.parts("idle"), await registry.parts("followed")
        assert await registry.parts("idle") is idle
        listening = followed.live.metrics(MetricFilter(), None)
        await anext(listening)
        await asyncio.sleep(0.6)
        used = await registry.parts("used")
        await registry._tend()
        assert await registry.parts("used") is used
        assert await registry.parts("followed") is followed
        again = await registry.parts("idle")
        assert again is not idle
        metric = Metric(new_id(), "a", "gauge", 1.0, (), instants.now())
        with pytest.raises(Unavailable):
            await idle.ingest.write([metric])
        assert not await again.ingest.write([metric])
        await listening.aclose()  # type: ignore[attr-defined]
        await asyncio.sleep(0.6)
        await registry._tend()
        await asyncio.sleep(0.1)
        assert len(asyncio.all_tasks()) <= before

    run_house(mongo_uri, redis_uri, app_env, scene)


def test_only_so_many_are_in_use(mongo_uri: str, redis_uri: str, app_env: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was not in use the longest makes room for another; where all are, the other is told to come again."""
    monkeypatch.setattr(tenants, "MAX_IN_USE", 2)
    monkeypatch.setattr(tenants, "LEAST_SECONDS", 0.3)

    async def scene(_: Parts, registry: Tenants) -> None:
        one, two = await registry.parts("one"), await registry.parts("two")
        assert one.cache._memory is two.cache._memory  # one bound for all
        assert one.mongo.client is two.mongo.client
        assert one.answers._turns is two.answers._turns
        with pytest.raises(Unavailable):
            await registry.parts("three")
        await asyncio.sleep(0.4)
        assert await registry.parts("one") is one
        await registry.parts("three")
        assert await registry.parts("one") is one
        await asyncio.sleep(0.4)
        assert await registry.parts("two") is not two

    run_house(mongo_uri, redis_uri, app_env, scene)


def test_hours_of_idle_tenants_are_summarised(mongo_uri: str, redis_uri: str, app_env: str) -> None:
    """Whoever leads sees to the hours of all tenants, in use or not."""

    async def scene(house: Parts, registry: Tenants) -> None:
        parts = await registry.parts("idle")
        past = instants.now() - timedelta(hours=3)
        await parts.ingest.write([Metric(new_id(), "a", "gauge", 1.0, (), past)])
        await registry._let_go("idle")
        await registry._summarise()
        assert await parts.mongo.database["hours"].count_documents({"name": "a"}) == 1
        assert await house.mongo.database["hours"].count_documents({}) == 0

    run_house(mongo_uri, redis_uri, app_env, scene)
