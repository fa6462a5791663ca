"""The server's record of its own requests."""

import time
from typing import Any, cast

import httpx

from telemetry_server.monitoring.counters import Counters
from telemetry_server.monitoring.recorder import MAX_TIMED, Recorder
from tests.conftest import StartServer

NAME = "http.request.duration_ms"


def recorded(client: httpx.Client, least: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 10
    while True:
        answer = client.get("/metrics", params={"name": NAME, "limit": 1000}, headers={"Cache-Control": "no-cache"})
        found: list[dict[str, Any]] = answer.json()["data"]
        if len(found) >= least:
            return found
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_requests_are_recorded_by_route(start_server: StartServer) -> None:
    """Each request but the probes becomes a timer with route, method and status; ids are not in the route."""
    with httpx.Client(base_url=start_server(COLLECT="1").url) as client:
        made = client.post("/metrics", json={"name": "cpu", "value": 1})
        client.get(made.headers["Location"])
        client.get("/metrics/cpu/aggregate")
        client.delete("/metrics/" + "0" * 24)
        client.get("/nothing/here")
        client.get("/health")
        client.put("/stats")
        found = recorded(client, 6)
        assert {metric["type"] for metric in found} == {"timer"}
        assert all(0 < metric["value"] < 10_000 for metric in found)
        tags = {tuple(metric["tags"]) for metric in found}
        assert ("method:POST", "route:/metrics", "status:201") in tags
        assert ("method:GET", "route:/metrics/{id}", "status:200") in tags
        assert ("method:GET", "route:/metrics/{name}/aggregate", "status:200") in tags
        assert ("method:DELETE", "route:/metrics/{id}", "status:404") in tags
        assert ("method:GET", "route:unmatched", "status:404") in tags
        assert ("method:PUT", "route:unmatched", "status:405") in tags
        assert not any("health" in tag for triple in tags for tag in triple)
        answer = client.get("/query", params={"prompt": "slowest 3 routes today"}).json()
        assert 1 <= len(answer["rows"]) <= 3


def test_busy_second_is_counted_in_full(start_server: StartServer) -> None:
    """Every request is in the count, however many there are."""
    with httpx.Client(base_url=start_server(COLLECT="1").url) as client:
        for _ in range(700):
            client.get("/nothing")
        recorded(client, 1)
        time.sleep(1.2)
        answer = client.get("/query", params={"prompt": "sum of http.requests where status is 404"})
        assert answer.json()["rows"] == [[700]]


def test_busy_second_is_timed_by_an_even_sample() -> None:
    """Of many requests in a second MAX_TIMED are kept, the early and the late ones alike."""
    recorder = Recorder(cast("Any", None), Counters())
    count = 100 * MAX_TIMED
    for place in range(count):
        recorder.record(("GET", "/metrics", 200), float(place))
    places = [place for _, place, _ in recorder._timed]
    assert len(places) == MAX_TIMED
    assert 0.3 * count < sum(places) / MAX_TIMED < 0.7 * count
    assert recorder._counts.total() == count


def test_no_collect_records_nothing(start_server: StartServer) -> None:
    """`--no-collect` leaves it out."""
    with httpx.Client(base_url=start_server("--no-collect", COLLECT="1").url) as client:
        for _ in range(5):
            client.get("/stats")
        time.sleep(1.5)
        assert client.get("/metrics").json()["data"] == []


def test_last_second_is_recorded_at_stop(start_server: StartServer, app_env: str) -> None:
    """What was kept when SIGTERM came is stored."""
    first = start_server(APP_ENV=app_env, COLLECT="1")
    assert httpx.get(f"{first.url}/stats").status_code == 200
    first.stop()
    with httpx.Client(base_url=start_server(APP_ENV=app_env).url) as client:
        assert len(recorded(client, 1)) == 1
