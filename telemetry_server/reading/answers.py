"""The question path: prompt -> nlq -> cache -> MongoDB -> rows."""

import asyncio
import time
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

import nlq
from nlq.question import Aggregation, Function, GroupKey, Question, TagFilter, TimeRange
from telemetry_server import instants
from telemetry_server.errors import Fault, Refused, TimedOut
from telemetry_server.http import wire
from telemetry_server.metric_filter import MetricFilter
from telemetry_server.monitoring.timing import Timing
from telemetry_server.reading.cache import Cache, Outcome, Result
from telemetry_server.reading.misses import Misses
from telemetry_server.reading.slow import SlowQuestions
from telemetry_server.reading.turns import Turns
from telemetry_server.reading.versions import Dependency, Versions
from telemetry_server.schemas.prompt import MAX_PROMPT_LENGTH, MAX_ROWS, Prefix, Prompt
from telemetry_server.stores.mongo import ANSWER_SECONDS, Mongo, extended_json, match_stage
from telemetry_server.summaries.seals import Seals
from telemetry_server.writing.series import CATALOG_KEY, SeriesLog

MAX_EXACT_VALUES = 10_000  # more are not sorted for a percentile, but sketched
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


@dataclass(frozen=True, slots=True)
class Worked:
    """What a question came to, and how. truncated: there are more rows."""

    plan: nlq.Plan
    pipeline: nlq.Pipeline
    rows: list[list[Any]]
    truncated: bool


class Explained(NamedTuple):
    """How a question is worked out. indexes: those that MongoDB reads by; `null` among them: a whole collection."""

    reading: str
    collection: str
    indexes: list[str | None]


class Answers:
    """Answers prompts. Raises Refused for those that are not answered."""

    def __init__(
        self,
        store: Mongo,
        series: SeriesLog,
        seals: Seals,
        cache: Cache,
        versions: Versions,
        misses: Misses,
        turns: Turns,
    ) -> None:
        self._store = store
        self._turns = turns
        self._series = series
        self._seals = seals
        self._cache = cache
        self._versions = versions
        self._misses = misses
        self._reading = asyncio.Lock()
        self._next_reading_at = 0.0
        self.slow = SlowQuestions()

    async def answer(
        self, prompt: Prompt, timing: Timing, *, raw: bytes | None = None, bypass: bool = False
    ) -> tuple[Result, Outcome]:
        """The answer document as JSON; `raw` and `bypass` as the cache takes them."""

        async def compute() -> Result:
            try:
                return await self._compute(prompt, timing)
            except OverflowError:  # `since 0001-01-01 vs the day before`
                raise _impossible(prompt.text) from None

        timing.enter("cache")
        return await self._cache.get("answer", _normalised(prompt), compute, raw=raw, bypass=bypass)

    async def explain(self, prompt: Prompt, timing: Timing) -> Explained:
        """How the prompt would be worked out."""
        timing.enter("database")
        await self._series.refresh()
        timing.enter("parse")
        context = self._context(prompt)
        interpretation = self._interpret(prompt.text, context)  # nobody waits for it: no miss to be remembered
        if isinstance(interpretation, nlq.Refusal):
            raise _refused(interpretation)
        timing.enter("database")
        summaries = nlq.Plan(summaries=await self._seals.known(nlq.read_since(interpretation.question)))
        plan = await self._plan(interpretation.question, summaries, time.monotonic() + ANSWER_SECONDS)
        pipeline = nlq.compile_question(interpretation.question, context.limits, plan)
        indexes = await self._store.explain(pipeline.collection, pipeline.stages)
        return Explained(interpretation.reading, pipeline.collection, indexes)

    async def complete(self, typed: Prefix, timing: Timing) -> tuple[nlq.Completion, ...]:
        """How a prompt may go on."""
        timing.enter("database")
        await self._series.refresh()
        timing.enter("parse")
        context = nlq.Context(
            now=typed.now or instants.now(),
            catalog=self._series.catalog,
            zone=ZoneInfo(typed.zone),
            limits=nlq.Limits(max_prompt_length=MAX_PROMPT_LENGTH),
        )
        return nlq.complete(typed.text, context)

    def read(self, text: str, context: nlq.Context) -> nlq.Interpretation:
        """What a prompt means. What is refused is remembered."""
        interpretation = self._interpret(text, context)
        if isinstance(interpretation, nlq.Refusal):
            self._misses.record(text, interpretation)
            raise _refused(interpretation)
        return interpretation

    async def work_out(self, question: Question, limits: nlq.Limits) -> Worked:
        """The rows of a question that may be asked."""
        started = time.perf_counter()

        async def work(until: float) -> Worked:
            summaries = await self._seals.known(nlq.read_since(question))
            plan = await self._plan(question, nlq.Plan(summaries=summaries), until)
            pipeline = nlq.compile_question(question, limits, plan)
            stages = pipeline.with_one_more() if pipeline.capped else pipeline.stages  # so that no second one is needed
            rows = await self._store.rows(pipeline.collection, stages, until)
            return Worked(plan, pipeline, rows[: pipeline.limit], len(rows) > pipeline.limit)

        try:
            worked = await self._turns.take(_kind(question), work)
        except TimedOut:
            self.slow.record(question, (time.perf_counter() - started) * 1000)
            raise
        self.slow.record(question, (time.perf_counter() - started) * 1000, worked.plan)
        return worked

    async def summarise(self, where: MetricFilter) -> dict[str, Any]:
        """Count, sum, mean, min, max, p50, p95, p99 of what fulfils `where`; of nothing, 0 and nulls.

        And `percentile_error`: the percentiles are exact (0), or within this share of themselves; null where they are
        as fine as the buckets of histograms.
        """
        await self._series.refresh()
        question = Question(form="aggregate", range=TimeRange(where.start, where.end), aggregations=SUMMARY)
        among = nlq.Plan(among=(match_stage(where),))

        async def work(until: float) -> dict[str, Any]:
            plan = await self._plan(question, among, until, [where.name] if where.name else [])
            pipeline = nlq.compile_question(question, plan=plan)
            rows = await self._store.rows(pipeline.collection, pipeline.stages, until)
            summary = dict(zip(("count", "sum", "mean", "min", "max", "p50", "p95", "p99"), rows[0], strict=True))
            return summary | {"percentile_error": plan.percentile_error}

        return await self._turns.take((_kind(question), where.name), work)

    async def by_type(self, name: str, types: Sequence[str], functions: Sequence[Function]) -> list[list[Any]]:
        """Of each type that there are metrics of with this name: the type, and then the functions' results.

        All that is stored counts, summaries too.
        """
        question = Question(
            form="aggregate",
            range=TimeRange(),
            aggregations=tuple(map(Aggregation, functions)),
            names=(name,),
            types=tuple(types),
            groups=(GroupKey("type", "type"),),
        )

        async def work(until: float) -> list[list[Any]]:
            pipeline = nlq.compile_question(question, plan=nlq.Plan(summaries=await self._seals.known()))
            return await self._store.rows(pipeline.collection, pipeline.stages, until)

        return await self._turns.take(_kind(question), work)

    async def _compute(self, prompt: Prompt, timing: Timing) -> Result:
        timing.enter("database")
        catalog_version = await self._series.refresh()
        timing.enter("parse")
        context = self._context(prompt)
        async with self._reading:  # of many at once one at a time, and half of the time at most: others are served
            await asyncio.sleep(self._next_reading_at - time.monotonic())
            began_at = time.monotonic()
            try:
                interpretation = self.read(prompt.text, context)
            finally:
                self._next_reading_at = 2 * time.monotonic() - began_at
        question = interpretation.question
        timing.enter("database")
        stamp = self._versions.stamp(depends_on(question), {CATALOG_KEY: catalog_version})
        worked = await self.work_out(question, context.limits)
        timing.enter("encode")
        body = wire.encode(
            {
                "prompt": prompt.text,
                "reading": interpretation.reading,
                "question": question.to_builtins(),
                "words": interpretation.words,
                "assumptions": (*interpretation.assumptions, *worked.plan.assumptions(question)),
                "collection": worked.pipeline.collection,
                "pipeline": msgspec.Raw(extended_json(worked.pipeline.stages)),
                "columns": worked.pipeline.columns,
                "rows": _in_zone(worked.rows, context.zone),
                "truncated": worked.truncated,
                "reads": worked.plan.counted(question, context.now),
                "chart": worked.pipeline.chart,
            }
        )
        timing.enter("store")
        return Result(body, {}, stamp)

    def _interpret(self, text: str, context: nlq.Context) -> nlq.Interpretation | nlq.Refusal:
        try:
            return nlq.interpret(text, context)
        except OverflowError:
            raise _impossible(text) from None

    def _context(self, prompt: Prompt) -> nlq.Context:
        return nlq.Context(
            now=prompt.now or instants.now(),
            catalog=self._series.catalog,
            zone=ZoneInfo(prompt.zone),
            limits=nlq.Limits(max_prompt_length=MAX_PROMPT_LENGTH, max_rows=prompt.limit or MAX_ROWS),
            previous=prompt.previous,
        )

    async def _plan(self, question: Question, plan: nlq.Plan, until: float, names: Sequence[str] = ()) -> nlq.Plan:
        """The plan with which to work out `question`, which is about `names` where it says none."""
        sides = [question.names or names] if any(each.percent for each in question.aggregations) else []
        sides += [question.over.names] if question.over and question.over.aggregation.percent else []
        if any(not self._series.catalog.types_of(side).isdisjoint(nlq.DISTRIBUTED) for side in sides):
            return replace(plan, sketched=True, distributed=True)
        counted = nlq.count_values(question, MAX_EXACT_VALUES, plan)
        if counted is None:
            return plan
        rows = await self._store.rows(counted.collection, counted.stages, until)
        many = bool(rows) and rows[0][0] > MAX_EXACT_VALUES
        return replace(plan, sketched=many or plan.lacks(question))


def _kind(question: Question) -> Hashable:
    """What questions have in common that take about as long: all but when, and how long about."""
    ranges = [each for each in (question.range, question.compared_to) if each is not None]
    lengths = [each.start and each.end and int((each.end - each.start).total_seconds()).bit_length() for each in ranges]
    return replace(question, range=TimeRange(), compared_to=None), *lengths


def depends_on(question: Question) -> Dependency:
    """What can change the answer: its own documents, and those of what it is divided by."""
    alternatives = _vouching(question.names, question.tags)
    if question.over:
        whole = _vouching(question.over.names, question.over.tags)
        alternatives = [(*own, *others) for own, others in product(alternatives, whole)]
    return tuple((*keys, CATALOG_KEY) for keys in alternatives)


def depends_on_all(questions: Iterable[Question]) -> Dependency:
    """What can change the answers to several questions: one alternative, of what vouches for each of them."""
    return (tuple({CATALOG_KEY} | {key for question in questions for key in depends_on(question)[0]}),)


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


def _impossible(text: str) -> Refused:
    return _refused(nlq.Refusal("impossible", "This leads to a time outside the years 1 to 9999.", 0, len(text)))


def _in_zone(rows: list[list[Any]], zone: ZoneInfo) -> list[list[Any]]:
    rendered: dict[datetime, str] = {}  # many rows are of the same few instants

    def told(value: Any) -> Any:
        if not isinstance(value, datetime):
            return value
        return rendered.get(value) or rendered.setdefault(value, instants.render(value, zone))

    return [[told(value) for value in row] for row in rows]
