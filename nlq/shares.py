"""What results are divided by: shares, ratios, and the rate of errors."""

from msgspec.structs import replace

from nlq.clauses import Metric, ShareWhere, Threshold
from nlq.conventions import Conventions, default_function
from nlq.describe import tag_filter
from nlq.measures import MEASURES, PERCENT
from nlq.misfit import refuse
from nlq.question import Aggregation, Function, Over, TagFilter, ValueFilter
from nlq.units import LEVELS, UNITLESS, own_measure


class Shares(Conventions):
    """Conventions about parts of a whole."""

    def read_error_rate(self) -> None:
        """`error rate`: the share of codes such as 503 among all that have a code."""
        said = self.parts.error_rate
        if not said:
            return
        catalog, clause = self.context.catalog, self.parts.clause_of(said)
        told = {
            name: [tag for tag in said.tags if tag.key in catalog.names[name].keys]
            for name in self.names or catalog.names_having(tag.key for tag in said.tags)
        }
        if not self.names:
            errors = catalog.words.names_with((said.word,))
            choices = [f"{said.word} rate of {name}" for name in told]
            choices += [f"{error} per {name}" for error in errors for name in told if name not in errors]
            if len(choices) > 1:
                detail = f"'{said.word} rate' needs to know of what: {', '.join(list(told)[:10])}."
                refuse("ambiguous", detail, clause, tuple(choices))
            of = f"'{said.word} rate' of events" if self.metric else f"'{said.word} rate'"
            self.metric = Metric(tuple(told))
            self.assumptions.append(f"{of} read of {self.names[0]}")
        tags = told[self.names[0]]
        if len(self.names) > 1 or len(tags) != 1:
            detail = f"{' and '.join(self.names)}: there is no one tag that tells an {said.word} by a code such as 503."
            refuse("incomplete", detail, clause)
        key = tags[0].key
        if any(tag.key == key and tag.values for tag in self.parts.tags) or any(g.key == key for g in self.groups):
            refuse("conflict", f"The {said.word} rate is told by {key}, of which something else is said too.", clause)
        self.assumptions.append(f"'{said.word} rate' read as the share where {tag_filter(tags[0])}")
        self.parts.tags = (*self.parts.tags, TagFilter(tags[0].key))
        self.parts.share_where = (*self.parts.share_where, ShareWhere(tags[0]))

    def read_share_condition(self) -> None:
        """`which branches had more than 10 % of builds failed`: a condition on the share of those that did."""
        parts = self.parts
        said = next((each for each in parts.thresholds if each.amount.unit in PERCENT), None)
        own = own_measure(self.names)
        if said is None or parts.share or parts.share_where or not self.types or self.types <= LEVELS:
            return
        if own and own.quantity == MEASURES["percent"].quantity:
            return
        others = [each for each in parts.thresholds if each is not said]
        predicate = parts.predicate()
        coded = next((tag for tag in parts.tags if tag.values and tag.values[0].isdecimal()), None)  # `with status 500`
        part: TagFilter | Threshold | None = next(iter(parts.parts), None) or predicate or coded
        if not part and len(others) == 1:  # `more than 5 % of requests took over 2 s`
            part = replace(others.pop(), each=True)
        if part is None or not parts.is_of_metric(said):
            detail = "The share of what in what? Say 'more than 10 % of builds failed', or ask for the share alone."
            refuse("ambiguous", detail, parts.clause_of(said))
        if others or parts.havings or said.each:
            refuse("unsupported", "A share is compared with one number, and no other condition.", parts.clause_of(said))
        parts.thresholds = (said,)
        parts.tags = tuple(tag for tag in parts.tags if tag != part)
        parts.share_where = (ShareWhere(part),)

    def over(
        self, values: tuple[ValueFilter, ...], aggregations: tuple[Aggregation, ...]
    ) -> tuple[tuple[TagFilter, ...], tuple[ValueFilter, ...], Over | None]:
        """The conditions of the question, and what its result is divided by.

        `what percentage of requests had status 500`: of all, and those that had it. Without `had`, the one condition
        that there is makes the part; several could be meant either way. By route it is a part of each.
        """
        parts, tags = self.parts, self.parts.tags
        if parts.contrast:
            names = self.names or refuse("incomplete", "A ratio or a difference of what? Name the metric.")
            if self.types <= {"event", "counter"} and aggregations[0].function not in ("count", "sum", "distinct"):
                detail = f"Of what is counted there is no '{aggregations[0].label}' of a ratio: leave it out."
                refuse("unsupported", detail, parts.clause_of(parts.aggregations))
            one, other = (*tags, parts.contrast.tag), (*tags, parts.contrast.other)
            return one, values, Over(names, aggregations[0], other, values, minus=parts.contrast.minus)
        if parts.ratio or parts.per:
            if parts.share or parts.share_where:
                refuse("conflict", "A ratio and a share in one prompt.")
            return tags, values, self._denominator(tags, values, aggregations[0])
        part: list[TagFilter | ValueFilter] = []
        for each in parts.share_where:
            wanted = each.condition
            if isinstance(wanted, TagFilter):
                tags = (*tags, wanted)
                part.append(wanted)
            else:
                values = (*values, ValueFilter(wanted.comparison, self.number(wanted.amount)))
                part.append(values[-1])
        if parts.share and not part:
            part = self._part_shared(tags, values)
        if not part:
            return tags, values, None
        base = tuple(tag for tag in tags if tag not in part)
        over = Over(self.names, aggregations[0], base, tuple(v for v in values if v not in part), percent=True)
        return (*base, *(tag for tag in tags if tag in part)), values, over

    def _part_shared(
        self, tags: tuple[TagFilter, ...], values: tuple[ValueFilter, ...]
    ) -> list[TagFilter | ValueFilter]:
        """The conditions that make the part whose share is asked; none where each group's is."""
        parts = self.parts
        if parts.parts or not self.groups:
            part: list[TagFilter | ValueFilter] = [*parts.parts, *values] or ([*tags] if len(tags) == 1 else [])
            predicate = parts.predicate()
            part = part or [*parts.behind_metric()] or ([predicate] if predicate else [])
            if not part:
                refuse("incomplete", "A share of what? Add 'by' and a tag, or a condition: 'had status 500'.")
            return part
        if parts.share and parts.share.of_all and not values:
            if len(tags) != 1:
                refuse("ambiguous", "Which of these makes the part?", parts.clause_of(parts.share))
            return [*tags]
        if predicate := parts.before_share() or parts.predicate():
            return [predicate]
        if values:  # `what percentage of requests took over 2 s by route`
            return [*values]
        if kind := parts.kind_shared():
            key = self.groups[0].key
            detail = f"The share of each {key} among these, or the share of these in each {key}?"
            refuse("ambiguous", detail, kind)
        return []

    def _denominator(self, tags: tuple[TagFilter, ...], values: tuple[ValueFilter, ...], above: Aggregation) -> Over:
        per = self.parts.per
        said = self.parts.ratio or per
        if per and per.aggregation:
            names, aggregation = per.metric.names, per.aggregation
        else:
            names = self.parts.ratio.denominator.names if self.parts.ratio else ()
            if above.per:
                refuse("unsupported", "A ratio or a difference is of counts and sums, not of rates.")
            aggregation = self._other_side(names[0], above)
        known = {key for name in names for key in self.context.catalog.names[name].keys}
        keys = [*(tag.key for tag in tags), *(group.key for group in self.groups if group.kind == "tag")]
        if missing := [key for key in keys if key not in known]:
            detail = f"{' and '.join(names)} has no tag {missing[0]}, so it cannot be told for each."
            refuse("unknown_value", detail, self.parts.clause_of(said))
        if said and said.minus:
            self._check_alike((self.names, above), (names, aggregation))
        return Over(
            names, aggregation, tags, values, times=said.times if said else 1.0, minus=bool(said and said.minus)
        )

    def _other_side(self, name: str, above: Aggregation) -> Aggregation:
        """What the second metric of a ratio or a difference comes to, where that is not said."""
        ratio, types = self.parts.ratio, self.context.catalog.names[name].types
        if ratio is None or not ratio.minus:
            levels, counter = types <= LEVELS, types == {"counter"}
            counter = counter or (ratio is not None and ratio.denominator.said in MEASURES and not levels)  # `per km`
            below = Aggregation(
                "sum" if counter else "avg" if levels else "count"
            )  # `tickets per agent` that is online
            self.assumptions.append(f"divided by the {below.label} of {name}")
            return below
        counted: tuple[Function, str] = ("count", "counted")
        function, done = counted if ratio.denominator.counted else default_function(types)
        if function == "count" and types == {"counter"}:
            function, done = "sum", "summed"
        if self.said and function == "avg":
            return above
        self.assumptions.append(f"{name} {done}, and taken away")
        return Aggregation(function)

    def _check_alike(self, *sides: tuple[tuple[str, ...], Aggregation]) -> None:
        """Of an average and a count, or of hours and kilometres, there is no difference."""
        adds_up = [each.function in ("count", "sum") for _, each in sides]
        units = [None if each.function in UNITLESS else own_measure(names) for names, each in sides]
        if sides[0] == sides[1]:
            refuse("conflict", "Both sides are the same.", self.parts.clause_of(self.parts.ratio or self.parts.per))
        if adds_up[0] != adds_up[1] or units[0] != units[1]:
            told = " and ".join(f"the {each.label} of {next(iter(names), 'all metrics')}" for names, each in sides)
            detail = f"There is no difference of {told}: they are not of one kind."
            refuse("conflict", detail, self.parts.clause_of(self.parts.ratio or self.parts.per))
