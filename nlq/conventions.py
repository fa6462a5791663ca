"""What is not said: the conventions that fill it in, each told as an assumption."""

from msgspec.structs import replace

from nlq import lexicon
from nlq.amounts import measure_told, runs_backwards
from nlq.clauses import Aggregations, Ranking, Rate, Share
from nlq.contradictions import RATED
from nlq.cycles import MAX_MEASURED
from nlq.measures import MEASURES, SECOND
from nlq.misfit import refuse
from nlq.parts import Parts
from nlq.plurals import singular
from nlq.question import Aggregation, Condition, Function, GroupKey, Rank, RankedBy, TimeRange
from nlq.ranges import Ranges
from nlq.subjects import COUNT
from nlq.units import LEVELS, UNITLESS, is_measuring, own_measure

_DEFAULTS: dict[frozenset[str], tuple[Function, str]] = {
    frozenset({"event"}): ("count", "counted"),
    frozenset({"counter"}): ("sum", "summed"),
}
_EACH = frozenset({"on each group", "each of a key", "for each group"})  # rules of groups
_EXTREME = frozenset({"any", "duration", "temperature", "mass", "distance", "money"})  # `longest stop`: of them all
_AVERAGE = Aggregations((Aggregation("avg"),))
_ENDS = {Aggregations((Aggregation("max"),)): True, Aggregations((Aggregation("min"),)): False}


def default_function(types: frozenset[str]) -> tuple[Function, str]:
    """What is done with values of these types where nothing is said: the function, and how it is told."""
    return _DEFAULTS.get(types, ("avg", "averaged"))


def take_count(parts: Parts) -> None:
    """`which 3 hosts had the highest`: the count of the ranking that is said, or of the one that an end makes."""
    noun = parts.noun
    if noun is None or noun.count is None:
        return
    if parts.ranking and parts.ranking.count is None:
        parts.ranking = replace(parts.ranking, count=noun.count)
    elif parts.ranking is None and parts.aggregations in _ENDS:
        parts.ranking = Ranking(noun.count, _ENDS[parts.aggregations])
    else:
        refuse("incomplete", f"Which {noun.count} of them: those with the highest, the lowest?", parts.clause_of(noun))


_MEASURED: frozenset[lexicon.Quality] = frozenset(
    {"duration", "pace", "delay", "temperature", "mass", "distance", "money", "fill"}
)


class Conventions(Ranges):
    """What is decided about the parts of a prompt. Methods raise NoQuestionError where no convention decides."""

    def choose_unit(self, *, age: bool) -> None:
        """`in seconds`: what the results are converted to, unless they are in it already.

        `in percent` of what adds up is each group's share.
        """
        said = self.parts.unit
        if not said:
            return
        measure = MEASURES[said]
        if self.parts.contrast and measure == MEASURES["percent"]:
            refuse("conflict", "A ratio or a difference of two is not in percent: ask 'what percentage'.")
        if measure == MEASURES["percent"] != own_measure(self.names) and self._adds_up():
            self.parts.unit = ""
            if self.ranks_change and self.parts.compare:  # `the smallest increase, in percent`
                self.parts.compare = replace(self.parts.compare, percent=True)
            else:
                self.parts.share = Share()
            return
        if age and measure.quantity != "time":
            refuse("conflict", f"How long ago something was is no amount in {said}.")
        own = SECOND if age else measure_told(self.names, said, measure)
        if own is None:
            self.assumptions.append(f"'{said}' read as the unit of {' and '.join(self.names)}")
        elif own != measure:
            self.unit = measure.symbol

    def _adds_up(self) -> bool:
        if self.said:
            return all(each.function in ("count", "sum") for each in self.said.aggregations)
        return self.metric is None or self.metric.counted or self.types <= {"event", "counter"}

    def choose_rate(self) -> None:
        """`average signups per day`: of what adds up it is how many a day on average; single values say little.

        `peak requests per minute` is so the minute with the most.
        """
        parts, grain = self.parts, self.grain
        adds_up = bool(self.types) and self.types <= {"event", "counter"}
        adds_up = adds_up or bool(self.metric and self.metric.summed)
        counted = self.metric is not None and self.metric.counted and not self.types & LEVELS
        if not (parts.is_reduced_metric and (adds_up or counted)):
            return
        if grain and parts.aggregations in _ENDS and not parts.ranking:
            if self.groups:
                refuse("unsupported", f"Ask which {grain.unit} had the most, of one at a time.")
            parts.ranking, self.said = Ranking(1, _ENDS[parts.aggregations]), None
            self.assumptions.append(
                f"read as the {grain.unit} with the {'most' if parts.ranking.descending else 'fewest'}"
            )
        if parts.aggregations != _AVERAGE:
            return
        if not grain:
            said = self.metric.said.casefold() if self.metric else ""
            summed = self.metric is not None and self.metric.summed
            one_by_one = ((counted or self.types == {"event"}) and singular(said) != said) or summed
            if one_by_one and not (parts.divides or parts.bucket):
                done, many = ("adds up", "much") if summed else ("are counted, not averaged", "many")
                detail = f"'{said}' {done}: how {many} in what time?"
                refuse("ambiguous", detail, parts.clause_of(parts.aggregations), ("per day", "per hour"))
            return
        if parts.rate or parts.trend:
            return
        if grain.count != 1 or grain.unit not in RATED:
            detail = f"An average by {grain.unit}s is not computed: leave out 'average' to see each."
            refuse("unsupported", detail, parts.clause_of(parts.aggregations))
        parts.rate, self.grain, self.said = Rate(grain.unit), None, None
        self.assumptions.append(f"the average read as of all {grain.unit}s of the range together")

    def any_in_bucket(self) -> tuple[Condition, ...]:
        """`on which days was there a failed build`: those with any."""
        parts, clause = self.parts, self.parts.clause_of(self.parts.bucket)
        counted = bool(self.types) and self.types <= {"event", "counter"}
        other = parts.ranking or self.said or parts.share or parts.share_where or parts.compare
        if not (parts.bucket and clause and counted) or other or clause.rule == "bucket":
            return ()
        self.assumptions.append(f"each {parts.bucket.grain.unit} with any")
        return (Condition("value", "gt", 0.0),)

    def rank(self, having: tuple[Condition, ...]) -> Rank | None:
        parts = self.parts
        if parts.ranking:
            return self._ranked(parts.ranking)
        if parts.others:
            refuse("incomplete", "Which are not the others? Say how many: 'top 5'.")
        # `which host had the highest cpu.usage`
        asked = (parts.noun and parts.noun.which) or parts.bucket
        if asked and self.said and len(self.said.aggregations) == 1 and not having:
            function = self.said.aggregations[0].function
            if function in ("max", "min"):
                if self.types == {"event"}:  # an event has no value: where there were the most
                    self.said = None
                self._check_bucket()
                per = self._per_other(()) if parts.noun and parts.noun.which else ()
                return Rank(self.count(), descending=function == "max", per=per)
        if parts.bucket and (parts.grain or not having):
            told = "Two bucket widths in one prompt." if having else "Of the buckets, which: the highest, the busiest?"
            refuse("conflict" if having else "incomplete", told, parts.clause_of(parts.bucket))
        return None

    @property
    def ranks_change(self) -> bool:
        """`which services grew the most`, `top 5 hosts by growth`: the change is what is ranked."""
        ranking, compare = self.parts.ranking, self.parts.compare
        if ranking is None:
            return False
        most = ranking.word in ("most", "least")
        goes_by = compare and (compare.ranks or (compare.changes and (most or self.parts.is_change_of_metric)))
        return bool(goes_by) or bool(most and self.parts.changed)

    def _ranked(self, ranking: Ranking) -> Rank:
        parts, per = self.parts, self._per_other(ranking.per)
        each = any(clause.rule in _EACH for clause in map(parts.clause_of, parts.grouped) if clause)
        said = ranking.count not in (None, self.context.limits.max_groups)  # and not `longest first`
        if each and said and not (parts.noun or per):
            refuse("unsupported", f"The {ranking.count} {ranking.word} of each are not told: ask for 'max', by what.")
        self._check_bucket()
        if per and not set(per) < set(self.groups):
            refuse("conflict", "A ranking per group needs to be of a group within it.")
        if self.grain and self.groups:
            self.assumptions.append("ranked within each bucket")
        descending, by = self._ranked_by(ranking) if self.ranks_change else (self.descending(), "value")
        return Rank(self.count(), descending, per, others=parts.others is not None, by=by, place=ranking.place)

    def _check_bucket(self) -> None:
        """`which day had the highest cpu usage on each host`."""
        if self.parts.bucket and self.groups and not self.parts.noun:
            refuse("unsupported", "Which of the buckets it was for each is not told: ask of one at a time.")

    def _per_other(self, per: tuple[GroupKey, ...]) -> tuple[GroupKey, ...]:
        """`top 3 hosts per region`: what is ranked stands alone, and the other groups are what it is ranked in."""
        noun = self.parts.noun
        if noun and len(self.groups) > 1 and not self.parts.versus:
            return tuple(group for group in self.groups if group != noun.key)
        return per

    def _ranked_by(self, ranking: Ranking) -> tuple[bool, RankedBy]:
        """Whether the greatest come first, and of what: of a rise or a fall, or of a change either way."""
        parts = self.parts
        if parts.against is None:
            refuse("incomplete", "A change since when? Name a second time range.", parts.clause_of(ranking))
        direction = parts.compare.direction if parts.compare else 0
        if parts.changed:
            direction = 1 if parts.changed.condition.comparison == "gt" else -1
        descending = ranking.descending == (direction >= 0)
        if parts.compare and parts.compare.percent:
            self.assumptions.append("ranked by the change in percent")
            return descending, "change_percent"
        self.assumptions.append(f"ranked by how much it {('changed', 'rose', 'fell')[direction]}")
        return descending, "change" if direction else "absolute_change"

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
        if ranking.quality in _MEASURED and self.types == {"event"} and not self.is_measured(ranking.quality):
            detail = f"{' and '.join(self.names)} does not tell what is '{ranking.word}': it has no such value."
            refuse("incomplete", detail, self.parts.clause_of(ranking))
        if ranking.quality != "good":
            return ranking.descending != runs_backwards(self.names, ranking.quality)
        descending = ranking.descending == self.best_is_high(ranking.word, self.parts.clause_of(ranking))
        self.assumptions.append(f"'{ranking.word}' read as {'highest' if descending else 'lowest'}")
        return descending

    def is_measured(self, quality: lexicon.Quality) -> bool:
        """Whether the metric measures what the word is about."""
        return any(is_measuring(name, quality) for name in self.names)

    def aggregations(self) -> tuple[Aggregation, ...]:
        metric, parts = self.metric, self.parts
        summed = parts.total and self.types == {"event"}  # which has no value of its own: `deploys in total`
        if self.said and not summed:
            return self._as_said(self.said.aggregations)
        if metric and metric.summed and self.types.isdisjoint(LEVELS):
            self.assumptions.append(f"{' and '.join(self.names)} summed")
            return (Aggregation("sum"),)
        of_values = (parts.share and parts.thresholds) or parts.share_where  # `fraction of scores over 20`
        self._check_how()
        sized = parts.how is not None and parts.how.word != "busy"  # `how large are orders`
        named = (
            metric and metric.counted and not sized and not self.types <= LEVELS
        )  # `players` of a gauge are no documents
        asked = [each.quality for each in (parts.how, parts.ranking, parts.changed) if each]
        if any(is_measuring(name, quality) for name in self.names for quality in asked):  # `longest sessions`
            named = False
        told = parts.ranking or parts.changed
        loaded = told is not None and told.word in lexicon.LOADED and bool(self.types) and self.types <= LEVELS
        counted = metric is None or not metric.names or named or of_values
        if counted or (told and told.quality == "count" and not loaded) or (parts.rate and self.types != {"counter"}):
            self.assumptions.append(f"{metric.said if metric and metric.said else 'events'} counted")
            return self._counters_summed((COUNT,))
        return self._as_usual()

    def _check_how(self) -> None:
        """`how long are builds`, of events that do not tell how long."""
        how = self.parts.how
        if how and how.quality in _MEASURED and self.types == {"event"} and not self.is_measured(how.quality):
            detail = f"{' and '.join(self.names)} does not tell what is '{how.word}': it has no such value."
            refuse("incomplete", detail, self.parts.clause_of(how))

    def _as_said(self, said: tuple[Aggregation, ...]) -> tuple[Aggregation, ...]:
        reduces = any(each.function not in ("count", "distinct") for each in said)
        if reduces and not self.names:
            refuse("incomplete", "Of which metric? Values of different metrics are not reduced together.")
        if self.parts.of_number and self.types <= {"event", "counter"}:
            clause, choices = self.parts.clause_of(self.parts.aggregations), ("number of", "number per day of")
            refuse("ambiguous", "How many there are in what time? Say 'per day', or leave that out.", clause, choices)
        self._check_events(said)
        ratio = self.parts.ratio
        if ratio and not ratio.minus and said == (Aggregation("avg"),) and not self.types & LEVELS:
            self.assumptions.append(f"the average read as what {self.names[0]} comes to for each")
            return (Aggregation("sum"),)
        apart = self._keys_known() <= self._keys_said() or not self.types <= LEVELS
        if Aggregation("latest") in said and not apart:
            of = "of each the latest" if self.groups else "the latest"
            self.assumptions.append(f"{of} is that of the one series that reported last: 'by' a tag shows each")
        return self._counters_summed(said)

    def _as_usual(self) -> tuple[Aggregation, ...]:
        """What is done with metrics of this type, where nothing is said."""
        parts = self.parts
        kinds = {frozenset(self.context.catalog.names[name].types) for name in self.names}
        defaults = {default_function(kind) for kind in kinds}
        if len(defaults) > 1:
            refuse("incomplete", f"{' and '.join(self.names)} are of different types: say 'average', 'sum' or 'count'.")
        function, done = defaults.pop()
        highest: tuple[Function, str] = ("max", "at its highest")
        lowest: tuple[Function, str] = ("min", "at its lowest")
        if function == "avg" and parts.ratio and not parts.ratio.minus and not self.types & LEVELS:
            function, done = "sum", "summed"
        if function == "avg" and parts.how and parts.how.extreme and self.types <= LEVELS:
            backwards = runs_backwards(self.names, parts.how.quality)
            function, done = highest if parts.how.descending != backwards else lowest
        if function == "avg" and parts.how and parts.how.now and self.types <= LEVELS and self._is_timeless:
            self.assumptions.append("read as it is now: the latest")
            return self._as_said((Aggregation("latest"),))
        ranking = parts.ranking
        ends = ranking and parts.is_top_of_metric and ranking.quality in _EXTREME and not self.ranks_change
        if function == "avg" and ranking and ends:
            function, done = highest if ranking.descending else lowest
        elif function == "count" and ranking and ranking.quality in _MEASURED and self.is_measured(ranking.quality):
            function, done = highest if self.descending() else lowest  # `heaviest parcel by country`
        self.assumptions.append(f"{' and '.join(self.names)} {done}")
        return (Aggregation(function),)

    @property
    def _is_timeless(self) -> bool:
        """Whether no time is said, and no buckets: what is asked of now, as `is` and `are` say."""
        parts = self.parts
        return not (parts.range or parts.during or parts.against or self.grain or parts.trend or parts.compare)

    def _check_events(self, aggregations: tuple[Aggregation, ...]) -> None:
        """`tool changes by max`, where an operator is called so: an event seldom has a value, so ask back."""
        if self.types != {"event"}:
            return
        keys = {key for name in self.names for key in self.context.catalog.names[name].keys}
        words = [word for word, aggregation in lexicon.AGGREGATIONS.items() if aggregation in aggregations]
        for key, value in [pair for word in words for pair in self.context.catalog.values_like(word)]:
            if key in keys:
                clause = self.parts.clause_of(self.parts.aggregations)
                detail = f"'{value}' may be the {key}, or what is computed."
                refuse("ambiguous", detail, clause, (f"where {key} is {value}",))

    def with_rate(self, aggregations: tuple[Aggregation, ...], time: TimeRange) -> tuple[Aggregation, ...]:
        """`on average per hour`: counts and sums become rates, which need to know how long the range is."""
        if self.parts.is_typical and not self.grain and not self.parts.rate:
            self._rate_of_typical(aggregations)
        if self.parts.rate:
            if any(aggregation.function not in ("count", "sum") for aggregation in aggregations):
                refuse("conflict", "Only counts and sums have a rate.")
            aggregations = tuple(replace(aggregation, per=self.parts.rate.per) for aggregation in aggregations)
        if time.start is None and self.grain is None and any(aggregation.per for aggregation in aggregations):
            refuse("incomplete", "A rate needs to know since when.")
        if self.parts.during and any(aggregation.per for aggregation in aggregations):
            self._check_length(time)
        return aggregations

    def _rate_of_typical(self, aggregations: tuple[Aggregation, ...]) -> None:
        """`how many orders on a typical Sunday`: on average, not on all of them."""
        if any(each.per or each.function not in ("count", "sum") for each in aggregations):
            return
        if any(cycle.start != cycle.end for cycle in self.parts.during):
            refuse("unsupported", "What is typical of a part of the day is not counted: ask 'per day'.")
        self.parts.rate = Rate("day")
        self.assumptions.append("'typical' read as the average of such a day")

    def _check_length(self, time: TimeRange) -> None:
        """A rate is by the hours that belong to the recurring time, which are known of whole ranges, not of buckets."""
        if self.grain:
            refuse("unsupported", "A rate during recurring time is of the whole range: leave out the buckets.")
        if time.start and time.end and time.end - time.start > MAX_MEASURED:
            refuse("unsupported", f"A rate during recurring time needs a range of at most {MAX_MEASURED.days} days.")

    def check_unit(self, aggregations: tuple[Aggregation, ...]) -> None:
        """Counts have no unit, and temperatures on scales that begin elsewhere have no sum."""
        measure, own = MEASURES.get(self.parts.unit), own_measure(self.names)
        if measure is None:
            return
        for aggregation in aggregations:
            shifted = own is not None and own.shift != measure.shift and aggregation.function == "sum"
            if aggregation.function in UNITLESS or shifted or self.parts.divides:
                refuse("conflict", f"'{aggregation.label}' is not given in {self.parts.unit}.")

    def _counters_summed(self, aggregations: tuple[Aggregation, ...]) -> tuple[Aggregation, ...]:
        """A counter's documents are deltas: how many is their sum."""
        if COUNT not in aggregations or self.types != {"counter"}:
            return aggregations
        self.assumptions.append(f"{self.names[0]} is a counter: its count is the sum of its values")
        return tuple(dict.fromkeys(Aggregation("sum") if each == COUNT else each for each in aggregations))
