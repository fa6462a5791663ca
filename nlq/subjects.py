"""What a prompt is about, where it does not name it: the metric, the tag of `who`, the buckets of a trend."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from nlq import lexicon, verbs
from nlq.clauses import Aggregations, Changed, How, KeyNoun, Listing, Metric, Occurred, Ranking, Threshold
from nlq.context import Context
from nlq.fold import words_of
from nlq.measures import MEASURES
from nlq.misfit import refuse
from nlq.parts import Parts
from nlq.plurals import singular
from nlq.question import Aggregation, Grain, GroupKey, TagFilter, TimeRange
from nlq.rule import Match
from nlq.stems import stem
from nlq.units import LEVELS, is_measuring, measure_of

NAME = GroupKey("name", "name")
COUNT = Aggregation("count")
MAX_CANDIDATES = 3
_LEVELLED: Final = {MEASURES["percent"].quantity, MEASURES["celsius"].quantity}  # of which there is no total
_KEYS: Final = {"who": verbs.PEOPLE, "people": verbs.PEOPLE, "where": verbs.PLACES}
_HEADS: Final = frozenset({"id", "name", "email"})  # behind what a tag's key says: `driver_id`

# The longest range that a trend shows in buckets of this width.
_TRENDS: Final = (
    (timedelta(hours=2), Grain("minute")),
    (timedelta(days=3), Grain("hour")),
    (timedelta(days=100), Grain("day")),
    (timedelta(days=1000), Grain("week")),
    (timedelta.max, Grain("month")),
)


Told = How | Ranking | Changed | Threshold | Occurred


class Subjects:
    """The parts of one prompt, and what they are about. Methods raise NoQuestionError where nothing decides that."""

    def __init__(self, parts: Parts, context: Context) -> None:
        self.parts = parts
        self.context = context
        self.assumptions: list[str] = []
        self.metric = parts.metric
        self.groups = parts.groups
        self.said = parts.aggregations
        self.grain = parts.grain
        self.unit: str | None = None
        if self.metric and self.metric.several and NAME not in self.groups and not parts.catalog:
            self.groups = (*self.groups, NAME)
            self.assumptions.append("several metrics read as by name")

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
        said = (parts.how, parts.ranking, parts.changed, *parts.thresholds)
        told = next((each for each in said if each and each.quality in lexicon.QUALITY_WORDS), None)
        verb = next((each for each in parts.occurred if "distance" in each.qualities), None)
        if self.metric is None and verb and parts.ranking and parts.ranking.quality == "any":  # `who drove the most`
            self._choose_measuring("distance", verb.word, verb)
        elif self.metric is None and told:
            self._choose_measuring(told.quality, told.word, told)
        elif self.metric is None and (parts.thresholds or parts.having or self._reduces()):
            self._choose_valued()
        elif self.metric is None and (parts.contrast or (self.said == Aggregations((COUNT,)) and parts.tags)):
            self._choose_only(self.context.catalog.names_tagged(self._keys_said()))
        elif self.metric is None and parts.ranking and not self.said and (keys := self._keys_said()):
            found = self.context.catalog.names_tagged(keys)  # `top 3 error codes`, of what adds up
            if all(types <= {"event", "counter"} for types in found.values()):
                self._choose_only(found)
        if self.metric is None and parts.how and parts.how.quality == "any":  # `how busy are the hosts`
            detail = f"How {parts.how.word} of what? Name a metric."
            refuse("incomplete", detail, parts.clause_of(parts.how))
        self._count_named()
        self._check_verbs()
        self._check_together()
        self._check_how_many()

    def _check_how_many(self) -> None:
        """`how many players right now`: as many as the latest of the series are together. And `how many assays did kim
        run`, of `assay.run` with a tag `assay`: how many of them, or how often?
        """
        if self.parts.now:
            self._add_up()
        distinct = self.said.aggregations[0].key if self.said else None
        metric = self.metric
        plural = metric is not None and any(singular(word) != word for word in metric.said.casefold().split())
        counted = self.said == Aggregations((COUNT,)) and not (self.parts.thresholds or self.parts.having)
        if counted and plural and self.types and self.types <= LEVELS:
            detail = f"{' and '.join(self.names)} tells a level, not each of them: average, highest or latest?"
            refuse("ambiguous", detail, self.parts.clause_of(self.said), ("average", "max", "latest"))
        if distinct and metric and metric.said and self.types <= {"event", "counter"} and not self.groups:
            apart = {*words_of(metric.said), *words_of(distinct.key)}
            if all({*words_of(name)} - lexicon.UNIT_WORDS <= apart for name in metric.names) and self.parts.tags:
                detail = f"'{distinct.key}': how many different ones, or how often {metric.names[0]}?"
                choices = (f"how many different {distinct.key}", f"number of {metric.names[0]}")
                refuse("ambiguous", detail, self.parts.clause_of(self.said), choices)

    def _add_up(self) -> None:
        """How many there are now, of a level that adds up: that of one series is as it is."""
        clause, of = self.parts.clause_of(self.said), " and ".join(self.names) or "that"
        own = {measure.quantity for name in self.names if (measure := measure_of(name))}
        if not self.names or not self.types <= LEVELS or own & _LEVELLED:
            refuse("incomplete", f"How many there are now is told of levels that add up, which {of} is not.", clause)
        if self._keys_said() != self._keys_known():
            self.said = Aggregations((Aggregation("total_latest"),))
            self.assumptions.append("the latest of each series, added up")

    def _count_named(self) -> None:
        """`how many bikes were unlocked`: of `bike.unlock` that has no tag `bike`, how often."""
        said = self.parts.counted_key
        if said is None or not self.names or said.kind != "tag" or said.key in self._keys_known():
            return
        if any({*words_of(said.key)}.isdisjoint(words_of(name)) for name in self.names):
            refuse(
                "unknown_value", f"{' and '.join(self.names)} has no tag {said.key}.", self.parts.clause_of(self.said)
            )
        if not self.parts.now:
            self.said = Aggregations((COUNT,))
            self.assumptions.append(f"'{said.key}' is no tag of {' and '.join(self.names)}: what has that name counted")

    def _keys_known(self) -> frozenset[str]:
        return frozenset(key for name in self.names for key in self.context.catalog.names[name].keys)

    def _choose_measuring(self, quality: lexicon.Quality, word: str, told: Told) -> None:
        keys = self._keys_said()
        names = self.context.catalog.measuring(quality, next(iter(keys), None))
        names = [name for name in names if keys <= self.context.catalog.names[name].keys]
        if isinstance(told, Threshold) and told.amount.unit:
            quantity = MEASURES[told.amount.unit].quantity
            names = [name for name in names if (own := measure_of(name)) and own.quantity == quantity]
        if len(names) != 1:
            detail = f"'{word}' needs to know of which metric"
            detail += f": {', '.join(names[:10])}." if names else ": none is stored that measures it."
            refuse("ambiguous" if names else "incomplete", detail, self.parts.clause_of(told), tuple(names))
        self.metric = Metric((names[0],))
        self.assumptions.append(f"'{word}' read of {names[0]}")

    def _choose_valued(self) -> None:
        """`which ovens were over 200`: the one metric with that tag that has values, and in the unit that is said."""
        keys = self._keys_said()
        if not keys:
            return
        found = self.context.catalog.names_tagged(keys)
        names = [name for name in found if found[name] != {"event"}]
        if self._reduces() or len(names) > 1:  # of what adds up single values mean little
            names = [name for name in names if found[name] != {"counter"}] or names
        amounts = [each.amount for each in self.parts.thresholds]
        amounts += [each.amount for each in self.parts.havings]
        for unit in [amount.unit for amount in amounts if amount.unit]:
            quantity = MEASURES[unit].quantity
            names = [name for name in names if (own := measure_of(name)) and own.quantity == quantity]
        if len(names) == 1:
            self.metric = Metric((names[0],))
            self.assumptions.append(f"read of {names[0]}, the one metric with the tag {' and '.join(sorted(keys))}")

    def _choose_only(self, found: Collection[str]) -> None:
        """`how many 404s`: of the one metric that has the tags, which may be a counter."""
        if self.parts.codes and len(found) != 1:
            refuse("incomplete", "Of what? Several metrics have such codes.", choices=tuple(found))
        if len(found) == 1:
            self.metric = Metric((*found,))
            self.assumptions.append(f"read of {self.names[0]}, the one metric with such tags")
            if self.parts.contrast and not self.said and self.types.isdisjoint(LEVELS):  # `ratio of 500 to 200`
                self.said = Aggregations((COUNT,))

    def _reduces(self) -> bool:
        """Whether values are asked for, not how many there are."""
        each = self.said.aggregations if self.said else ()
        return bool(each) and all(one.function not in ("count", "distinct", "sum") for one in each)

    def _keys_said(self) -> frozenset[str]:
        groups = [group.key for group in (*self.groups, self.parts.any_of) if group and group.kind == "tag"]
        apart = [self.parts.contrast.tag] if self.parts.contrast else []
        return frozenset((*groups, *(tag.key for tag in (*self.parts.tags, *apart) if not tag.negated)))

    def _check_verbs(self) -> None:
        """A verb that says no more than the metric: it stands with the head of the metric's name, or is told by what
        the metric measures.
        """
        metric = self.metric
        for verb in self.parts.occurred:
            qualities = [quality for quality in verb.qualities if quality != "any"]
            named = self.context.catalog.words.names_with((verb.word,))
            if (
                qualities and named and set(named).isdisjoint(self.names)
            ):  # `wait`, where there is a `matchmaking.wait_s`
                qualities = []
            if metric and any(is_measuring(name, quality) for name in metric.names for quality in qualities):
                if verb.word in verbs.EARNING:
                    self.metric = metric = replace(metric, summed=True)
                continue
            mere = verb.word in verbs.RECORDING or self._begins(verb.word)
            mere = mere or (verb.word in verbs.MERE and not self.types <= LEVELS)
            if verb.light and metric and (mere or not metric.names or metric.summed or self._says_head(metric)):
                continue
            if "any" in verb.qualities and self.parts.how:
                continue
            if metric is None and verb.light and not qualities and self.said and self.said.aggregations[0].key:
                continue  # `how many hosts reported`
            if self.names and all(stem(verb.word) in map(stem, words_of(name)) for name in self.names):
                continue  # `does web-01 use more memory`, of `memory.used`
            if verb.light and metric and metric.counted and self.parts.thresholds:  # `parcels over 25 kg were handled`
                continue
            of = " and ".join(self.names) or "which metric"
            detail = f"What '{verb.word}' says of {of} is not known: name what is counted or measured in full."
            refuse("incomplete", detail, self.parts.clause_of(verb), self.names)

    def _begins(self, verb: str) -> bool:
        """`orders came in`, of `order.placed`."""
        return all(words_of(name)[-1] in verbs.SAYING.get(verb, ()) for name in self.names)

    def _says_head(self, metric: Metric) -> bool:
        if not metric.said:
            return True
        said = {*words_of(metric.said)}
        for name in metric.names:
            rest = [word for word in words_of(name) if word not in lexicon.UNIT_WORDS] or [*words_of(name)]
            if rest[-1] not in said:
                return False
        return True

    def _check_together(self) -> None:
        """Tags that no metric has together make an answer of nothing."""
        keys = self._keys_said()
        if not self.names and len(keys) > 1 and not self.context.catalog.has_together(keys):
            refuse("unknown_value", f"No metric has the tags {' and '.join(sorted(keys))} together.")

    def choose_asked(self) -> None:
        """`who`, `where`: by the one tag of the metric that says so."""
        asked, known = self.parts.asked, self.context.catalog.names
        if asked is None:
            return
        keys = frozenset.intersection(*(known[name].keys for name in self.names)) if self.names else frozenset()
        found = sorted(key for key in keys if asked.word == "ones" or self._says(key, asked.word))
        if len(found) > 1 and len(agents := [key for key in found if self._is_agent(key)]) == 1:
            found = agents
        if asked.word == "people" and not found and self._counts_people():
            return
        if len(found) != 1:
            of = " and ".join(self.names) or "events of every name"
            told = ", ".join(sorted(keys)) or "none in common"
            which = f"{' or '.join(found)} may be meant" if found else f"no tag of {of} says so: it has {told}"
            choices = tuple(f"which {key}" for key in found)
            refuse(
                "ambiguous" if found else "unknown_value",
                f"'{asked.word}': {which}.",
                self.parts.clause_of(asked),
                choices,
            )
        key = GroupKey("tag", found[0])
        if asked.word == "people":
            if self.said:
                refuse("conflict", "Two aggregations in one prompt.", self.parts.clause_of(asked))
            self.said = Aggregations((Aggregation("distinct", key=key),))
            self.assumptions.append(f"'people' read as each {key.key} once")
            return
        self.assumptions.append(f"'{asked.word}' read as by {key.key}")
        if self.parts.listing == Listing(1) and not self.groups:  # `who opened it last`: that one, with its tags
            return
        if key not in self.groups:
            self.groups = (key, *self.groups)
        self.parts.noun = self.parts.noun or KeyNoun(key, plural=False, which=True)

    def _counts_people(self) -> bool:
        """`how many people are playing`, of `players.online`: what the metric itself counts."""
        if any(verbs.PEOPLE.isdisjoint(words_of(name)) for name in self.names) or not self.names:
            return False
        self.assumptions.append(f"'people' read as {' and '.join(self.names)}")
        if self.said is None and not self.types <= {"event", "counter"}:
            detail = f"{' and '.join(self.names)} tells a level, not each of them: average, highest or latest?"
            refuse("ambiguous", detail, self.parts.clause_of(self.parts.asked), ("average", "max", "latest"))
        self.said = self.said or Aggregations((COUNT,))
        return True

    @staticmethod
    def _says(key: str, word: str) -> bool:
        """Whether the key's last word, but for `id` and its like, says who or where it was."""
        words = [each for each in words_of(key) if each not in _HEADS]
        return bool(words) and words[-1] in _KEYS[word]

    def _is_agent(self, key: str) -> bool:
        """`who drove`: the driver, where there are customers too."""
        said = [*(verb.word for verb in self.parts.occurred), *words_of(self.metric.said if self.metric else "")]
        return any(word != key and stem(word) == stem(key) for word in said)

    def check_tags(self) -> None:
        """A tag that no document of the metric has would make an empty answer: better said than shown."""
        known = {key for name in self.names for key in self.context.catalog.names[name].keys}
        conditions = [*self.parts.tags, *([self.parts.contrast.tag] if self.parts.contrast else [])]
        conditions += [each.condition for each in self.parts.share_where if isinstance(each.condition, TagFilter)]
        tags: list[TagFilter | GroupKey] = [tag for tag in conditions if not tag.negated]
        tags += [group for group in (*self.groups, self.parts.any_of) if group and group.kind == "tag"]
        tags += [GroupKey("tag", key) for columns in self.parts.columns for key in columns.keys]
        for said in tags:
            key = said.key
            if self.names and key not in known:
                value = (
                    f" ({' or '.join(said.values)} is a {key})" if isinstance(said, TagFilter) and said.values else ""
                )
                refuse(
                    "unknown_value",
                    f"{' and '.join(self.names)} has no tag {key}{value}: it has {', '.join(sorted(known)) or 'none'}.",
                    self.parts.clause_of(said) or self._clause_of_groups(said),
                )

    def _clause_of_groups(self, key: object) -> Match | None:
        return next((self.parts.clause_of(each) for each in self.parts.grouped if key in each.keys), None)

    def choose_grain(self, time: TimeRange) -> None:
        """`which hour`; or `trend`: buckets of a width that suits the range."""
        bucket = self.parts.bucket
        if bucket and self.grain not in (None, bucket.grain):
            refuse("conflict", "Two bucket widths in one prompt.", self.parts.clause_of(bucket))
        self.grain = bucket.grain if bucket else self.grain
        if self.parts.trend is None or self.grain:
            return
        if time.start is None or time.end is None:
            refuse("incomplete", "A trend needs to know since when.", self.parts.clause_of(self.parts.trend))
        length = time.end - time.start
        self.grain = next(grain for longest, grain in _TRENDS if length <= longest)
        self.assumptions.append(f"a trend read as per {self.grain.unit}")
