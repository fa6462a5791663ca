"""Clauses -> one question. Here conventions fill in what was not said; each is told as an assumption."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nlq import lexicon, units
from nlq.catalog import words_of
from nlq.clauses import Aggregations, Amount, Metric
from nlq.context import Context
from nlq.engine import Match
from nlq.follow_up import follow_up
from nlq.parts import Misfit, NoQuestionError, Parts, refuse
from nlq.question import (
    Aggregation,
    Condition,
    Function,
    GroupKey,
    Over,
    Question,
    Rank,
    TagFilter,
    TimeRange,
    ValueFilter,
)
from nlq.refusal import Problem
from nlq.timeline import Shift

NAME = GroupKey("name", "name")
_COUNT = Aggregation("count")
_DEFAULTS: dict[frozenset[str], tuple[Function, str]] = {
    frozenset({"event"}): ("count", "counted"),
    frozenset({"counter"}): ("sum", "summed"),
}


@dataclass(slots=True)
class Assembled:
    """A question, and what was taken for granted in it."""

    question: Question
    assumptions: list[str] = field(default_factory=list)


def assemble(clauses: Sequence[Match], context: Context) -> Assembled | Misfit:
    """The question that the clauses ask together."""
    for clause in clauses:
        if isinstance(clause.value, Problem):
            return Misfit(clause.value, clause)
    try:
        parts = Parts(clauses)
        if parts.follow_up or parts.is_fragment:
            return _follow_up(parts, context)
        assembly = _Assembly(parts, context)
        return Assembled(assembly.question(), assembly.assumptions)
    except NoQuestionError as error:
        if error.misfit.problem.code != "incomplete" or context.previous is None:
            return error.misfit
    try:  # `max`, after a question about a metric
        return _follow_up(Parts(clauses), context)
    except NoQuestionError as error:
        return error.misfit


def _follow_up(parts: Parts, context: Context) -> Assembled:
    if context.previous is None:
        refuse("incomplete", "What is to be counted or measured is not said, and there is no question before this one.")
    return Assembled(follow_up(context.previous, parts, context), ["read as a change of the question before"])


class _Assembly:
    """The decisions, in the order in which they need each other."""

    def __init__(self, parts: Parts, context: Context) -> None:
        self.parts = parts
        self.context = context
        self.assumptions: list[str] = []
        self.metric = parts.metric
        self.groups = parts.groups
        self.said = parts.aggregations
        self.grain = parts.grain
        if self.metric and self.metric.several and NAME not in self.groups:
            self.groups = (*self.groups, NAME)

    def question(self) -> Question:
        parts = self.parts
        if parts.catalog and not parts.range:
            return self._catalog()
        self._choose_metric()
        second = self._second_range()
        time = self._time()
        if self.metric is None:
            self.assumptions.append("no metric said: events of every name")
        elif self.metric.said:
            self.assumptions.insert(0, f"'{self.metric.said}' read as {', '.join(self.metric.names)}")
        if parts.catalog:
            return self._seen(time)
        if parts.age:
            return self._age(time)
        if parts.silent:
            return self._silent(time)
        if parts.when:
            return self._when(time)
        if parts.listing or self._ranks_documents():
            return self._list(time)
        return self._aggregate(time, second)

    # --- what the question is about

    @property
    def names(self) -> tuple[str, ...]:
        return self.metric.names if self.metric else ()

    @property
    def types(self) -> frozenset[str]:
        entries = (self.context.catalog.names[name] for name in self.names)
        return frozenset(type_ for entry in entries for type_ in entry.types)

    def _choose_metric(self) -> None:
        """`slowest routes` names no metric: it is the one that measures how long routes take."""
        parts = self.parts
        told = parts.ranking or parts.changed
        if self.metric or not told or told.quality != "duration":
            return
        key = next((group.key for group in self.groups if group.kind == "tag"), None)
        names = self.context.catalog.durations_of(key)
        word = parts.ranking.word if parts.ranking else "slower"
        if len(names) != 1:
            detail = f"'{word}' needs to know of which metric"
            detail += f": {', '.join(names[:10])}." if names else ": none is stored that measures a duration."
            refuse("ambiguous" if names else "incomplete", detail, parts.clause_of(told), tuple(names))
        self.metric = Metric((names[0],))
        self.assumptions.append(f"'{word}' read of {names[0]}")

    def _second_range(self) -> TimeRange | None:
        """The range to compare with; and where no first one was said, what has followed it."""
        parts = self.parts
        if parts.against is None:
            if (parts.compare or parts.changed) and not parts.versus:
                refuse("incomplete", "Compared with what? Name a second time range.")
            return None
        clause = parts.clause_of(parts.against)
        if parts.against.joined and not parts.compare:
            refuse("conflict", "Two time ranges in one prompt.", clause)
        if isinstance(parts.against.second, Shift):
            if parts.range is None or parts.range.start is None:
                refuse("incomplete", "Compared with what? The first time range is not said.", clause)
            return parts.against.second.apply(parts.range, self.context.zone)
        second, now = parts.against.second, self.context.now
        if parts.range is None and second.end is not None and second.end <= now:
            parts.range = TimeRange(second.end, now)
            self.assumptions.append("the first range read as the time since the second one")
        return TimeRange(second.start, now if second.end is None else min(second.end, now))

    def _time(self) -> TimeRange:
        now, said = self.context.now, self.parts.range
        if said is None:
            self.assumptions.append("no time said: all that is stored up to now")
            return TimeRange(None, now)
        if said.start is not None and said.start > now:
            refuse("future", "That time has not come: only the past is recorded.", self.parts.clause_of(said))
        return TimeRange(said.start, now if said.end is None else min(said.end, now))

    def _values(self) -> tuple[ValueFilter, ...]:
        return tuple(ValueFilter(each.comparison, self._number(each.amount)) for each in self.parts.thresholds)

    def _number(self, amount: Amount) -> float:
        """The amount in the metric's own unit, which is told by the metric's name."""
        number, assumption = units.in_unit_of(self.names, amount)
        if assumption:
            self.assumptions.append(assumption)
        return number

    def _about(self, form: Any, time: TimeRange, **rest: Any) -> Question:
        """A question of a form about the metric and the tags that were said; of all values, unless `values` says."""
        common = {"names": self.names, "tags": self.parts.tags, "zone": self.context.zone.key}
        return Question(form=form, range=time, **(common | rest))

    def _allow(self, *allowed: str) -> None:
        """Refuse parts that this form of question has no place for, rather than drop them."""
        parts = self.parts
        said = {
            "an aggregation": parts.aggregations or parts.rate,
            "groups": self.groups,
            "buckets": parts.grain or parts.bucket,
            "a ranking": parts.ranking or parts.others,
            "shares": parts.share or parts.share_where or parts.ratio or parts.per,
            "a list": parts.listing,
            "a comparison": parts.against or parts.compare or parts.changed or parts.versus,
            "a condition on groups": parts.having,
            "a condition on values": parts.thresholds,
            "yes or no": parts.whether,
            "a moment": parts.when,
        }
        extra = [name for name, part in said.items() if part and name not in allowed]
        if extra:
            refuse("conflict", f"This kind of question has no place for {' and '.join(extra)}.")

    # --- forms

    def _catalog(self) -> Question:
        wish = self.parts.catalog
        if wish is None:
            raise ValueError("no wish")
        self._allow()
        groups = (wish.key,) if wish.key else ()
        return self._about("catalog", TimeRange(), subject=wish.subject, groups=groups)

    def _seen(self, time: TimeRange) -> Question:
        """`which hosts are there today`: counted, since the catalog knows no time."""
        wish = self.parts.catalog
        if wish is None or wish.subject == "keys":
            refuse("unsupported", "Which tags were used in a time range is not recorded.")
        self._allow()
        self.assumptions.append("events counted")
        return self._about("aggregate", time, aggregations=(_COUNT,), groups=(wish.key or NAME,))

    def _age(self, time: TimeRange) -> Question:
        self._allow("a condition on values", "a list")
        if not self.names and not self.parts.tags:
            refuse("incomplete", "How long since what?")
        return self._about("age", time, values=self._values())

    def _silent(self, time: TimeRange) -> Question:
        self._allow("groups")
        if len(self.groups) == 0:
            refuse("incomplete", "What is to be silent: add a tag, such as 'which hosts'.")
        if time.start is None:
            refuse("incomplete", "Silent since when?")
        return self._about("silent", time, groups=self.groups)

    def _when(self, time: TimeRange) -> Question:
        """One document, with its time: the highest, the lowest or the latest; or those that fulfil a condition."""
        self._allow(
            "an aggregation", "a ranking", "a list", "a condition on values", "a moment", "a condition on groups"
        )
        order = {Aggregations((Aggregation("max"),)): True, Aggregations((Aggregation("min"),)): False}
        values = self._values()
        if having := self.parts.having:
            values += (ValueFilter(having.comparison, self._number(having.amount)),)
        if self.said in order:
            return self._about("list", time, values=values, rank=Rank(1, order[self.said]))
        if self.parts.ranking:
            return self._about("list", time, values=values, rank=Rank(1, self._descending()))
        if self.said not in (None, Aggregations((Aggregation("latest"),))):
            refuse("unsupported", "'when' goes with the highest, the lowest, the latest, or a condition.")
        several = bool(values) and not self.parts.listing and not self.said
        limit = self.context.limits.default_list if several else 1
        return self._about("list", time, values=values, limit=limit)

    def _ranks_documents(self) -> bool:
        """`top 5 cpu.usage`: single metrics, not groups of them."""
        named = bool(self.names) and self.metric is not None and not self.metric.counted
        asked = self.groups or self.grain or self.said or self.parts.bucket or self.parts.whether
        return bool(self.parts.ranking and named and not asked)

    def _list(self, time: TimeRange) -> Question:
        self._allow("a ranking", "a list", "a condition on values")
        rank = Rank(self._count(), self._descending()) if self.parts.ranking else None
        limit = self.parts.listing.count if self.parts.listing else None
        if limit is None and rank is None:
            limit = self.context.limits.default_list
            self.assumptions.append(f"a list read as {limit} rows")
        return self._about("list", time, values=self._values(), rank=rank, limit=limit)

    def _aggregate(self, time: TimeRange, second: TimeRange | None) -> Question:
        parts = self.parts
        values, having = self._conditions()
        if parts.whether and not having and not self.said and not second:
            return self._whether(time, values)
        if parts.bucket:
            self.grain = parts.bucket.grain
        rank = self._rank(having)
        aggregations = self._with_rate(self._aggregations(), time)
        if rank and not self.groups and not self.grain:
            if self.names and not (self.metric and self.metric.counted):
                refuse("incomplete", "A ranking needs to know of what: add 'by' and a tag.")
            self.groups = (NAME,)
        self._check_folds(rank, aggregations, second)
        if having and not self.groups and not self.grain and not parts.whether:
            refuse("incomplete", "A condition on groups needs to know of what: add 'by' and a tag.")
        if parts.noun and not parts.noun.which and not rank:
            self.assumptions.append(f"'{parts.noun.key.key}' read as by {parts.noun.key.key}")
        if parts.whether and not having:
            refuse("incomplete", "Yes or no to what? Add a condition, such as 'over 80'.")
        tags, values, over = self._over(values, aggregations)
        if over and (second or len(aggregations) > 1 or parts.whether or (rank and rank.others)):
            refuse("unsupported", "A ratio is of one result, in one time range.")
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
        )

    def _check_folds(self, rank: Rank | None, aggregations: tuple[Aggregation, ...], second: TimeRange | None) -> None:
        """Shares and `others` add results up, which not all results allow."""
        additive = all(each.function in ("count", "sum") for each in aggregations)
        if rank and rank.others and (not additive or second or rank.per or self.grain or len(self.groups) != 1):
            refuse("unsupported", "'others' goes with counts and sums of one kind of group.")
        if self.parts.share and (not additive or second or len(aggregations) > 1):
            refuse("unsupported", "A share is of one count or sum.")

    def _over(
        self, values: tuple[ValueFilter, ...], aggregations: tuple[Aggregation, ...]
    ) -> tuple[tuple[TagFilter, ...], tuple[ValueFilter, ...], Over | None]:
        """The conditions of the question, and what its result is divided by.

        `what percentage of requests had status 500`: of all, and those that had it. Without `had`, the one condition
        that there is makes the part; several could be meant either way.
        """
        parts, tags = self.parts, self.parts.tags
        if parts.ratio or parts.per:
            return tags, values, self._denominator(tags, values)
        part: list[TagFilter | ValueFilter] = []
        for each in parts.share_where:
            wanted = each.condition
            if isinstance(wanted, TagFilter):
                tags = (*tags, wanted)
                part.append(wanted)
            else:
                values = (*values, ValueFilter(wanted.comparison, self._number(wanted.amount)))
                part.append(values[-1])
        if parts.share and not part and not self.groups:
            part = [*parts.parts, *values] or ([*tags] if len(tags) == 1 else [])
            if not part:
                refuse("incomplete", "A share of what? Add 'by' and a tag, or a condition: 'had status 500'.")
        if not part:
            return tags, values, None
        base = tuple(tag for tag in tags if tag not in part)
        over = Over(self.names, aggregations[0], base, tuple(v for v in values if v not in part), percent=True)
        return tags, values, over

    def _denominator(self, tags: tuple[TagFilter, ...], values: tuple[ValueFilter, ...]) -> Over:
        if self.parts.per:
            names, aggregation = self.parts.per.metric.names, self.parts.per.aggregation
        else:
            names = self.parts.ratio.denominator.names if self.parts.ratio else ()
            counter = self.context.catalog.names[names[0]].types == {"counter"}
            aggregation = Aggregation("sum") if counter else _COUNT
            self.assumptions.append(f"divided by the {'sum' if counter else 'count'} of {names[0]}")
        return Over(names, aggregation, tags, values)

    def _whether(self, time: TimeRange, values: tuple[ValueFilter, ...]) -> Question:
        self._allow("yes or no", "a condition on values", "a condition on groups", "groups")
        if not (self.metric or self.parts.tags or values):
            refuse("incomplete", "Whether there was what?")
        return self._about("exists", time, values=values)

    # --- conventions

    def _conditions(self) -> tuple[tuple[ValueFilter, ...], tuple[Condition, ...]]:
        """Conditions on single values, and on groups. `over 80` is about groups where groups are what is asked."""
        parts = self.parts
        values: list[ValueFilter] = []
        having: list[Condition] = []
        groups_asked = self.said and ((parts.noun and parts.noun.which and not parts.ranking) or parts.whether)
        for threshold in parts.thresholds:
            number = self._number(threshold.amount)
            if groups_asked and not threshold.each:
                having.append(Condition("value", threshold.comparison, number))
            else:
                values.append(ValueFilter(threshold.comparison, number))
        if parts.having:
            having += self._having(values)
        if parts.changed:
            having.append(parts.changed.condition)
        return tuple(values), tuple(having)

    def _having(self, values: list[ValueFilter]) -> list[Condition]:
        parts = self.parts
        said = parts.having
        if said is None:
            return []
        if said.crossed and parts.whether and not self.said:  # `did cpu exceed 90`: any single value
            values.append(ValueFilter(said.comparison, self._number(said.amount)))
            return []
        if said.function:
            function = Aggregations((Aggregation(said.function),))
            if self.said is None:
                self.said = function
            elif self.said != function and not said.crossed:
                refuse("conflict", "Two aggregations in one prompt.", parts.clause_of(said))
        number = said.amount.number if said.of == "change_percent" else self._number(said.amount)
        return [Condition(said.of, said.comparison, number)]

    def _rank(self, having: tuple[Condition, ...]) -> Rank | None:
        parts = self.parts
        if parts.ranking:
            per = parts.ranking.per
            if parts.noun and len(self.groups) > 1 and not parts.versus:  # `top 3 hosts per region`
                per = tuple(group for group in self.groups if group != parts.noun.key)
            if per and not set(per) < set(self.groups):
                refuse("conflict", "A ranking per group needs to be of a group within it.")
            if self.grain and self.groups:
                self.assumptions.append("ranked within each bucket")
            return Rank(self._count(), self._descending(), per, others=parts.others is not None)
        if parts.others:
            refuse("incomplete", "Which are not the others? Say how many: 'top 5'.")
        # `which host had the highest cpu.usage`
        asked = (parts.noun and parts.noun.which) or parts.bucket
        if asked and self.said and len(self.said.aggregations) == 1 and not having:
            function = self.said.aggregations[0].function
            if function in ("max", "min"):
                return Rank(self._count(), descending=function == "max")
        if parts.bucket:
            refuse("incomplete", "Of the buckets, which: the highest, the busiest?", parts.clause_of(parts.bucket))
        return None

    def _count(self) -> int:
        parts = self.parts
        if parts.ranking and parts.ranking.count is not None:
            return parts.ranking.count
        if (parts.noun and not parts.noun.plural) or parts.bucket:
            return 1
        default = self.context.limits.default_top
        self.assumptions.append(f"'{parts.ranking.word if parts.ranking else 'which'}' read as {default} rows")
        return default

    def _descending(self) -> bool:
        """Whether the highest come first; what is `best` depends on what is measured."""
        ranking = self.parts.ranking
        if ranking is None:
            raise ValueError("no ranking was said")
        if ranking.quality != "good":
            return ranking.descending
        words = {word for name in self.names for word in words_of(name)}
        descending = ranking.descending != (not words.isdisjoint(lexicon.BAD_WORDS))
        self.assumptions.append(f"'{ranking.word}' read as {'highest' if descending else 'lowest'}")
        return descending

    def _aggregations(self) -> tuple[Aggregation, ...]:
        metric, parts = self.metric, self.parts
        told = parts.ranking or parts.changed
        if self.said:
            reduces = any(each.function not in ("count", "distinct") for each in self.said.aggregations)
            if reduces and not self.names:
                refuse("incomplete", "Of which metric? Values of different metrics are not reduced together.")
            return self._counters_summed(self.said.aggregations)
        counted = metric is None or not metric.names or metric.counted
        if counted or (told and told.quality == "count") or (parts.rate and self.types != {"counter"}):
            self.assumptions.append(f"{metric.said if metric and metric.said else 'events'} counted")
            return self._counters_summed((_COUNT,))
        kinds = {frozenset(self.context.catalog.names[name].types) for name in self.names}
        defaults = {_DEFAULTS.get(kind, ("avg", "averaged")) for kind in kinds}
        if len(defaults) > 1:
            refuse("incomplete", f"{' and '.join(self.names)} are of different types: say 'average', 'sum' or 'count'.")
        function, done = defaults.pop()
        self.assumptions.append(f"{' and '.join(self.names)} {done}")
        return (Aggregation(function),)

    def _with_rate(self, aggregations: tuple[Aggregation, ...], time: TimeRange) -> tuple[Aggregation, ...]:
        """`on average per hour`: counts and sums become rates, which need to know how long the range is."""
        if self.parts.rate:
            if any(aggregation.function not in ("count", "sum") for aggregation in aggregations):
                refuse("conflict", "Only counts and sums have a rate.")
            aggregations = tuple(replace(aggregation, per=self.parts.rate.per) for aggregation in aggregations)
        if time.start is None and self.grain is None and any(aggregation.per for aggregation in aggregations):
            refuse("incomplete", "A rate needs to know since when.")
        return aggregations

    def _counters_summed(self, aggregations: tuple[Aggregation, ...]) -> tuple[Aggregation, ...]:
        """A counter's documents are deltas: how many is their sum."""
        if _COUNT not in aggregations or self.types != {"counter"}:
            return aggregations
        self.assumptions.append(f"{self.names[0]} is a counter: its count is the sum of its values")
        return tuple(dict.fromkeys(Aggregation("sum") if each == _COUNT else each for each in aggregations))
