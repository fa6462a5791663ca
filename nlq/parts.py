"""Clauses, by what they say of the question. Here contradictions between clauses are found."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from nlq.clauses import (
    Against,
    Age,
    Aggregations,
    BucketNoun,
    CatalogWish,
    Changed,
    Compare,
    FollowUp,
    Groups,
    Having,
    HowMuch,
    KeyNoun,
    Listing,
    Metric,
    Others,
    Part,
    Per,
    Ranking,
    Rate,
    Ratio,
    Share,
    ShareWhere,
    Silent,
    Threshold,
    Versus,
    When,
    Whether,
)
from nlq.engine import Match
from nlq.question import Grain, GroupKey, TagFilter, TimeRange
from nlq.refusal import Code, Problem


@dataclass(frozen=True, slots=True)
class Misfit:
    """Clauses that make no question: why, where (None: all of the prompt), and what to say instead.

    `choices` are texts that may stand in the place of the misfit's span, each for one possible meaning.
    """

    problem: Problem
    clause: Match | None = None
    choices: tuple[str, ...] = ()


class NoQuestionError(Exception):
    """Raised within an assembly; never leaves it."""

    def __init__(self, misfit: Misfit) -> None:
        self.misfit = misfit


def refuse(code: Code, detail: str, clause: Match | None = None, choices: tuple[str, ...] = ()) -> NoReturn:
    """Give up the assembly, with the reason."""
    raise NoQuestionError(Misfit(Problem(code, detail), clause, choices))


_KNOWN = (
    *(Against, Age, Aggregations, BucketNoun, CatalogWish, Changed, Compare, FollowUp, Grain, Groups, Having, HowMuch),
    *(KeyNoun, Listing, Metric, Others, Part, Per, Ranking, Rate, Ratio, Share, ShareWhere, Silent, TagFilter),
    *(Threshold, TimeRange, Versus, When, Whether, ZoneInfo),
)


class Parts:
    """What the clauses say, each part once. Raises NoQuestionError where two of them cannot both hold."""

    def __init__(self, clauses: Sequence[Match]) -> None:
        self._clauses = clauses
        self._by_type: dict[type, list[Match]] = defaultdict(list)
        for clause in clauses:
            self._by_type[type(clause.value)].append(clause)
            if not isinstance(clause.value, _KNOWN):  # a clause that nobody reads would be dropped in silence
                refuse("unsupported", "This is read, but no question is made of it yet.", clause)
        self.ranking: Ranking | None = self._only(Ranking, "rankings")
        self.others: Others | None = self._only(Others, "rankings")
        self.share: Share | None = self._only(Share, "shares")
        self.listing: Listing | None = self._only(Listing, "lists")
        self.grain: Grain | None = self._only(Grain, "bucket widths")
        self.aggregations: Aggregations | None = self._only(Aggregations, "aggregations")
        if self.aggregations and self.aggregations.grain:
            if self.grain:
                refuse("conflict", "Two bucket widths in one prompt.")
            self.grain, self.aggregations = self.aggregations.grain, Aggregations(self.aggregations.aggregations)
        self.rate: Rate | None = self._only(Rate, "rates")
        self.bucket: BucketNoun | None = self._only(BucketNoun, "bucket widths")
        self.range: TimeRange | None = self._only(TimeRange, "time ranges")
        self.against: Against | None = self._only(Against, "second time ranges")
        self.versus: Versus | None = self._only(Versus, "comparisons")
        compares = self._all(Compare)
        self.compare: Compare | None = max(compares, key=lambda each: abs(each.direction), default=None)
        self.changed: Changed | None = self._only(Changed, "changes")
        self.having: Having | None = self._only(Having, "conditions on groups")
        self.noun: KeyNoun | None = self._only(KeyNoun, "things asked about")
        self.whether: Whether | None = self._only(Whether, "questions")
        self.when: When | None = self._only(When, "questions")
        self.age: Age | None = self._only(Age, "questions")
        self.silent: Silent | None = self._only(Silent, "questions")
        self.catalog: CatalogWish | None = self._only(CatalogWish, "questions")
        self.follow_up: FollowUp | None = self._only(FollowUp, "questions")
        self.ratio: Ratio | None = self._only(Ratio, "ratios")
        self.per: Per | None = self._only(Per, "ratios")
        self.share_where: tuple[ShareWhere, ...] = tuple(self._all(ShareWhere))
        self.parts: tuple[TagFilter, ...] = tuple(part.tag for part in self._all(Part))
        self.thresholds: tuple[Threshold, ...] = tuple(self._all(Threshold))
        self.tags = self._tags()
        self.groups = self._groups()
        self.metric = self._metric()

    @property
    def is_fragment(self) -> bool:
        """Nothing says what is to be counted, measured or shown: such a prompt needs a question before it."""
        subjects = (self.metric, self.aggregations, self.ranking, self.listing, self.changed, self.having, self.bucket)
        forms = (self.whether, self.when, self.age, self.silent, self.catalog)
        return not any((*subjects, *forms))

    @property
    def is_ranking_alone(self) -> bool:
        """`top 3`, and nothing of what."""
        return bool(self.ranking and len(self._clauses) == 1)

    def clause_of(self, value: object) -> Match | None:
        """The clause that says `value`."""
        return next((clause for clause in self._clauses if clause.value is value), None)

    def _all(self, kind: type) -> list[Any]:
        return [clause.value for clause in self._by_type[kind]]

    def _only(self, kind: type, plural: str) -> Any:
        found = self._by_type[kind]
        if len({clause.value for clause in found}) > 1:
            refuse("conflict", f"Two {plural} in one prompt.", found[1])
        return found[0].value if found else None

    def _tags(self) -> tuple[TagFilter, ...]:
        tags: dict[TagFilter, None] = {}
        for clause in self._clauses:
            wanted = clause.value.tag if isinstance(clause.value, Part) else clause.value
            if not isinstance(wanted, TagFilter):
                continue
            rival = next((tag for tag in tags if tag.key == wanted.key and tag != wanted), None)
            if rival and not rival.negated and not wanted.negated:
                if not self.compare:
                    detail = f"The tag {wanted.key} cannot have two values at once: join them with 'or'."
                    refuse("conflict", detail, clause)
                # `compare cpu of web-01 with web-02`
                values = tuple(sorted({*rival.values, *wanted.values}))
                self.versus = Versus(TagFilter(wanted.key, values))
            tags[wanted] = None
        if self.versus:
            tags = {tag: None for tag in tags if tag.key != self.versus.tag.key} | {self.versus.tag: None}
        return tuple(tags)

    def _groups(self) -> tuple[GroupKey, ...]:
        keys = [key for groups in self._all(Groups) for key in groups.keys]
        if self.noun:
            keys.insert(0, self.noun.key)
        if self.versus:
            keys.append(GroupKey("tag", self.versus.tag.key))
        return tuple(dict.fromkeys(keys))

    def _metric(self) -> Metric | None:
        if self.ratio:
            return self.ratio.numerator
        found = self._by_type[Metric]
        named = [clause for clause in found if clause.value.names]
        if len({clause.value.names for clause in named}) > 1:
            refuse("conflict", "Two metrics in one prompt.", named[1], named[0].value.names)
        if not named:
            return found[0].value if found else None
        metric: Metric = min((clause.value for clause in named), key=lambda each: each.counted)
        if len(metric.names) > 1 and not metric.several:
            detail = f"'{metric.said}' may be any of: {', '.join(metric.names[:10])}."
            refuse("ambiguous", detail, named[0], metric.names)
        # `deploy events`: the events of that name, counted
        return replace(metric, counted=metric.counted or len(found) > len(named))
