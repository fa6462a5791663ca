"""Comparisons: `today vs yesterday`, `compare this week with last week`, `web-01 versus web-02`."""

from datetime import timedelta

from msgspec.structs import replace

from nlq.clauses import Beside, Both, Compare, Contrast, Metric, Versus
from nlq.context import Context
from nlq.question import TagFilter, TimeRange, Unit
from nlq.recurrence import Pattern, Preceding
from nlq.refusal import Problem
from nlq.rule import Producer, Rule
from nlq.rules.time.moment import last_and_this
from nlq.rules.time.produce import sound
from nlq.time_clauses import Against, Aligned
from nlq.timeline import Shift, Span, unit_at

_VERSUS = "vs|versus|against|v|alongside"
_TO = "to|with|against"
_LAST = "last|previous"
_MORE = "more|fewer|less|higher|lower|bigger|smaller"
_RATIO = "ratio|ratios"
_BY = "to|over|vs|versus|against"
_AT = "in|on|of|for|at|from"
_DIFFERENCE = "difference|gap|delta"
_PERCENT = "percent|percentage|%"
_MOVES = {  # what a value did, as a noun: 1 up, -1 down, 0 either
    1: "increase|increases|rise|rises|growth|gain|gains|jump|jumps",
    -1: "drop|drops|fall|falls|decrease|decreases|decline|declines|reduction|reductions|dip|dips",
    0: "change|changes|swing|swings|difference|differences|movement|movements",
}


def _against(_context: Context, second: TimeRange | Shift | Preceding | Problem) -> Against | Problem:
    return second if isinstance(second, Problem) else Against(second)


def _joined(_context: Context, second: TimeRange | Shift | Preceding | Problem) -> Against | Problem:
    return second if isinstance(second, Problem) else Against(second, joined=True)


def _against_first(
    _context: Context, first: TimeRange | Problem, second: TimeRange | Shift | Preceding | Problem
) -> Against | Problem:
    """`this week with last week`."""
    if isinstance(first, Problem):
        return first
    return second if isinstance(second, Problem) else Against(second, first=first)


def _from_to(_context: Context, earlier: TimeRange | Problem, later: TimeRange | Problem) -> Against | Problem:
    """`change between yesterday and today`; without such a word it is one range."""
    if isinstance(earlier, Problem):
        return earlier
    return later if isinstance(later, Problem) else Against(earlier, joined=True, first=later)


def _versus(_context: Context, first: TagFilter | Problem, second: TagFilter | Problem) -> Versus | Problem | None:
    if isinstance(first, Problem):
        return first
    if isinstance(second, Problem):
        return second
    if first.key != second.key:
        return None
    if first.match != "is" or second.match != "is":
        return Problem("unsupported", "Only whole values are put side by side: ask for each of these.")
    return Versus(TagFilter(first.key, tuple(sorted({*first.values, *second.values}))))


def _contrast(*, minus: bool) -> Producer:
    """`failed to passed`, as a ratio; `failed minus passed`."""

    def produce(
        _context: Context, first: TagFilter | Problem, second: TagFilter | Problem
    ) -> Contrast | Problem | None:
        if isinstance(first, Problem) or isinstance(second, Problem):
            return next(each for each in (first, second) if isinstance(each, Problem))
        alike = first.key == second.key and first != second
        if minus and len(first.values) + len(second.values) > 2:
            return Problem("unsupported", "A difference is of one and another: ask for each pair.")
        return Contrast(first, second, minus) if alike and first.is_one_of and second.is_one_of else None

    return produce


def _contrast_of(*, minus: bool) -> Producer:
    """`failed builds per passed build`."""

    def produce(
        context: Context, first: TagFilter, metric: Metric, second: TagFilter, other: Metric
    ) -> Both | Problem | None:
        return _contrast_in(context, metric, first, second, minus=minus) if metric.names == other.names else None

    return produce


def _contrast_of_two(
    context: Context, metric: Metric, first: TagFilter, other: Metric, second: TagFilter
) -> Both | Problem | None:
    """`difference between errors in prod and errors in staging`."""
    return _contrast_in(context, metric, first, second) if metric.names == other.names else None


def _contrast_in(
    context: Context, metric: Metric, first: TagFilter, second: TagFilter, *, minus: bool = True
) -> Both | Problem | None:
    """`difference in cpu usage between web-01 and web-02`."""
    contrast = _contrast(minus=minus)(context, first, second)
    return Both(contrast, metric) if isinstance(contrast, Contrast) else contrast


def _of_one_key(context: Context, first: TagFilter, second: TagFilter, key: str) -> Versus | Problem | None:
    """`day vs night shift`."""
    return _versus(context, first, second) if first.key == key else None


def _beside(_context: Context, tag: TagFilter | Problem) -> Beside | Problem | None:
    if isinstance(tag, Problem):
        return tag
    return Beside(tag) if tag.is_one_of else None


def _both(context: Context, last: Pattern, this: Pattern) -> Against | None:
    pair = last_and_this(context, last, this)
    return Against(pair[1], first=pair[0]) if pair else None


def _both_joined(context: Context, last: Pattern, this: Pattern) -> Against | None:
    pair = last_and_this(context, last, this)
    return Against(pair[1], joined=True, first=pair[0]) if pair else None


def _more(_context: Context, first: Versus, second: TagFilter) -> Versus | Problem | None:
    return _versus(_context, first.tag, second)


def _over(context: Context, unit: Unit, second: Unit) -> Against | None:
    """`week over week`: the week before; the first range is then what has followed it."""
    if unit != second:
        return None
    span = unit_at(context.now, unit, context.zone, -1)
    return Against(TimeRange(span.start, span.end))


def _this_and_last(context: Context, unit: Unit) -> Against:
    """`this week vs last`."""
    last, this = (unit_at(context.now, unit, context.zone, offset) for offset in (-1, 0))
    return Against(TimeRange(last.start, last.end), first=TimeRange(this.start, context.now))


def _this_and_other(context: Context, unit: Unit, other: Unit) -> Against | None:
    """`this month than last week`."""
    last, this = unit_at(context.now, other, context.zone, -1), unit_at(context.now, unit, context.zone, 0)
    return None if unit == other else Against(TimeRange(last.start, last.end), first=TimeRange(this.start, context.now))


def _since(context: Context, unit: Unit = "day") -> Against:
    """`has it grown since last month`: the time since then, beside that month. Without such a word it is a range."""
    span = unit_at(context.now, unit, context.zone, -1)
    return Against(TimeRange(span.start, span.end), joined=True)


def _since_beside_before(_context: Context, since: TimeRange | Problem) -> Against | None:
    """`has search got slower since Thursday`: than in the time before, which is as long."""
    if isinstance(since, Problem) or since.start is None or since.end is None:
        return None
    return Against(Shift(None, adjacent=True), joined=True, first=since)


def _before_and_after(context: Context, edge: Span) -> Against | None:
    """`before and after 1 May`: the time since, and before it as long."""
    if edge.start is None or edge.start >= context.now or (edge.end and edge.end - edge.start > timedelta(days=1)):
        return None
    return Against(Shift(None, adjacent=True), first=TimeRange(edge.start, context.now))


def _between_ranges(
    _context: Context, first: TimeRange | Problem, second: TimeRange | Shift | Problem
) -> Against | None:
    """`compare errors between yesterday and the day before`."""
    if isinstance(first, Problem) or isinstance(second, Problem):
        return None
    return Against(second, joined=True, first=first)


def _apart(_context: Context, tag: TagFilter | Problem) -> Versus | None:
    """`ebikes and cargos separately`."""
    several = isinstance(tag, TagFilter) and len(tag.values) > 1 and not tag.negated
    return Versus(tag) if several and isinstance(tag, TagFilter) else None


def _compare(_context: Context) -> Compare:
    return Compare()


def _change(_context: Context) -> Compare:
    return Compare(changes=True)


def _percent(_context: Context) -> Compare:
    return Compare(changes=True, percent=True)


def _rising(_context: Context) -> Compare:
    return Compare(direction=1, changes=True)


def _falling(_context: Context) -> Compare:
    return Compare(direction=-1, changes=True)


def _move(direction: int) -> Producer:
    return lambda _context: Compare(direction, changes=True, ranks=True)


_ratio_of = _contrast(minus=False)
_less = _contrast(minus=True)
RULES = (
    # `the previous day` counts from the first range, not from now
    Rule("second range", "<time>", "second", lambda _context, time: time, cost=0.1),
    Rule("range beside the first", "<shift>", "second", lambda _context, shift: shift),
    Rule("vs", f"{_VERSUS} that? of? <second>", "comparison", _against),
    Rule("next to", "next to <second>", "comparison", _against),
    Rule("compared to", f"as? compared|relative|opposed {_TO} that? of? <second>", "comparison", _against),
    Rule("than", "than <second>", "comparison", _against),
    Rule("last against this", f"the? {_LAST} <date> {_VERSUS} this <date>", "comparison", sound(_both)),
    Rule("last compared to this", f"the? {_LAST} <date> compared {_TO} this <date>", "comparison", sound(_both)),
    Rule("this against the last", f"this <unit> {_VERSUS}|and|than {_LAST}", "comparison", _this_and_last),
    Rule(
        "this against the last of another",
        f"this <unit> {_VERSUS}|and|than {_LAST} <unit>",
        "comparison",
        _this_and_other,
        cost=-0.1,
    ),
    Rule("this compared to the last", f"this <unit> compared {_TO} {_LAST}", "comparison", _this_and_last),
    Rule("last with this", f"the? {_LAST} <date> with|and|to this <date>", "comparison", sound(_both_joined)),
    Rule("unit over unit", "<unit> over|on <unit>", "comparison", _over),
    Rule("in comparison", "in comparison to|with <second>", "comparison", _against),
    # `with` and `and` join a second range only where the prompt says that it compares
    Rule("time with time", "<time> with <second>", "comparison", _against_first, cost=0.3),
    Rule("since the last unit", f"since the? {_LAST} <unit>", "comparison", _since, cost=0.4),
    Rule("since yesterday", "since yesterday", "comparison", _since, cost=0.4),
    Rule("before and after", "before and|&|vs|versus after <edge>", "comparison", sound(_before_and_after)),
    Rule("since, beside before", "<opening>", "comparison", _since_beside_before, cost=0.6),
    Rule("between times", "between <time> and <time>", "comparison", _from_to, cost=0.4),
    Rule("from time to time", "from <time> to <time>", "comparison", _from_to, cost=0.4),
    Rule("with", "with|and|to <second>", "comparison", _joined),
    Rule(
        "to the same point", "up|until|till? to? the? same point|stage|time", "comparison", lambda _context: Aligned()
    ),
    Rule("like for like", "like for like", "comparison", lambda _context: Aligned(), cost=-1.6),
    Rule("compare", "compare|comparing|comparison", "comparison", _compare),
    Rule("how", "by? how much? did|has|have", "comparison", _compare),
    Rule("between two ranges", "between <time> and <second>", "comparison", _between_ranges, cost=0.4),
    Rule("values apart", "on|in|for|from|at|of? <keyless> separately|individually", "comparison", _apart),
    Rule("how do they compare", "how do|does|is|are|'s", "comparison", _compare, cost=0.6),  # `how do I` is a wish
    Rule("how much more", f"by? how much|many {_MORE}", "comparison", _compare),
    Rule("went up", "go|goes|went|gone|going|trending up|upwards", "comparison", _rising),
    Rule("went down", "go|goes|went|gone|going|trending down|downwards", "comparison", _falling),
    Rule("and by how much", "and|,? by how much|many", "comparison", lambda _context: Compare(changes=True), cost=0.1),
    Rule("how many percent", f"by how|what many|much? {_PERCENT} did|has|have", "comparison", _percent),
    Rule("change", "change|changed|differ|differed|develop|developed|evolve|evolved", "comparison", _change),
    Rule("growth of", "growth|change|changes|difference of|in|between", "comparison", _change),
    Rule("growth", "growth", "comparison", _rising),
    *(Rule(nouns.partition("|")[0], nouns, "move", _move(direction)) for direction, nouns in _MOVES.items()),
    Rule("move in percent", f"{_PERCENT} <move>", "move", lambda _context, move: replace(move, percent=True)),
    Rule("move of", "<move> in|of", "comparison", lambda _context, move: replace(move, ranks=False), cost=0.1),
    Rule(
        "by move",
        "by the? <move> of|in?",
        "comparison",
        lambda _context, move: replace(move, direction=move.direction or 1),
        cost=0.1,
    ),
    Rule("by absolute change", "by absolute change of|in?", "comparison", _move(0)),
    # a comparison shows the change in percent, whatever is said
    Rule(
        "percent growth",
        f"{_PERCENT} growth|change|increase|decrease|difference of|in|between?",
        "comparison",
        _percent,
    ),
    Rule("growth in percent", f"growth|change in|as {_PERCENT}", "comparison", _percent),
    Rule("comparison in percent", f"in|as {_PERCENT}", "comparison", _percent, cost=0.2),
    Rule(
        "rise or fall",
        "rise|rose|increase|grow|grew or fall|fell|decrease|drop|shrink",
        "comparison",
        _change,
    ),
    Rule("grew", "grow|grew|grown|rise|rose|risen|rising|increase|increased|increasing", "comparison", _rising),
    Rule(
        "fell",
        "fall|fell|fallen|decrease|falling|decreased|decreasing|shrink|shrunk|drop|dropped|decline|declined",
        "comparison",
        _falling,
    ),
    # values of one tag, side by side
    Rule("value versus value", f"<keyless> {_VERSUS} the|a? <keyless>", "versus", _versus),
    Rule("value compared to value", f"<keyless> compared {_TO} the|a? <keyless>", "comparison", _versus),
    Rule("values versus value", f"<versus> {_VERSUS} the|a? <keyless>", "versus", _more),
    Rule("values of one key", f"<one-choice> {_VERSUS} the|a? <one-choice> <key>", "comparison", _of_one_key),
    Rule("values side by side", "<versus>", "comparison", lambda _context, versus: versus),
    Rule("versus value", f"{_VERSUS} <selection>", "comparison", _beside),
    # dearer than a condition: `more than 200` is about the value, where no value of the tag is said before
    Rule("than value", "than on|in|at|for|with|by? the|a? <selection>", "comparison", _beside),
    Rule("more than value", f"{_MORE} than on|in|at|for|with|by? the|a? <selection>", "comparison", _beside, cost=-0.5),
    Rule("compared to value", f"as? compared|relative|opposed {_TO} the? <selection>", "comparison", _beside),
    Rule("key's value versus value", f"<selection> {_VERSUS} <selection>", "comparison", _versus),
    # values of one tag, one divided by the other or taken away from it
    Rule("ratio of values", f"{_RATIO} of|between? the? <selection> {_BY} the? <selection>", "comparison", _ratio_of),
    Rule("values as a ratio", f"<keyless> {_BY}|/|: <keyless> {_RATIO} of|for|in?", "comparison", _ratio_of),
    Rule(
        "ratio of values of a metric",
        f"{_RATIO} of? the? <keyless> <name> {_BY} the? <keyless> <name>",
        "comparison",
        _contrast_of(minus=False),
    ),
    Rule(
        "values per value",
        "<keyless> <name> per|/|for each|every? <keyless> <name>",
        "comparison",
        _contrast_of(minus=False),
    ),
    Rule(
        "difference of values",
        f"{_DIFFERENCE} of|between the? <selection> and|& the? <selection>",
        "comparison",
        _less,
    ),
    Rule("value minus value", "<keyless> minus|less|- <keyless>", "comparison", _less),
    Rule(
        "values minus values",
        "<keyless> <name> minus|less <keyless> <name>",
        "comparison",
        _contrast_of(minus=True),
    ),
    Rule(
        "difference of a metric between",
        f"{_DIFFERENCE} between|of <name> {_AT}? the? <keyless> and|& <name> {_AT}? the? <keyless>",
        "comparison",
        _contrast_of_two,
    ),
    Rule(
        "difference of a metric among",
        f"{_DIFFERENCE} between|of <name> {_AT} the? <keyless> and|& {_AT}? the? <keyless>",
        "comparison",
        _contrast_in,
    ),
    Rule(
        "how many more in a value",
        f"by? how many|much more <name> {_AT}|with|by the? <keyless> than {_AT}|with|by? the? <keyless>",
        "comparison",
        _contrast_in,
        cost=-0.1,
    ),
    Rule(
        "how many more of a value",
        "by? how many more <name> <keyless> than <keyless>",
        "comparison",
        _contrast_in,
        cost=-0.1,
    ),
    Rule(
        "how many more of a value than",
        "by? how many more <keyless> than <keyless> <name>",
        "comparison",
        lambda c, first, second, metric: _contrast_in(c, metric, first, second),
        cost=-0.1,
    ),
    Rule(
        "difference in a metric",
        f"{_DIFFERENCE} in|of the? <name> between|of the? <keyless> and|& the? <keyless>",
        "comparison",
        _contrast_in,
    ),
    Rule("between values", "between|among the|a? <keyless> and|& the|a? <keyless>", "comparison", _versus),
    Rule("between selections", "between|among <selection> and|& <selection>", "comparison", _versus),
    Rule("compare values", "compare <keyless> with|to|and <keyless>", "comparison", _versus),
    Rule("compare selections", "compare <selection> with|to|and <selection>", "comparison", _versus),
)
