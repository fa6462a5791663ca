"""What is not said: the conventions that fill it in, each told as an assumption."""

from dataclasses import replace

from nlq import lexicon, units
from nlq.catalog import words_of
from nlq.clauses import Aggregations, Amount, Metric
from nlq.context import Context
from nlq.parts import Parts, refuse
from nlq.question import (
    Aggregation,
    Condition,
    Function,
    GroupKey,
    Over,
    Rank,
    TagFilter,
    TimeRange,
    ValueFilter,
)
from nlq.timeline import Shift

NAME = GroupKey("name", "name")
COUNT = Aggregation("count")
_DEFAULTS: dict[frozenset[str], tuple[Function, str]] = {
    frozenset({"event"}): ("count", "counted"),
    frozenset({"counter"}): ("sum", "summed"),
}


class Conventions:
    """The parts of one prompt, and what is decided about them. Methods raise NoQuestionError where none decides."""

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

    @property
    def names(self) -> tuple[str, ...]:
        return self.metric.names if self.metric else ()

    @property
    def types(self) -> frozenset[str]:
        entries = (self.context.catalog.names[name] for name in self.names)
        return frozenset(type_ for entry in entries for type_ in entry.types)

    def choose_metric(self) -> None:
        """`slowest routes` names no metric: it is the one that measures how long routes take."""
        parts = self.parts
        told = parts.ranking or parts.changed
        if self.metric or not told or told.quality != "duration":
            return
        key = next((group.key for group in self.groups if group.kind == "tag"), None)
        names = self.context.catalog.durations_of(key)
        word = told.word
        if len(names) != 1:
            detail = f"'{word}' needs to know of which metric"
            detail += f": {', '.join(names[:10])}." if names else ": none is stored that measures a duration."
            refuse("ambiguous" if names else "incomplete", detail, parts.clause_of(told), tuple(names))
        self.metric = Metric((names[0],))
        self.assumptions.append(f"'{word}' read of {names[0]}")

    def second_range(self) -> TimeRange | None:
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
        if parts.range is None and (second.end is None or second.end >= now):
            refuse("incomplete", "Compared with what? That range runs up to now: the first one is not said.", clause)
        if parts.range is None and second.end is not None:
            parts.range = TimeRange(second.end, now)
            self.assumptions.append("the first range read as the time since the second one")
        return TimeRange(second.start, now if second.end is None else min(second.end, now))

    def time(self) -> TimeRange:
        now, said = self.context.now, self.parts.range
        if said is None:
            self.assumptions.append("no time said: all that is stored up to now")
            return TimeRange(None, now)
        if said.start is not None and said.start > now:
            refuse("future", "That time has not come: only the past is recorded.", self.parts.clause_of(said))
        return TimeRange(said.start, now if said.end is None else min(said.end, now))

    def values(self) -> tuple[ValueFilter, ...]:
        return tuple(ValueFilter(each.comparison, self.number(each.amount)) for each in self.parts.thresholds)

    def number(self, amount: Amount) -> float:
        """The amount in the metric's own unit, which is told by the metric's name."""
        number, assumption = units.in_unit_of(self.names, amount)
        if assumption:
            self.assumptions.append(assumption)
        return number

    def conditions(self) -> tuple[tuple[ValueFilter, ...], tuple[Condition, ...]]:
        """Conditions on single values, and on groups. `over 80` is about groups where groups are what is asked."""
        parts = self.parts
        values: list[ValueFilter] = []
        having: list[Condition] = []
        groups_asked = self.said and ((parts.noun and parts.noun.which and not parts.ranking) or parts.whether)
        for threshold in parts.thresholds:
            number = self.number(threshold.amount)
            if (groups_asked or self._counts_events()) and not threshold.each:
                having.append(Condition("value", threshold.comparison, number))
            else:
                values.append(ValueFilter(threshold.comparison, number))
                if self.said and self.groups and not threshold.each and self.said.aggregations != (COUNT,):
                    self.assumptions.append("the condition is on each value; for groups: 'which ... averaged over'")
        if parts.having:
            having += self._having(values)
        if parts.changed:
            having.append(parts.changed.condition)
        if parts.whether and parts.compare and parts.compare.direction:  # `did signups grow`
            having.append(Condition("change", "gt" if parts.compare.direction > 0 else "lt", 0.0))
        return tuple(values), tuple(having)

    def _counts_events(self) -> bool:
        """`speeding by driver, more than 3`: an event has no value of its own, so it is how many there are."""
        counted = self.said is None or self.said.aggregations == (COUNT,)
        return bool(counted and self.groups and self.names and self.types == {"event"})

    def _having(self, values: list[ValueFilter]) -> list[Condition]:
        parts = self.parts
        said = parts.having
        if said is None:
            return []
        if said.crossed and parts.whether and not self.said:  # `did cpu exceed 90`: any single value
            values.append(ValueFilter(said.comparison, self.number(said.amount)))
            return []
        if said.function:
            function = Aggregations((Aggregation(said.function),))
            if self.said is None:
                self.said = function
            elif self.said != function and not said.crossed:
                refuse("conflict", "Two aggregations in one prompt.", parts.clause_of(said))
        number = said.amount.number if said.of == "change_percent" else self.number(said.amount)
        return [Condition(said.of, said.comparison, number)]

    def rank(self, having: tuple[Condition, ...]) -> Rank | None:
        parts = self.parts
        if parts.ranking:
            per = parts.ranking.per
            if parts.noun and len(self.groups) > 1 and not parts.versus:  # `top 3 hosts per region`
                per = tuple(group for group in self.groups if group != parts.noun.key)
            if per and not set(per) < set(self.groups):
                refuse("conflict", "A ranking per group needs to be of a group within it.")
            if self.grain and self.groups:
                self.assumptions.append("ranked within each bucket")
            return Rank(self.count(), self.descending(), per, others=parts.others is not None)
        if parts.others:
            refuse("incomplete", "Which are not the others? Say how many: 'top 5'.")
        # `which host had the highest cpu.usage`
        asked = (parts.noun and parts.noun.which) or parts.bucket
        if asked and self.said and len(self.said.aggregations) == 1 and not having:
            function = self.said.aggregations[0].function
            if function in ("max", "min"):
                return Rank(self.count(), descending=function == "max")
        if parts.bucket:
            refuse("incomplete", "Of the buckets, which: the highest, the busiest?", parts.clause_of(parts.bucket))
        return None

    def count(self) -> int:
        parts = self.parts
        if parts.ranking and parts.ranking.count is not None:
            return parts.ranking.count
        if (parts.noun and not parts.noun.plural) or parts.bucket:
            return 1
        default = self.context.limits.default_top
        self.assumptions.append(f"'{parts.ranking.word if parts.ranking else 'which'}' read as {default} rows")
        return default

    def descending(self) -> bool:
        """Whether the highest come first; what is `best` depends on what is measured."""
        ranking = self.parts.ranking
        if ranking is None:
            raise ValueError("no ranking was said")
        if ranking.quality != "good":
            return ranking.descending
        words = {word for name in self.names for word in words_of(name)}
        bad, good = not words.isdisjoint(lexicon.BAD_WORDS), not words.isdisjoint(lexicon.GOOD_WORDS)
        if bad == good:
            detail = f"'{ranking.word}' may be the highest or the lowest: say which."
            refuse("ambiguous", detail, self.parts.clause_of(ranking), ("top", "bottom"))
        descending = ranking.descending != bad
        self.assumptions.append(f"'{ranking.word}' read as {'highest' if descending else 'lowest'}")
        return descending

    def aggregations(self) -> tuple[Aggregation, ...]:
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
            return self._counters_summed((COUNT,))
        kinds = {frozenset(self.context.catalog.names[name].types) for name in self.names}
        defaults = {_DEFAULTS.get(kind, ("avg", "averaged")) for kind in kinds}
        if len(defaults) > 1:
            refuse("incomplete", f"{' and '.join(self.names)} are of different types: say 'average', 'sum' or 'count'.")
        function, done = defaults.pop()
        self.assumptions.append(f"{' and '.join(self.names)} {done}")
        return (Aggregation(function),)

    def with_rate(self, aggregations: tuple[Aggregation, ...], time: TimeRange) -> tuple[Aggregation, ...]:
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
        if COUNT not in aggregations or self.types != {"counter"}:
            return aggregations
        self.assumptions.append(f"{self.names[0]} is a counter: its count is the sum of its values")
        return tuple(dict.fromkeys(Aggregation("sum") if each == COUNT else each for each in aggregations))

    def over(
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
                values = (*values, ValueFilter(wanted.comparison, self.number(wanted.amount)))
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
            aggregation = Aggregation("sum") if counter else COUNT
            self.assumptions.append(f"divided by the {'sum' if counter else 'count'} of {names[0]}")
        return Over(names, aggregation, tags, values)
