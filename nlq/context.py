"""All that the outside supplies to the reading of a prompt."""

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from nlq.catalog import Catalog
from nlq.question import Question, TimeRange


class Limits(Struct, frozen=True):
    """What a prompt may cost. Counts; `max_prompt_length` in characters."""

    max_prompt_length: int = 512
    max_groups: int = 1000
    max_rows: int = 1000
    default_top: int = 10
    default_list: int = 20


class Context(Struct, frozen=True):
    """The clock, the zone of days, what may be named, what it may cost, and the question before this one.

    range: that of a prompt that says no time; None: all that is stored.
    """

    now: datetime
    catalog: Catalog
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    limits: Limits = field(default_factory=Limits)
    previous: Question | None = None
    range: TimeRange | None = None
