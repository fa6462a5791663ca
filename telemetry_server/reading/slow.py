"""Questions that took this worker long, without the tag values that they name."""

from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

import nlq
from nlq.question import Question, TagFilter
from telemetry_server import instants

SLOW_MS = 100.0
MAX_KEPT = 50
HIDDEN = "..."


@dataclass(slots=True)
class Slow:
    """Questions of one reading. reads: what the slowest of them read (see nlq.Plan.counted)."""

    reading: str
    count: int
    total_ms: float
    max_ms: float
    asked_at: datetime
    reads: dict[str, int] | None


class SlowQuestions:
    """The slowest MAX_KEPT readings. slow_ms: what is faster is only counted."""

    def __init__(self, slow_ms: float = SLOW_MS) -> None:
        self.slow_ms = slow_ms
        self.asked_count = 0
        self.slow_count = 0
        self._kept: dict[str, Slow] = {}

    def record(self, question: Question, took_ms: float, plan: nlq.Plan | None = None) -> None:
        """Count one that was worked out, or took too long: what is answered from the cache is not. plan: once known."""
        self.asked_count += 1
        if took_ms < self.slow_ms:
            return
        self.slow_count += 1
        reading = nlq.describe(without_values(question))
        now = instants.now()
        kept = self._kept.setdefault(reading, Slow(reading, 0, 0.0, -1.0, now, None))
        kept.count += 1
        kept.total_ms += took_ms
        kept.asked_at = now
        if took_ms > kept.max_ms:
            kept.max_ms, kept.reads = took_ms, plan.counted(question, now) if plan else None
        if len(self._kept) > MAX_KEPT:
            del self._kept[min(self._kept.values(), key=lambda each: each.max_ms).reading]

    def listed(self) -> list[Slow]:
        """The slowest first."""
        return sorted(self._kept.values(), key=lambda each: -each.max_ms)


def without_values(question: Question) -> Question:
    """The question with each tag value hidden."""
    over = question.over and replace(question.over, tags=_hidden(question.over.tags))
    return replace(question, tags=_hidden(question.tags), over=over)


def _hidden(tags: tuple[TagFilter, ...]) -> tuple[TagFilter, ...]:
    return tuple(replace(tag, values=(HIDDEN,)) if tag.values else tag for tag in tags)
