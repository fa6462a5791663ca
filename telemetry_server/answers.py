"""The question path: prompt -> nlq -> cache -> MongoDB -> rows."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

import nlq
from nlq.question import Aggregation, Question, TagFilter, TimeRange
from telemetry_server import instants, wire
from telemetry_server.cache import Cache, Outcome, Result
from telemetry_server.errors import Fault, Refused
from telemetry_server.metric_filter import MetricFilter
from telemetry_server.misses import Misses
from telemetry_server.schemas.prompt import MAX_PROMPT_LENGTH, MAX_ROWS, Prefix, Prompt
from telemetry_server.series import CATALOG_KEY, SeriesLog
from telemetry_server.stores.mongo import Mongo, extended_json, match_stage
from telemetry_server.versions import Dependency, Versions

SUMMARY = (
    Aggregation("count"),
    Aggregation("sum"),
    Aggregation("avg"),
    Aggregation("min"),
    Aggregation("max"),
    Aggregation("percentile", 50.0),
    Aggregation("percentile", 95.0),
    Aggregation("percentile", 99.0),
)


@dataclass(slots=True)
class Timing:
    """How long each step of an answer took, in milliseconds; empty steps were not taken."""

    steps: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=time.perf_counter)

    def mark(self, step: str) -> None:
        """Say that `step` ends here."""
        present = time.perf_counter()
        self.steps[step] = self.steps.get(step, 0.0) + (present - self._last) * 1000
        self._last = present

    def header(self) -> str:
        """As Server-Timing."""
        return ", ".join(f"{step};dur={duration:.2f}" for step, duration in self.steps.items())


class Answers:
    """Answers prompts. Raises Refused for those that are not answered."""

    def __init__(self, store: Mongo, series: SeriesLog, cache: Cache, versions: Versions, misses: Misses) -> None:
        self._store = store
        self._series = series
        self._cache = cache
        self._versions = versions
        self._misses = misses

    async def answer(self, prompt: Prompt, *, bypass: bool) -> tuple[Result, Outcome, Timing]:
        """The answer document as JSON."""
        timing = Timing()

        async def compute() -> Result:
            timing.mark("cache")
            try:
                return await self._compute(prompt, timing)
            except OverflowError:  # `since 0001-01-01 vs the day before`
                detail = "This leads to a time outside the years 1 to 9999."
                raise _refused(nlq.Refusal("impossible", detail, 0, len(prompt.text))) from None

        result, outcome = await self._cache.get("answer", _normalised(prompt), compute, bypass=bypass)
        timing.mark("cache" if outcome == "hit" else "store")
        return result, outcome, timing

    async def complete(self, typed: Prefix) -> tuple[tuple[nlq.Completion, ...], Timing]:
        """How a prompt may go on."""
        timing = Timing()
        await self._series.refresh()
        timing.mark("catalog")
        context = nlq.Context(
            now=typed.now or instants.now(),
            catalog=self._series.catalog,
            zone=ZoneInfo(typed.zone),
            limits=nlq.Limits(max_prompt_length=MAX_PROMPT_LENGTH),
        )
        completions = nlq.complete(typed.text, context)
        timing.mark("complete")
        return completions, timing

    async def summarise(self, where: MetricFilter) -> dict[str, Any]:
        """Count, sum, mean, min, max, p50, p95, p99 of what fulfils `where`; of nothing, 0 and nulls."""
        question = Question(form="aggregate", range=TimeRange(where.start, where.end), aggregations=SUMMARY)
        pipeline = nlq.compile_question(question)
        rows = await self._rows(pipeline.collection, [match_stage(where), *pipeline.stages])
        return dict(zip(("count", "sum", "mean", "min", "max", "p50", "p95", "p99"), rows[0], strict=True))

    async def _compute(self, prompt: Prompt, timing: Timing) -> Result:
        catalog_version = await self._series.refresh()
        now = prompt.now or instants.now()
        limits = nlq.Limits(max_prompt_length=MAX_PROMPT_LENGTH, max_rows=prompt.limit or MAX_ROWS)
        context = nlq.Context(
            now=now,
            catalog=self._series.catalog,
            zone=ZoneInfo(prompt.zone),
            limits=limits,
            previous=prompt.previous,
        )
        interpretation = nlq.interpret(prompt.text, context)
        if isinstance(interpretation, nlq.Refusal):
            self._misses.record(prompt.text, interpretation)
            raise _refused(interpretation)
        question = interpretation.question
        pipeline = nlq.compile_question(question, limits)
        timing.mark("parse")
        stamp = self._versions.stamp(depends_on(question), {CATALOG_KEY: catalog_version})
        expiry = self._expiry(question) if pipeline.collection == nlq.COLLECTION else []
        stages = [*expiry, *pipeline.stages]
        rows = await self._rows(pipeline.collection, stages)
        truncated = False
        if pipeline.capped and len(rows) >= pipeline.limit:
            beyond = [*expiry, *pipeline.beyond()]
            truncated = bool(await self._store.aggregate(pipeline.collection, beyond))
        timing.mark("database")
        body = wire.encode(
            {
                "prompt": prompt.text,
                "reading": interpretation.reading,
                "question": question.to_builtins(),
                "words": interpretation.words,
                "assumptions": interpretation.assumptions,
                "collection": pipeline.collection,
                "pipeline": msgspec.Raw(extended_json(stages)),
                "columns": pipeline.columns,
                "rows": _in_zone(rows, context.zone),
                "truncated": truncated,
                "chart": pipeline.chart,
            }
        )
        timing.mark("encode")
        return Result(body, {}, stamp)

    async def _rows(self, collection: str, stages: Sequence[dict[str, Any]]) -> list[list[Any]]:
        return [document["row"] for document in await self._store.aggregate(collection, stages)]

    def _expiry(self, question: Question) -> list[dict[str, Any]]:
        """Leave out what MongoDB is about to delete, where the question reaches so far back.

        To the minute, as MongoDB deletes once a minute: for so long the same question has the same pipeline.
        """
        oldest = (instants.now() - self._store.retention).replace(second=0, microsecond=0)
        start = question.range.start
        return [match_stage(MetricFilter(start=oldest))] if start is None or start < oldest else []


def depends_on(question: Question) -> Dependency:
    """What can change the answer: its own documents, and those of what it is divided by."""
    alternatives = _vouching(question.names, question.tags)
    if question.over:
        whole = _vouching(question.over.names, question.over.tags)
        alternatives = [(*own, *others) for own, others in product(alternatives, whole)]
    return tuple((*keys, CATALOG_KEY) for keys in alternatives)


def _vouching(names: Sequence[str], tags: Sequence[TagFilter]) -> list[tuple[str, ...]]:
    """A metric counts only with one of the names and with each of the tags: each of these vouches by itself."""
    exact = [tag for tag in tags if tag.values and tag.match == "is" and not tag.negated]
    by_name = [tuple(f"n:{name}" for name in names)] if names else []
    return [*by_name, *(tuple(f"t:{tag.key}:{value}" for value in tag.values) for tag in exact)] or [("*",)]


def _normalised(prompt: Prompt) -> list[object]:
    now = None if prompt.now is None else instants.render(prompt.now)
    previous = None if prompt.previous is None else prompt.previous.to_builtins()
    return [prompt.text, now, prompt.zone, prompt.limit, previous]


def _refused(refusal: Any) -> Refused:
    return Refused(
        refusal.detail,
        faults=[Fault("/prompt", refusal.detail)],
        extra={
            "code": refusal.code,
            "span": {"start": refusal.start, "end": refusal.end},
            "words": refusal.words,
            "suggestions": refusal.suggestions,
        },
    )


def _in_zone(rows: list[list[Any]], zone: ZoneInfo) -> list[list[Any]]:
    return [[instants.render(value, zone) if isinstance(value, datetime) else value for value in row] for row in rows]
