"""One sequence of tokens, read: the question that it asks, or what stands in the way."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from nlq.assemble import Assembled, assemble, problem_of
from nlq.clauses import Aggregations, KeyNoun, Ranking, Total, Whether
from nlq.context import Context
from nlq.cover import Cover
from nlq.engine import MAX_MATCHES
from nlq.misfit import Misfit
from nlq.question import TagFilter
from nlq.refusal import Code, Problem
from nlq.rule import Match
from nlq.rules import GRAMMAR, ROLES
from nlq.time_clauses import During
from nlq.tokens import Token

SAME = 1e-6  # of costs
_TELLING: tuple[Code, ...] = ("unsupported", "unknown_value")  # problems that say more than that a word is unknown
_ASKING = frozenset("did do does was were is are has have had".split())
_DENYING = frozenset(("not", "neither", "no", "nobody", "none", "nothing"))
_PLACING = frozenset("in on at from to for by with where only just via through of during within".split())
_JOINING = frozenset(("and", "or", ",", "&", "+"))
_LEFT_OUT = frozenset("excluded omitted ignored removed excepted counted included".split())
_LASTING: tuple[Code, ...] = ("unknown_value", "unsupported", "impossible", "future", "too_many")  # whatever follows


class Attempt(Struct, frozen=True):
    """What came of one sequence of tokens: a question, or why there is none."""

    tokens: tuple[Token, ...]
    cover: Cover
    outcome: Assembled | Misfit | None  # None: words that nothing covers
    rivals: tuple[Assembled, ...] = ()  # other questions at the same cost
    tried: int = 0  # covers that a question was to be made of

    @property
    def last_role(self) -> str | None:
        """The role of the last word of what is answered as it stands; None where it is not."""
        is_answered = isinstance(self.outcome, Assembled) and not self.rivals
        return self.roles[len(self.tokens) - 1] if is_answered else None

    @property
    def roles(self) -> dict[int, str]:
        """What the word at each position is read as."""
        roles = dict.fromkeys(self.cover.fillers, "filler") | dict.fromkeys(self.cover.unknown, "unknown")
        for clause in self.cover.clauses:
            roles |= dict.fromkeys(range(clause.start, clause.end), ROLES[clause.kind])
        return roles

    @property
    def blamed(self) -> int:
        """Where the words end that stand in the way, whatever may follow them; 0 where there are none."""
        if self.cover.unknown:
            return self.cover.unknown[0] + 1
        if isinstance(self.outcome, Misfit) and self.outcome.clause and self.outcome.problem.code in _LASTING:
            return self.outcome.clause.end
        return 0


def read(
    tokens: Sequence[Token], context: Context, covers: list[Cover] | None = None, most: int = MAX_MATCHES
) -> Attempt:
    """Read the tokens, which may have been covered already. Raises OverflowError and CrowdedError.

    most: matches that are weighed.
    """
    covers = covers or GRAMMAR.parse(tokens, context, most)
    zone = next((clause.value for clause in covers[0].clauses if clause.kind == "zone"), None)
    if isinstance(zone, ZoneInfo) and zone != context.zone:
        context = replace(context, zone=zone)
        covers = GRAMMAR.parse(tokens, context, most)
    best = covers[0]
    if best.unknown:
        misfit = problem_of(best.clauses, _TELLING)
        if misfit and misfit.problem.code == "unknown_value":
            detail = f"{misfit.problem.detail} {not_understood(tokens, best.unknown)}"
            misfit = replace(misfit, problem=replace(misfit.problem, detail=detail))
        return Attempt(tuple(tokens), best, misfit)
    if not best.clauses:
        return Attempt(tuple(tokens), best, Misfit(Problem("empty", "Nothing was asked.")))
    outcome: Assembled | Misfit | None = _out_of_place(tokens, best)
    tried = 0
    for cover in covers if outcome is None else ():
        if cover.unknown:
            break
        tried += 1
        made = assemble(cover.clauses, context)
        outcome = outcome or made
        if isinstance(outcome, Misfit) and outcome.problem.code == "ambiguous":
            break  # a dearer reading of the same words would guess what is to be asked back
        if isinstance(made, Assembled):
            return Attempt(tuple(tokens), cover, made, _rivals(cover, made, covers, context), tried)
    return Attempt(tuple(tokens), best, outcome, tried=tried)


def _out_of_place(tokens: Sequence[Token], cover: Cover) -> Misfit | None:
    """`deploys per service, and how many were rolled back`: one figure cannot answer both. `in October when`: what?"""
    asks = tokens[0].norm in _ASKING and len(tokens) > 1
    if asks and (tokens[1].norm in _DENYING or any(token.norm == "neither" for token in tokens)):
        return Misfit(Problem("ambiguous", "Is it so, or is it not so? Ask without 'not'."), cover.clauses[0])
    for earlier, clause in pairwise(cover.clauses):
        if _may_be_left_out(tokens, earlier, clause):
            return Misfit(Problem("ambiguous", "What of these is left out? Say 'except' before each of them."), clause)
    for clause in cover.clauses[1:]:
        before = clause.start - 1
        asked = tokens[clause.start].norm == "how" and tokens[before].norm == "and" and before in cover.fillers
        goes_on = any(token.is_word for token in tokens[clause.end :])
        more = clause.rule == "and how many" and _says_no_number(cover)
        second = clause.rule in ("and how many", "and how much") and goes_on
        second = second and not _only_narrows(cover, clause)
        if asked or more or second:
            return Misfit(Problem("conflict", "Two questions in one prompt: ask one after the other."), clause)
        if tokens[before].norm == "and" and before in cover.fillers and isinstance(clause.value, Total):
            return Misfit(Problem("conflict", "The total beside its parts: ask one after the other."), clause)
        if _asks_of_all(tokens, cover, clause):
            return Misfit(
                Problem("unsupported", "Whether it was so of all, or of no other, is not told: ask 'by'."), clause
            )
        if clause.rule == "or not" and (goes_on or not isinstance(cover.clauses[0].value, Whether)):
            return Misfit(Problem("incomplete", "Something is missing behind 'or not'."), clause)
        if clause.rule == "when, in a range" and not goes_on:
            return Misfit(Problem("incomplete", "Something is missing behind 'when'."), clause)
    return None


def _asks_which(cover: Cover) -> bool:
    """`which services had errors`: those that had any."""
    said = [clause.value for clause in cover.clauses]
    which = any(isinstance(each, KeyNoun) and each.which for each in said)
    return which and not any(isinstance(each, Ranking | Aggregations) for each in said)


def _may_be_left_out(tokens: Sequence[Token], earlier: Match, clause: Match) -> bool:
    """`excluding weekends and checkout`, `checkout and weekends excluded`: one of them is, and the other may be."""
    between = tokens[earlier.end : clause.start]
    if len(between) > 1 or any(token.norm not in _JOINING for token in between):
        return False
    if any(token.norm == "=" for token in tokens[earlier.start : clause.end]):  # as readings have them
        return False
    first, second = _leaves_out(earlier), _leaves_out(clause)
    if first is None or second is None or first == second:
        return False
    one = clause if first else earlier
    placed = tokens[one.start].norm in _PLACING and (first or tokens[one.start].norm != "with")
    return not placed and (first or tokens[clause.end - 1].norm in _LEFT_OUT)


def _leaves_out(clause: Match) -> bool | None:
    """Whether what it says is excluded; None of what may not be so."""
    match clause.value:
        case TagFilter(negated=negated):
            return negated
        case During(cycles=cycles) if cycles:
            return cycles[0].negated
    return None


def _asks_of_all(tokens: Sequence[Token], cover: Cover, clause: Match) -> bool:
    """`did every service have errors`, `did errors occur only in prod`, `branches that had only failed builds`."""
    words = {token.norm for token in tokens[clause.start : clause.end]}
    before = tokens[clause.start - 1].norm
    if clause.kind in ("tag", "time", "cycle") and "only" in words and before in ("had", "have", "has", "with"):
        return True
    asks = any(isinstance(each.value, Whether) for each in cover.clauses) or (
        _asks_which(cover) and "every" in words and before not in ("by", "per")
    )
    of_all = clause.kind in ("noun", "grouping") and not words.isdisjoint(("every", "each"))
    return asks and (of_all or (clause.kind in ("tag", "time", "cycle") and "only" in words))


def _only_narrows(cover: Cover, clause: Match) -> bool:
    """`for every site, how many samples`, `latency over 2 s, how many, by pump`: what is asked about is on one side."""
    before = [each for each in cover.clauses if each.start < clause.start]
    behind = [each for each in cover.clauses if each.start > clause.start]
    narrowing = {"grouping", "grain", "time", "cycle", "zone"}
    return {each.kind for each in before} <= narrowing | {"tag"} or {each.kind for each in behind} <= narrowing


def _says_no_number(cover: Cover) -> bool:
    """Whether it asks for an average, or the like, where `how many` would be another figure."""
    said = (clause.value for clause in cover.clauses if isinstance(clause.value, Aggregations))
    return any(each.function not in ("count", "sum") for aggregations in said for each in aggregations.aggregations)


def _rivals(chosen: Cover, outcome: Assembled, covers: Iterable[Cover], context: Context) -> tuple[Assembled, ...]:
    """Other questions that the prompt asks just as well."""
    equals = (cover for cover in covers if cover is not chosen and abs(cover.cost - chosen.cost) < SAME)
    others = (assemble(cover.clauses, context) for cover in equals if not cover.unknown)
    rivals = {other.question: other for other in others if isinstance(other, Assembled)}
    rivals.pop(outcome.question, None)
    return tuple(rivals.values())


def not_understood(tokens: Sequence[Token], unknown: Iterable[int]) -> str:
    """What to say of words that nothing covers."""
    return f"Not understood: {', '.join(repr(tokens[position].text) for position in unknown)}."
