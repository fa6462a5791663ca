"""Traffic and vitals: what the workers of one `serve` tell each other in shared memory."""

import asyncio
import time
from multiprocessing import get_context

import pytest

from telemetry_server.monitoring import vitals
from telemetry_server.monitoring.traffic import BOUNDS, CLASSES, MAX_ENDPOINTS, Traffic
from telemetry_server.monitoring.vitals import Vitals
from telemetry_server.shared import Shared, make_shared

LIST, MAKE = ("GET", "/metrics"), ("POST", "/metrics")


def test_a_bound_belongs_to_its_bucket() -> None:
    """A request that took exactly a bound is within it; one that took longer than all is in the last."""
    traffic = Traffic([LIST])
    for seconds in (0.0, BOUNDS[0], BOUNDS[0] * 1.001, BOUNDS[-1], BOUNDS[-1] * 2):
        traffic.count(LIST, 200, seconds)
    (found,) = traffic.totals()
    assert found.buckets == (2, 1, *[0] * (len(BOUNDS) - 3), 1, 1)
    assert found.count == 5
    assert found.seconds == pytest.approx(30 + 0.002, abs=1e-3)


def test_statuses_are_counted_by_class() -> None:
    """Each class of each endpoint has its own counts; an endpoint that is not known is one of the others."""
    traffic = Traffic([LIST, MAKE, LIST])
    for status in (101, 200, 204, 304, 404, 499, 503):
        traffic.count(MAKE, status, 0.1)
    traffic.count(("BREW", "/coffee"), 418, 0.1)
    counts = {(each.method, each.route, each.status): each.count for each in traffic.totals()}
    assert counts == {("_OTHER", "unmatched", "4xx"): 1} | {
        (*MAKE, status): count for status, count in zip(CLASSES, (1, 2, 1, 2, 1), strict=True)
    }


def test_too_many_endpoints_are_an_error() -> None:
    """There is a place for each endpoint, or the server does not start."""
    endpoints = [("GET", f"/{number}") for number in range(MAX_ENDPOINTS)]
    Traffic(endpoints[1:])
    with pytest.raises(ValueError, match="places"):
        Traffic(endpoints)


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_all_workers_are_one(method: str) -> None:
    """What one process counts and measures, another tells, however it was started."""
    shared = make_shared(2)
    process = get_context(method).Process(target=_work, args=(shared,))
    process.start()
    process.join()
    assert process.exitcode == 0
    traffic = Traffic([LIST, MAKE], shared.traffic, 0)
    traffic.count(LIST, 200, 0.5)
    assert {each.count for each in traffic.totals()} == {4}
    known = Vitals(lambda: (0, 0, 0, 0), shared.vitals, 0).known()
    assert known.keys() == {1}
    assert known[1].keys() == set(vitals.NAMES)
    assert list(known[1].values())[2:] == [1.0, 2.0, 3.0, 4.0]
    assert known[1]["resident_bytes"] > 1_000_000


def _work(shared: Shared) -> None:
    traffic = Traffic([LIST, MAKE], shared.traffic, 1)
    for _ in range(3):
        traffic.count(LIST, 200, 0.5)
    Vitals(lambda: (1, 2, 3, 4), shared.vitals, 1).measure()


def test_a_silent_worker_is_not_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has stopped is gone at once, one that tells nothing any more soon."""
    cells = vitals.make_cells(2)
    first, second = (Vitals(lambda: (0, 0, 0, 0), cells, row) for row in (0, 1))
    first.measure()
    second.measure()
    assert first.known().keys() == {0, 1}
    asyncio.run(first.stop())
    assert first.known().keys() == {1}
    now = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now + vitals.SEEN_SECONDS + 1)
    assert first.known() == {}
