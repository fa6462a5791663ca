"""A range that the context gives is that of a prompt that says no time."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

import nlq
from nlq.question import TimeRange
from tests.nlq.conftest import NOW
from tests.nlq.test_corpus import CONTEXT

GIVEN = TimeRange(NOW - timedelta(hours=6), NOW - timedelta(hours=1))
SAID = "from 2026-11-22T04:30Z to 2026-11-22T09:30Z"
BEFORE = "from 2026-11-21T23:30Z to 2026-11-22T04:30Z"


def read(prompt: str, given: TimeRange | None = GIVEN) -> nlq.Interpretation:
    result = nlq.interpret(prompt, replace(CONTEXT, range=given))
    assert isinstance(result, nlq.Interpretation), result
    return result


@pytest.mark.parametrize(
    ("prompt", "reading"),
    [
        ("average cpu usage by host", f"avg of cpu.usage by host {SAID}"),
        ("average cpu usage vs the period before", f"avg of cpu.usage {SAID} vs {BEFORE}"),
        ("top 3 hosts by cpu usage", f"avg of cpu.usage by host, top 3, {SAID}"),
    ],
)
def test_given_range_is_meant(prompt: str, reading: str) -> None:
    """It is told as an assumption, and the reading alone asks the same."""
    found = read(prompt)
    assert found.reading == reading
    assert "no time said: the range that is given" in found.assumptions
    assert read(found.reading, None).question == found.question


@pytest.mark.parametrize(
    "prompt",
    [
        "average cpu usage by host yesterday",
        "average cpu usage today vs yesterday",
        "cpu usage vs last saturday",
        "what hosts are there",
        "average cpu usage ever",
    ],
)
def test_what_is_said_is_kept(prompt: str) -> None:
    """A prompt that says a time, or asks what knows no time, is as without it."""
    if isinstance(nlq.interpret(prompt, CONTEXT), nlq.Refusal):
        assert isinstance(nlq.interpret(prompt, replace(CONTEXT, range=GIVEN)), nlq.Refusal)
        return
    assert read(prompt) == read(prompt, None)


def test_given_range_ends_now_at_the_latest() -> None:
    """What has not come is no part of it; one that has not begun is refused."""
    later = TimeRange(NOW - timedelta(hours=1), NOW + timedelta(hours=1))
    assert read("count of events", later).question.range == TimeRange(NOW - timedelta(hours=1), NOW)
    future = TimeRange(NOW + timedelta(hours=1), NOW + timedelta(hours=2))
    refusal = nlq.interpret("count of events", replace(CONTEXT, range=future))
    assert isinstance(refusal, nlq.Refusal)
    assert refusal.code == "future"
