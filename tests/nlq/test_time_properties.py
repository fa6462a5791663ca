"""What holds of any text and any clock: no error, no empty range, no dependence on case, and bounded cost."""

import random
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlq import lexicon
from nlq.resolve_time import resolve_time

WORDS = sorted(
    {*lexicon.MONTHS, *lexicon.WEEKDAYS, *lexicon.DAY_PARTS, *lexicon.UNITS, *lexicon.ORDINALS, *lexicon.TENS}
    | set(
        """
        today yesterday tomorrow now last past next this previous the of in on at from to between and since until
        before after ago for within first half quarter weekend noon midnight am pm 1 2 3 5 12 24 31 60 2026 1999 9:30
        22:00 25:00 3pm 11/5 31/2 2026-11-05 2026-02-30 2026-11-05T10:00Z 5.11. 13-15 1st 5th 31st 7d 90m now-6h - , .
        ( ) 's -3 0 100000 business hours same day week century decade 1990s utc tokyo time more than or later
        """.split()
    )
)
CLOCKS = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31))  # noqa: DTZ001 - made aware below
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)


@settings(deadline=None, max_examples=400)
@given(st.text(max_size=120), CLOCKS)
def test_no_text_raises(text: str, now: datetime) -> None:
    """Any text at all is answered with a range or None."""
    found = resolve_time(text, now)
    assert found is None or len(found) == 2


@settings(deadline=None, max_examples=600)
@given(TEXTS, CLOCKS, st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]))
def test_ranges_are_half_open_and_aware(text: str, now: datetime, zone: str) -> None:
    """A range begins before it ends, has a side that is not open, and is aware where now is."""
    found = resolve_time(text, now.replace(tzinfo=ZoneInfo(zone)))
    if found is not None:
        start, end = found
        assert start is not None or end is not None
        assert all(side is None or side.tzinfo is not None for side in found)
        assert start is None or end is None or start < end


@settings(deadline=None, max_examples=300)
@given(TEXTS, CLOCKS)
def test_case_and_spaces_do_not_matter(text: str, now: datetime) -> None:
    """The same words mean the same, in capitals and however far apart."""
    assert resolve_time(text.upper().replace(" ", "   "), now) == resolve_time(text, now)


@settings(deadline=None, max_examples=200)
@given(TEXTS, CLOCKS)
def test_naive_and_aware_agree(text: str, now: datetime) -> None:
    """A naive now is answered as that clock in UTC is, without the zone."""
    aware = resolve_time(text, now.replace(tzinfo=UTC))
    plain = resolve_time(text, now)
    assert plain == (aware and tuple(side and side.replace(tzinfo=None) for side in aware))


FIRST, LAST = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59)  # noqa: DTZ001 - naive on purpose


@pytest.mark.parametrize("now", [FIRST, LAST, LAST.replace(tzinfo=timezone(timedelta(hours=-14)))])
def test_ends_of_the_calendar(now: datetime) -> None:
    """At the calendar's very ends there may be no answer, but never an error."""
    for text in ("today", "last 3 years", "next week", "Monday", "since March", "the 5th", "tomorrow"):
        resolve_time(text, now)


def test_fixed_offset_counts_its_own_days() -> None:
    """A now with an offset but without a named zone is answered in that offset."""
    zone = timezone(timedelta(hours=5, minutes=30))
    now = datetime(2026, 11, 22, 1, 0, tzinfo=zone)
    assert resolve_time("yesterday", now) == (
        datetime(2026, 11, 21, tzinfo=zone),
        datetime(2026, 11, 22, tzinfo=zone),
    )


def test_hostile_texts_stay_cheap() -> None:
    """Long texts of nothing but time words are read within the bounds of the chart."""
    chooser = random.Random(7)  # noqa: S311 - no secret
    now = datetime(2026, 11, 22, tzinfo=UTC)
    for _ in range(20):
        resolve_time(" ".join(chooser.choices(WORDS, k=100)), now)
