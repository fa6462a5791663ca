"""Metrics: names from the catalog, by their spelling or by a part of them; and words for any metric."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec.structs import replace

from nlq import lexicon
from nlq.catalog import Catalog
from nlq.clauses import Metric, Per, Ratio
from nlq.context import Context
from nlq.fold import fold, runs_beyond, words_of
from nlq.measures import MEASURES
from nlq.particles import respelled, with_particles
from nlq.plurals import singular
from nlq.question import Aggregation, Unit
from nlq.refusal import Problem
from nlq.rule import Match, Rule, Scanner
from nlq.tokens import Token
from nlq.units import LEVELS, head_of, is_measuring, measure_of
from nlq.verbs import ANEW

MAX_WORDS = 6  # tokens a name is typed as
_LATENCIES = frozenset(("latency", "latencies", "response time", "response times"))
_REQUESTS = frozenset("request response http api rpc grpc".split())
SPELLING_COST = 0.05
PART_COST = 0.3
RATE_COST = 2.0  # dearer than `rate per hour`, cheaper than an unknown word


def _scan(tokens: Sequence[Token], context: Context, since: int = 0) -> Iterator[Match]:
    catalog = context.catalog
    folds = [fold(token.text) for token in tokens]
    grammar = [not token.quoted and _is_grammar(token.norm, catalog) for token in tokens]
    for start, begun in runs_beyond(folds, since, MAX_WORDS):
        first, folded = max(start, since) + 1, begun
        hopeful = not _is_amount(tokens, start) and not any(grammar[start : first - 1])
        hopeful = hopeful and (first == start + 1 or _may_go_on(tokens[start : first - 1], context))
        for end in range(first, min(start + MAX_WORDS, len(tokens)) + 1):
            if not folds[end - 1]:
                break
            folded += folds[end - 1]
            if found := catalog.names_like(folded):
                run = tokens[start:end]
                said = _text(run)
                exact = [name for name in found if name.casefold() == said.casefold()]
                cost = 0.0 if exact and len(run) == 1 else SPELLING_COST
                value = Metric(tuple(exact), "") if exact else Metric(tuple(found), said)
                yield Match(start, end, "name", value, cost, "name")
            # `value` may end a name: `order value`
            elif hopeful and (not grammar[end - 1] or (end > start + 1 and singular(tokens[end - 1].norm) == "value")):
                run = tokens[start:end]
                names = _names_of(run, context)
                # where no name has these words, none has them and more
                hopeful = bool(names) or (end == start + 1 and tokens[start].norm == "response")
                if names and (part := _part(run, _text(run), names, context)):
                    yield Match(start, end, "name", part, PART_COST, "part of a name")
            hopeful = hopeful and not grammar[end - 1]


def _names_of(run: Sequence[Token], context: Context) -> Sequence[str]:
    """The names that have these words, or are other words for them."""
    return context.catalog.words.names_with(words_of(_text(run))) or _otherwise(run, context)


def _may_go_on(run: Sequence[Token], context: Context) -> bool:
    """Whether with more words it may be a part of a name: where no name has these words, none has them and more."""
    return (len(run) == 1 and run[0].norm == "response") or bool(_names_of(run, context))


def _is_amount(tokens: Sequence[Token], start: int) -> bool:
    """Whether the word is the unit of a number before it: `over 200 ms api latency`."""
    return start > 0 and tokens[start - 1].text[-1].isdigit() and tokens[start].norm in MEASURES


def _is_grammar(word: str, catalog: Catalog) -> bool:
    return _is_reserved(word) and not (word == "no" and catalog.knows(word))  # `no shows`


@lru_cache(maxsize=2048)
def _is_reserved(word: str) -> bool:
    return word in lexicon.FILLERS or singular(word) in lexicon.RESERVED


def _otherwise(run: Sequence[Token], context: Context) -> list[str]:
    """The names of what the words are other words for, if none has them."""
    if (words := respelled(run)) and (found := context.catalog.words.names_with(words)):
        return found
    said = " ".join([token.norm for token in run])
    if any(token.quoted for token in run):
        return []
    return _earned(context) if said in lexicon.EARNINGS else _answering(context) if said in _LATENCIES else []


def _answering(context: Context) -> list[str]:
    """`latency`, `response time`: how long what answers requests takes."""
    return [name for name in context.catalog.measuring("duration", None) if not _REQUESTS.isdisjoint(words_of(name))]


def _earned(context: Context) -> list[str]:
    """`takings`: what adds up, in a currency, and is no cost."""
    names = context.catalog.measuring("money", None)
    return [name for name in names if context.catalog.names[name].types.isdisjoint(LEVELS) and _is_earned(name)]


def _is_earned(name: str) -> bool:
    own = measure_of(name)
    told = own is not None and own.quantity in ("euros", "dollars", "pounds")
    return told and lexicon.SPENDING.isdisjoint(words_of(name))


def _part(run: Sequence[Token], said: str, names: Sequence[str], context: Context) -> Metric | None:
    typed = words_of(said)
    if all(len(word) == 1 for word in typed) or typed == ("no",) or context.catalog.keys_like(fold(said)):
        return None
    plural = (
        run[-1].norm not in lexicon.EARNINGS
        and not run[-1].quoted
        and singular(run[-1].norm) != run[-1].norm
        and typed[-1] not in MEASURES
    )
    heads = {head_of(name) for name in names}
    money = not lexicon.EARNINGS.isdisjoint((typed[-1], run[-1].norm))
    summed = money and (typed[-1] != "turnover" or all(map(_is_earned, names)))  # beds have one too
    return Metric(tuple(names), said, counted=plural and heads.isdisjoint(typed), summed=summed)


def _text(run: Sequence[Token]) -> str:
    return " ".join(token.text for token in run)


def _any(_context: Context) -> Metric:
    return Metric(())


def _several(_context: Context, first: Metric, second: Metric) -> Metric | None:
    if len(second.names) != 1 or (len(first.names) != 1 and not first.several) or second.names[0] in first.names:
        return None
    said = ", ".join(each.said or each.names[0] for each in (first, second)) if first.said or second.said else ""
    return Metric((*first.names, *second.names), said, several=True)


def _ratio(_context: Context, numerator: Metric, denominator: Metric) -> Ratio | None:
    if len(numerator.names) != 1 or len(denominator.names) != 1:
        return None
    return Ratio(numerator, denominator)


def _per_so_many(_context: Context, numerator: Metric, times: float, denominator: Metric) -> Ratio | None:
    """`errors per 1000 requests`."""
    ratio = _ratio(_context, numerator, denominator)
    return ratio and replace(ratio, times=times) if times > 0 else None


def _minus(_context: Context, first: Metric, second: Metric) -> Ratio | None:
    ratio = _ratio(_context, first, second)
    return ratio and replace(ratio, minus=True) if first.names != second.names else None


def _times(_context: Context, times: float, reducer: Aggregation | Problem, metric: Metric) -> Per | None:
    per = _per(_context, reducer, metric)
    return per and replace(per, times=times) if times > 0 else None


def _times_alone(_context: Context, times: float, metric: Metric) -> Per | None:
    per = _per_alone(_context, metric)
    return per and replace(per, times=times) if times > 0 else None


def _times_measure(context: Context, times: float, unit: str) -> Per | Problem | None:
    """`per 100 km`: of the one metric that is measured in it."""
    names = [name for name in context.catalog.words.names_with((unit,)) if measure_of(name) == MEASURES[unit]]
    if len(names) > 1:
        return Problem("ambiguous", f"'{unit}' may be any of: {', '.join(names[:10])}.", tuple(names))
    return _times_alone(context, times, Metric(tuple(names), unit)) if names else None


def _less(_context: Context, reducer: Aggregation | Problem, metric: Metric) -> Per | None:
    per = _per(_context, reducer, metric)
    return per and replace(per, minus=True)


def _less_alone(_context: Context, metric: Metric) -> Per | None:
    per = _per_alone(_context, metric)
    return per and replace(per, minus=True)


def _rate(_context: Context, metric: Metric) -> Problem:
    said = metric.said or metric.names[0]
    return Problem("incomplete", f"A rate of '{said}' to what? Say 'per' and the name of what it is divided by.")


def _per(_context: Context, reducer: Aggregation | Problem, metric: Metric) -> Per | None:
    return None if isinstance(reducer, Problem) or len(metric.names) != 1 else Per(reducer, metric)


def _per_alone(_context: Context, metric: Metric) -> Per | None:
    return None if len(metric.names) != 1 else Per(None, metric)


def _timed(_context: Context, metric: Metric) -> Metric | None:
    """`wait times`: only of what measures how long something takes. Of a length there may be others."""
    names = tuple(filter(_is_duration, metric.names))
    apart = [name for name in metric.names if name not in names]
    if any(is_measuring(name, "distance") for name in apart):
        return None
    said = f"{metric.said} time" if metric.said else ""  # so that no name without a time is meant instead
    return replace(metric, names=names, counted=False, said=said) if names else None


def _taken(_context: Context, metric: Metric) -> Metric | None:
    """`minibar takings`."""
    names = tuple(filter(_is_earned, metric.names))
    return replace(metric, names=names, counted=False, summed=True) if names else None


def _spent(context: Context, metric: Metric) -> Metric | None:
    """`how much have we paid out`: of money all of it, where it adds up."""
    money = [name for name in metric.names if is_measuring(name, "money")]
    names = tuple(name for name in money if context.catalog.names[name].types.isdisjoint(LEVELS))
    return replace(metric, names=names, counted=False, summed=True) if names else None


def _called(_context: Context, metric: Metric) -> Metric | None:
    """`api call`, of how long those take."""
    names = tuple(name for name in metric.names if is_measuring(name, "duration"))
    return replace(metric, names=names) if names else None


def _new(context: Context, metric: Metric) -> Metric | None:
    """`new signups`: each of what begins something is new."""
    begun = [name for name in metric.names if not ANEW.isdisjoint(words_of(name))]
    names = tuple(name for name in begun if context.catalog.names[name].types.isdisjoint(LEVELS))
    return replace(metric, names=names) if names else None


def _level(context: Context, metric: Metric) -> Metric | None:
    """`player count`, of a gauge: what it tells, not how often it was told."""
    names = tuple(name for name in metric.names if context.catalog.names[name].types <= LEVELS)
    return replace(metric, names=names) if names else None


def _in_unit(context: Context, metric: Metric, unit: Unit) -> Metric | None:
    """`volunteer hours`, of what is measured in hours: all of them, where they add up."""
    names = tuple(name for name in metric.names if (own := measure_of(name)) and own.word == unit)
    adds_up = all(context.catalog.names[name].types.isdisjoint(LEVELS) for name in names)
    return replace(metric, names=names, counted=False, summed=adds_up) if names else None


def _is_duration(name: str) -> bool:
    own = measure_of(name)
    return not lexicon.DURATION_WORDS.isdisjoint(words_of(name)) or (own is not None and own.quantity == "time")


# Nouns that people put behind a metric, and that say no more of it.
_HEADS = (
    "value|values|level|levels|reading|readings|usage|use|used|driven|consumption|amount|amounts|figures|numbers|data|"
    "output|strength|volume|volumes"
)

SCANNERS = (Scanner("metric name", with_particles(_scan), skips=True),)
RULES = (
    Rule("name", "metric? <name>", "metric", lambda _context, metric: metric),
    Rule("two names", "<name> and|or|vs|versus|against|, <name>", "names", _several),
    Rule("more names", "<names> and|or|, <name>", "names", _several),
    Rule("names, and the last", "<names> , and|or <name>", "names", _several),
    Rule("names", "<names>", "metric", lambda _context, metric: metric),
    Rule("side by side", "<names> side by side", "metric", lambda _context, metric: metric),
    # dearer than a group: `latency per queue` is by the tag, where there is one
    Rule("ratio", "<name> per <name>", "metric", _ratio, cost=1.2),
    Rule("rate as a ratio", "<name> rate|ratio per <name>", "metric", _ratio, cost=0.2),
    Rule("of all", "of all the? <name>", "metric", lambda _context, metric: metric, cost=0.1),
    Rule("ratio by a slash", "<name> /|÷ <name>", "metric", _ratio, cost=0.2),
    Rule("ratio of", "ratio of <name> to|and|over <name>", "metric", _ratio),
    Rule("rate of a metric", "<name> rate|rates|ratio", "metric", _rate, cost=RATE_COST),
    Rule("per aggregation", "per <reducer> of <name>", "metric", _per),
    Rule("per other metric", "per <name>", "metric", _per_alone, cost=1.3),
    Rule("per so many", "<name> per <so-many> <name>", "metric", _per_so_many, cost=0.2),
    Rule("per so many of an aggregation", "per <so-many> <reducer> of <name>", "metric", _times),
    Rule("per so many alone", "per <so-many> <name>", "metric", _times_alone, cost=0.2),
    Rule("per amount", "per <so-many> <measure>", "metric", _times_measure, cost=0.2),
    Rule("so many", "<number>", "so-many", lambda _context, number: number),
    *(
        Rule(f"so many: {word}", f"a|one? {word}", "so-many", lambda _context, number=number: number)
        for word, number in (("thousand", 1e3), ("million", 1e6))
    ),
    Rule(
        "as a part of",
        "<name> as a|an? percentage|percent|pct|%|share|fraction|proportion of all|the? <name>",
        "metric",
        lambda context, part, whole: (ratio := _ratio(context, part, whole)) and replace(ratio, times=100.0),
    ),
    Rule("to do", "take|takes|took|taken|taking|needs|needed? to <name>", "metric", _timed, cost=0.2),
    Rule("minus", "<name> minus <name>", "metric", _minus),
    Rule("minus sign", "<name> -|–|− <name>", "metric", _minus, cost=0.1),
    Rule("net of", "<name> net of <name>", "metric", _minus),
    Rule("difference between", "the? difference between|of <name> and|& <name>", "metric", _minus),
    Rule("how many more", "by? how many|much more <name> than <name>", "metric", _minus, cost=-0.1),
    Rule("minus an aggregation", "minus <reducer> of <name>", "metric", _less),
    Rule("minus alone", "minus the? <name>", "metric", _less_alone, cost=0.2),
    Rule("by name of metric", "by|using <name>", "metric", lambda _context, metric: metric, cost=0.1),
    Rule("by name of metric behind on", "on <name>", "metric", lambda _context, metric: metric, cost=0.5),
    Rule("by name and unit", "by|using <name> <unit>", "metric", _in_unit, cost=0.2),
    Rule("name and head", f"<name> {_HEADS}", "metric", lambda _context, metric: metric, cost=0.1),
    Rule("how much money", "how much <name> did|do|have|has|had we|you|they", "metric", _spent),
    Rule("how much was spent", "how much did|do|have|has|had we|you|they <name>", "metric", _spent),
    Rule("new ones", "new|newly <name>", "metric", _new, cost=0.1),
    Rule("money in a name", "money <name>", "metric", _taken, cost=0.05),
    Rule("level and count", "<name> count|counts", "metric", _level, cost=0.1),
    Rule("name and earnings", f"<name> {'|'.join(sorted(lexicon.EARNINGS))}", "metric", _taken, cost=0.1),
    Rule("name and unit", "<name> <unit>", "metric", _in_unit, cost=0.1),
    Rule("name and time", "<name> time|times|length|lengths|duration|durations", "metric", _timed, cost=0.1),
    Rule(
        "name and instances",
        "<name> occurrences|cases|calls|instances|entries|jobs|attempts|operations|actions",
        "metric",
        lambda _context, metric: replace(metric, counted=True),
        cost=0.1,
    ),
    Rule("name and call", "<name> call|request", "metric", _called, cost=0.15),
    Rule(
        "values of",
        "value|values|numbers|figures|data|readings|levels|stats|statistics of|for|on <name>",
        "metric",
        lambda _context, metric: metric,
    ),
    Rule(
        "figure of",
        "<name> figure|figures|measurement|measurements|result|results",
        "metric",
        lambda _context, metric: metric,
        cost=0.1,
    ),
    Rule("any metric", "all? events|event", "metric", _any),
    Rule("all data", "all? metrics|documents|docs|everything", "metric", _any, cost=0.1),
)
