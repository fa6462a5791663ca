"""What clients did, and what they were told: the only thing that the checker believes beside what is stored."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Literal

# `read` tells what was seen: a value, or None where there was no document.
Kind = Literal["create", "change", "delete", "read"]
# A write that was refused never happens; of an unknown one nobody knows whether it did.
Status = Literal["acknowledged", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation on one document, by the client that alone writes to it.

    metric_id: None where the server was to choose it and has not told which. value: what was written or seen; no two
    writes have the same, but those that repeat one whose outcome was unknown.
    """

    client: int
    kind: Kind
    metric_id: str | None
    value: int | None
    status: Status
    code: int = 0
    sent_at: float = 0.0
    ended_at: float = 0.0


class History:
    """Operations of many clients; those of each client, and so those on each document, in their order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.operations: list[Operation] = []
        self.counts: Counter[Status] = Counter()

    def add(self, *operations: Operation) -> None:
        """What a client was told just now."""
        with self._lock:
            self.operations.extend(operations)
            self.counts.update(each.status for each in operations if each.kind != "read")

    @property
    def acknowledged(self) -> int:
        """How many writes."""
        return self.counts["acknowledged"]

    @property
    def unknown(self) -> int:
        """Of how many writes nobody was told what came of them."""
        return self.counts["unknown"]

    def resumed_after(self, at: float) -> float | None:
        """Seconds from `at` until a write that was sent later was acknowledged."""
        times = [
            each.ended_at - at
            for each in self.operations
            if each.kind != "read" and each.status == "acknowledged" and each.sent_at >= at
        ]
        return min(times, default=None)
