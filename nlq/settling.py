"""What is meant where a prompt says two things of one question: `when was the peak hour`, `highest error growth`."""

from typing import Literal

from nlq.clauses import (
    Age,
    Aggregations,
    Beside,
    BucketNoun,
    CatalogWish,
    Changed,
    Codes,
    Columns,
    Compare,
    Contrast,
    Having,
    KeyNoun,
    Listing,
    Metric,
    Part,
    Per,
    Ranking,
    Ratio,
    ShareWhere,
    Silent,
    Threshold,
    Trend,
    Versus,
    When,
    Whether,
)
from nlq.measures import PERCENT
from nlq.misfit import refuse
from nlq.phrasing import Phrasing, tag_of
from nlq.question import CYCLIC, Aggregation, Grain, GroupKey, TagFilter
from nlq.rule import Match
from nlq.time_clauses import Against

_HIGHEST = Aggregations((Aggregation("max"),))
_ENDS = (_HIGHEST, Aggregations((Aggregation("min"),)))


class Settling(Phrasing):
    """Parts that are still as they were said."""

    metric: Metric | None
    ratio: Ratio | None
    per: Per | None
    contrast: Contrast | None
    trend: Trend | None
    against: Against | None
    compare: Compare | None
    changed: Changed | None
    versus: Versus | None
    beside: Beside | None
    whether: Whether | None
    when: When | None
    bucket: BucketNoun | None
    age: Age | None
    grain: Grain | None
    listing: Listing | None
    columns: tuple[Columns, ...]
    silent: Silent | None
    catalog: CatalogWish | None
    thresholds: tuple[Threshold, ...]
    havings: tuple[Having, ...]
    noun: KeyNoun | None
    tags: tuple[TagFilter, ...]
    groups: tuple[GroupKey, ...]
    share_where: tuple[ShareWhere, ...]
    told: list[str]
    together: bool
    sides: bool

    @property
    def divides(self) -> bool:
        """Whether one thing is divided by another, or taken away from it."""
        return bool(self.ratio or self.per or self.contrast)

    @property
    def _says_what(self) -> bool:
        """Whether a metric is named, or told by what is said of it."""
        return bool(self.metric or (self.ranking and self.ranking.quality != "any"))

    def _settle(self) -> None:
        """What a part says in the light of the metric."""
        metric = self.metric
        self._settle_growth()
        self._settle_forms()
        self._settle_lists()
        self._check_ranked()
        if self.ratio and not self.ratio.minus and self.ratio.numerator.names == self.ratio.denominator.names:
            self._share_of_all(self.ratio)
        if self.per and self.per.aggregation is None:
            if self.ratio or metric is None or len(metric.names) != 1:
                refuse("incomplete", "A ratio of what? Name one metric for each side.", self.clause_of(self.per))
            self.ratio = Ratio(metric, self.per.metric, self.per.times, self.per.minus)
            self.per = None
        if self.contrast:
            self._settle_contrast(self.contrast)
        if self.trend and not self.against:  # `how did it develop`, `is it going up or down`
            self.compare = self.whether = None
        if self.compare and self.compare.changes and self.versus and not self.against:
            detail = "A difference is told as 'difference between a and b of' one metric, a change of two time ranges."
            refuse("unsupported", detail, self.clause_of(self.versus))
        # `is web-01 slower than web-02`: side by side
        if self.versus and (self.beside or self.changed) and not self.against:
            if self.changed or self.whether:
                self.told.append(f"both sides are shown{f', not which is {self.changed.word}' if self.changed else ''}")
            self.sides, self.whether = True, None

    def _settle_contrast(self, contrast: Contrast) -> None:
        clause = self.clause_of(contrast)
        said = {*(tag.key for tag in self.tags), *(group.key for group in self.groups)}
        if self.ratio or self.per or self.versus or self.share or self.share_where:
            refuse("conflict", "Two ratios, or a ratio and a share, in one prompt.", clause)
        before = any(clause and each.end == clause.start for each in self._by_type.get(Aggregations, []))
        if self.aggregations in _ENDS and before:  # `which service has the biggest difference between ...`
            self._rank_by_end()
        if contrast.tag.key in said:
            refuse("conflict", f"{contrast.tag.key} is said twice: a ratio or a difference is of two of them.", clause)

    def _settle_growth(self) -> None:
        """`which service had the highest error growth`."""
        changes = {each.start: each.value for each in self._by_type.get(Changed, [])}
        for said in self.thresholds:
            clause = self.clause_of(said)
            behind = any(clause and clause.start == each.end for each in self._take(Compare))
            if clause and self.changed and changes.get(clause.end) is self.changed:
                if said.comparison not in ("gt", "ge"):  # `at least 10 more errors`, `over 5 fewer`
                    refuse("unsupported", "By how much at most it changed is not told: say 'at least'.", clause)
                self._take_as_change(said, by=True)
            elif clause and self.is_change_of_metric and (behind or clause.rule == "negative"):
                self._take_as_change(said, by=False)
        if not self.is_change_of_metric or self.ranking or self.aggregations not in _ENDS:
            return
        if not self.groups:
            detail = "The growth of what? Name a tag: 'which service'."
            refuse("incomplete", detail, self.clause_of(self.aggregations))
        self._rank_by_end()

    def _rank_by_end(self) -> None:
        """The highest or lowest that is said, of what is ranked: `peak hour`, `biggest host by cpu usage`."""
        highest = self.aggregations == _HIGHEST
        self.ranking = self.ranking or Ranking(None, descending=highest, word="highest" if highest else "lowest")
        self.aggregations = None

    def _take_as_change(self, said: Threshold, *, by: bool) -> None:
        """A condition on values that is of how they changed; by: by as much as the verb says."""
        of: Literal["change", "change_percent"] = "change_percent" if said.amount.unit in PERCENT else "change"
        self.havings = (*self.havings, Having(of, said.comparison, said.amount, by=by))
        self.thresholds = tuple(each for each in self.thresholds if each is not said)

    def _settle_forms(self) -> None:
        """Of two forms of question that are said, the one that is meant."""
        grain = self.clause_of(self.grain)
        if grain and grain.rule in ("on each unit", "each of the last") and self.noun and self.noun.which:
            refuse("unsupported", "Of which it was so every time is not told: leave out 'which' to see each.", grain)
        ranked = self.clause_of(self.bucket) or self._clause_of_cycle() or self._clause_of_ranked()
        before = {ranked.start} if ranked else set()  # or with the metric between: `biggest revenue day`
        before |= {each.start for each in self._by_type.get(Metric, []) if each.end in before and self.bucket}
        stands_before = any(each.end in before for each in self._by_type.get(Aggregations, []))
        if self.aggregations in _ENDS and stands_before:  # `peak hour`
            self._rank_by_end()
        if any(each.rule == "and by how much" for each in self._by_type.get(Compare, [])):
            self.whether = None  # which is seen from how much
        if self.when and self.bucket and self.ranking:  # `when was the busiest hour`
            self.when = None
        if self.catalog and self.silent:  # `list services without deploys`
            self.groups = (self.catalog.key or refuse("incomplete", "Without what?"), *self.groups)
            self.catalog = None
        if self.silent and self.whether and self.whether.of:  # `any host without cpu.usage`
            self.groups, self.whether = (self.whether.of, *self.groups), None
        if self.whether == Whether() and (self.age or self.silent):  # `since anybody cancelled`, `reported nothing`
            self.whether = None
        if self.together:
            self._settle_together()

    def _settle_lists(self) -> None:
        """`failed jobs since midnight with error and cluster`: each of them."""
        if self.when and self.listing == Listing(1) and self.noun and self.noun.which:
            asked = self.noun.key  # `and on which host`: a list shows it
            self.noun, self.groups = None, tuple(key for key in self.groups if key != asked)
            self.columns = (*self.columns, Columns((asked.key,) if asked.kind == "tag" else ()))
        if self.columns and not (self.metric or self.tags):
            refuse("incomplete", "A list of what, with these tags?", self.clause_of(self.columns[0]))
        if not self.columns or self.listing or self.ranking:
            return
        if self.aggregations or self.groups or self.grain or self.whether or self.share or self.divides:
            detail = "This is no list, of which each could be shown with its tags."
            refuse("conflict", detail, self.clause_of(self.columns[0]))
        self.listing = Listing(None)

    def _check_ranked(self) -> None:
        """Refuse `hottest it got in each oven`, and `at least 10 more errors in prod than staging`."""
        clause = self.clause_of(self.ranking)
        if clause is None:
            return
        if clause.rule == "superlative it got" and (self.groups or self.grain or not self._says_what):
            detail = "The highest or lowest of each needs its metric: ask 'max of' or 'min of' it, by what."
            refuse("unsupported", detail, clause)
        ends = {said.end for said in map(self.clause_of, self.thresholds) if said}
        if clause.rule == "which has more" and clause.start in ends:
            refuse("unsupported", "By how much of one there is more is told by 'difference between'.", clause)

    def _clause_of_cycle(self) -> Match | None:
        """`peak hour of the day`."""
        return self.clause_of(self.noun) if self.noun and self.noun.key.kind in CYCLIC else None

    def _clause_of_ranked(self) -> Match | None:
        """`biggest host by cpu usage`; but `highest host cpu usage` is of the metric."""
        noun, metrics = self.clause_of(self.noun), self._by_type.get(Metric, [])
        named = {each.start for each in metrics if not each.rule.startswith("by name")}
        asked = metrics and self.noun and not self.noun.which
        return noun if noun and asked and noun.end not in named else None

    def _settle_together(self) -> None:
        """`errors of checkout and auth combined`, `all shops together`."""
        several = [tag.key for tag in self.tags if len(tag.values) > 1 and not tag.negated]
        if self.versus or any(group.key in several for group in self.groups):
            refuse("conflict", "Taken together, or side by side?")
        noun = self.clause_of(self.noun)
        if several and not (noun and noun.rule == "all of a key"):
            return
        if self.noun is None or self.noun.which or self.ranking:
            refuse("incomplete", "What is to be taken together? Name several values of one tag.")
        self.groups = tuple(key for key in self.groups if key != self.noun.key)  # `all shops together`
        self.noun = None

    def _share_of_all(self, ratio: Ratio) -> None:
        """`5xx requests as a percentage of all requests`: what is said before the ratio makes the part."""
        clause = self.clause_of(ratio)
        found = [each for kind in (TagFilter, Part, Codes) for each in self._by_type.get(kind, [])]
        part = [tag_of(each) for each in found if clause and each.start < clause.start]
        if not part:
            refuse("conflict", "Both sides of the ratio are the same.", clause)
        self.share_where = (*self.share_where, *map(ShareWhere, part))
        self.tags = tuple(tag for tag in self.tags if tag not in part)
        self.ratio = None
