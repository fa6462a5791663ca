"""Comparisons: `today vs yesterday`, `compare this week with last week`, `web-01 versus web-02`."""

from nlq.clauses import Against, Compare, Versus
from nlq.context import Context
from nlq.engine import Rule
from nlq.question import TagFilter, TimeRange, Unit
from nlq.refusal import Problem
from nlq.timeline import Shift, unit_at

_VERSUS = "vs|versus|against"
_TO = "to|with|against"


def _against(_context: Context, second: TimeRange | Shift | Problem) -> Against | Problem:
    return second if isinstance(second, Problem) else Against(second)


def _joined(_context: Context, second: TimeRange | Shift | Problem) -> Against | Problem:
    return second if isinstance(second, Problem) else Against(second, joined=True)


def _versus(_context: Context, first: TagFilter, second: TagFilter) -> Versus | None:
    if first.key != second.key:
        return None
    return Versus(TagFilter(first.key, tuple(sorted({*first.values, *second.values}))))


def _more(_context: Context, first: Versus, second: TagFilter) -> Versus | None:
    return _versus(_context, first.tag, second)


def _over(context: Context, unit: Unit, second: Unit) -> Against | None:
    """`week over week`: the week before; the first range is then what has followed it."""
    if unit != second:
        return None
    span = unit_at(context.now, unit, context.zone, -1)
    return Against(TimeRange(span.start, span.end))


def _compare(_context: Context) -> Compare:
    return Compare()


def _rising(_context: Context) -> Compare:
    return Compare(direction=1)


def _falling(_context: Context) -> Compare:
    return Compare(direction=-1)


RULES = (
    # `the previous day` counts from the first range, not from now
    Rule("second range", "<time>", "second", lambda _context, time: time, cost=0.1),
    Rule("range beside the first", "<shift>", "second", lambda _context, shift: shift),
    Rule("vs", f"{_VERSUS} that? of? <second>", "comparison", _against),
    Rule("compared to", f"compared|relative|opposed {_TO} that? of? <second>", "comparison", _against),
    Rule("than", "than <second>", "comparison", _against),
    Rule("unit over unit", "<unit> over|on <unit>", "comparison", _over),
    Rule("in comparison", "in comparison to|with <second>", "comparison", _against),
    # `with` and `and` join a second range only where the prompt says that it compares
    Rule("with", "with|and|to <second>", "comparison", _joined),
    Rule("compare", "compare|comparing|comparison", "comparison", _compare),
    Rule("how", "by? how much? did|has|have", "comparison", _compare),
    Rule("change", "change|changed|differ|differed|develop|developed|evolve|evolved", "comparison", _compare),
    Rule("growth of", "growth|change|changes|difference of|in|between", "comparison", _compare),
    Rule("growth", "growth", "comparison", _compare),
    Rule("grew", "grow|grew|grown|rise|rose|risen|rising|increase|increased|increasing", "comparison", _rising),
    Rule(
        "fell",
        "fall|fell|fallen|decrease|falling|decreased|decreasing|shrink|shrunk|drop|dropped|decline|declined",
        "comparison",
        _falling,
    ),
    # values of one tag, side by side
    Rule("value versus value", f"<keyless> {_VERSUS} <keyless>", "versus", _versus),
    Rule("value compared to value", f"<keyless> compared {_TO} <keyless>", "comparison", _versus),
    Rule("values versus value", f"<versus> {_VERSUS} <keyless>", "versus", _more),
    Rule("values side by side", "<versus>", "comparison", lambda _context, versus: versus),
    Rule("key's value versus value", f"<selection> {_VERSUS} <selection>", "comparison", _versus),
    Rule("between values", "between|among <keyless> and|& <keyless>", "comparison", _versus),
    Rule("between selections", "between|among <selection> and|& <selection>", "comparison", _versus),
    Rule("compare values", "compare <keyless> with|to|and <keyless>", "comparison", _versus),
    Rule("compare selections", "compare <selection> with|to|and <selection>", "comparison", _versus),
)
