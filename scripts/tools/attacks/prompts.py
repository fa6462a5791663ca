"""Prompts of any kind, read in this process: see `reading`, which is loaded where it is needed, as it takes seconds."""

from __future__ import annotations

from tools.faults.row import Outcome, Row


def run(count: int) -> Outcome:
    """So many prompts, shared among the processors."""
    from tools.attacks import reading  # noqa: PLC0415

    return reading.run(count)


ROW = Row(
    "prompts",
    "prompts made of the corpus' words and of bytes",
    "only stages that read, no field outside the model, 99.9 % under 20 ms of CPU, memory flat",
    "prompts",
    5_000,
    1_000_000,
    run,
)
