"""What is stored beside the metrics."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from telemetry_server.writing.totals import Amount


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


@dataclass(frozen=True, slots=True)
class Deed:
    """What an admin did: who (the id of a key, of which tenant), what, about what; never a key."""

    id: str
    at: datetime
    who: str
    tenant: str | None
    action: str
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Remembered:
    """The last total of a stream, who remembered it, and the (instant, amount) that came and may not be stored yet."""

    at: datetime
    amount: Amount
    claim: str
    steps: tuple[tuple[datetime, Amount], ...]
