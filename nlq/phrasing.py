"""How the clauses of a prompt stand to one another: what is said directly before the metric, and what behind it."""

from itertools import pairwise

from nlq.catalog import PARTICIPLE
from nlq.clauses import Aggregations, BucketNoun, Codes, Compare, Metric, Occurred, Part, Ranking, Share
from nlq.cycles import TYPICAL
from nlq.question import Aggregation, Grain, TagFilter
from nlq.rule import Match
from nlq.said import Said
from nlq.time_clauses import During

_COUNT = Aggregations((Aggregation("count"),))


def tag_of(clause: Match) -> TagFilter:
    """The condition on tags that a clause says."""
    said: TagFilter | Part | Codes = clause.value
    return said if isinstance(said, TagFilter) else said.tag


class Phrasing(Said):
    """The clauses, in the order in which they are said."""

    ranking: Ranking | None
    aggregations: Aggregations | None
    share: Share | None

    @property
    def is_top_of_metric(self) -> bool:
        """`top speed`: an end of the order stands directly before the metric, and no count is said."""
        starts = {clause.start for clause in self._take(Metric)} if self.ranking and self.ranking.count is None else ()
        return any(clause.end in starts for clause in self._take(Ranking))

    @property
    def goes_by_metric(self) -> bool:
        """`biggest host by cpu usage`."""
        return any(each.rule.startswith("by name") for each in self._by_type.get(Metric, []))

    @property
    def is_reduced_metric(self) -> bool:
        """`average signups`, `average daily signups`: the words stand together, as in `avg of signups` they do not."""
        ends = {clause.end for kind in (Aggregations, Grain) for clause in self._by_type.get(kind, [])}
        named = self._by_type.get(Metric, [])
        return self.aggregations is not None and any(clause.start in ends for clause in named)

    @property
    def is_typical(self) -> bool:
        """`on a typical Sunday`."""
        return any(clause.value.told == TYPICAL for clause in self._by_type.get(During, []))

    @property
    def counts_periods(self) -> bool:
        """`how many nights had frost`: of the nights, not of what happened in them, as in `how many night shifts`."""
        named = {clause.start for clause in self._by_type.get(Metric, [])}
        counted = [clause for before, clause in pairwise(self._clauses) if before.value == _COUNT]
        if any(isinstance(each.value, BucketNoun) for each in counted):  # `how many days had more than 5 errors`
            return True
        return any(isinstance(each.value, During) and each.end not in named for each in counted)

    @property
    def is_change_of_metric(self) -> bool:
        """`errors growth`: a change stands directly behind the metric, so that it is what a ranking goes by."""
        ends = {clause.end for clause in self._by_type.get(Metric, [])}
        changes = (clause for clause in self._by_type.get(Compare, []) if clause.value.changes)
        return any(clause.start in ends for clause in changes)

    def behind_metric(self) -> list[TagFilter]:
        """`what percentage of parcels failed in Metz`: the condition that stands directly behind the metric."""
        ends = {(clause.end, clause.end + 1) for clause in self._by_type.get(Metric, [])}
        ends |= {(verb.end, end) for verb in self._by_type.get(Occurred, []) for end in (verb.end + 1, verb.end + 2)}
        return [each.value for each in self._by_type.get(TagFilter, []) if (each.start, each.end) in ends]

    def predicate(self) -> TagFilter | None:
        """`what percentage of builds on main failed`: the participle behind the metric says what makes the part."""
        metric = next(iter(self._by_type.get(Metric, [])), None)
        behind = [each for each in self._by_type.get(TagFilter, []) if metric and each.start >= metric.end]
        words = [each.value for each in behind if each.end - each.start <= 2 and len(each.value.values) == 1]
        return next((tag for tag in words if tag.values[0].casefold().endswith(PARTICIPLE)), None)

    def before_share(self) -> TagFilter | None:
        """`prod share of errors by service`: the condition that stands directly before the share makes the part."""
        share = self.clause_of(self.share)
        before = (each for each in self._by_type.get(TagFilter, []) if share and each.end == share.start)
        return next((each.value for each in before), None)

    def kind_shared(self) -> Match | None:
        """`share of failed builds by branch`, `share of builds on main by result`: the condition beside the metric."""
        share, metric = self.clause_of(self.share), next(iter(self._by_type.get(Metric, [])), None)
        found = [clause for kind in (TagFilter, Codes) for clause in self._by_type.get(kind, [])]
        if share is None or metric is None or share.start > metric.start:
            return None
        return next((each for each in found if share.end <= each.start <= metric.end), None)

    def is_before_metric(self, value: object) -> bool:
        """Whether the clause that says `value` stands directly before a metric: `more than 5` errors."""
        clause = self.clause_of(value)
        return clause is not None and any(clause.end == named.start for named in self._by_type.get(Metric, []))

    def is_of_metric(self, value: object) -> bool:
        """Whether a metric stands behind the clause that says `value`, with at most two words between: `of the`."""
        clause = self.clause_of(value)
        return clause is not None and any(0 <= each.start - clause.end <= 2 for each in self._by_type.get(Metric, []))
