"""What clauses say of time, beside the time range itself."""

from msgspec import Struct

from nlq.clauses import Groups
from nlq.question import Cycle, TimeRange
from nlq.recurrence import Preceding
from nlq.timeline import Shift


class During(Struct, frozen=True):
    """`on weekdays`: of the range, the time that belongs to the cycles. told: what the words take for granted.

    late: the nights of days that another clause may say: they begin when those days are over.
    range: `the last 3 Mondays` says it too.
    """

    cycles: tuple[Cycle, ...]
    told: str = ""
    late: bool = False
    range: TimeRange | None = None


class Daily(Struct, frozen=True):
    """`at night`: every night of the range, and where no range is said, the latest. told: what is then assumed."""

    during: During
    latest: TimeRange
    told: str = ""


class Alternating(Struct, frozen=True):
    """`weekdays vs weekends`: by what tells the times apart; during: where there are other times too."""

    groups: Groups
    during: During | None = None


class Against(Struct, frozen=True):
    """`vs yesterday`, `compared with the day before`: the second range, or how it lies to the first.

    joined: by `with` or `and`, which compare only where a `Compare` says so. first: where it is said here too.
    """

    second: TimeRange | Shift | Preceding
    joined: bool = False
    first: TimeRange | None = None


class Aligned(Struct, frozen=True):
    """`up to the same point`: of the second range no more than has passed of the first."""


class Still(Struct, frozen=True):
    """`is it still over 80`: now, where no time is said."""
