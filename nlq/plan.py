"""How a question is worked out, where there is more than one way: the stage between question and pipeline.

Summaries hold what is needed of each series' metrics in an hour or a day of UTC: see `pipeline/summary.py`. An hour is
*sealed* once it is summarised, and *stale* from just before one of its metrics changes until it is summarised again.
A question reads sealed hours and days from their summaries, where these can answer it, and all else from the metrics.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from nlq.question import CYCLIC, MIDNIGHT, Question, TimeRange
from nlq.spans import DAY, HOUR, Span, ceiling, cut, floor, joined, whole, without

METRICS = "metrics"
DISTRIBUTED = ("histogram", "summary")  # types whose metrics may have a distribution
ERROR = 0.01  # of a sketched percentile, relative
MAX_SPANS = 50  # of metrics, apart from each other; where there would be more, all between is read from them too
_END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)
_OFFSET_LASTS = timedelta(days=7)  # at least, until the clocks are changed again


class Summaries(Struct, frozen=True):
    """What is summarised. All instants are starts of hours of UTC; `hours_since` and `days_until` of days.

    since: the first hour that ever had metrics. metrics_since: of all before, only summaries are left; hours_since: of
    all before, only those of days. hours_until, days_until: all before is sealed; the stale ones are not up to date.
    """

    since: datetime
    metrics_since: datetime
    hours_since: datetime
    hours_until: datetime
    days_until: datetime
    stale_hours: frozenset[datetime] = frozenset()
    stale_days: frozenset[datetime] = frozenset()


class Reads(Struct, frozen=True):
    """Which collections the parts of a range are read from; together they are the range, but for what is gone."""

    metrics: tuple[TimeRange, ...] = ()
    hours: tuple[TimeRange, ...] = ()
    days: tuple[TimeRange, ...] = ()

    def sources(self) -> list[tuple[str, tuple[TimeRange, ...]]]:
        """(collection, ranges) of what is read; at least one, of which the ranges may be none."""
        every = [(METRICS, self.metrics), ("hours", self.hours), ("days", self.days)]
        return [source for source in every if source[1]] or every[:1]


class Plan(Struct, frozen=True):
    """sketched: percentiles come from a sketch, within 1 %, in bounded memory; else they are exact, and every value
    of a group is held until its rank is known.
    distributed: some metrics may have distributions, and percentiles are of what these saw, as fine as their buckets.
    Then they are sketched.
    summaries: None reads all metrics, expired or not, and them alone. Then `among` may be stages that let through the
    metrics that an aggregation is of, beside what the question says.
    """

    sketched: bool = False
    distributed: bool = False
    summaries: Summaries | None = None
    among: tuple[dict[str, Any], ...] = ()

    @property
    def percentile_error(self) -> float | None:
        """By how much of itself a percentile may be wrong; None: as much as buckets are wide."""
        if self.distributed:
            return None
        return ERROR if self.sketched else 0.0

    def assumptions(self, question: Question) -> tuple[str, ...]:
        """What the answer to `question` has to tell about how it was worked out."""
        asked = (*question.aggregations, *((question.over.aggregation,) if question.over else ()))
        labels = " and ".join(each.label for each in asked if each.percent is not None)
        if self.distributed:
            return (f"{labels} from the buckets of histograms, and as fine as these are",)
        return (f"{labels} within 1 %, from a sketch: there are too many values to sort",) if self.sketched else ()

    def reads(self, question: Question) -> Reads:
        """Where the question's range is read from.

        Of an hour that has begun to expire only the whole is known, and it counts where any of it is asked for;
        likewise of a day of which the hours have gone.
        """
        known = self.summaries
        if known is None:
            return Reads((question.range,))
        start, end = max(question.range.start or known.since, known.since), question.range.end or _END_OF_TIME
        asked = [(start, end)] if start < end else []
        live = (known.metrics_since, _END_OF_TIME)
        hours: list[Span] = []
        days: list[Span] = []
        widths = self._widths(question, cut(asked, known.since, known.hours_until))
        if HOUR in widths:
            begun = [_outward(span, HOUR, known.metrics_since) for span in asked]
            stale = joined((hour for hour in known.stale_hours if hour >= known.metrics_since), HOUR)
            hours = without(cut(whole(begun, HOUR), known.hours_since, known.hours_until), stale)
        metrics = without(cut(asked, *live), hours)
        if len(metrics) > MAX_SPANS:
            metrics = [(metrics[0][0], metrics[-1][1])]
            hours = without(hours, metrics)
        if DAY in widths:
            stale = joined(known.stale_days | {floor(hour, DAY) for hour in known.stale_hours}, DAY)
            days = without(cut(whole(hours, DAY), known.since - DAY, known.days_until), stale)
            hours = without(hours, days)
            begun = [_outward(span, DAY, known.hours_since) for span in asked]
            days = [*cut(whole(begun, DAY), known.since - DAY, known.hours_since), *days]
        return Reads(*(tuple(map(_range, spans)) for spans in (metrics, hours, days)))

    def lacks(self, question: Question) -> bool:
        """Whether the metrics of a part of the range have expired, so that only summaries are left."""
        if self.summaries is None:
            return False
        ranges = (question.range, *((question.compared_to,) if question.compared_to else ()))
        starts = (max(each.start or self.summaries.since, self.summaries.since) for each in ranges)
        return any(start < self.summaries.metrics_since for start in starts)

    def counted(self, question: Question, now: datetime) -> dict[str, int] | None:
        """How many summaries of days and hours an answer is read from, and of how many hours the metrics."""
        if question.form == "catalog" or self.summaries is None:
            return None
        ranges = (question.range, *((question.compared_to,) if question.compared_to else ()))
        parts = [self.reads(replace(question, range=each)) for each in ranges]
        return {
            "days": sum(_units(reads.days, DAY, now) for reads in parts),
            "hours": sum(_units(reads.hours, HOUR, now) for reads in parts),
            "raw_hours": sum(_units(reads.metrics, HOUR, now) for reads in parts),
        }

    def _widths(self, question: Question, sealed: list[Span]) -> tuple[timedelta, ...]:
        """Of the summaries that can answer: of no use where single values are asked for, or a part of an hour."""
        exact = any(each.percent is not None for each in question.aggregations) and not self.sketched
        if not sealed or not question.aggregations or question.values or exact:
            return ()
        keys = (*question.groups, *(each.key for each in question.aggregations if each.key))
        kinds: set[str] = {key.kind for key in keys}
        clocks = {clock for cycle in question.during for clock in (cycle.start, cycle.end)}
        if any(clock.minute or clock.second for clock in clocks):
            return ()
        if question.during:  # what is in it is told by a weekday, and by an hour where a clock was said
            kinds |= {"weekday"} if clocks == {MIDNIGHT} else {"hour"}
        unit = question.grain.unit if question.grain else None
        if unit is None and kinds.isdisjoint(CYCLIC):
            return (DAY, HOUR)
        offsets = {offset for span in sealed for offset in _offsets(span, question.zone)}
        if unit in ("second", "minute") or any(offset % HOUR for offset in offsets):
            return ()
        return (HOUR,) if unit == "hour" or kinds & {"hour", "day_part"} or any(offsets) else (DAY, HOUR)


def read_since(question: Question) -> datetime | None:
    """From when on an answer reads what is stored; None: all of it."""
    if question.form == "silent":  # who is, was seen at any time before
        return None
    first, other = question.range.start, (question.compared_to or question.range).start
    return min(first, other) if first and other else None


def _units(ranges: Sequence[TimeRange], width: timedelta, now: datetime) -> int:
    """How many units they last together, begun ones too; those without an end last until now."""
    spans = ((each.start, each.end or now) for each in ranges)
    total = sum((end - start for start, end in spans if start and start < end), timedelta(0))
    return -(-total // width)


def _range(span: Span) -> TimeRange:
    return TimeRange(span[0], None if span[1] == _END_OF_TIME else span[1])


def _outward(span: Span, width: timedelta, until: datetime) -> Span:
    """The span, with the units that its ends are in where these lie before an instant."""
    start, end = span
    return floor(start, width) if start < until else start, ceiling(end, width) if end < until else end


def _offsets(span: Span, zone: str) -> set[timedelta]:
    """All that the zone's clocks differ from UTC by within the span."""
    start, end = span
    instants = [start + step * _OFFSET_LASTS for step in range((end - start) // _OFFSET_LASTS + 1)]
    offsets = (instant.astimezone(ZoneInfo(zone)).utcoffset() for instant in (*instants, end))
    return {offset for offset in offsets if offset is not None}


EXACT = Plan()
