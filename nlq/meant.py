"""What is meant by words that stand apart; and which metric, by the tags that are said and what is asked of values."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec.structs import replace

from nlq.catalog import Catalog
from nlq.clauses import Both, Changed, Compare, Having, How, Instances, Metric, Ranking, Threshold
from nlq.fold import fold, words_of
from nlq.lexicon import EARNINGS, QUALITY_WORDS
from nlq.measures import MEASURES
from nlq.rule import Match
from nlq.stems import stem
from nlq.time_clauses import Alternating
from nlq.units import is_measuring, measure_of
from nlq.verbs import BEGINNINGS, ENDINGS

_HAPPENING = {"event", "counter"}
_SIZES = frozenset("biggest largest greatest highest smallest lowest".split())
Asked = Ranking | Changed | How | Threshold | Having  # what is asked of values


def apart(clause: Match) -> Iterator[Match]:
    """What a clause says: most say one thing."""
    match clause.value:
        case Alternating(groups=groups, during=during):
            yield replace(clause, value=groups)
            if during:
                yield replace(clause, value=during)
        case Both(first=first, second=second):
            yield from apart(replace(clause, value=first))
            yield from apart(replace(clause, value=second))
        case Instances(tag=tag):
            yield replace(clause, value=Metric((), counted=True))
            yield replace(clause, value=tag)
        case _:
            yield clause


def together(said: Sequence[Compare]) -> Compare | None:
    """What several clauses say of a comparison: `by how many percent did it grow`."""
    if not said:
        return None
    return Compare(
        direction=max((each.direction for each in said), key=abs),
        changes=any(each.changes for each in said),
        percent=any(each.percent for each in said),
        ranks=any(each.ranks for each in said),
    )


def joined(said: Sequence[Metric], catalog: Catalog) -> Metric | None:
    """`how many orders were placed`: of parts of a name that stand apart, the metric that has all of the words."""
    if any(metric.several or not metric.said for metric in said):
        return None
    words = [word for metric in said for word in words_of(metric.said)]
    names = catalog.words.names_with(words)
    if not names or set(names).isdisjoint(name for metric in said for name in metric.names):
        return _earned_by(said, catalog)
    text = " ".join(dict.fromkeys(metric.said for metric in said))
    return Metric(tuple(names), text, counted=all(metric.counted for metric in said))


def _earned_by(said: Sequence[Metric], catalog: Catalog) -> Metric | None:
    """`revenue from app orders`: of what was earned, the metric whose name has the other words."""
    for earned in said:
        words = {word for metric in said if metric is not earned for word in words_of(metric.said)}
        names = tuple(name for name in earned.names if words <= catalog.names[name].words)
        if earned.said.casefold() in EARNINGS and names:
            return replace(earned, names=names, summed=True)
    return None


def fitting(
    metric: Metric,
    keys: frozenset[str],
    asked: Sequence[Asked],
    verbs: Iterable[str],
    catalog: Catalog,
    *,
    counted: bool,
) -> Metric:
    """Of the names that the words may mean, those that have the tag keys, are in the units, and measure what is asked
    and what the verbs say (`jobs that waited`: `job.wait_min`); where they are counted (`how many trips`), those of
    what happens, and not of how long it takes. Where none of the shortest ones fits, a longer one with the words may:
    `fuel by station` is of `fuel.price_eur`, not of `fuel.litres`.
    """
    if not metric.said or metric.several:
        return metric
    names = metric.names
    held: Sequence[str] | None = None
    for fits in _tests(keys, asked, verbs, catalog, counted=counted):
        fit = tuple(filter(fits, names))
        if not fit and held is None:
            held = () if catalog.names_like(fold(metric.said)) else catalog.words.names_holding(words_of(metric.said))
        if not fit and (longer := [name for name in held or () if fits(name)]):
            sizes = {name: len(catalog.names[name].words) for name in longer}
            fit = tuple(name for name in longer if sizes[name] == min(sizes.values()))
        names = fit or names
    if counted and len(names) > 1:
        names = _begun(names) or names
    return replace(metric, names=names)


def _begun(names: Sequence[str]) -> tuple[str, ...]:
    """`orders` of `order.placed` and `order.cancelled`: where each begins, as there they are counted once."""
    last = {name: words_of(name)[-1] for name in names}
    begun = tuple(name for name in names if last[name] in BEGINNINGS)
    return begun if len(begun) == 1 and all(last[name] in ENDINGS for name in names if name not in begun) else ()


def _tests(
    keys: frozenset[str],
    asked: Sequence[Asked],
    verbs: Iterable[str],
    catalog: Catalog,
    *,
    counted: bool,
) -> Iterable[Callable[[str], bool]]:
    yield lambda name: keys <= catalog.names[name].keys
    for unit in [each.amount.unit for each in asked if isinstance(each, Threshold | Having) and each.amount.unit]:
        yield lambda name, quantity=MEASURES[unit].quantity: (  # type: ignore[misc]
            (own := measure_of(name)) is not None and own.quantity == quantity
        )
    for quality in [each.quality for each in asked if not isinstance(each, Having)]:
        if quality in QUALITY_WORDS:
            yield lambda name, quality=quality: is_measuring(name, quality)  # type: ignore[misc]
    if not counted and any(isinstance(each, Ranking) and each.word in _SIZES for each in asked):
        yield lambda name: catalog.names[name].types != {"event"}  # which has no size: `the biggest order`
    said = [stem(verb) for verb in (*verbs, *(each.word for each in asked if isinstance(each, Threshold)))]
    for verb in said:
        yield lambda name, verb=verb: verb in map(stem, words_of(name))  # type: ignore[misc]
    if counted:
        yield lambda name: measure_of(name) is None and catalog.names[name].types <= _HAPPENING
