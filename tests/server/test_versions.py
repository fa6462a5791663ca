"""Versions and counters: memory that all workers share."""

from multiprocessing import get_context

import pytest

from telemetry_server.monitoring.counters import Counters, make_cells
from telemetry_server.reading.versions import Versions, make_slots
from telemetry_server.shared import Shared, make_shared


def test_stamp_holds_until_its_key_is_touched() -> None:
    """Touching a key spoils the stamps that depend on it, and no other ones."""
    versions = Versions()
    stamp, other = versions.stamp((("n:a",),)), versions.stamp((("n:b",),))
    assert versions.valid(stamp)
    versions.touch(["n:a"])
    assert not versions.valid(stamp)
    assert versions.valid(other)
    assert versions.valid(versions.stamp((("n:a",),)))


def test_touching_all_leaves_no_stamp_valid() -> None:
    """Where nobody knows what has changed, nothing vouches any more; what other tenants have stands."""
    slots = make_slots()
    one, other = Versions(slots), Versions(slots, "acme")
    stamps = [(each, each.stamp(((key,),))) for each in (one, other) for key in ("*", "n:a", "t:x")]
    one.touch_all()
    assert [each.valid(stamp) for each, stamp in stamps] == [False] * 3 + [True] * 3
    assert one.valid(one.stamp((("n:a",),)))


def test_one_untouched_alternative_is_enough() -> None:
    """A result stands while one of its alternatives does, and an alternative while all of its keys do."""
    versions = Versions()
    stamp = versions.stamp((("n:a", "n:b"), ("t:x",)))
    versions.touch(["n:b"])
    assert versions.valid(stamp)
    versions.touch(["t:x"])
    assert not versions.valid(stamp)


def test_no_alternative_is_never_valid() -> None:
    """A stamp without alternatives vouches for nothing."""
    versions = Versions()
    assert not versions.valid(versions.stamp(()))


def test_known_versions_are_taken_as_they_are() -> None:
    """A version that was read before its stamp counts as of then."""
    versions = Versions()
    before = versions.version("catalog")
    versions.touch(["catalog"])
    assert not versions.valid(versions.stamp((("catalog",),), {"catalog": before}))


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_memory_is_shared_by_processes(method: str) -> None:
    """What one process touches and counts, another sees, however it was started."""
    shared = make_shared(2)
    stamp = Versions(shared.slots).stamp((("n:a",),))
    process = get_context(method).Process(target=_work, args=(shared,))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert not Versions(shared.slots).valid(stamp)
    counters = Counters(shared.cells, 0)
    counters.add("requests")
    assert counters.totals()["requests"] == 6


def _work(shared: Shared) -> None:
    Versions(shared.slots).touch(["n:a"])
    Counters(shared.cells, 1).add("requests", 5)


def test_rate_counts_whole_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests per second are those of the last ten whole seconds, over all workers."""
    clock = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    cells = make_cells(2)
    for row in (0, 1):
        for _ in range(20):
            Counters(cells, row).count_request()
    assert Counters(cells).requests_per_second(100) == 0.0
    clock[0] += 1
    assert Counters(cells).requests_per_second(100) == 4.0
    assert Counters(cells).requests_per_second(2) == 20.0
    clock[0] += 10
    assert Counters(cells).requests_per_second(100) == 0.0
    clock[0] += 5
    Counters(cells).count_request()
    clock[0] += 1
    assert Counters(cells).requests_per_second(100) == 0.1
