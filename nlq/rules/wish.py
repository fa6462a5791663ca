"""What is understood, and is no question of record: `why`, `predict`, `restart`, `in the next hour`, `in the last`."""

from nlq import lexicon
from nlq.context import Context
from nlq.refusal import Problem
from nlq.rule import OPENING, Producer, Rule


def _refused(reason: str) -> Producer:
    return lambda _context: Problem("unsupported", f"{reason}.")


def _ahead(_context: Context, _length: object) -> Problem:
    return Problem("future", "That time has not come: only the past is recorded.")


def _within(_context: Context, _length: object) -> Problem:
    detail = "Within that time from when? Say 'in the last ...' for a time, 'under ...' for how long it took."
    return Problem("ambiguous", detail)


def _part_of_part(_context: Context, _part: object) -> Problem:
    return Problem("unsupported", "How early or late within that part of the day is not told: say from when to when.")


def _no_length(_context: Context) -> Problem:
    choices = tuple(f"in the last {unit}" for unit in ("hour", "day", "week"))
    return Problem("incomplete", "How long is not said: the last hour, or the last what?", choices)


AHEAD_COST = -0.9  # no other reading of `the next 2 hours` stands in for this one
_AHEAD = "in|over|during|within|for? the? next|coming|upcoming <length>"
WISH_COST = 0.5  # a name that is read so, or a word such as `dropped`, comes first

# `drop` asks for a deed where it opens the prompt; elsewhere it may be what a metric did.
RULES = (
    *(
        Rule(f"wish: {reason}", "|".join(sorted(words)), "wish", _refused(reason), cost=WISH_COST)
        for reason, words in lexicon.WISHES.items()
    ),
    Rule("opening: drop", "drop", OPENING, _refused("A prompt never writes")),
    Rule("how to", "how do|can|could|to", "wish", _refused("What should be done is not recorded"), cost=WISH_COST),
    Rule("what made", "what made|makes|causes", "wish", _refused("Reasons are not recorded"), cost=WISH_COST),
    Rule("how come", "how come", "wish", _refused("Reasons are not recorded"), cost=WISH_COST),
    Rule("lately", "lately|recently", "wish", _no_length, cost=WISH_COST),
    Rule("what if", "what if", "wish", _refused("Only the past is recorded"), cost=WISH_COST),
    Rule("time ahead", _AHEAD, "wish", _ahead, cost=AHEAD_COST),
    Rule("within a length", "within <length>", "wish", _within, cost=-0.2),
    Rule("in a length", "in <length>", "wish", _ahead, cost=0.3),
    Rule("late at night", "early|late|later|earlier in|at|on|that the? <day-part>", "wish", _part_of_part, cost=-0.4),
    Rule("no length", "in|over|during|within the? last|past", "wish", _no_length, cost=-0.1),
    Rule("scale up", "scale up|down", "wish", _refused("A prompt only asks, and does nothing"), cost=WISH_COST),
)
