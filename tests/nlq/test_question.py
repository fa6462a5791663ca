"""A question goes through JSON and back; one that no prompt could have asked is refused on the way back."""

from typing import Any

import msgspec
import pytest

import nlq
from nlq.contradictions import MAX_GRAIN_COUNTS
from tests.nlq.test_corpus import CONTEXT, READ

PLAIN = "average cpu usage by host today"


def builtins_of(prompt: str) -> dict[str, Any]:
    """The question of `prompt`, as a client gets it."""
    result = nlq.interpret(prompt, CONTEXT)
    assert isinstance(result, nlq.Interpretation), result
    builtins: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(result.question.to_builtins()))
    return builtins


@pytest.mark.parametrize(("reading", "prompt"), READ, ids=[prompt for _, prompt in READ])
def test_question_survives_its_way_through_json(reading: str, prompt: str) -> None:
    """What a prompt asks is never taken for made up."""
    assert nlq.describe(nlq.question_from(builtins_of(prompt))) == reading


@pytest.mark.parametrize(("unit", "count"), MAX_GRAIN_COUNTS.items())
def test_widest_buckets_can_be_asked_for(unit: str, count: int) -> None:
    """The bound of a grain is what the grammar takes."""
    builtins = builtins_of(f"average cpu usage in {count} {unit} buckets since 2020")
    assert nlq.question_from(builtins).grain is not None
    builtins["grain"]["count"] += 1
    with pytest.raises(ValueError, match="grain"):
        nlq.question_from(builtins)


HOST = {"kind": "tag", "key": "host"}
SINCE = {"start": "2026-11-01T00:00:00Z", "end": None}
FORGED: list[dict[str, Any]] = [
    {"form": "write"},
    {"$where": "1"},
    {"range": {"start": None, "end": None, "$gt": 1}},
    {"range": {"start": "2026-11-22T00:00:00", "end": None}},
    {"range": {"start": "yesterday", "end": None}},
    {"range": None},
    {"zone": "Mars/Olympus"},
    {"zone": "../../etc/passwd"},
    {"zone": ""},
    {"zone": "x" * 5000},
    {"range": {"start": None, "end": "0001-01-01T00:00:00Z"}, "zone": "America/New_York"},
    {"limit": 5},
    {"form": "list", "aggregations": [], "groups": [], "limit": -1},
    {"form": "list", "aggregations": [], "groups": [], "limit": 10**9},
    {"form": "list", "aggregations": [], "limit": 5},
    {"form": "age"},
    {"form": "silent", "aggregations": [], "groups": []},
    {"form": "silent", "aggregations": [], "range": {"start": None, "end": None}},
    {"form": "catalog", "aggregations": [], "groups": []},
    {"form": "catalog", "aggregations": [], "groups": [], "subject": "values"},
    {"form": "catalog", "aggregations": [], "subject": "values", "groups": [{"kind": "name", "key": "name"}]},
    {"form": "catalog", "aggregations": [], "subject": "names", "groups": []},
    {"form": "silent", "aggregations": [], "values": [{"comparison": "gt", "number": 1}]},
    {"form": "exists", "aggregations": []},
    {"aggregations": []},
    {"aggregations": [{"function": "percentile"}]},
    {"aggregations": [{"function": "percentile", "percent": 0}]},
    {"aggregations": [{"function": "percentile", "percent": 100.5}]},
    {"aggregations": [{"function": "avg", "percent": 50}]},
    {"aggregations": [{"function": "distinct"}]},
    {"aggregations": [{"function": "avg", "key": HOST}]},
    {"aggregations": [{"function": "avg", "per": "hour"}]},
    {"aggregations": [{"function": "count", "per": "month"}]},
    {"aggregations": [{"function": "count", "per": "hour"}], "range": SINCE},
    {"aggregations": [{"function": "seen"}]},
    {"aggregations": [{"function": "began"}]},
    {"aggregations": [{"function": "avg"}], "names": []},
    {"aggregations": [{"function": "count"}] * 33},
    {"during": [{"weekdays": [7]}]},
    {"during": [{"weekdays": [1, 0]}]},
    {"during": [{"weekdays": [0, 0]}]},
    {"during": [{"weekdays": [0, 1, 2, 3, 4, 5, 6]}]},
    {"during": [{}]},
    {"during": [{"start": "09:00:00", "end": "09:00:00"}]},
    {"during": [{"start": "09:00:00.5", "end": "10:00:00"}]},
    {"during": [{"start": "09:00:00Z", "end": "10:00:00"}]},
    {"during": [{"start": "25:00:00"}]},
    {"during": [{"start": "09:00:00", "end": "10:00:00"}, {"weekdays": [6]}]},
    {"during": [{"weekdays": [6], "negated": True}] * 2},
    {"during": [{"weekdays": [0]}]},  # today is a Sunday
    {"during": [{"weekdays": [6]}], "range": {"start": None, "end": "0001-01-03T00:00:00Z"}},
    {"during": [{"weekdays": [6]}], "grain": {"unit": "day"}, "aggregations": [{"function": "count", "per": "hour"}]},
    {
        "during": [{"weekdays": [6]}],
        "range": {"start": "2020-01-01T00:00:00Z", "end": "2026-11-22T00:00:00Z"},
        "aggregations": [{"function": "count", "per": "hour"}],
    },
    {"form": "silent", "aggregations": [], "groups": [HOST], "during": [{"weekdays": [6]}]},
    {
        "form": "catalog",
        "aggregations": [],
        "groups": [],
        "subject": "names",
        "range": {},
        "during": [{"weekdays": [6]}],
    },
    {"groups": [HOST] * 10_000},
    {"groups": [{"kind": "hour", "key": "$hour"}]},
    {"groups": [{"kind": "tag", "key": ""}]},
    {"tags": [{"key": "host", "values": ["a"] * 10_000}]},
    {"tags": [{"key": "k" * 10_000}]},
    {"values": [{"comparison": "$gt", "number": 1}]},
    {"values": [{"comparison": "gt", "number": {"$gt": 1}}]},
    {"values": [{"comparison": "gt", "number": float("nan")}]},
    {"values": [{"comparison": "gt", "number": float("inf")}]},
    {"having": [{"of": "change", "comparison": "gt", "number": 1}]},
    {"having": [{"of": "value", "comparison": "gt", "number": 1}], "groups": []},
    {"rank": {"count": 0}},
    {"rank": {"count": 1001}},
    {"rank": {"count": True}},
    {"rank": {"count": 5}, "groups": []},
    {"rank": {"count": 5, "per": [HOST]}},
    {"rank": {"count": 5, "others": True}},
    {"grain": {"unit": "hour", "count": 0}},
    {"grain": {"unit": "year", "count": 86_400}},
    {"grain": {"unit": "fortnight", "count": 1}},
    {"names": ["cpu.usage", "memory.used"]},
    {"tags": [{"key": "host", "match": "prefix"}]},
    {"over": {"names": [], "aggregation": {"function": "count"}}},
    {"over": {"names": ["errors"], "aggregation": {"function": "count"}, "tags": [{"key": "host"}]}},
    {"over": {"names": ["errors"], "aggregation": {"function": "percentile"}}},
    {"over": {"names": ["cpu.usage"], "aggregation": {"function": "avg"}, "percent": True}},
    {"over": {"names": ["errors"], "aggregation": {"function": "sum"}}, "share": True},
    {"share": True},
    {"share": "yes"},
    {"unit": "s"},
    {"names": ["api.latency_ms"], "unit": "ms"},
    {"names": ["api.latency_ms"], "unit": "km"},
    {"names": ["api.latency_ms"], "unit": "$"},
    {"names": ["api.latency_ms"], "unit": "s", "aggregations": [{"function": "count"}]},
    {"names": ["oven.temperature_c"], "unit": "°F", "aggregations": [{"function": "sum"}]},
    {"subject": "names"},
]


@pytest.mark.parametrize("forged", FORGED, ids=lambda forged: ascii(forged)[:70])
def test_forged_question_is_refused(forged: dict[str, Any]) -> None:
    """Unknown fields, bounds that are crossed, and parts that do not go together raise ValueError."""
    builtins = builtins_of(PLAIN)
    nlq.question_from(builtins)
    with pytest.raises(ValueError, match=r"\w"):
        nlq.question_from(builtins | forged)


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, [[]]])
def test_what_is_no_object_is_refused(value: object) -> None:
    """Anything may come from outside."""
    with pytest.raises(ValueError, match=r"\w"):
        nlq.question_from(value)
