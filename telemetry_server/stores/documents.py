"""What is stored beside the metrics."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Series:
    """A series as the catalog knows it; `seen_at` by MongoDB's clock."""

    id: str
    name: str
    type: str
    tags: tuple[str, ...]
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Miss:
    """Refused prompts that are kept as one: why, as what, how many, and the last of them by MongoDB's clock."""

    code: str
    text: str
    count: int
    seen_at: datetime
