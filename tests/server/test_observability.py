"""/observability/health and /observability/metrics: whether it works, and what is stored."""

from datetime import timedelta

import httpx
import pytest

from telemetry_server import instants
from tests.conftest import StartServer


@pytest.fixture(scope="module")
def stored(client: httpx.Client) -> None:
    for value in (1, 2, 6):
        client.post("/metrics", json={"name": "obs.a", "type": "timer", "value": value, "tags": {"n": str(value)}})
    client.post("/metrics", json={"name": "obs.b", "type": "counter", "value": 5})
    old = instants.render(instants.now() - timedelta(days=3))
    client.post("/metrics", json={"name": "obs.old", "value": 5, "timestamp": old})


@pytest.mark.usefixtures("stored")
def test_summary(client: httpx.Client) -> None:
    """Each name of the last day has its count, sum, average, least and greatest value."""
    answer = client.get("/observability/metrics/summary").json()
    assert answer["metrics"] == [
        {"name": "obs.a", "count": 3, "sum": 9, "avg": 3, "min": 1, "max": 6},
        {"name": "obs.b", "count": 1, "sum": 5, "avg": 5, "min": 5, "max": 5},
    ]
    assert answer["truncated"] is False


@pytest.mark.usefixtures("stored")
def test_types(client: httpx.Client) -> None:
    """Each name is listed with its types and how many series it is of."""
    found = {each["name"]: each for each in client.get("/observability/metrics/types").json()["metrics"]}
    assert found["obs.a"] == {"name": "obs.a", "types": ["timer"], "series": 3}
    assert found["obs.b"]["types"] == ["counter"]


@pytest.mark.parametrize("query", ["from=x", "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "tags=a:b", "x=1"])
def test_wrong_parameters(client: httpx.Client, query: str) -> None:
    """A wrong parameter is a 422."""
    assert client.get(f"/observability/metrics/summary?{query}").status_code == 422


def test_earliest_range(client: httpx.Client) -> None:
    """A range at the beginning of time is answered."""
    answer = client.get("/observability/metrics/summary?to=0001-01-01T00:00:00Z")
    assert answer.status_code == 200
    assert answer.json()["metrics"] == []


def test_health_needs_no_key(start_server: StartServer) -> None:
    """Health is told to anyone, the rest to those with a key."""
    server = start_server(API_KEYS="0123456789abcdef")
    assert httpx.get(f"{server.url}/observability/health").json()["status"] == "ready"
    assert httpx.get(f"{server.url}/observability/metrics/types").status_code == 401
