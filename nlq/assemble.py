"""Clauses -> one question. Each form of question has its method here; conventions.py fills in what was not said."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from nlq.amounts import runs_backwards
from nlq.clauses import Aggregations, Listing, Whether
from nlq.context import Context
from nlq.conventions import take_count
from nlq.follow_up import follow_up
from nlq.lexicon import QUALITY_WORDS
from nlq.misfit import Misfit, NoQuestionError, refuse
from nlq.parts import Parts
from nlq.question import (
    CYCLIC,
    Aggregation,
    GroupKey,
    Over,
    Question,
    Rank,
    TimeRange,
    ValueFilter,
)
from nlq.refusal import CODES, Code, Problem
from nlq.rule import Match
from nlq.shares import Shares
from nlq.subjects import COUNT, NAME
from nlq.units import LEVELS, own_measure


class Assembled(Struct):
    """A question, and what was taken for granted in it."""

    question: Question
    assumptions: list[str] = field(default_factory=list)


def assemble(clauses: Sequence[Match], context: Context) -> Assembled | Misfit:
    """The question that the clauses ask together."""
    if misfit := problem_of(clauses):
        return misfit
    try:
        parts = _parts(clauses, context)
        if (
            parts.follow_up
            or (parts.is_fragment and (context.previous is not None or not parts.is_about_values))
            or parts.is_bare_ranking
            or (context.previous and parts.is_ranking_alone)
        ):
            return _follow_up(parts, context)
        if parts.beside and not parts.versus:
            refuse("incomplete", "Beside which other value? Say both.", parts.clause_of(parts.beside))
        assembly = _Assembly(parts, context)
        return Assembled(assembly.question(), assembly.assumptions)
    except NoQuestionError as error:
        if error.misfit.problem.code != "incomplete" or context.previous is None:
            return error.misfit
    try:  # `max`, after a question about a metric
        return _follow_up(_parts(clauses, context), context)
    except NoQuestionError as error:
        return error.misfit


def problem_of(clauses: Sequence[Match], codes: Sequence[Code] | None = None) -> Misfit | None:
    """The first clause that makes no sense (for one of the reasons), with what is wrong with the others too."""
    found = [
        clause for clause in clauses if isinstance(clause.value, Problem) and clause.value.code in (codes or CODES)
    ]
    if not found:
        return None
    details = dict.fromkeys(clause.value.detail for clause in found)
    return Misfit(replace(found[0].value, detail=" ".join(details)), found[0])


def _parts(clauses: Sequence[Match], context: Context) -> Parts:
    parts = Parts(clauses, context.catalog)
    take_count(parts)
    return parts


def _follow_up(parts: Parts, context: Context) -> Assembled:
    if context.previous is None:
        refuse("incomplete", "What is to be counted or measured is not said, and there is no question before this one.")
    assumptions = ["read as a change of the question before", *parts.told]
    return Assembled(follow_up(context.previous, parts, context), assumptions)


class _Assembly(Shares):
    """The forms of question."""

    def question(self) -> Question:
        parts = self.parts
        if parts.catalog and not (parts.range or parts.during):
            return self._catalog()
        self.take_range()
        self.choose_metric()
        self.choose_asked()
        self.take_still()
        self.read_error_rate()
        self.read_share_condition()
        age = bool(parts.age) or self._asks_since_when()
        self.choose_unit(age=age)
        second = self.second_range()
        time = self.time()
        self.choose_rate()
        self.choose_grain(time)
        if parts.counts_periods:
            refuse("unsupported", "In how many of them there was some is not counted: ask 'per day'.")
        if self.metric is None:
            self.assumptions.append("no metric said: events of every name")
        elif self.metric.said:
            self.assumptions.insert(0, f"'{self.metric.said}' read as {', '.join(self.metric.names)}")
        self.check_tags()
        self.check_during(time, second)
        self.assumptions += parts.told
        if parts.catalog:
            return self._seen(time)
        if age:
            return self._age(time)
        if parts.silent:
            return self._silent(time)
        if parts.when:
            return self._when(time)
        if parts.listing or self._ranks_documents():
            return self._list(time)
        return self._aggregate(time, second)

    def _about(self, form: Any, time: TimeRange, **rest: Any) -> Question:
        """A question of a form about the metric and the tags that were said; of all values, unless `values` says."""
        common = {"names": self.names, "tags": self.parts.tags, "zone": self.context.zone.key}
        return Question(form=form, range=time, during=self.parts.during, **(common | rest))

    def _allow(self, *allowed: str) -> None:
        """Refuse parts that this form of question has no place for, rather than drop them."""
        parts = self.parts
        said = {
            "an aggregation": parts.aggregations or parts.rate,
            "groups": self.groups,
            "buckets": parts.grain or parts.bucket,
            "a ranking": parts.ranking or parts.others,
            "shares": parts.share or parts.share_where or parts.error_rate or parts.divides,
            "a list": parts.listing or parts.columns,
            "a comparison": parts.against or parts.compare or parts.changed or parts.versus,
            "a condition on groups": parts.having,
            "a condition on values": parts.thresholds,
            "yes or no": parts.whether,
            "a moment": parts.when,
            "a unit": parts.unit,
        }
        extra = [name for name, part in said.items() if part and name not in allowed]
        if extra:
            refuse("conflict", f"This kind of question has no place for {' and '.join(extra)}.")

    def _catalog(self) -> Question:
        wish = self.parts.catalog
        if wish is None:
            raise ValueError("no wish")
        self._allow()
        if self.parts.goes_by_metric:
            refuse("conflict", "What is stored has no order: ask 'top', or what is to be computed.")
        groups = (wish.key,) if wish.key else ()
        return self._about("catalog", TimeRange(), subject=wish.subject, groups=groups)

    def _seen(self, time: TimeRange) -> Question:
        """`which hosts are there today`: counted, since the catalog knows no time."""
        wish = self.parts.catalog
        if wish is None or wish.subject == "keys":
            refuse("unsupported", "Which tags were used in a time range is not recorded.")
        if self.parts.is_before_metric(wish):  # `list the service errors`
            refuse("ambiguous", "What is there to be seen, or each of what was recorded?", self.parts.clause_of(wish))
        self._allow()
        self.assumptions.append("events counted")
        return self._about("aggregate", time, aggregations=(COUNT,), groups=(wish.key or NAME,))

    def _asks_since_when(self) -> bool:
        """`last deploy per service`: an event has no value, so its latest is when it was. That of others is a value."""
        parts, latest = self.parts, Aggregations((Aggregation("latest"),))
        last = parts.listing == Listing(1) or self.said == latest
        if not (self.groups and last) or parts.ranking or self.grain:
            return False
        if parts.when or self.types == {"event"}:
            self.assumptions.append("the last of each read as how long ago that was")
            return True
        if not self.said:
            self.said, parts.listing = latest, None
        return False

    def _age(self, time: TimeRange) -> Question:
        self._allow("a condition on values", "a list", "groups", "a moment", "an aggregation", "a unit")
        if self.said not in (None, Aggregations((Aggregation("latest"),))):
            refuse("conflict", "This kind of question is about the latest alone.")
        if self.parts.age and self.parts.age.without and self.parts.range:
            refuse("unsupported", "On how many there was none is not counted: ask 'per day', or 'how long since'.")
        if not (self.names or self.parts.tags or self.groups):
            refuse("incomplete", "How long since what?")
        return self._about("age", time, values=self.values(), groups=self.groups, unit=self.unit)

    def _silent(self, time: TimeRange) -> Question:
        self._allow("groups")
        if len(self.groups) == 0:
            refuse("incomplete", "What is to be silent: add a tag, such as 'which hosts'.")
        if time.start is None:
            refuse("incomplete", "Silent since when?")
        counted = self.types == {"event"} or (self.metric and self.metric.counted and not self.types <= LEVELS)
        if self.parts.silent and self.parts.silent.none and not counted:
            refuse("incomplete", "None of what? A value may be nought: say 'under' or 'sent no data'.")
        if self.parts.during:
            refuse("unsupported", "Silence is of one stretch of time, not of one that recurs.")
        return self._about("silent", time, groups=self.groups)

    def _when(self, time: TimeRange) -> Question:
        """One document, with its time: the highest, the lowest or the latest; or those that fulfil a condition."""
        self._allow(
            *("an aggregation", "a ranking", "a list", "a condition on values", "a moment", "a condition on groups"),
            *("a unit", "yes or no"),
        )
        self._check_stored()
        if not (self.metric or self.parts.tags or self.parts.thresholds):
            refuse("incomplete", "When was what?")
        order = {Aggregations((Aggregation("max"),)): True, Aggregations((Aggregation("min"),)): False}
        adds_up = self.types <= {"event", "counter"} and not own_measure(self.names)
        counted = adds_up and any(said.crossed for said in self.parts.havings)  # `when did deploys exceed 5`
        counted = counted or (
            self.types <= {"event", "counter"} and any(map(self.parts.is_before_metric, self.parts.thresholds))
        )
        if counted or any(map(self.is_total, self.parts.thresholds)):
            refuse("incomplete", "How many there are is told of periods: ask 'which hours had more than' so many.")
        values = self.values()
        values += tuple(ValueFilter(each.comparison, self.number(each.amount)) for each in self.parts.havings)
        if self.said in order:
            return self._about("list", time, values=values, rank=Rank(1, order[self.said]))
        if self.parts.ranking:
            rank = Rank(1, self.descending(), place=self.parts.ranking.place)
            return self._about("list", time, values=values, rank=rank)
        if self.parts.how and self.parts.how.extreme:  # `how hot did it get, and when`
            descending = self.parts.how.descending != runs_backwards(self.names, self.parts.how.quality)
            return self._about("list", time, values=values, rank=Rank(1, descending))
        if self.said == Aggregations((Aggregation("first"),)):  # `when did it first exceed 90`
            return self._about("list", time, values=values, limit=1, oldest=True)
        if self.said not in (None, Aggregations((Aggregation("latest"),))):
            refuse("unsupported", "'when' goes with the highest, the lowest, the first, the latest, or a condition.")
        several = bool(values) and not self.parts.listing and not self.said
        limit = self.context.limits.default_list if several else 1
        oldest = self.parts.listing is not None and self.parts.listing.oldest
        return self._about("list", time, values=values, limit=limit, oldest=oldest)

    def _check_stored(self) -> None:
        if self.unit:
            refuse("unsupported", f"A list shows values as they are stored, not in {self.unit}.")

    def _ranks_documents(self) -> bool:
        """`top 5 cpu.usage`: single metrics, not groups of them."""
        ranking, metric = self.parts.ranking, self.metric
        if self.ranks_change:
            return False
        named = ranking and metric and metric.names and (not metric.counted or ranking.quality in QUALITY_WORDS)
        asked = self.groups or self.grain or self.said or self.parts.bucket or self.parts.whether
        return bool(named and not asked and not self._ranks_kinds())

    def _ranks_kinds(self) -> bool:
        """`what do customers complain about most`: of what adds up it is no single metric, but a kind of them."""
        ranking = self.parts.ranking
        if ranking is None or ranking.count is not None or self.types not in ({"event"}, {"counter"}):
            return False
        return ranking.word in ("most", "least", "best", "worst") or ranking.quality == "count"

    def _list(self, time: TimeRange) -> Question:
        self._allow("a ranking", "a list", "a condition on values", "a unit")
        self._check_stored()
        ranking = self.parts.ranking
        if ranking and self.parts.listing and self.parts.listing.oldest:
            refuse("conflict", "By time, or by value? A list has one order.", self.parts.clause_of(ranking))
        rank = Rank(self.count(), self.descending(), place=ranking.place) if ranking else None
        limit = self.parts.listing.count if self.parts.listing else None
        if limit is None and rank is None:
            limit = self.context.limits.default_list
            self.assumptions.append(f"a list read as {limit} rows")
        oldest = self.parts.listing is not None and self.parts.listing.oldest and rank is None
        return self._about("list", time, values=self.values(), rank=rank, limit=limit, oldest=oldest)

    def _aggregate(self, time: TimeRange, second: TimeRange | None) -> Question:
        parts = self.parts
        values, having = self.conditions()
        if parts.whether and not having and not self.said and not second:
            return self._whether(time, values)
        having = having or self.any_in_bucket()
        rank = self.rank(having)
        aggregations = self.with_rate(self.aggregations(), time)
        if rank and not self.groups and not self.grain:
            self.groups = (self._one_key() if self.names else NAME,)
        self._check_folds(rank, aggregations, second)
        self.check_unit(aggregations)
        if parts.having and parts.having.kept and not (self.groups or self.grain or second or rank):
            parts.whether = Whether()  # `cpu usage never above 90`
        if (
            parts.havings
            and second
            and not (self.groups or self.grain or rank)
            and all(c.of != "value" for c in having)
        ):
            parts.whether = Whether()  # `signups doubled since yesterday`
        if having and not self.groups and not self.grain and not parts.whether:
            refuse("incomplete", "A condition on groups needs to know of what: add 'by' and a tag.")
        if parts.noun and not parts.noun.which and not rank:
            self.assumptions.append(f"'{parts.noun.key.key}' read as by {parts.noun.key.key}")
        if parts.whether and parts.noun and parts.noun.which:
            refuse("conflict", "Yes or no, or which: ask one of them.")
        if parts.whether and not having:
            refuse("incomplete", "Yes or no to what? Add a condition, such as 'over 80'.")
        self._check_whole()
        tags, values, over = self.over(values, aggregations)
        self._tell_together(aggregations, over)
        if over and (len(aggregations) > 1 or parts.whether or (rank and rank.others)):
            refuse("unsupported", "A ratio is of one result.")
        return self._about(
            "exists" if parts.whether else "aggregate",
            time,
            tags=tags,
            values=values,
            aggregations=aggregations,
            groups=self.groups,
            grain=self.grain,
            rank=rank,
            having=having,
            share=parts.share is not None and over is None,
            over=over,
            compared_to=second,
            unit=None if parts.whether else self.unit,
        )

    def _one_key(self) -> GroupKey:
        """What a ranking is of, where it is not said: the one tag that the metric has."""
        known = {key for name in self.names for key in self.context.catalog.names[name].keys}
        if len(known) != 1 or not self._ranks_kinds():
            choices = tuple(f"by {key}" for key in sorted(known))
            refuse("incomplete", "A ranking needs to know of what: add 'by' and a tag.", choices=choices)
        key = GroupKey("tag", known.pop())
        self.assumptions.append(f"ranked by {key.key}, the one tag of {' and '.join(self.names)}")
        return key

    def _tell_together(self, aggregations: tuple[Aggregation, ...], over: Over | None) -> None:
        """`p99 of auth and search` is one figure of both; a share by group is of the whole, not of another metric."""
        adds_up = all(each.function in ("count", "sum") for each in aggregations)
        for tag in self.parts.tags:
            several = len(tag.values) > 1 and not tag.negated and not self.parts.together
            if several and not adds_up and all(tag.key != g.key for g in self.groups):
                told = f"{' and '.join(tag.values)} taken together: 'by {tag.key}' or 'versus' tells them apart"
                self.assumptions.append(told)
        if self.parts.share and self.groups and not over:
            keys = " and ".join(group.key for group in self.groups)
            self.assumptions.append(f"the share of each {keys} in {' and '.join(self.names) or 'all events'}")

    def _check_folds(self, rank: Rank | None, aggregations: tuple[Aggregation, ...], second: TimeRange | None) -> None:
        """Shares and `others` add results up, which not all results allow."""
        additive = all(each.function in ("count", "sum") for each in aggregations)
        if rank and rank.others and (not additive or second or rank.per or self.grain or len(self.groups) != 1):
            refuse("unsupported", "'others' goes with counts and sums of one kind of group.")
        if rank and rank.others and self.groups[0].kind in CYCLIC:
            refuse("unsupported", "'others' is no hour and no weekday.")
        if (self.parts.share and len(aggregations) > 1) or (self._shares() and not additive):
            refuse("unsupported", "A share is of one count or sum.")

    def _shares(self) -> bool:
        return bool(self.parts.share or self.parts.share_where or self.parts.error_rate)

    def _check_whole(self) -> None:
        """`share of distance of electric vans`: of all vans, or of each van among the electric ones?"""
        parts = self.parts
        if parts.columns:
            refuse("conflict", "Only a list shows each with its tags: leave out the ranking, or ask 'list'.")
        noun = parts.noun if parts.share and not parts.ranking else None
        share, counted = parts.clause_of(parts.share), parts.clause_of(noun)
        if share and counted and 0 <= counted.start - share.end <= 1:  # `what percentage of hosts had ...`
            refuse("unsupported", "What part of them does so is not computed: ask 'how many' of either.", counted)
        if noun and not noun.which and any(not tag.negated for tag in parts.tags):
            detail = "The share of all, or that of each among them?"
            refuse("ambiguous", detail, parts.clause_of(noun), ("", f"by {noun.key.key}"))

    def _whether(self, time: TimeRange, values: tuple[ValueFilter, ...]) -> Question:
        self._allow("yes or no", "a condition on values", "a condition on groups", "groups", "a unit")
        if not (self.metric or self.parts.tags or values):
            refuse("incomplete", "Whether there was what?")
        if self.groups:
            refuse("conflict", "Yes or no, or which: ask one of them.")
        return self._about("exists", time, values=values)
