"""Clauses, by what they say of the question. Here contradictions between clauses are found."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from nlq import meant
from nlq.catalog import Catalog
from nlq.clauses import (
    Age,
    Aggregations,
    Asked,
    Beside,
    BucketNoun,
    CatalogWish,
    Changed,
    Codes,
    Columns,
    Compare,
    Contrast,
    ErrorRate,
    FollowUp,
    Groups,
    Having,
    How,
    HowMuch,
    InUnit,
    KeyNoun,
    Listing,
    Metric,
    Occurred,
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
    Together,
    Total,
    Trend,
    Versus,
    When,
    Whether,
    Within,
)
from nlq.cycles import NIGHTS, a_day_on, is_long, joined
from nlq.misfit import refuse
from nlq.phrasing import tag_of
from nlq.question import Aggregation, Cycle, Grain, GroupKey, TagFilter, TimeRange
from nlq.rule import OPENING, Match
from nlq.settling import Settling
from nlq.time_clauses import Against, Aligned, Daily, During, Still

_ADDING = frozenset({"count", "sum", "distinct", "total_latest"})
_COUNT, _SUM, _LATEST = Aggregation("count"), Aggregation("sum"), Aggregation("latest")


def puts_beside(tag: TagFilter, beside: Beside) -> bool:
    """Whether the condition has a value that another one may be put beside."""
    return tag.key == beside.tag.key and tag.is_one_of


class Parts(Settling):
    """What the clauses say, each part once. Raises NoQuestionError where two of them cannot both hold."""

    def __init__(self, clauses: Sequence[Match], catalog: Catalog) -> None:
        super().__init__([part for clause in clauses for part in meant.apart(clause)])
        self._take(HowMuch)  # which says no more than what it stands before
        self.ranking: Ranking | None = self._ranking()
        self.others: Others | None = self._only(Others, "rankings")
        self.share: Share | None = self._only(Share, "shares")
        self.listing: Listing | None = self._listing()
        self.grain: Grain | None = self._only(Grain, "bucket widths")
        self.aggregations: Aggregations | None = self._aggregations()
        self.rate: Rate | None = self._only(Rate, "rates")
        self._only(ZoneInfo, "time zones")
        self.bucket: BucketNoun | None = self._only(BucketNoun, "bucket widths")
        self.range: TimeRange | None = self._range()
        self.daily: Daily | None = self._only(Daily, "times of day")
        self.during: tuple[Cycle, ...] = self._during()
        self.against: Against | None = self._only(Against, "second time ranges")
        self.aligned: Aligned | None = self._only(Aligned, "comparisons")
        self.versus: Versus | None = self._only(Versus, "comparisons")
        moved = [self.ranking.change] if self.ranking and self.ranking.change else []
        self.compare: Compare | None = meant.together([*self._all(Compare), *moved])
        self.changed: Changed | None = self._only(Changed, "changes")
        self.havings: tuple[Having, ...] = self._havings()
        self.object: KeyNoun | None = None
        self.sides = self.any_which = False
        self.noun: KeyNoun | None = self._noun()
        self.whether: Whether | None = self._whether()
        self.any_of: GroupKey | None = self._any_of()
        self.when: When | None = self._only(When, "questions")
        self.age: Age | None = self._only(Age, "questions")
        self.silent: Silent | None = self._only(Silent, "questions")
        unit: InUnit | None = self._only(InUnit, "units")
        self.unit: str = unit.unit if unit else self.age.unit if self.age else ""
        if self.age and self.age.unit not in ("", self.unit):
            refuse("conflict", "Two units in one prompt.", self.clause_of(unit))
        self.catalog: CatalogWish | None = self._only(CatalogWish, "questions")
        self.follow_up: FollowUp | None = self._only(FollowUp, "questions")
        self.ratio: Ratio | None = self._only(Ratio, "ratios")
        self.per: Per | None = self._only(Per, "ratios")
        self.contrast: Contrast | None = self._only(Contrast, "ratios")
        self.share_where: tuple[ShareWhere, ...] = tuple(self._all(ShareWhere))
        self.error_rate: ErrorRate | None = self._only(ErrorRate, "shares")
        self.parts: tuple[TagFilter, ...] = tuple(part.tag for part in self._all(Part))
        self.thresholds: tuple[Threshold, ...] = (
            *self._all(Threshold),
            *(end for within in self._all(Within) for end in (within.least, within.most)),
        )
        self.grouped: tuple[Groups, ...] = tuple(self._all(Groups))
        self.beside: Beside | None = self._only(Beside, "comparisons")
        self._verbs()
        self.tags = self._tags()
        self.groups = self._groups()
        self.metric = self._metric(catalog)
        self._settle()
        self._check_all_taken()

    @property
    def having(self) -> Having | None:
        return next(iter(self.havings), None)

    @property
    def is_fragment(self) -> bool:
        """Nothing says what is to be counted, measured or shown: such a prompt needs a question before it."""
        subjects = (self.metric, self.aggregations, self.ranking, self.listing, self.changed, self.having, self.bucket)
        forms = (
            self.contrast,
            self.error_rate,
            self.whether,
            self.when,
            self.age,
            self.silent,
            self.catalog,
            self.asked,
            self.how,
        )
        measured = any(each.quality != "any" for each in self.thresholds) and (self.noun or self.whether)
        return not any((*subjects, *forms, measured))

    @property
    def is_about_values(self) -> bool:
        """`which ovens were over 200`: a condition on values, and of what."""
        return bool((self.thresholds or self.having) and (self.noun or self.tags or self.any_of))

    @property
    def is_ranking_alone(self) -> bool:
        """`top 3` or `last 24`, and nothing of what."""
        return bool((self.ranking or self.listing) and len(self._clauses) == 1)

    @property
    def is_bare_ranking(self) -> bool:
        """`top`, and nothing of what or how many."""
        return bool(self.is_ranking_alone and self.ranking and self.ranking.count is None)

    def _aggregations(self) -> Aggregations | None:
        """The aggregations; `hourly averages` say the bucket width too."""
        found = self._take(Aggregations)
        each = [clause.value.aggregations for clause in found]
        self.counted_key = next((one.key for reducers in each for one in reducers if one.key), None)
        counts = [reducers for reducers in each if reducers[0].function in ("count", "distinct")]
        counts += [reducers for reducers in each if reducers == (_SUM,)]
        self.now = bool(counts) and (_LATEST,) in each
        if self.now:  # `how many players right now`, `total players right now`
            found = [clause for clause in found if clause.value.aggregations not in counts]
        said: Aggregations | None = self._one_of(found, "aggregations")
        total = self._take(Total)
        if said and total and any(each.function not in _ADDING for each in said.aggregations):
            refuse("conflict", "A total of what does not add up.", total[0])
        self.total = bool(total) and not (said or self._by_type.get(Whether))
        if self.total:
            said = Aggregations((_SUM,))
        self.of_number = bool(said and said.number)
        said = said and replace(said, number=False)
        if said and said.grain:
            if self.grain:
                refuse("conflict", "Two bucket widths in one prompt.")
            self.grain, said = said.grain, Aggregations(said.aggregations)
        return said

    def _verbs(self) -> None:
        """Question words and verbs that say little by themselves, and the bucket width that groups say."""
        self.how: How | None = self._only(How, "questions")
        self.asked: Asked | None = self._only(Asked, "questions")
        self.still: Still | None = self._only(Still, "times")
        self.trend: Trend | None = self._only(Trend, "series")
        self.together = bool(self._take(Together))
        self.codes = bool(self._take(Codes))
        if self.codes:
            self.aggregations = self.aggregations or Aggregations((_COUNT,))
        self.occurred: tuple[Occurred, ...] = tuple(self._all(Occurred))
        for grain in [groups.grain for groups in self.grouped if groups.grain]:
            if self.grain:
                refuse("conflict", "Two bucket widths in one prompt.")
            self.grain = grain

    def _whether(self) -> Whether | None:
        """Yes or no; `is there any host` says so twice, and of what."""
        found: list[Whether] = self._all(Whether)
        if self.noun and found and all(each.ever for each in found):  # `hosts that went over 90 at any point`
            self.any_which = True
            return None
        if len({each.of for each in found if each.of}) > 1:
            refuse("conflict", "Two things asked about in one prompt.", self.clause_of(found[-1]))
        return next((each for each in found if each.of), found[0] if found else None)

    def _any_of(self) -> GroupKey | None:
        """`any host`, and `any of its hosts`. `any over 80, and which hosts` is answered by which."""
        conditions = any(self._by_type.get(kind) for kind in (Threshold, Within, Having))
        ones = any(clause.value.word == "ones" for clause in self._by_type.get(Asked, []))
        if self.whether and conditions and not self.whether.of and (ones or (self.noun and self.noun.which)):
            self.whether, self.any_which = None, True
        elif (
            self.whether
            and self.noun
            and not (self.noun.which or self.noun.plural or self.whether.of or self.aggregations)
        ):
            noun, self.noun = self.noun, None
            return noun.key
        return self.whether.of if self.whether else None

    def _noun(self) -> KeyNoun | None:
        """What is asked about. Beside it `the most assays`, of `who ran the most assays`, is no group but an object."""
        found: list[KeyNoun] = self._all(KeyNoun)
        which = [noun for noun in found if noun.which]
        subjects = which or ([] if self._by_type.get(Asked) else found)
        if self.ranking and len(found) == len(subjects) + 1:
            self.object = next(noun for noun in found if noun not in subjects)
            found = subjects
        noun: KeyNoun | None = self._one_of(
            [each for each in self._take(KeyNoun) if each.value in found], "things asked about"
        )
        return noun

    def _havings(self) -> tuple[Having, ...]:
        """One; or two ends of what a group comes to: `having >= 5, having <= 9`."""
        found: list[Having] = self._all(Having)
        if len(found) == 2 and found[0].of == found[1].of and not (found[0].function or found[1].function):
            return tuple(found)
        having: Having | None = self._only(Having, "conditions on groups")
        return (having,) if having else ()

    def _range(self) -> TimeRange | None:
        """The range; `ever over 80 today` says one and none."""
        found = self._take(TimeRange)
        bounded = [clause for clause in found if clause.value != TimeRange()]
        time: TimeRange | None = self._one_of(bounded or found, "time ranges")
        return time

    def _ranking(self) -> Ranking | None:
        """The ranking; `busiest hosts, top 3` says one in two clauses."""
        said = self._take(Ranking)
        told = [clause for clause in said if clause.kind != OPENING]  # `sort hosts by cpu usage, lowest first`
        found: list[Ranking] = [clause.value for clause in told]
        if len(found) == 2 and found[0].descending == found[1].descending:
            plain = next((each for each in found if each.quality == "any" and not (each.per or each.change)), None)
            other = found[0] if plain is found[1] else found[1]
            if plain and other.count is None and plain.word in ("top", "bottom"):
                return replace(other, count=plain.count)
        chosen: Ranking | None = self._one_of(told or said, "rankings")
        return chosen

    def _listing(self) -> Listing | None:
        """The list; `list errors, oldest first` says one in two clauses. And what it is to show."""
        self.columns: tuple[Columns, ...] = tuple(self._all(Columns))
        if self._all(Listing) == [Listing(None), Listing(None, oldest=True)]:
            return Listing(None, oldest=True)
        listing: Listing | None = self._only(Listing, "lists")
        return listing

    def _during(self) -> tuple[Cycle, ...]:
        """The cycles: what the clauses have in common, and what they leave out. Settles the range."""
        found = self._take(During)
        said: list[During] = [clause.value for clause in found]
        self.told = [during.told for during in said if during.told]
        meant = [during for during in said if not during.cycles[0].negated]
        for during in said:
            if during.range and (self.range or self.daily or len(meant) > 1):
                refuse("conflict", "Two time ranges in one prompt.", self.clause_of(during))
            self.range = during.range or self.range
        if self.daily and (self.range or meant):
            meant.append(self.daily.during)
            self.daily = None
        elif self.daily:
            self.range = self.daily.latest
            self.told += [self.daily.told] if self.daily.told else []
        negated = dict.fromkeys(cycle for during in said for cycle in during.cycles if cycle.negated)
        return (*([self._common(meant)] if meant else []), *negated)

    def _common(self, meant: Sequence[During]) -> Cycle:
        common = Cycle()
        for during in meant:
            common = joined(common, *during.cycles) or refuse("conflict", "No time belongs to all of these.")
        if not any(during.late for during in meant):
            return common
        if self.range and not is_long(self.range):
            refuse("conflict", "Two time ranges in one prompt: put 'night' beside the day whose night is meant.")
        if common.weekdays:
            self.told.append(NIGHTS)
            common = a_day_on(common)
        return common

    def _tags(self) -> tuple[TagFilter, ...]:
        tags: dict[TagFilter, None] = {}
        found = [*self._take(TagFilter), *self._take(Part), *self._take(Codes)]
        for clause in sorted(found, key=lambda each: each.start):
            wanted = tag_of(clause)
            if any(tag.key == wanted.key and TagFilter(tag.key, negated=True) in (tag, wanted) for tag in tags):
                refuse("conflict", f"This says that there is no tag {wanted.key}, and what it is.", clause)
            rival = next((tag for tag in tags if tag.key == wanted.key and tag != wanted), None)
            if replace(wanted, negated=not wanted.negated) in tags:
                refuse("conflict", f"This says that the tag {wanted.key} is and is not so.", clause)
            if rival and not rival.negated and not wanted.negated:
                if not self.compare:
                    detail = f"The tag {wanted.key} cannot have two values at once: join them with 'or'."
                    refuse("conflict", detail, clause)
                # `compare cpu of web-01 with web-02`
                values = tuple(sorted({*rival.values, *wanted.values}))
                self.versus = Versus(TagFilter(wanted.key, values))
            tags[wanted] = None
        return self._beside(tags)

    def _beside(self, tags: dict[TagFilter, None]) -> tuple[TagFilter, ...]:
        """The conditions, with the one whose values are put side by side, where there is one."""
        several = [tag for tag in tags if len(tag.values) > 1 and tag.is_one_of]
        if (self.compare or self.changed) and len(several) == 1 and not (self.versus or self.against or self.beside):
            self.versus = Versus(several[0])
        said = next((tag for tag in tags if self.beside and puts_beside(tag, self.beside)), None)
        if self.beside and said:
            if self.versus:
                refuse("conflict", "Two comparisons in one prompt.", self.clause_of(self.beside))
            self.versus = Versus(replace(said, values=tuple(sorted({*said.values, *self.beside.tag.values}))))
        if self.versus:
            if any(tag.key == self.versus.tag.key and not {*tag.values} <= {*self.versus.tag.values} for tag in tags):
                refuse("conflict", f"Values of {self.versus.tag.key} that are put side by side, and another.")
            tags = {tag: None for tag in tags if tag.key != self.versus.tag.key} | {self.versus.tag: None}
        return tuple(tags)

    def _groups(self) -> tuple[GroupKey, ...]:
        keys = [key for groups in self.grouped for key in groups.keys]
        if self.noun:
            keys.insert(0, self.noun.key)
        if self.versus:
            keys.append(GroupKey("tag", self.versus.tag.key))
        return tuple(dict.fromkeys(keys))

    def _metric(self, catalog: Catalog) -> Metric | None:
        if self.ratio:
            return self.ratio.numerator
        found = self._take(Metric)
        if self.share and self.share.of_all and len(found) == 1:
            self.told.append("what is a part of all is not said: of these, too")
        named = [clause for clause in found if clause.value.names]
        apart = len({clause.value.names for clause in named}) > 1
        joined = meant.joined([clause.value for clause in named], catalog) if len(named) > 1 else None
        if apart and not joined:
            refuse("conflict", "Two metrics in one prompt.", named[1], named[0].value.names)
        if not named:
            return found[0].value if found else None
        if self.object and named:
            word = Metric(named[0].value.names, self.object.key.key)
            joined = joined or meant.joined([*(clause.value for clause in named), word], catalog)
            if joined is None:
                refuse("conflict", "Two things asked about in one prompt.", self.clause_of(self.object))
        metric: Metric = joined or min((clause.value for clause in named), key=lambda each: each.counted)
        keys = {tag.key for tag in self.tags if not tag.negated} | {g.key for g in self.groups if g.kind == "tag"}
        keys |= {self.contrast.tag.key} if self.contrast else set()
        asked = [each for each in (self.ranking, self.changed, self.how, *self.thresholds, *self.havings) if each]
        ordered = all(not isinstance(each, Threshold | Having) and each.quality in ("any", "count") for each in asked)
        how_many = self.of_number or self.aggregations in (None, Aggregations((_COUNT,)))
        said = not asked and self.aggregations == Aggregations((_COUNT,))
        counted = (metric.counted and how_many and ordered) or said or bool(self.when or self.age)
        verbs = [verb.word for verb in self.occurred]
        metric = meant.fitting(metric, frozenset(keys), asked, verbs, catalog, counted=counted)
        if len(metric.names) > 1 and not metric.several:
            detail = f"'{metric.said}' may be any of: {', '.join(metric.names[:10])}."
            refuse("ambiguous", detail, named[0], metric.names)
        # `deploy events`: the events of that name, counted
        return replace(metric, counted=metric.counted or len(found) > len(named))
