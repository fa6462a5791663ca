"""The unit that a metric's name tells, and amounts of it in other units."""

from functools import lru_cache
from typing import Final

from nlq.fold import words_of
from nlq.lexicon import QUALITY_WORDS, UNIT_WORDS, Quality
from nlq.measures import MEASURES, SECOND, STATISTICS, Measure
from nlq.question import Question

# Functions whose results are in no unit of the values.
UNITLESS: Final = ("count", "distinct", "variance", "seen", "began")
LEVELS: Final = frozenset({"gauge", "meter"})  # types whose values do not add up over time
_ROUNDED = ".15g"


def measure_of(name: str) -> Measure | None:
    """The unit that the name ends in: `latency_ms`, `speed.kmh`, `vibration_mm_s`, `downtime_seconds_total`."""
    return _measure(words_of(name))


def _measure(words: tuple[str, ...]) -> Measure | None:
    if not words:  # of a name such as `_`
        return None
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if per := MEASURES.get(f"{before}/{last}"):
        return per
    if last in STATISTICS and before in MEASURES:
        return _measure(words[:-1])
    if before == "per" or (before in MEASURES and last in MEASURES):  # an amount of one unit for each of another
        return None
    found = MEASURES.get(last)
    return found if found and found.size else None


def own_measure(names: tuple[str, ...]) -> Measure | None:
    """The unit of all of the names; None: they tell none, or several."""
    measures = {measure_of(name) for name in names}
    return measures.pop() if len(measures) == 1 else None


def measure_of_results(question: Question) -> Measure | None:
    """The unit that the question's results are in before they are converted."""
    return SECOND if question.form == "age" else own_measure(question.names)


def factor(source: Measure, target: Measure) -> float:
    """How many of one unit another one is: 1000 from seconds to milliseconds."""
    return float(format(source.size / target.size, _ROUNDED))


def converted(number: float, source: Measure, target: Measure, *, difference: bool = False) -> float:
    """The amount in another unit of its quantity; a difference of two amounts has no zero to be shifted by."""
    if source == target:
        return number
    if difference:
        return float(format(number * source.size / target.size, _ROUNDED))
    return float(format((number + source.shift) * source.size / target.size - target.shift, _ROUNDED))


# What is measured in units of a quantity, whatever the name is.
_QUANTITIES: Final[dict[Quality, tuple[str, ...]]] = {
    "duration": ("time",), "pace": ("time", "speed"), "temperature": ("temperature",), "mass": ("mass",),
    "distance": ("length",), "money": ("euros", "dollars", "pounds"),
}  # fmt: skip


@lru_cache(maxsize=2048)
def qualities_of(name: str) -> tuple[Quality, ...]:
    """What the metric measures: by a word of its name, or by its unit."""
    words, own = words_of(name), measure_of(name)
    told = {quality for quality, quantities in _QUANTITIES.items() if own and own.quantity in quantities}
    return tuple(each for each, said in QUALITY_WORDS.items() if each in told or not said.isdisjoint(words))


def is_measuring(name: str, quality: Quality) -> bool:
    """Whether the metric measures what the quality is about."""
    return quality in qualities_of(name)


def head_of(name: str) -> str:
    """The word of a name that says what is measured: the last one that is not a unit."""
    words = words_of(name)
    return next((word for word in reversed(words) if word not in UNIT_WORDS), words[-1])
