"""Clauses -> one question. Here conventions fill in what was not said, and contradictions are found."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from nlq.clauses import Against, Aggregations, Compare, Groups, KeyNoun, Listing, Metric, Ranking, Rate, Versus
from nlq.context import Context
from nlq.engine import Match
from nlq.question import (
    Aggregation,
    Function,
    Grain,
    GroupKey,
    Question,
    Rank,
    TagFilter,
    TimeRange,
    ValueFilter,
)
from nlq.refusal import Code, Problem
from nlq.timeline import Shift

NAME = GroupKey("name", "name")


@dataclass(frozen=True, slots=True)
class Misfit:
    """Clauses that make no question: why, where (None: all of the prompt), and what to say instead.

    `choices` are texts that may stand in the place of the misfit's span, each for one possible meaning.
    """

    problem: Problem
    clause: Match | None = None
    choices: tuple[str, ...] = ()


class _NoQuestionError(Exception):
    def __init__(self, misfit: Misfit) -> None:
        self.misfit = misfit


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
        return _Assembly(clauses, context).finish()
    except _NoQuestionError as error:
        return error.misfit


def _refuse(code: Code, detail: str, clause: Match | None = None, choices: tuple[str, ...] = ()) -> NoReturn:
    raise _NoQuestionError(Misfit(Problem(code, detail), clause, choices))


class _Assembly:
    """The clauses by what they say; `finish` decides the rest, each decision after those that it needs."""

    def __init__(self, clauses: Sequence[Match], context: Context) -> None:
        self.context = context
        self.clauses = clauses
        self.assumptions: list[str] = []
        self.ranking: Ranking | None = self._only(Ranking, "rankings")
        self.listing: Listing | None = self._only(Listing, "lists")
        self.said: Aggregations | None = self._only(Aggregations, "aggregations")
        self.rate: Rate | None = self._only(Rate, "rates")
        self.grain: Grain | None = self._only(Grain, "bucket widths")
        self.range: TimeRange | None = self._only(TimeRange, "time ranges")
        self.against: Against | None = self._only(Against, "second time ranges")
        self.versus: Versus | None = self._only(Versus, "comparisons")
        self.compares = any(isinstance(clause.value, Compare) for clause in clauses)
        self.tags = self._tags()
        self.values = tuple(self._all(ValueFilter))
        self.noun: KeyNoun | None = self._only(KeyNoun, "things to rank")
        self.groups = self._groups()
        self.metric = self._metric()

    def finish(self) -> Assembled:
        self._choose_metric()
        second = self._second_range()
        time = self._time()
        lists = self.listing or self._ranks_documents()
        return Assembled(self._list(time) if lists else self._aggregate(time, second), self.assumptions)

    # --- the parts

    def _all(self, kind: type) -> list[Any]:
        return [clause.value for clause in self.clauses if isinstance(clause.value, kind)]

    def _only(self, kind: type, plural: str) -> Any:
        found = [clause for clause in self.clauses if isinstance(clause.value, kind)]
        if len({clause.value for clause in found}) > 1:
            _refuse("conflict", f"Two {plural} in one prompt.", found[1])
        return found[0].value if found else None

    def _tags(self) -> tuple[TagFilter, ...]:
        tags: dict[TagFilter, None] = {}
        for clause in self.clauses:
            if not isinstance(clause.value, TagFilter):
                continue
            wanted = clause.value
            for other in tags:
                if other.key == wanted.key and not other.negated and not wanted.negated and other != wanted:
                    if self.compares:  # `compare cpu of web-01 with web-02`
                        values = tuple(sorted({*other.values, *wanted.values}))
                        self.versus, wanted = Versus(TagFilter(wanted.key, values)), other
                        break
                    detail = f"The tag {wanted.key} cannot have two values at once: join them with 'or'."
                    _refuse("conflict", detail, clause)
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
        found = [clause for clause in self.clauses if isinstance(clause.value, Metric)]
        named = [clause for clause in found if clause.value.names]
        if len({clause.value.names for clause in named}) > 1:
            detail = "Two metrics in one prompt."
            _refuse("conflict", detail, named[1], named[0].value.names)
        if not named:
            return found[0].value if found else None
        metric: Metric = named[0].value
        if len(metric.names) > 1:
            detail = f"'{metric.said}' may be any of: {', '.join(metric.names[:10])}."
            _refuse("ambiguous", detail, named[0], metric.names)
        if metric.said:
            self.assumptions.append(f"'{metric.said}' read as {metric.names[0]}")
        # `deploy events`: the events of that name, counted
        return replace(metric, counted=metric.counted or len(found) > len(named))

    # --- the decisions

    def _choose_metric(self) -> None:
        """`slowest routes` names no metric: it is the one that measures how long routes take."""
        ranking = self.ranking
        if self.metric or not ranking or ranking.quality != "duration":
            return
        key = next((group.key for group in self.groups if group.kind == "tag"), None)
        names = self.context.catalog.durations_of(key)
        clause = next(clause for clause in self.clauses if clause.value is ranking)
        if len(names) != 1:
            detail = f"'{ranking.word}' needs to know of which metric"
            detail += f": {', '.join(names[:10])}." if names else ": none is stored that measures a duration."
            _refuse("ambiguous" if names else "incomplete", detail, clause, tuple(names))
        self.metric = Metric((names[0],))
        self.assumptions.append(f"'{ranking.word}' read of {names[0]}")

    def _second_range(self) -> TimeRange | None:
        """The range to compare with; and where no first one was said, what has followed it."""
        if self.against is None:
            if self.compares and not self.versus:
                _refuse("incomplete", "Compared with what? Name a second time range.")
            return None
        clause = next(clause for clause in self.clauses if clause.value is self.against)
        if self.against.joined and not self.compares:
            _refuse("conflict", "Two time ranges in one prompt.", clause)
        if isinstance(self.against.second, Shift):
            if self.range is None or self.range.start is None:
                _refuse("incomplete", "Compared with what? The first time range is not said.", clause)
            return self.against.second.apply(self.range, self.context.zone)
        second = self.against.second
        if self.range is None and second.end is not None and second.end <= self.context.now:
            self.range = TimeRange(second.end, self.context.now)
            self.assumptions.append("the first range read as the time since the second one")
        return TimeRange(second.start, self.context.now if second.end is None else min(second.end, self.context.now))

    def _time(self) -> TimeRange:
        now = self.context.now
        if self.range is None:
            self.assumptions.append("no time said: all that is stored up to now")
            return TimeRange(None, now)
        if self.range.start is not None and self.range.start > now:
            clause = next(clause for clause in self.clauses if clause.value is self.range)
            _refuse("future", "That time has not come: only the past is recorded.", clause)
        end = now if self.range.end is None else min(self.range.end, now)
        return TimeRange(self.range.start, end)

    def _ranks_documents(self) -> bool:
        """`top 5 cpu.usage`: single metrics, not groups of them."""
        named = self.metric is not None and bool(self.metric.names) and not self.metric.counted
        return bool(self.ranking and named and not self.groups and not self.grain and not self.said)

    def _count(self) -> int:
        ranking = self.ranking
        if ranking is None:
            raise ValueError("no ranking was said")
        if ranking.count is not None:
            return ranking.count
        if self.noun and not self.noun.plural:
            return 1
        default = self.context.limits.default_top
        self.assumptions.append(f"'{ranking.word}' read as {default} rows")
        return default

    def _list(self, time: TimeRange) -> Question:
        if self.said or self.groups or self.grain or self.against:
            _refuse("conflict", "A list of metrics has no aggregation, groups, buckets or comparison.")
        rank = Rank(self._count(), self.ranking.descending) if self.ranking else None
        limit = self.listing.count if self.listing else None
        if limit is None and rank is None:
            limit = self.context.limits.default_list
            self.assumptions.append(f"a list read as {limit} rows")
        return Question(
            form="list",
            range=time,
            names=self.metric.names if self.metric else (),
            tags=self.tags,
            values=self.values,
            rank=rank,
            limit=limit,
            zone=self.context.zone.key,
        )

    def _aggregate(self, time: TimeRange, second: TimeRange | None) -> Question:
        aggregations = self._with_rate(self._aggregations(), time)
        if self.ranking and not self.groups and not self.grain:
            if self.metric and self.metric.names and not self.metric.counted:
                _refuse("incomplete", "A ranking needs to know of what: add 'by' and a tag.")
            self.groups = (NAME,)
        if self.ranking and self.groups and self.grain:
            _refuse("unsupported", "A ranking of groups has no buckets.")
        if self.noun and not self.ranking:
            self.assumptions.append(f"'{self.noun.key.key}' read as by {self.noun.key.key}")
        return Question(
            form="aggregate",
            range=time,
            aggregations=aggregations,
            names=self.metric.names if self.metric else (),
            tags=self.tags,
            values=self.values,
            groups=self.groups,
            grain=self.grain,
            rank=Rank(self._count(), self.ranking.descending) if self.ranking else None,
            compared_to=second,
            zone=self.context.zone.key,
        )

    def _aggregations(self) -> tuple[Aggregation, ...]:
        metric = self.metric
        if not metric and not self.said and not (self.ranking or self.groups or self.tags or self.values or self.grain):
            _refuse("incomplete", "What is to be counted or measured is not said.")
        if self.said:
            reduces = any(each.function not in ("count", "distinct") for each in self.said.aggregations)
            if reduces and not (metric and metric.names):
                detail = "Of which metric? Values of different metrics are not reduced together."
                _refuse("incomplete", detail)
            return self._counted_counters(self.said.aggregations)
        if (
            not metric
            or not metric.names
            or metric.counted
            or (self.rate
            and self._types() != {"counter"})
            or (self.ranking and self.ranking.quality == "count")
        ):
            self.assumptions.append(f"{metric.said if metric and metric.said else 'events'} counted")
            return self._counted_counters((Aggregation("count"),))
        function: Function = {frozenset({"event"}): "count", frozenset({"counter"}): "sum"}.get(self._types(), "avg")  # type: ignore[assignment]
        words = {"count": "counted", "sum": "summed", "avg": "averaged"}
        self.assumptions.append(f"{metric.names[0]} {words[function]}")
        return (Aggregation(function),)

    def _with_rate(self, aggregations: tuple[Aggregation, ...], time: TimeRange) -> tuple[Aggregation, ...]:
        """`on average per hour`: counts and sums become rates, which need to know how long the range is."""
        if self.rate:
            if any(aggregation.function not in ("count", "sum") for aggregation in aggregations):
                _refuse("conflict", "Only counts and sums have a rate.")
            aggregations = tuple(replace(aggregation, per=self.rate.per) for aggregation in aggregations)
        if time.start is None and self.grain is None and any(aggregation.per for aggregation in aggregations):
            _refuse("incomplete", "A rate needs to know since when.")
        return aggregations

    def _types(self) -> frozenset[str]:
        entries = (self.context.catalog.names[name] for name in (self.metric.names if self.metric else ()))
        return frozenset(type_ for entry in entries for type_ in entry.types)

    def _counted_counters(self, aggregations: tuple[Aggregation, ...]) -> tuple[Aggregation, ...]:
        """A counter's documents are deltas: how many is their sum."""
        if Aggregation("count") not in aggregations or self._types() != {"counter"} or not self.metric:
            return aggregations
        self.assumptions.append(f"{self.metric.names[0]} is a counter: its count is the sum of its values")
        return tuple(dict.fromkeys(Aggregation("sum") if a.function == "count" else a for a in aggregations))
