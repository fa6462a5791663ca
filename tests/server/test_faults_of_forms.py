"""What forms refuse: none of it is kept."""

import gc
import weakref
from datetime import timedelta
from typing import Any

import pytest

from telemetry_server.errors import Invalid
from telemetry_server.schemas import faults
from telemetry_server.schemas.metric import MetricForms, MetricSchema


class Sent(dict[str, Any]):
    """As `dict`, which has no weak references."""


@pytest.mark.parametrize("sent", [{"name": "a", "value": "b"}, {"name": [], "tags": {"a": 1}}, {}])
def test_what_was_refused_is_freed_at_once(sent: dict[str, Any]) -> None:
    """Large bodies that are refused would else lie about until the collector's next round."""

    def refused() -> "weakref.ref[Sent]":
        raw = Sent(sent)
        with pytest.raises(Invalid):
            faults.load(MetricSchema(timedelta(days=1)), raw)
        return weakref.ref(raw)

    gc.disable()
    try:
        assert refused()() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("tags", [[f"k{number}" for number in range(33)], {f"k{n}": "v" for n in range(33)}])
def test_too_many_tags_are_one_fault(tags: object) -> None:
    with pytest.raises(Invalid) as told:
        MetricForms(timedelta(days=1)).one({"name": "a", "value": 1, "tags": tags})
    assert [(each.pointer, each.detail) for each in told.value.faults] == [("/tags", "At most 32 tags.")]
