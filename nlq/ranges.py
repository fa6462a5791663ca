"""Which time a question is about, and which it is compared with."""

from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from nlq.clauses import Aggregations, Whether
from nlq.conditions import Conditions
from nlq.cycles import never
from nlq.misfit import refuse
from nlq.question import Aggregation, TimeRange
from nlq.recurrence import Preceding
from nlq.rule import Match
from nlq.timeline import Shift
from nlq.units import LEVELS

AS_LONG = Shift(None, adjacent=True)
_ALIKE = 1.2  # two months, and two days of which the clocks changed on one, are as long


def up_to_now(said: TimeRange, now: datetime, clause: Match | None = None) -> TimeRange:
    """What of a range has passed. Refused where nothing has."""
    if said.start is not None and said.start > now:
        refuse("future", "That time has not come: only the past is recorded.", clause)
    return TimeRange(said.start, now if said.end is None else min(said.end, now))


def beside(
    first: TimeRange | None, second: Shift | Preceding, zone: ZoneInfo, clause: Match | None = None
) -> TimeRange:
    """The second range, told from the first. Refused where it cannot be."""
    with suppress(ValueError):  # the first has no start, or is of another kind
        if first:
            return second.apply(first, zone)
    return refuse("incomplete", "Compared with what? The first time range is not said, or has no start.", clause)


class Ranges(Conditions):
    """The time ranges. Methods raise NoQuestionError where there are none."""

    def take_range(self) -> None:
        """What the context says is meant where no time is said; `vs last week` says one."""
        parts, given = self.parts, self.context.range
        against = parts.against
        if given is None or parts.range or (against and (against.first or isinstance(against.second, TimeRange))):
            return
        parts.range = given
        self.assumptions.append("no time said: the range that is given")

    def take_still(self) -> None:
        """`is it still over 80`: a level now, where no time is said."""
        parts = self.parts
        if parts.still and parts.thresholds and not (parts.noun or self.groups):  # `cpu usage, is it still over 80`
            parts.whether = parts.whether or Whether()
        if parts.still is None or parts.range or parts.during or parts.daily:
            return
        if not (self.names and self.types <= LEVELS and self.said is None):
            refuse("incomplete", "How recent is 'still'? Say 'in the last hour'.", parts.clause_of(parts.still))
        self.said = Aggregations((Aggregation("latest"),))
        self.assumptions.append("'still' read as now, so of the latest value")

    def second_range(self) -> TimeRange | None:
        """The range to compare with; and where no first one was said, what has followed it."""
        parts = self.parts
        of_change = any(each.of != "value" for each in parts.havings)  # `by more than 10 %`
        if parts.against is None:
            if parts.aligned:
                detail = "The same point of what? Name a second time range."
                refuse("incomplete", detail, parts.clause_of(parts.aligned))
            if of_change or ((parts.compare or parts.changed) and not parts.versus):
                choices = ("vs the period before",)
                refuse("incomplete", "Compared with what? Name a second time range.", choices=choices)
            return None
        clause = parts.clause_of(parts.against)
        if parts.against.joined and not (parts.compare or parts.changed or of_change):
            refuse("conflict", "Two time ranges in one prompt.", clause)
        if parts.against.first:
            if parts.range:
                refuse("conflict", "Two time ranges in one prompt.", clause)
            parts.range = parts.against.first
            if parts.against.second == AS_LONG:
                self.assumptions.append("compared with the period before, which is as long")
        second = up_to_now(self._beside_first(parts.against.second, clause), self.context.now, clause)
        if parts.range:
            first = up_to_now(parts.range, self.context.now, parts.clause_of(parts.range))
            if parts.aligned:
                first, second = self._cut(first, second), self._cut(second, first)
                parts.range = first
                self.assumptions.append("both ranges cut to the length of the shorter")
            self._tell_lengths(first, second, clause)
        return second

    @staticmethod
    def _cut(one: TimeRange, other: TimeRange) -> TimeRange:
        """No more of one range than there is of the other."""
        if one.start is None or one.end is None or other.start is None or other.end is None:
            return one
        return TimeRange(one.start, min(one.end, one.start + (other.end - other.start)))

    def _beside_first(self, second: TimeRange | Shift | Preceding, clause: Match | None) -> TimeRange:
        parts, now = self.parts, self.context.now
        if not isinstance(second, TimeRange):
            return beside(parts.range, second, self.context.zone, clause)
        if parts.range is None and (second.end is None or second.end >= now):
            refuse("incomplete", "Compared with what? That range runs up to now: the first one is not said.", clause)
        if parts.range is None and second.end is not None:
            if second.start and now - second.end > second.end - second.start:
                refuse("incomplete", "Compared with what? Since that range more time has passed than it lasts.", clause)
            parts.range = TimeRange(second.end, now)
            self.assumptions.append("the first range read as the time since the second one")
        return second

    def _tell_lengths(self, first: TimeRange, second: TimeRange, clause: Match | None) -> None:
        """A range beside itself shows nothing; one that still runs, beside a longer one, is shown as it is."""
        if first == second:
            refuse("conflict", "Both time ranges are the same.", clause)
        if first.start is None or first.end is None or second.start is None or second.end is None:
            return
        lengths = (first.end - first.start, second.end - second.start)
        shorter, other = (first, second) if lengths[0] < lengths[1] else (second, first)
        if shorter.end == self.context.now != other.end and lengths[0] != lengths[1]:
            self.assumptions.append("one range is not over, the other is: they are not cut to equal length")
        elif max(lengths) > min(lengths) * _ALIKE:
            days = " and ".join(f"{length / timedelta(days=1):.3g}" for length in lengths)
            self.assumptions.append(f"the ranges are {days} days long: they are not cut to equal length")

    def time(self) -> TimeRange:
        now, said = self.context.now, self.parts.range
        if said is None:
            self.assumptions.append("no time said: all that is stored up to now")
            return TimeRange(None, now)
        return up_to_now(said, now, self.parts.clause_of(said))

    def check_during(self, *ranges: TimeRange | None) -> None:
        """Refuse recurring time that none of a range belongs to: an answer about nothing tells nothing."""
        during, zone = self.parts.during, self.context.zone
        if during and any(time and never(time, during, zone) for time in ranges):
            refuse("conflict", "No such time lies within that range.")
