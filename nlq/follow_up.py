"""Follow-ups: `and yesterday?`, `by region instead`, `only eu-west` change parts of the question before."""

from dataclasses import replace

from nlq.context import Context
from nlq.contradictions import contradictions
from nlq.parts import Parts, refuse
from nlq.question import Question, Rank, TagFilter, TimeRange, ValueFilter
from nlq.units import in_unit_of


def follow_up(previous: Question, parts: Parts, context: Context) -> Question:
    """The question before, with what the new prompt says put in the place of what it said.

    A condition on a tag replaces those on the same tag; a new time range ends a comparison. Raises
    NoQuestionError for parts that a follow-up does not change.
    """
    if parts.catalog or parts.age or parts.silent or parts.when or parts.whether or parts.having or parts.changed:
        refuse("unsupported", "A follow-up changes the parts of a question, not what kind it is: ask anew.")
    question = _time(replace(previous, tags=_tags(previous, parts), values=_values(previous, parts)), parts, context)
    if parts.metric and parts.metric.names:
        question = replace(question, names=parts.metric.names)
    if parts.aggregations:
        question = replace(question, form="aggregate", aggregations=parts.aggregations.aggregations, limit=None)
    if parts.ranking:
        count = parts.ranking.count or context.limits.default_top
        question = replace(question, rank=Rank(count, parts.ranking.descending))
    question = replace(question, groups=parts.groups or question.groups, grain=parts.grain or question.grain)
    problems = "; ".join(contradictions(question))
    if problems:
        refuse("conflict", f"Of the question before, this makes none: {problems}.")
    if question == previous:
        refuse("incomplete", "This changes nothing of the question before.")
    return question


def _time(question: Question, parts: Parts, context: Context) -> Question:
    against, time = parts.against, parts.range
    if (
        against and against.joined and not parts.compare and isinstance(against.second, TimeRange)
    ):  # `and yesterday?` is no comparison
        time, against = against.second, None
    if time:
        if time.start and time.start > context.now:
            refuse("future", "That time has not come: only the past is recorded.")
        end = context.now if time.end is None else min(time.end, context.now)
        question = replace(question, range=TimeRange(time.start, end), compared_to=None)
    if against is None:
        return question
    second = against.second
    if not isinstance(second, TimeRange):
        if question.range.start is None:
            refuse("incomplete", "Compared with what? The first time range has no start.")
        second = second.apply(question.range, context.zone)
    return replace(question, compared_to=second)


def _tags(previous: Question, parts: Parts) -> tuple[TagFilter, ...]:
    keys = {tag.key for tag in parts.tags}
    return (*(tag for tag in previous.tags if tag.key not in keys), *parts.tags)


def _values(previous: Question, parts: Parts) -> tuple[ValueFilter, ...]:
    new = [ValueFilter(each.comparison, in_unit_of(previous.names, each.amount)[0]) for each in parts.thresholds]
    said = {value.comparison for value in new}
    return (*(value for value in previous.values if value.comparison not in said), *new)
