"""Each route says who may call it, and nobody else may."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sanic import Sanic

from telemetry_server import config
from telemetry_server.access.auth import ANYBODY, ROLES
from telemetry_server.app import create_app
from telemetry_server.monitoring import logs
from telemetry_server.shared import make_shared
from tests.conftest import StartServer

ADMIN = "an-admin-key-of-the-tests"
ASKS = ("/query", "/observability/analytics", "/grafana/")  # where a body holds a question
ABOUT = ("health", "docs", "openapi.json", "console")  # of the service, and of nothing that is stored
SAMPLES = {"file": "page.js", "metric_id": "0" * 24, "key_id": "0" * 24, "metric_name": "some.name"}


@pytest.fixture(scope="module")
def routes() -> Iterator[dict[tuple[str, str], Any]]:
    """Of each method and path that the router knows: the role that the route says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda _: None)
        app = create_app(config.load({}, Path("/nonexistent")), make_shared(1))
    try:
        app.router.finalize()
        yield {
            (method, f"/{route.path}"): getattr(route.ctx, "role", None)
            for route in app.router.routes
            for method in route.methods
        }
    finally:
        Sanic.unregister_app(app)


def test_each_route_is_classified(routes: dict[tuple[str, str], Any]) -> None:
    """Each route has `ctx_role`: the least role that may call it, or "anybody"."""
    assert len(routes) > 30
    assert {route: role for route, role in routes.items() if role not in (ANYBODY, *ROLES)} == {}


def test_roles_fit_what_routes_do(routes: dict[tuple[str, str], Any]) -> None:
    """Nobody changes anything without a role for it; /admin is for admins; what is about the service, for anybody."""
    for (method, path), role in routes.items():
        if path.startswith("/admin"):
            assert role == "admin", path
        elif role == ANYBODY:
            assert path == "/" or any(part in ABOUT for part in path.split("/")), path
        elif method not in ("GET", "HEAD") and not path.startswith(ASKS):
            assert role == "writer", path


def test_each_role_at_each_route(start_server: StartServer, routes: dict[tuple[str, str], Any]) -> None:
    """Without a known key 401, with too small a role 403, in the route's own error form; else neither."""
    server = start_server(API_KEYS=ADMIN)
    keys: dict[str, str | None] = {"nobody": None, "unknown": "telemetry_unknown", "admin": ADMIN}
    with httpx.Client(base_url=server.url, timeout=20) as client:
        for role in ("reader", "writer"):
            made = client.post("/admin/keys", json={"role": role}, headers={"Authorization": f"Bearer {ADMIN}"})
            keys[role] = made.json()["key"]
        for (method, template), least in routes.items():
            path = re.sub(r"<(\w+)[^>]*>", lambda found: SAMPLES[found[1]], template)
            for role, key in keys.items():
                headers = {} if key is None else {"Authorization": f"Bearer {key}"}
                with client.stream(method, path, headers=headers) as answer:
                    status = answer.status_code
                if least == ANYBODY:
                    expected = None
                elif role not in ROLES:
                    expected = 401
                else:
                    expected = 403 if ROLES.index(role) < ROLES.index(least) else None
                place = (method, path, role, status)
                assert status == expected if expected else status not in (401, 403), place
                assert status != 500, place


def test_403_tells_what_is_needed(start_server: StartServer) -> None:
    """problem+json with the role that is needed and the one that is there; a batch is answered in its own form."""
    server = start_server(API_KEYS=ADMIN)
    made = httpx.post(f"{server.url}/admin/keys", json={"role": "reader"}, headers={"Authorization": f"Bearer {ADMIN}"})
    headers = {"Authorization": f"Bearer {made.json()['key']}"}
    refused = httpx.post(f"{server.url}/metrics", json={"name": "a", "value": 1}, headers=headers)
    assert refused.status_code == 403
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert 'error="insufficient_scope", scope="writer"' in refused.headers["WWW-Authenticate"]
    assert refused.json()["title"] == "Forbidden"
    assert "writer" in refused.json()["detail"]
    assert "reader" in refused.json()["detail"]
    batch = httpx.post(f"{server.url}/v1/metrics", json={"metrics": []}, headers=headers)
    assert (batch.status_code, batch.json()["status"]) == (403, "error")
    assert httpx.get(f"{server.url}/nothing", headers=headers).status_code == 404
