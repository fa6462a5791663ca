"""What kind of answer is asked for: `which`, `when`, `did`, `how long since`, `what metrics are there`."""

from msgspec.structs import replace

from nlq.clauses import (
    Age,
    Aggregations,
    Amount,
    Both,
    BucketNoun,
    CatalogWish,
    Changed,
    FollowUp,
    Groups,
    Having,
    HowMuch,
    KeyNoun,
    Metric,
    Silent,
    When,
    Whether,
)
from nlq.context import Context
from nlq.fold import fold, words_of
from nlq.lexicon import CHANGES, NEGATED
from nlq.measures import MEASURES, PERCENT
from nlq.question import (
    MAX_PARTS,
    Aggregation,
    Comparison,
    Condition,
    Function,
    Grain,
    GroupKey,
    TagFilter,
    TimeRange,
    Unit,
)
from nlq.refusal import Problem
from nlq.rule import Producer, Rule
from nlq.rules.ranking import bounded
from nlq.rules.time.produce import same

_WHICH = "which|what"
_WEEKDAY = KeyNoun(GroupKey("weekday", "weekday"), plural=False, which=True)
_MULTIPLES: tuple[tuple[str, str, Comparison, float], ...] = (
    ("doubled", "double|doubling", "ge", 100.0),
    ("tripled", "triple|tripling", "ge", 200.0),
    ("halved", "halve|halving", "le", -50.0),
)
_RECORD = "record|recorded|collect|collected|measure|measured|track|tracked|store|stored|monitor|monitored|have|know"
_LIST = f"list|show|{_WHICH}|all?"
_STAY = "stay|stays|stayed|staying|remain|remains|remained|always|kept|keep|keeps"


def _asked(_context: Context, noun: KeyNoun) -> KeyNoun:
    return replace(noun, which=True)


def _so_many(context: Context, count: int, noun: KeyNoun) -> KeyNoun | Problem:
    return bounded(context, count, "top") or replace(noun, count=count)


def _which_so_many(context: Context, count: int, noun: KeyNoun) -> KeyNoun | Problem:
    return _so_many(context, count, _asked(context, noun))


def _bucket(_context: Context, unit: Unit) -> BucketNoun:
    return BucketNoun(Grain(unit), plural=False)


def _when(function: Function) -> Producer:
    """`the first time` something was so."""
    return lambda _context: Both(When(), Aggregations((Aggregation(function),)))


def _beginning(context: Context, begun: str) -> Both | Problem:
    """`metrics that start with api`."""
    start = begun.casefold()
    names = [name for name in context.catalog.names_from(begun, MAX_PARTS + 1) if name.casefold().startswith(start)]
    if not names:
        return Problem("unknown_value", f"No metric begins with {begun!r}.")
    if len(names) > MAX_PARTS:
        return Problem("too_many", f"More than {MAX_PARTS} metrics begin with {begun!r}: type more of it.")
    return Both(CatalogWish("names"), Metric(tuple(names), several=len(names) > 1))


def _about(context: Context, word: str) -> Both | Problem:
    """`metrics about runners`: those with the word in their name, or as a tag."""
    catalog = context.catalog
    keys = catalog.keys_like(fold(word))
    names = catalog.words.names_holding(words_of(word)) or [*(catalog.names_tagged(keys[:1]) if keys else ())]
    if not names:
        return Problem("unknown_value", f"No metric has {word!r} in its name.")
    if len(names) > MAX_PARTS:
        return Problem("too_many", f"More than {MAX_PARTS} metrics are about {word!r}: say more of the name.")
    return Both(CatalogWish("names"), Metric(tuple(names), several=len(names) > 1))


def _without_some(_context: Context, tag: TagFilter | Problem, metric: Metric) -> Both | Problem:
    """`branches without failed builds`."""
    return tag if isinstance(tag, Problem) else Both(Silent(), Both(tag, metric))


def _tags_of(_context: Context, metric: Metric) -> Both:
    return Both(CatalogWish("keys"), metric)


def _values_on(context: Context, key: str, metric: Metric) -> Both:
    return Both(_values(context, key), metric)


def _having(function: Function) -> Producer:
    def produce(_context: Context, comparison: Comparison, amount: Amount) -> Having:
        return Having("value", comparison, amount, function)

    return produce


def _crossed(comparison: Comparison) -> Producer:
    """`exceeded 90`: at least once, so the extreme did."""
    function: Function = "max" if comparison in ("gt", "ge") else "min"

    def produce(_context: Context, amount: Amount) -> Having:
        return Having("value", comparison, amount, function, crossed=True)

    return produce


def _stayed(_context: Context, comparison: Comparison, amount: Amount) -> Having | None:
    """`stayed under 90`: all of it, so its extreme did."""
    if comparison in ("eq", "ne"):
        return None
    return Having("value", comparison, amount, "max" if comparison in ("lt", "le") else "min", kept=True)


def _never(context: Context, comparison: Comparison, amount: Amount) -> Having | None:
    return None if comparison in ("eq", "ne") else _stayed(context, NEGATED[comparison], amount)


def _never_exceeded(context: Context, amount: Amount) -> Having | None:
    return _never(context, "gt", amount)


def _stayed_between(_context: Context, _least: Amount, _most: Amount) -> Problem:
    return Problem("unsupported", "Whether all values lay between two is not told in one: ask for 'min and max of'.")


def _changed(_context: Context, word: str) -> Changed:
    comparison, quality = CHANGES[word]
    return Changed(Condition("change", comparison, 0.0), quality, word)


def _by_percent(_context: Context, comparison: Comparison, amount: Amount) -> Having | None:
    return (
        Having("change_percent", comparison, Amount(amount.number))
        if not amount.unit or amount.unit in PERCENT
        else None
    )


def _by(_context: Context, comparison: Comparison, amount: Amount) -> Having:
    return Having("change_percent" if amount.unit in PERCENT else "change", comparison, amount, by=True)


def _multiplied(comparison: Comparison, percent: float) -> Having:
    """`doubled`: by how many percent at least."""
    return Having("change_percent", comparison, Amount(percent))


def _age_in(_context: Context, unit: str) -> Age | None:
    return Age(unit) if MEASURES[unit].quantity == "time" else None


def _without(context: Context, unit: str) -> Age | None:
    age = _age_in(context, unit)
    return age and replace(age, without=True)


def _values(_context: Context, key: str) -> CatalogWish:
    return CatalogWish("values", GroupKey("tag", key))


def _values_of(_context: Context, groups: Groups) -> CatalogWish | None:
    if len(groups.keys) != 1 or groups.keys[0].kind != "tag":
        return None
    return CatalogWish("values", groups.keys[0])


RULES = (
    # which
    Rule("which key", f"on|at|from|by|with|in|for? {_WHICH} <key-noun>", "noun", _asked),
    Rule("which of the keys", f"{_WHICH} of the <key-noun>", "noun", _asked),
    Rule("which n of a key", f"{_WHICH} <count> <key-noun>", "noun", _which_so_many),
    Rule("n of a key", "<count> <key-noun>", "noun", _so_many, cost=0.3),
    Rule("which day of the week", f"on|at|in? {_WHICH} day of the? week", "noun", lambda _context: _WEEKDAY),
    Rule("which weekday", "on|at|in? which|what weekday|weekdays", "noun", lambda _context: _WEEKDAY),
    Rule("which bucket", f"on|at|in|during? {_WHICH} <unit>", "noun", _bucket),
    Rule("bucket", "<unit>", "noun", _bucket, cost=0.8),
    Rule("bucket when", "<unit> when|where", "noun", _bucket, cost=0.3),
    Rule("bucket in which", "<unit> on|in which", "noun", _bucket, cost=0.3),
    Rule("when, in a range", "<time> when", "time", lambda _context, time: time, cost=0.3),  # `days in May when`
    # conditions on groups
    Rule("averaged over number", "averaged|averaging|averages <comparator> <amount>", "having", _having("avg")),
    Rule("peaked over number", "peaked|peaking|peaks at? <comparator> <amount>", "having", _having("max")),
    Rule("totalled over number", "totalled|totaled|totalling <comparator> <amount>", "having", _having("sum")),
    Rule("stayed under", f"{_STAY} been|was|were|is? <comparator> <amount>", "having", _stayed),
    Rule("never over", "never go|goes|went|gone|rise|rises|rose|was|were? <comparator> <amount>", "having", _never),
    Rule("never exceeded", "never exceed|exceeds|exceeded|topped <amount>", "having", _never_exceeded),
    Rule("stayed between", f"{_STAY} between|within <amount> and|to|- <amount>", "having", _stayed_between, cost=-0.2),
    Rule("more than n times", "<comparator> <amount> times", "having", _having("count")),
    Rule("exceeded", "exceed|exceeds|exceeded|exceeding|topped|pass|passed <amount>", "having", _crossed("gt")),
    Rule("went above", "go|goes|went|gone|rise|rose|risen|get|got over|above <amount>", "having", _crossed("gt")),
    Rule("reached", "reach|reached|hit <amount>", "having", _crossed("ge")),
    Rule(
        "fell below",
        "go|goes|went|gone|fall|fell|drop|dropped|dip|dipped under|below|to? <amount>",
        "having",
        _crossed("lt"),
    ),
    Rule(
        "having",
        "having <comparator> <amount>",
        "having",
        lambda _context, comparison, amount: Having("value", comparison, amount),
    ),
    Rule(
        "having change",
        "having change <comparator> <amount>",
        "having",
        lambda _context, comparison, amount: Having("change", comparison, amount),
    ),
    Rule("having change in percent", "having change percent <comparator> <amount>", "having", _by_percent),
    *(
        Rule(word, f"{word}|{forms}", "having", lambda _context, c=comparison, n=percent: _multiplied(c, n))
        for word, forms, comparison, percent in _MULTIPLES
    ),
    Rule("by more than", "by <comparator> <amount>", "having", _by),
    Rule("changed", "get|gets|got|gotten|become|became|grew|is|are|was|were? <comparative>", "having", _changed),
    Rule("improved", "improved|improving", "having", lambda context: _changed(context, "better")),
    Rule("worsened", "worsen|worsened|worsening|deteriorated", "having", lambda context: _changed(context, "worse")),
    # yes or no
    Rule("whether", "whether any?", "form", lambda _context: Whether()),
    Rule(
        "is there any",
        "is|are|was|were|has|have|had|did|do|does there? been? any|some",
        "form",
        lambda _context: Whether(),
    ),
    Rule("any", "on|at|from|by? any|anyone|anybody|anything", "form", lambda _context: Whether(), cost=0.1),
    Rule("anywhere", "anywhere", "form", lambda _context: Whether(), cost=0.2),
    Rule("at any time", "at any time|point|moment", "form", lambda _context: Whether(ever=True)),
    Rule("any of a key", "on|at|in|from|by|of? any <key-noun>", "form", lambda _context, noun: Whether(noun.key)),
    Rule("yes or no", "yes or no", "form", lambda _context: Whether()),
    Rule("or not", "or not", "form", lambda _context: Whether(), cost=0.1),
    Rule("did it", "did|does|do|has|have|had|was|were|is|are", "lead", lambda _context: Whether()),
    Rule("and how many", "and|, how many", "form", lambda _context: HowMuch(), cost=0.2),
    Rule("and how much", "and|, how much", "form", lambda _context: HowMuch(), cost=0.2),
    Rule("how much", "how much", "form", lambda _context: HowMuch()),
    # when
    Rule("when did", "when did|was|were|is|has|had", "form", lambda _context: When()),
    Rule("what time", "at? what time did|was|were|is", "form", lambda _context: When()),
    Rule("and when", "and|, when was|is|did? it|that|this? was|were|is|happened?", "form", lambda _context: When()),
    Rule("was when", "was|were|is when", "form", lambda _context: When(), cost=0.1),
    Rule("if so when", "if so ,? when", "form", lambda _context: When()),
    Rule("first time", "the? first|earliest time", "form", _when("first")),
    Rule("last time", "the? last|latest time", "form", _when("latest")),
    Rule("how long since", "how long since|ago the? last|latest?", "form", lambda _context: Age()),
    Rule("how long has it been since", "how long has|is it? been? since", "form", lambda _context: Age()),
    Rule("how long ago was", "how long ago was|is|were", "form", lambda _context: Age()),
    Rule("time since", "time since|passed", "form", lambda _context: Age(), cost=0.2),
    Rule("units since", "how? many? <measure> since|ago was|is?", "form", _age_in, cost=0.2),
    Rule("units without", "how? many? <measure> have? we? been? without any|an|a?", "form", _without, cost=0.2),
    Rule("time of the last", "time|date|moment of the? last|latest", "form", lambda _context: When(), cost=0.2),
    Rule("units it has been since", "how many <measure> has it? been since", "form", _age_in, cost=0.2),
    Rule("last seen", "last|latest seen|reported|report|active|heard", "form", lambda _context: Age()),
    Rule("ever", "ever", "time", lambda _context: TimeRange()),
    Rule("of all time", "of|over all time", "time", lambda _context: TimeRange()),
    # what is missing
    Rule("silent", "silent", "form", lambda _context: Silent()),
    Rule("stopped reporting", "stopped|ceased reporting|sending", "form", lambda _context: Silent()),
    Rule("went silent", "went|gone|are|is|fell silent|quiet|dark|missing", "form", lambda _context: Silent()),
    Rule("not reporting", "not|never reporting|reported|seen|sent|sending", "form", lambda _context: Silent()),
    Rule("without a metric", "without any? <name>", "form", lambda _context, metric: Both(Silent(), metric), cost=0.1),
    Rule("without some of a metric", "without any? <keyless> <name>", "form", _without_some, cost=0.1),
    Rule("no data", "without|no data|events|metrics", "form", lambda _context: Silent()),
    Rule(
        "had none",
        "that? had|have|has|did|do|got|with no|zero|none",
        "form",
        lambda _context: Silent(none=True),
        cost=0.1,
    ),
    # the question before
    Rule("and", "and|also|or", "lead", lambda _context: FollowUp()),
    Rule("what about", "what|how about", "form", lambda _context: FollowUp(), cost=-0.7),
    Rule("instead", "instead", "form", lambda _context: FollowUp()),
    Rule("the same", "the? same for|but|with?", "form", lambda _context: FollowUp(), cost=0.3),
    # what may be named
    Rule(
        "metrics there are",
        f"{_WHICH} metrics|names are|do there|you|we have|know|exist?",
        "form",
        lambda _context: CatalogWish("names"),
    ),
    Rule(
        "list metrics",
        "list|show|all|available|known metric? metrics|names",
        "form",
        lambda _context: CatalogWish("names"),
    ),
    Rule("names of", "metric names of?", "form", lambda _context: CatalogWish("names"), cost=0.1),
    Rule(
        "tags there are",
        f"{_WHICH} tags|keys|tag keys? are|do|does there|you|we have|exist?",
        "form",
        lambda _context: CatalogWish("keys"),
    ),
    Rule(
        "names that begin", "that|which? start|starts|starting|begin|begins|beginning with <word>", "name-start", same
    ),
    Rule("metrics that begin", f"list|show|{_WHICH}|all? metric? metrics|names <name-start>", "form", _beginning),
    Rule(
        "metrics about",
        f"{_LIST} metric? metrics|names|everything are? about|concerning|regarding|mentioning the? <word>",
        "form",
        _about,
    ),
    Rule(
        "metrics about a metric",
        f"{_LIST} metric? metrics|names|everything are? about|concerning|regarding the? <name>",
        "form",
        lambda _context, metric: Both(CatalogWish("names"), replace(metric, several=len(metric.names) > 1)),
        cost=0.1,
    ),
    Rule(
        "how many metrics",
        "how many metrics|names are|exist? there? about|for|on?",
        "form",
        lambda _context: Problem("unsupported", "How many there are is seen in 'what metrics are there'."),
    ),
    Rule(
        "what is recorded about",
        f"list? {_WHICH}|everything|all metrics? that? do|is|are? we|you? {_RECORD} about|on|for the? <word>",
        "form",
        _about,
    ),
    Rule("names exist", f"{_WHICH} metrics|names exist", "form", lambda _context: CatalogWish("names")),
    Rule(
        "tags and values of a metric",
        f"{_WHICH} tags and|or values are|do|does <name> have|has|take",
        "form",
        _tags_of,
    ),
    Rule("tags exist", f"{_WHICH} tags|keys exist", "form", lambda _context: CatalogWish("keys")),
    Rule("keys exist", f"{_WHICH} <groups> exist", "form", _values_of),
    Rule("tags", "list|show|all? tags|keys", "form", lambda _context: CatalogWish("keys"), cost=0.1),
    Rule("tag keys of", "tag|tags keys? of", "form", lambda _context: CatalogWish("keys")),
    Rule("values of", "list|show|all? values of|for <key>", "form", _values),
    Rule("tags on a metric", "tag|tags keys? on|for <name>", "form", _tags_of),
    Rule("values on a metric", "possible|all|known? values of|for <key> on|in <name>", "form", _values_on),
    Rule("values that a key has", "what|which values can|does <key> have|take", "form", _values),
    Rule(
        "values that a key has on",
        "what|which values can|does <key> have|take on|in|for <name>",
        "form",
        _values_on,
    ),
    Rule("possible values of", "possible|known values of|for <key>", "form", _values),
    Rule("values of an unknown key", "values of|for <unknown-group>", "form", lambda _context, problem: problem),
    Rule("tag values of", "tag values of|for <key>", "form", _values),
    Rule("keys there are", f"{_WHICH} <groups> are|do there|you|we have|exist?", "form", _values_of),
    Rule("list keys", "list|available|known all|the? <groups>", "form", _values_of),
)
