"""Conditions: on single values, on what a group comes to, on how it changed."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from nlq import lexicon
from nlq.amounts import OPPOSITE, in_own_unit, runs_backwards, value_filter
from nlq.clauses import Aggregations, Amount, Changed, Having, Threshold
from nlq.contradictions import excluded
from nlq.fold import words_of
from nlq.measures import PERCENT
from nlq.misfit import refuse
from nlq.question import Aggregation, Condition, Function, ValueFilter
from nlq.rule import Match
from nlq.stems import stem
from nlq.subjects import COUNT, Subjects
from nlq.units import head_of, is_measuring, own_measure

_BAD, _GOOD = (words | frozenset(map(stem, words)) for words in (lexicon.BAD_WORDS, lexicon.GOOD_WORDS))


class Conditions(Subjects):
    """What the conditions of a prompt are about. Methods raise NoQuestionError where no convention decides."""

    def values(self) -> tuple[ValueFilter, ...]:
        """The conditions on values, each in the metric's own unit."""
        said = self.parts.thresholds
        return self._possible(value_filter(self.names, each, self.number(each.amount)) for each in said)

    def _possible(self, values: Iterable[ValueFilter]) -> tuple[ValueFilter, ...]:
        found = tuple(values)
        if excluded(found):
            last = self.parts.clause_of(self.parts.thresholds[-1]) if self.parts.thresholds else None
            refuse("conflict", "No value fulfils both conditions.", last)
        return found

    def number(self, amount: Amount, *, difference: bool = False) -> float:
        """The amount in the metric's own unit, which is told by the metric's name; a bare number is in the unit that
        is asked for.
        """
        if not amount.unit and not self.parts.age:
            amount = Amount(amount.number, self.parts.unit)
        number, assumption = in_own_unit(self.names, amount, difference=difference)
        if assumption:
            self.assumptions.append(assumption)
        return number

    def conditions(self) -> tuple[tuple[ValueFilter, ...], tuple[Condition, ...]]:
        """Conditions on single values, and on groups. `over 80` is about groups where groups are what is asked."""
        parts = self.parts
        values: list[ValueFilter] = []
        of_ratio = [each for each in parts.thresholds if self._is_of_ratio(each)]
        having = [Condition("value", each.comparison, each.amount.number) for each in of_ratio]
        for threshold in [each for each in parts.thresholds if each not in of_ratio]:
            wanted = value_filter(self.names, threshold, self.number(threshold.amount))
            if self._is_of_groups(threshold):
                having.append(Condition("value", wanted.comparison, wanted.number))
            else:
                values.append(wanted)
                if self.said and self.groups and not threshold.each and self.said.aggregations != (COUNT,):
                    self.assumptions.append("the condition is on each value; for groups: 'which ... averaged over'")
        if parts.changed:
            self._check_said_of(parts.changed)
        changed = self._changed()
        falls = bool(changed and changed.comparison == "lt") or bool(parts.compare and parts.compare.direction < 0)
        for said in parts.havings:
            having += self._having(said, values, falls=falls)
        asked = parts.whether or (parts.noun and parts.noun.which and not parts.ranking and not changed)
        enough = any(said.by and said.comparison in ("gt", "ge") for said in parts.havings)  # `by more than 10 %`
        if changed and not enough:
            having.append(changed)
        if asked and parts.compare and parts.compare.direction and not (parts.compare.ranks or enough):
            having.append(Condition("change", "gt" if parts.compare.direction > 0 else "lt", 0.0))
        self._group_any(having)
        if having and self.said and self.said.aggregations[0].function == "distinct" and not self.groups:
            refuse("unsupported", "How many of them do so is not counted: ask 'which', and count the rows.")
        if values and self.metric is None:
            refuse("incomplete", "A condition on values of which metric? Those of different ones are not alike.")
        self._possible(ValueFilter(each.comparison, each.number) for each in having if each.of == "value")
        return self._possible(values), tuple(having)

    def _group_any(self, having: Sequence[Condition]) -> None:
        """`did any host average above 80`: each by itself."""
        of = self.parts.any_of
        if having and of and of not in self.groups:
            self.groups = (*self.groups, of)

    def _changed(self) -> Condition | None:
        """`got slower`: by what it is seen."""
        parts = self.parts
        if parts.changed and not parts.sides:
            condition = parts.changed.condition
            if runs_backwards(self.names, parts.changed.quality):
                condition = replace(condition, comparison=OPPOSITE[condition.comparison])
            if parts.changed.quality == "good":
                rises = self.best_is_high(parts.changed.word, parts.clause_of(parts.changed))
                condition = replace(condition, comparison="gt" if rises == (condition.comparison == "gt") else "lt")
            return condition
        return None

    def _check_said_of(self, changed: Changed) -> None:
        """`has search got slower since the deploy`: of what has a pace, which deploys have not."""
        measured = changed.quality not in lexicon.QUALITY_WORDS or any(
            is_measuring(name, changed.quality) for name in self.names
        )
        if self.names and not measured:
            detail = f"What is '{changed.word}'? That is not measured by {' and '.join(self.names)}."
            refuse("incomplete", detail, self.parts.clause_of(changed))

    def _is_of_groups(self, threshold: Threshold) -> bool:
        beyond: Function = "max" if threshold.comparison in ("gt", "ge") else "min"
        function = threshold.function or (beyond if self.parts.any_which and self.types != {"event"} else None)
        if function:
            self._say(function, threshold)
            return True
        parts = self.parts
        asked = self.said and (parts.noun or parts.whether)
        return bool(asked or self.is_total(threshold)) and not threshold.each

    def _is_of_ratio(self, threshold: Threshold) -> bool:
        """`which services had errors per deploy over 3`: about what is divided, not about the values of either side."""
        parts, unit = self.parts, threshold.amount.unit
        if threshold.each or not (parts.divides or (parts.share_where and (not unit or unit in PERCENT))):
            return False
        if unit and not parts.share_where:
            refuse("unsupported", f"A ratio or a difference is no amount in {unit}.", parts.clause_of(threshold))
        if not (self.groups or self.grain) or parts.whether:
            detail = "A condition on a ratio or a difference needs groups: 'which ...', or 'by' and a tag."
            refuse("unsupported", detail, parts.clause_of(threshold))
        return True

    def is_total(self, threshold: Threshold) -> bool:
        """`speeding by driver, more than 3`, `which hours had more than 5 errors`, `were there more than 5 errors`:
        what is counted is as many as there are together, not what a single one says.
        """
        parts = self.parts
        function = {frozenset({"event"}): "count", frozenset({"counter"}): "sum"}.get(self.types)
        if threshold.each or function is None or not self.names:
            return False
        if self.types == {"event"} and (threshold.amount.unit or own_measure(self.names)):  # `chargebacks over 500 eur`
            return False
        if self.said is not None and [each.function for each in self.said.aggregations] != [function]:
            if self.said.aggregations[0].function == "distinct" and parts.is_before_metric(threshold):
                detail = "How many there are that have so many is not counted: ask 'which', and count the rows."
                refuse("unsupported", detail, parts.clause_of(threshold))
            return False
        is_event = self.types == {"event"}  # which has no value of its own, as no unit is named
        return bool(is_event or parts.is_before_metric(threshold) or self.groups or self.grain or parts.bucket)

    def _having(self, said: Having, values: list[ValueFilter], *, falls: bool) -> list[Condition]:
        parts = self.parts
        if said.function and (parts.divides or parts.share_where):
            refuse("unsupported", "Of a ratio or a difference say 'which ... over' a number.", parts.clause_of(said))
        adds_up = bool(self.types) and self.types <= {"event", "counter"}
        if self.types == {"event"} and (said.amount.unit or own_measure(self.names)):  # `did a payment exceed 500 eur`
            adds_up = False
        if (said.crossed or said.kept) and not self.said and adds_up:
            self.said = Aggregations((COUNT,))  # `days when crashes exceeded 100`: as many as there were together
            return [Condition(said.of, said.comparison, self.number(said.amount))]
        if said.crossed and parts.whether and not self.said:  # `did cpu exceed 90`: any single value
            values.append(ValueFilter(said.comparison, self.number(said.amount)))
            return []
        counted = self.said == Aggregations((COUNT,)) and self.types != {"event"}
        if said.crossed and counted and not (self.groups and adds_up):  # `how often did it exceed 90`
            if adds_up:
                refuse("incomplete", "How often is told of periods: ask 'which hours had more than' so many.")
            values.append(ValueFilter(said.comparison, self.number(said.amount)))
            self.assumptions.append("each value beyond it counted")
            return []
        if said.function and not (said.crossed and self.said):
            self._say(said.function, said)
        percent = said.of == "change_percent"
        number = said.amount.number if percent else self.number(said.amount, difference=said.of == "change")
        if said.by and falls:  # `dropped by more than 10 %`
            return [Condition(said.of, OPPOSITE[said.comparison], -number)]
        return [Condition(said.of, said.comparison, number)]

    def _say(self, function: Function, condition: Threshold | Having) -> None:
        """The aggregation that a condition on groups names."""
        meant = Aggregations((Aggregation(function),))
        if self.said not in (None, meant):
            refuse("conflict", "Two aggregations in one prompt.", self.parts.clause_of(condition))
        self.said = meant

    def best_is_high(self, word: str, clause: Match | None) -> bool:
        """Whether more of the metric is better, by the words of its name."""
        words = {each for name in self.names for word in words_of(name) for each in (word, stem(word))}
        bad, good = not words.isdisjoint(_BAD), not words.isdisjoint(_GOOD)
        bad = bad or (not good and any(is_measuring(name, "duration") for name in self.names))
        if bad and good:  # `delivery.delay_minutes`: the last word says what is measured
            heads = {each for head in map(head_of, self.names) for each in (head, stem(head))}
            bad, good = not heads.isdisjoint(_BAD), not heads.isdisjoint(_GOOD)
        if bad == good:
            detail = f"'{word}' may be the highest or the lowest: say which."
            refuse("ambiguous", detail, clause, ("top", "bottom"))
        return good
