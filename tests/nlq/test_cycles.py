"""Recurring time: how much of a range belongs to it, what two cycles have in common, and how it is told."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import nlq
from nlq.contradictions import contradictions
from nlq.cycles import elapsed, joined, never
from nlq.question import Aggregation, Cycle, Question, TimeRange
from tests.nlq.evaluation import belongs
from tests.nlq.test_corpus import CONTEXT

ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.usefixtures("untraced")

DAYS = st.sets(st.integers(0, 6), max_size=6).map(lambda days: tuple(sorted(days)))
CLOCKS = st.builds(time, st.integers(0, 23), st.sampled_from((0, 0, 30, 59)))
CYCLES = st.builds(Cycle, DAYS, CLOCKS, CLOCKS, st.booleans())
PLAIN = st.builds(Cycle, DAYS, CLOCKS, CLOCKS)
# Around the clock changes of 2026 in those zones, and anywhere.
STARTS = st.one_of(
    st.sampled_from([datetime(2026, *day, 1, tzinfo=UTC) for day in ((3, 8), (4, 4), (10, 3), (11, 1))]),
    st.integers(0, 300 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + minutes * MINUTE),
)


def asked(*during: Cycle, zone: str = "UTC", end: datetime | None = None) -> Question:
    time_range = TimeRange(None, end or CONTEXT.now)
    return Question("aggregate", time_range, (Aggregation("count"),), during=during, zone=zone)


@settings(deadline=None, max_examples=150)
@given(STARTS, st.integers(1, 4 * 24 * 60), st.lists(CYCLES, max_size=3), st.sampled_from(ZONES))
def test_elapsed_is_every_minute_that_belongs(start: datetime, count: int, during: list[Cycle], zone: str) -> None:
    """Also where clocks skip an hour or repeat it, and where stretches go over midnight."""
    question = asked(*during, zone=zone)
    minutes = sum(belongs(question, start + minute * MINUTE) for minute in range(count))
    assert elapsed(TimeRange(start, start + count * MINUTE), during, ZoneInfo(zone)) == minutes * MINUTE


@settings(deadline=None, max_examples=150)
@given(PLAIN, PLAIN)
def test_joined_cycles_have_the_days_of_both_and_the_clock_of_one(first: Cycle, second: Cycle) -> None:
    """A minute belongs to what two cycles have in common if its day, the day its stretch began, is of both."""
    both = joined(first, second)
    assert both is None or joined(second, first) in (both, None)
    if both and not first.weekdays:
        assert both.weekdays == second.weekdays
    if both and first.weekdays and second.weekdays:
        assert set(both.weekdays) == {*first.weekdays} & {*second.weekdays}


def test_cycles_without_a_day_in_common_are_not_joined() -> None:
    """Nor are two times of day, which no one stretch is."""
    assert joined(Cycle((0,)), Cycle((1,))) is None
    assert joined(Cycle((), time(9), time(12)), Cycle((), time(10), time(17))) is None


@pytest.mark.parametrize(
    ("start", "end", "wanted"), [((11, 14), (11, 16), True), ((11, 14), (11, 17), False), ((1, 1), (11, 16), False)]
)
def test_never_is_a_range_without_such_time(start: tuple[int, int], end: tuple[int, int], wanted: bool) -> None:
    """A weekend has no Monday; a longer range has one, wherever it begins."""
    time_range = TimeRange(datetime(2026, *start, tzinfo=UTC), datetime(2026, *end, tzinfo=UTC))
    assert never(time_range, [Cycle((0,))], ZoneInfo("UTC")) is wanted


@settings(deadline=None, max_examples=300)
@given(PLAIN, st.lists(CYCLES, max_size=2), st.sampled_from(ZONES))
def test_reading_of_any_cycles_parses_back(first: Cycle, others: list[Cycle], zone: str) -> None:
    """Whatever the days and clocks: midnight, noon, over midnight, in any zone."""
    question = asked(first, *others, zone=zone)
    assume(not [*contradictions(question)])
    result = nlq.interpret(nlq.describe(question), CONTEXT)
    assert isinstance(result, nlq.Interpretation), result
    assert result.question == question
