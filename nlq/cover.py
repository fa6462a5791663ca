"""Covers: clauses and fillers strung together over a whole prompt, and what that costs.

The cheapest wins. A word that nothing covers is so dear that a cover has one only when it must.
"""

from operator import itemgetter

from msgspec import Struct

from nlq.rule import Match

CLAUSE_COST = 1.0  # so that fewer, longer clauses win
FILLER_COST = 0.2
UNKNOWN_COST = 100.0
TOLERANCE = 1e-9  # of sums of costs
MAX_COVERS = 8
MARGIN = 0.75  # a dearer cover may stand in for one that makes no question, but not at any price


class Cover(Struct, frozen=True):
    """One way to read the whole prompt: clauses, and the positions of fillers and of unknown words."""

    cost: float
    clauses: tuple[Match, ...]
    fillers: tuple[int, ...]
    unknown: tuple[int, ...]


# To a position: its cost, the way to where its last step begins, the clause that is read then, and whether a filler is.
Way = tuple[float, "Way | None", Match | None, bool]


def cheapest(ways: list[Way]) -> list[Way]:
    """The ways that count. What follows costs them all the same, so that the others can be left out midway."""
    best = sorted(ways, key=itemgetter(0))[:MAX_COVERS]  # of few, faster than a heap
    return [way for way in best if way[0] <= best[0][0] + MARGIN + TOLERANCE]


def cover_of(way: Way, end: int) -> Cover:
    """What a way to `end` has read and passed on it."""
    cost, before, match, fills = way
    clauses: list[Match] = []
    fillers: list[int] = []
    unknown: list[int] = []
    while before is not None:
        if match:
            clauses.append(match)
            end = match.start
        else:
            end -= 1
            (fillers if fills else unknown).append(end)
        _, before, match, fills = before
    return Cover(cost, tuple(reversed(clauses)), tuple(reversed(fillers)), tuple(reversed(unknown)))
