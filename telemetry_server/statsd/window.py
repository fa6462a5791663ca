"""What StatsD clients sent since it was last stored, gathered by series, in bounded memory."""

import random
from collections import OrderedDict
from typing import Any

from telemetry_server.dialects.statsd import TYPES, Sample, Series

MAX_METRICS = 5000  # that a window gives
MAX_TIMED = 100  # values of a series that are kept, an even sample of more
MAX_MEMBERS = 50_000  # of all sets
MAX_LEVELS = 10_000  # gauges of which the level is known


class Window:
    """`add` samples, then `take` the metric documents that they come to, and begin again."""

    def __init__(self) -> None:
        self._levels: OrderedDict[Series, float] = OrderedDict()
        self._empty()

    def _empty(self) -> None:
        self._values: dict[Series, float] = {}
        self._timed: dict[Series, tuple[list[float], list[int]]] = {}  # the sample, and of how many
        self._sets: dict[Series, set[int]] = {}
        self._room = MAX_METRICS
        self._members = MAX_MEMBERS

    def add(self, sample: Sample) -> bool:
        """Whether there was room for it."""
        kind = sample.series.kind
        if kind == "s":
            return self._add_member(sample.series, sample.member)
        if kind in ("ms", "h", "d"):
            return all([self._add_timed(sample.series, value) for value in sample.values])  # noqa: C419 - each of them
        if kind == "g":
            value = self._level(sample)
        else:
            value = self._values.get(sample.series, 0.0) + sum(sample.values) / sample.rate
        if sample.series not in self._values and not self._take_room():
            return False
        self._values[sample.series] = value
        return True

    def take(self, now_ms: int) -> list[dict[str, Any]]:
        """The documents: a counter's sum, a gauge's last level, values of timers, and how many members a set had."""
        found = [
            *self._values.items(),
            *((series, value) for series, (values, _) in self._timed.items() for value in values),
            *((series, float(len(members))) for series, members in self._sets.items()),
        ]
        self._empty()
        return [
            {
                "name": series.name,
                "type": TYPES[series.kind],
                "value": value,
                "tags": list(series.tags),
                "timestamp": now_ms if series.at_ms is None else series.at_ms,
            }
            for series, value in found
        ]

    def _take_room(self) -> bool:
        if self._room == 0:
            return False
        self._room -= 1
        return True

    def _level(self, sample: Sample) -> float:
        before = self._levels.pop(sample.series, 0.0)
        level = self._levels[sample.series] = before + sum(sample.values) if sample.change else sample.values[-1]
        if len(self._levels) > MAX_LEVELS:
            self._levels.popitem(last=False)
        return level

    def _add_timed(self, series: Series, value: float) -> bool:
        values, seen = self._timed.get(series) or ([], [0])
        if len(values) < MAX_TIMED:
            if not self._take_room():
                return False
            values.append(value)
        elif (place := int(random.random() * (seen[0] + 1))) < MAX_TIMED:  # noqa: S311 - each is as likely to stay
            values[place] = value
        seen[0] += 1
        self._timed[series] = values, seen
        return True

    def _add_member(self, series: Series, member: str) -> bool:
        members = self._sets.get(series)
        if members is None:
            if not self._take_room():
                return False
            members = self._sets[series] = set()
        if hash(member) in members:
            return True
        if self._members == 0:
            return False
        self._members -= 1
        members.add(hash(member))
        return True
