"""One sequence of tokens, read: the question that it asks, or what stands in the way."""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from nlq.assemble import Assembled, assemble, problem_of
from nlq.clauses import Aggregations, Total, Whether
from nlq.context import Context
from nlq.cover import Cover
from nlq.engine import MAX_MATCHES
from nlq.misfit import Misfit
from nlq.refusal import Code, Problem
from nlq.rule import Match
from nlq.rules import GRAMMAR, ROLES
from nlq.tokens import Token

SAME = 1e-6  # of costs
_TELLING: tuple[Code, ...] = ("unsupported", "unknown_value")  # problems that say more than that a word is unknown
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
        if clause.rule == "when, in a range" and not goes_on:
            return Misfit(Problem("incomplete", "Something is missing behind 'when'."), clause)
    return None


def _asks_of_all(tokens: Sequence[Token], cover: Cover, clause: Match) -> bool:
    """`did every service have errors`, `did errors occur only in prod`, `branches that had only failed builds`."""
    words = {token.norm for token in tokens[clause.start : clause.end]}
    before = tokens[clause.start - 1].norm
    if clause.kind in ("tag", "time", "cycle") and "only" in words and before in ("had", "have", "has", "with"):
        return True
    asks = any(isinstance(each.value, Whether) for each in cover.clauses)
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
