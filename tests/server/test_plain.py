"""The short way in for metrics, against the schema."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from telemetry_server.errors import Invalid
from telemetry_server.schemas import faults, plain
from telemetry_server.schemas.metric import MetricSchema

RETENTION = timedelta(days=90)
SCHEMA = MetricSchema(RETENTION)
NOW = datetime.now(UTC)

odd = st.sampled_from([None, True, False, 0, 1, 1.0, -1, "", "a", [], {}, ["a"], [1], {"a": 1}, 10**400, "a:b\n"])
instants = st.sampled_from([timedelta(days=days) for days in (-4000, -91, -89, -1, 0, 2)]).map(lambda by: NOW + by)
timestamps = st.one_of(
    odd,
    instants.map(datetime.isoformat),
    instants.map(lambda at: int(at.timestamp() * 1000)),
    st.sampled_from(["2026-11-22T10:30:00", "tomorrow", "0001-01-01T00:00:00+14:00"]),
)
tags = st.sampled_from(["a", "a:1", "a:2", "b:x:y", "c:", ":d", "", "e:" + "x" * 201, "f:\x00", "ä:1", 1, True, None])
tag_values = st.sampled_from(["1", "x:y", "", "x" * 201, "\x7f", 1, None, ["1"]])
metrics = st.dictionaries(st.sampled_from(["id", "distribution", "unit"]), odd, max_size=1).flatmap(
    lambda more: st.fixed_dictionaries(
        {},
        optional={
            "name": st.one_of(odd, st.sampled_from(["cpu.usage", "a b", "x" * 201])),
            "type": st.one_of(odd, st.sampled_from(["GAUGE", "event", "timer", "else"])),
            "value": st.one_of(odd, st.floats(), st.integers()),
            "tags": st.one_of(
                odd,
                st.lists(tags, max_size=4),
                st.lists(st.integers().map(str), min_size=33, max_size=33),
                st.dictionaries(st.sampled_from(["a", "b", "a:b", ""]), tag_values, max_size=3),
            ),
            "timestamp": timestamps,
        },
    ).map(lambda fields: {**fields, **more})
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(odd, metrics))
@example({"name": "a", "value": 1, "tags": {"host": "x"}, "timestamp": NOW.isoformat()})
def test_what_is_accepted_is_what_the_schema_makes_of_it(raw: Any) -> None:
    """What the short way accepts the schema accepts too, as the same document."""
    accepted = plain.accept(raw, NOW, RETENTION)
    if accepted is not None:
        assert accepted == faults.load(SCHEMA, raw)
        assert [type(value) for value in accepted.values()] == [type(faults.load(SCHEMA, raw)[key]) for key in accepted]


@given(metrics.filter(lambda raw: "id" not in raw and "distribution" not in raw))
def test_what_the_schema_accepts_is_accepted(raw: dict[str, Any]) -> None:
    """A metric with neither an id nor a distribution, and with a value, takes the short way where it is valid."""
    try:
        loaded = faults.load(SCHEMA, raw)
    except Invalid:
        loaded = None
    if "value" in raw:
        assert plain.accept(raw, NOW, RETENTION) == loaded
