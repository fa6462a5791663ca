"""Plans: what is read from metrics, and what from their summaries."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from nlq.plan import MAX_SPANS, Plan, Reads, Summaries, read_since
from nlq.question import Aggregation, Cycle, Grain, GroupKey, Question, TimeRange, ValueFilter
from nlq.spans import DAY, HOUR

FIRST = datetime(2026, 9, 1, 7, tzinfo=UTC)
COUNT = (Aggregation("count"),)
STEP = timedelta(minutes=20)
HOURS = st.integers(0, 24 * 12)
INSTANTS = st.integers(0, 3 * 24 * 12).map(lambda steps: FIRST + steps * STEP)


@st.composite
def known(draw: st.DrawFn) -> Summaries:
    """Summaries that hold together: tiers begin and end in order."""
    gone, live, sealed = sorted(draw(st.tuples(HOURS, HOURS, HOURS)))
    stale = draw(st.frozensets(HOURS.map(lambda hour: FIRST + hour * HOUR), max_size=80))
    return Summaries(
        since=FIRST,
        metrics_since=FIRST + live * HOUR,
        hours_since=(FIRST + gone * HOUR).replace(hour=0),
        hours_until=FIRST + sealed * HOUR,
        days_until=(FIRST + sealed * HOUR).replace(hour=0),
        stale_hours=stale,
        stale_days=frozenset(hour.replace(hour=0) for hour in list(stale)[::3]),
    )


def asked(start: datetime | None, end: datetime | None, **more: object) -> Question:
    return Question("aggregate", TimeRange(start, end), **{"aggregations": COUNT, **more})  # type: ignore[arg-type]


def moments(reads: Reads) -> list[datetime]:
    """The start of every third of an hour that is read, from wherever."""
    found = []
    for part in (*reads.metrics, *reads.hours, *reads.days):
        assert part.start
        assert part.end
        found += [part.start + step * STEP for step in range((part.end - part.start) // STEP)]
    return found


@settings(deadline=None)
@given(known(), INSTANTS, INSTANTS)
def test_every_moment_is_read_once(summaries: Summaries, one: datetime, other: datetime) -> None:
    """Not twice; none is left out but what expired unsummarised, none added but the rest of an expired hour or day."""
    start, end = sorted((one, other))
    read = moments(Plan(summaries=summaries).reads(asked(start, end)))
    assert len(read) == len(set(read))
    live = max(start, summaries.metrics_since)
    wanted = {start + step * STEP for step in range((end - start) // STEP)}
    assert {moment for moment in wanted if moment >= live} == {moment for moment in read if moment >= live}
    assert all(start - DAY < moment < end + DAY for moment in read)
    if start < end:
        expired = {moment for moment in wanted if summaries.hours_since <= moment < summaries.metrics_since}
        assert {moment for moment in expired if moment < summaries.hours_until} <= set(read)


@settings(deadline=None)
@given(known(), INSTANTS, INSTANTS)
def test_what_is_stale_or_open_is_read_from_the_metrics(summaries: Summaries, one: datetime, other: datetime) -> None:
    """As long as they have not expired."""
    start, end = sorted((one, other))
    reads = Plan(summaries=summaries).reads(asked(start, end))
    summarised = set(moments(Reads((), reads.hours, reads.days)))
    assert all(moment < summaries.hours_until for moment in summarised if moment >= summaries.hours_since)
    assert not any(
        hour in summarised
        for hour in summaries.stale_hours
        if hour >= max(summaries.metrics_since, summaries.hours_since)
    )
    by_day = {moment for moment in moments(Reads((), (), reads.days)) if moment >= summaries.hours_since}
    assert not any(moment.replace(hour=0, minute=0) in summaries.stale_days for moment in by_day)
    assert len(reads.metrics) <= MAX_SPANS


SEALED = Summaries(FIRST, FIRST, FIRST.replace(hour=0), FIRST + 60 * DAY, (FIRST + 60 * DAY).replace(hour=0))


def widths(question: Question) -> str:
    reads = Plan(summaries=SEALED, sketched=any(each.percent for each in question.aggregations)).reads(question)
    return " ".join(name for name in ("metrics", "hours", "days") if getattr(reads, name))


def test_a_question_reads_what_can_answer_it() -> None:
    """Buckets and cycles need hours of the zone's clock; values and parts of an hour need the metrics themselves."""
    start, end = FIRST.replace(day=3, hour=0), FIRST.replace(day=20, hour=0)
    cases = {
        "days": asked(start, end),
        "hours": asked(start, end, grain=Grain("hour", 6)),
        "metrics": asked(start, end, grain=Grain("minute", 30)),
    }
    assert {key: widths(question) for key, question in cases.items()} == {key: key for key in cases}
    by_day = {"grain": Grain("day")}
    assert widths(asked(start, end, **by_day)) == "days"
    assert widths(asked(start, end, zone="Europe/Berlin", **by_day)) == "hours"
    assert widths(asked(start, end, zone="Asia/Kolkata", **by_day)) == "metrics"
    assert widths(asked(start, end, zone="Asia/Kolkata")) == "days"
    assert widths(asked(start, end, groups=(GroupKey("hour", "hour"),))) == "hours"
    assert widths(asked(start, end, groups=(GroupKey("weekday", "weekday"),))) == "days"
    assert widths(asked(start, end, during=(Cycle((0, 1)),))) == "days"
    assert widths(asked(start, end, during=(Cycle((0, 1)),), zone="Europe/Berlin")) == "hours"
    assert widths(asked(start, end, during=(Cycle((0, 1)),), zone="Asia/Kolkata")) == "metrics"
    assert widths(asked(start, end, during=(Cycle((), time(9), time(17)),))) == "hours"
    assert widths(asked(start, end, during=(Cycle((), time(9), time(17, 30), negated=True),))) == "metrics"
    assert widths(asked(start, end, values=(ValueFilter("gt", 3),))) == "metrics"
    assert widths(asked(start, end, aggregations=(Aggregation("percentile", 95),))) == "days"
    assert widths(Question("list", TimeRange(start, end))) == "metrics"
    assert widths(asked(start + timedelta(minutes=1), end)) == "metrics hours days"
    exact = Plan(summaries=SEALED).reads(asked(start, end, aggregations=(Aggregation("percentile", 95),)))
    assert (exact.hours, exact.days) == ((), ())


def test_what_an_answer_reads_has_a_start() -> None:
    """It is the earlier one of two ranges; who is silent was seen at any time before."""
    start, end = FIRST + DAY, FIRST + 2 * DAY
    earlier = TimeRange(FIRST, FIRST + HOUR)
    assert read_since(asked(start, end)) == start
    assert read_since(asked(start, end, compared_to=earlier)) == FIRST
    assert read_since(asked(FIRST, end, compared_to=TimeRange(start, end))) == FIRST
    assert read_since(asked(start, end, compared_to=TimeRange(None, start))) is None
    assert read_since(asked(None, end)) is None
    host = (GroupKey("tag", "host"),)
    assert read_since(Question("silent", TimeRange(start, end), groups=host)) is None
