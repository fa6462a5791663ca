"""What a foreign request holds: metric documents, running totals that are to become some, and what is not taken."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from telemetry_server.writing.totals import Amount

MAX_TOLD = 5


@dataclass(frozen=True, slots=True)
class Item:
    """A metric document that a data point gives, and the id it is to have; "": a fresh one.

    total: what a stream, named by the id, has counted since `started_at`; the document then tells whose it is.
    """

    point: int
    document: dict[str, Any]
    id: str = ""
    total: Amount | None = None
    started_at: datetime | None = None


@dataclass(slots=True)
class Translation:
    """What a request holds. points: how many data points; rejected: of each of those that are not taken, why."""

    points: int = 0
    items: list[Item] = field(default_factory=list)
    rejected: dict[int, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def message(self) -> str:
        """What the client is told; empty where all went well."""
        reasons = list(dict.fromkeys(self.rejected.values()))
        said = [f"{len(self.rejected)} of {self.points} data points were rejected."] if reasons else []
        said += reasons[:MAX_TOLD] + sorted(self.told)[:MAX_TOLD]
        return " ".join(said)
