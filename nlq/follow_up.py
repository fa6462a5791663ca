"""Follow-ups: `and yesterday?`, `by region instead`, `only eu-west` change parts of the question before."""

from msgspec.structs import replace

from nlq.amounts import in_own_unit, measure_told, runs_backwards, value_filter
from nlq.clauses import Amount
from nlq.context import Context
from nlq.contradictions import contradictions
from nlq.cycles import is_long
from nlq.measures import MEASURES, SECOND, SYMBOLS
from nlq.misfit import refuse
from nlq.parts import Parts, puts_beside
from nlq.question import GroupKey, Question, Rank, TimeRange
from nlq.ranges import beside, up_to_now
from nlq.time_clauses import Against


def follow_up(previous: Question, parts: Parts, context: Context) -> Question:
    """The question before, with what the new prompt says put in the place of what it said.

    A condition on a tag replaces those on the same tag; a new time range ends a comparison. Raises
    NoQuestionError for parts that a follow-up does not change.
    """
    kinds = (parts.catalog, parts.age, parts.silent, parts.when, parts.whether, parts.having, parts.changed)
    rest = (
        parts.share_where,
        parts.divides,
        parts.rate,
        parts.listing,
        parts.bucket,
        parts.others,
        parts.how,
        parts.asked,
        parts.trend,
        parts.occurred,
    )
    if any((*kinds, *rest)):
        refuse("unsupported", "A follow-up changes the parts of a question, not what kind it is: ask anew.")
    question = _time(_tags(_beside(previous, parts), parts), parts, context)
    if parts.metric and parts.metric.names:
        question = _names(question, parts.metric.names)
    question = _values(_unit(question, parts), parts)
    if parts.aggregations:
        question = replace(question, form="aggregate", aggregations=parts.aggregations.aggregations, limit=None)
    if parts.ranking:
        if parts.ranking.quality in ("good", "count") or parts.ranking.per:
            refuse("unsupported", f"'{parts.ranking.word}' is for a question of its own: say 'top' or 'bottom'.")
        count = parts.ranking.count or context.limits.default_top
        backwards = runs_backwards(question.names, parts.ranking.quality)
        by = previous.rank.by if previous.rank else "value"
        question = replace(question, rank=Rank(count, parts.ranking.descending != backwards, by=by))
    if parts.during:
        question = replace(question, during=parts.during)
    question = replace(question, groups=parts.groups or question.groups, grain=parts.grain or question.grain)
    problems = "; ".join(contradictions(question))
    if problems:
        refuse("conflict", f"Of the question before, this makes none: {problems}.")
    if question == previous:
        refuse("incomplete", "This changes nothing of the question before.")
    return question


def _time(question: Question, parts: Parts, context: Context) -> Question:
    against, time = parts.against, parts.range or (parts.against and parts.against.first)
    if parts.daily and is_long(question.range):  # `and at night?`: every night of the range
        question, time = replace(question, during=parts.daily.during.cycles), None
    if against and against.joined and not parts.compare:  # `and yesterday?` is no comparison
        time, against = time or _second(question, against, context), None
    if time:
        question = replace(question, range=up_to_now(time, context.now), compared_to=None)
    if against is None:
        return question
    return replace(question, compared_to=up_to_now(_second(question, against, context), context.now))


def _second(question: Question, against: Against, context: Context) -> TimeRange:
    if isinstance(against.second, TimeRange):
        return against.second
    return beside(question.range, against.second, context.zone)


def _tags(question: Question, parts: Parts) -> Question:
    """A condition on a tag replaces those on the same tag. What is a part of a whole keeps both: a condition on the
    tag that makes the part changes the part alone, any other one narrows the whole too.
    """
    said = {tag.key for tag in parts.tags} | _ungrouped(question, parts)
    tags = (*(tag for tag in question.tags if tag.key not in said), *parts.tags)
    over = question.over
    if over is None:
        return replace(question, tags=tags)
    if pair := over.contrast(question.tags):
        if pair[0].key in said:
            refuse("conflict", f"The question before puts two of {pair[0].key} beside each other: ask anew.")
        common = tuple(tag for tag in tags if tag != pair[0])
        return replace(question, tags=(*common, pair[0]), over=replace(over, tags=(*common, pair[1])))
    part = {tag.key for tag in question.tags if tag not in over.tags}
    whole = (
        *(tag for tag in over.tags if tag.key not in said - part),
        *(tag for tag in parts.tags if tag.key not in part),
    )
    tags = (*whole, *(tag for tag in tags if tag not in whole))
    return replace(question, tags=tags, over=replace(over, tags=whole))


def _beside(question: Question, parts: Parts) -> Question:
    """`vs web-02`, after a question about web-01: the two side by side."""
    other = parts.beside
    if not other or parts.versus:
        return question
    said = next((tag for tag in question.tags if puts_beside(tag, other)), None)
    if not said or question.over:
        refuse("incomplete", "Beside which other value? Say both.", parts.clause_of(other))
    both = replace(said, values=tuple(sorted({*said.values, *other.tag.values})))
    tags = tuple(both if tag == said else tag for tag in question.tags)
    return replace(question, tags=tags, groups=tuple(dict.fromkeys((*question.groups, GroupKey("tag", said.key)))))


def _ungrouped(question: Question, parts: Parts) -> set[str]:
    """`by host`, after a question about one host: the one row that it would have is no grouping, so all are meant."""
    new = {group.key for group in parts.groups if group.kind == "tag" and group not in question.groups}
    one = {tag.key for tag in question.tags if len(tag.values) == 1 and tag.is_one_of}
    return new & one


def _names(question: Question, names: tuple[str, ...]) -> Question:
    over = question.over
    if over and (over.percent or over.contrast(question.tags)):
        over = replace(over, names=names)
    return replace(question, names=names, over=over)


def _unit(question: Question, parts: Parts) -> Question:
    """With results in the unit that is said; `in percent` of what adds up, like `as shares`, is each group's part."""
    adds_up = all(each.function in ("count", "sum") for each in question.aggregations)
    may_share = question.form == "aggregate" and bool(question.groups) and adds_up
    if parts.share:
        if parts.unit or not may_share:
            refuse("unsupported", "Shares are of a count or sum by group: ask anew.", parts.clause_of(parts.share))
        return replace(question, share=True)
    if not parts.unit:
        return question
    measure = MEASURES[parts.unit]
    if measure == MEASURES["percent"] and may_share:
        return replace(question, share=True)
    own = SECOND if question.form == "age" else measure_told(question.names, parts.unit, measure)
    return replace(question, unit=None if own in (None, measure) else measure.symbol)


def _values(question: Question, parts: Parts) -> Question:
    """With the conditions on values; a bare number is in the unit of the results."""
    unit = SYMBOLS[question.unit].word if question.unit and question.form != "age" else ""
    new = []
    for each in parts.thresholds:
        amount = each.amount if each.amount.unit else Amount(each.amount.number, unit)
        new.append(value_filter(question.names, each, in_own_unit(question.names, amount)[0]))
    said = {value.comparison for value in new}
    values = (*(value for value in question.values if value.comparison not in said), *new)
    over = question.over
    if over is None:
        return replace(question, values=values)
    if new and not over.percent:
        refuse("unsupported", "A condition on a ratio or a difference is for a question of its own.")
    part = {value.comparison for value in question.values if value not in over.values}
    kept = (value for value in over.values if value.comparison not in said - part)
    whole = (*kept, *(value for value in new if value.comparison not in part))
    return replace(question, values=values, over=replace(over, values=whole))
