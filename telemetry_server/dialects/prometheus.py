"""The text formats of Prometheus, 0.0.4 and OpenMetrics 1.0, as metrics. The only importer of prometheus-client."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final, NotRequired, TypedDict

from prometheus_client.core import Metric as Family
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_families
from prometheus_client.samples import Sample, Timestamp

from telemetry_server.dialects.distributions import MAX_COUNT, MAX_VALUE, Unfit, distribution, mean
from telemetry_server.dialects.fitting import fit_name, fit_tags
from telemetry_server.dialects.identity import identity
from telemetry_server.dialects.translation import Item, Translation
from telemetry_server.errors import MAX_FAULTS, Fault, FaultBody, Malformed
from telemetry_server.writing.totals import Amount, Distribution, complete

MAX_POINTS: Final = 10_000
MAX_LINE: Final = 16_384  # characters; the parser's time grows with their square
OPENMETRICS: Final = "application/openmetrics-text"
_END: Final = "# EOF"
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)  # what the parser raises
_LABELS: Final = {"histogram": "le", "gaugehistogram": "le", "summary": "quantile"}  # that tell parts of a point
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FAR_MS: Final = 253_402_300_800_000  # the year 10000; the check of the metric will say so


@dataclass(frozen=True, slots=True)
class _Point:
    """Samples of one label set and instant; at_ms: None where they do not say when."""

    labels: Mapping[str, str]
    at_ms: int | None
    samples: list[Sample]

    def value(self, *names: str) -> float | None:
        """Of the first sample with one of these names."""
        return next((sample.value for sample in self.samples if sample.name in names), None)


@dataclass(frozen=True, slots=True)
class _Part:
    """One metric of a point: its amount, of which `running` says that it is a total; `quantile`: its one more tag."""

    name: str
    type: str
    amount: Amount
    running: bool = False
    quantile: str | None = None


def is_openmetrics(content_type: str, text: str) -> bool:
    """By the content type, or by the line that ends it."""
    return content_type.startswith(OPENMETRICS) or text.rstrip().endswith(f"\n{_END}")


def translated(text: str, *, strict: bool, extra: Mapping[str, str], now_ms: int) -> Translation:
    """All points; each that is not taken is rejected by itself. What is not UTF-8 is in surrogates.

    strict: OpenMetrics, which is read as a whole or not at all; else each line that cannot be read is a rejected point.
    extra: labels for all of them, which win. now_ms: of samples without a timestamp. Raises Malformed.
    """
    done = Translation()
    for family in _strictly_read(text) if strict else _read(text, done):
        for point in _points(family, extra):
            place, done.points = done.points, done.points + 1
            try:
                if done.points > MAX_POINTS:
                    raise Unfit(f"A request holds at most {MAX_POINTS} data points.")  # noqa: TRY301 - as all others
                parts = list(_KINDS.get(family.type, _plain)(family.name, point))
                done.items += [_item(place, family, point, part, now_ms, done.told) for part in parts]
            except Unfit as unfit:
                done.rejected[place] = f"{family.name[:200]}: {unfit}"
    return done


class Taken(TypedDict):
    """What became of a body; errors and warnings: as many as an answer tells."""

    status: str
    message: str
    received: int
    taken: int
    rejected: int
    errors: list[FaultBody]
    warnings: NotRequired[list[FaultBody]]


def answer(done: Translation) -> tuple[Taken, int]:
    """What is told, and the status: 200, 207 where a part is taken, 422 where nothing is."""
    taken = done.points - len(done.rejected)
    status = 200 if not done.rejected else 207 if taken else 422
    body: Taken = {
        "status": {200: "success", 207: "partial"}.get(status, "error"),
        "message": f"{taken} of {done.points} data points taken.",
        "received": done.points,
        "taken": taken,
        "rejected": len(done.rejected),
        "errors": [Fault("", reason).to_builtins() for reason in list(done.rejected.values())[:MAX_FAULTS]],
    }
    if done.told:
        body["warnings"] = [Fault("", each).to_builtins() for each in sorted(done.told)[:MAX_FAULTS]]
    return body, status


def _strictly_read(text: str) -> list[Family]:
    try:
        if any(map(_is_unfit, text.split("\n"))):
            raise ValueError(f"a line is not UTF-8, or longer than {MAX_LINE} characters")
        return list(openmetrics.text_string_to_metric_families(text))  # type: ignore[no-untyped-call]
    except _UNREADABLE as error:
        raise Malformed(f"The body is not OpenMetrics: {str(error)[:200]}") from None


def _read(text: str, done: Translation) -> list[Family]:
    lines = text.split("\n")
    try:
        if not any(map(_is_unfit, lines)):
            return list(read_families(text))
    except _UNREADABLE:
        pass
    good = []
    for number, line in enumerate(lines, 1):
        try:
            if _is_unfit(line):
                raise ValueError
            list(read_families(line))
            good.append(line)
        except _UNREADABLE:
            done.rejected[done.points] = f"Line {number} cannot be read."
            done.points += 1
    try:
        return list(read_families("\n".join(good)))
    except _UNREADABLE as error:
        raise Malformed(f"The body is not the text format: {str(error)[:200]}") from None


def _is_unfit(line: str) -> bool:
    return len(line) > MAX_LINE or (not line.isascii() and any("\ud800" <= each <= "\udfff" for each in line))


def _points(family: Family, extra: Mapping[str, str]) -> Iterator[_Point]:
    """A sample each; of a type that has several samples of a label set and instant, all of those."""
    part = _LABELS.get(family.type)
    found: dict[object, _Point] = {}
    for sample in family.samples:
        labels = {key: value for key, value in {**sample.labels, **extra}.items() if key != part}
        key = (tuple(sorted(labels.items())), _ms(sample.timestamp)) if family.type in _KINDS else len(found)
        point = found.setdefault(key, _Point(labels, _ms(sample.timestamp), []))
        point.samples.append(sample)
    yield from found.values()


def _plain(_: str, point: _Point) -> Iterator[_Part]:
    for sample in point.samples:
        yield _Part(sample.name, "gauge", sample.value)


def _counter(name: str, point: _Point) -> Iterator[_Part]:
    value = point.value(f"{name}_total")
    if value is None:
        return
    if not 0 <= value <= MAX_VALUE:
        raise Unfit("A counter is a finite number, not negative.")
    yield _Part(f"{name}_total", "counter", value if value < MAX_COUNT else float(value), running=True)


def _histogram(*, running: bool) -> Callable[[str, _Point], Iterator[_Part]]:
    def parts(name: str, point: _Point) -> Iterator[_Part]:
        seen = _buckets(name, point)
        if running or seen["count"]:
            yield _Part(name, "histogram", seen, running)

    return parts


def _summary(name: str, point: _Point) -> Iterator[_Part]:
    """The count and sum of all there was, and each quantile of what was last, as a gauge of its own."""
    count = point.value(f"{name}_count")
    if count is not None:
        seen = distribution(_count(count), point.value(f"{name}_sum"), [], [])
        yield _Part(name, "summary", seen, running=True)
    for sample in point.samples:
        if sample.name == name and abs(sample.value) <= MAX_VALUE:  # of nothing seen lately it is NaN
            quantile = f"{_number(sample.labels.get('quantile')):g}"
            yield _Part(f"{name}.quantile", "gauge", sample.value, quantile=quantile)


_KINDS: Final[Mapping[str, Callable[[str, _Point], Iterator[_Part]]]] = {
    "counter": _counter,
    "histogram": _histogram(running=True),
    "gaugehistogram": _histogram(running=False),
    "summary": _summary,
}


def _buckets(name: str, point: _Point) -> Distribution:
    rising = {
        _number(sample.labels.get("le")): _count(sample.value)
        for sample in point.samples
        if sample.name == f"{name}_bucket"
    }
    given = point.value(f"{name}_count", f"{name}_gcount")
    count = rising.get(math.inf) if given is None else _count(given)
    if count is None:
        raise Unfit("A histogram has a count.")
    bounds = sorted(bound for bound in rising if bound < math.inf)
    counts = [after - before for before, after in pairwise((0, *(rising[bound] for bound in bounds), count))]
    if any(each < 0 for each in counts) or rising.get(math.inf, count) != count:
        raise Unfit("The buckets of a histogram rise to its count.")
    total = point.value(f"{name}_sum", f"{name}_gsum")
    return distribution(count, total, bounds, counts if bounds else [])


def _item(place: int, family: Family, point: _Point, part: _Part, now_ms: int, told: set[str]) -> Item:
    at_ms = now_ms if point.at_ms is None else point.at_ms
    amount = part.amount
    document: dict[str, Any] = {
        "name": fit_name(part.name),
        "type": part.type,
        "value": mean(amount) if isinstance(amount, dict) else amount,
        "tags": list(fit_tags(point.labels.items(), told).values()),
        "timestamp": at_ms,
    }
    if part.quantile is not None:
        document["tags"].append(f"quantile:{part.quantile}")
    labels = (text for pair in sorted(point.labels.items()) for text in pair)
    series = (family.type, part.name, part.quantile or "", *labels)
    if part.running:
        begun_ms = _ms(point.value(f"{family.name}_created")) or 0
        known = 0 < begun_ms < at_ms  # at the very start a total is of an unknown past
        started_at = _EPOCH + timedelta(milliseconds=begun_ms) if known else None
        return Item(place, document, identity("prometheus", str(begun_ms), *series), amount, started_at)
    if isinstance(amount, dict):
        document["distribution"] = complete(amount)
    own = "" if point.at_ms is None else identity("prometheus", str(at_ms), repr(amount), *series)
    return Item(place, document, own)


def _count(value: float) -> int:
    if not 0 <= value < MAX_COUNT or value != int(value):
        raise Unfit("A count is a whole number below 2^53.")
    return int(value)


def _number(text: str | None) -> float:
    try:
        number = float(text or "")
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise Unfit("A bucket or quantile says which it is.")
    return number


def _ms(seconds: float | Timestamp | None) -> int | None:
    if seconds is None:
        return None
    known = float(seconds)
    return round(known * 1000) if abs(known) < _FAR_MS / 1000 else _FAR_MS
