"""Where the time of a request went, as its answer tells in Server-Timing.

The steps: `admit` (request id, rate limit, key), `parse` (reading and checking the request; reading the prompt),
`cache` (looking there, or waiting for an equal request that is being answered), `database`, `encode` (making the
answer), `store` (putting it into the cache). They add up to the time from the request's arrival to its answer.
"""

import time
from typing import Literal

from sanic import Request

Step = Literal["admit", "parse", "cache", "database", "encode", "store"]


class Timing:
    """Begins in `admit`; `started_at` by `time.perf_counter`."""

    __slots__ = ("_since", "_step", "_steps")

    def __init__(self, started_at: float) -> None:
        self._steps: dict[Step, float] = {}
        self._step: Step = "admit"
        self._since = started_at

    def enter(self, step: Step) -> None:
        """Say that `step` begins here, and the one before ends; one that is entered again goes on."""
        present = time.perf_counter()
        self._steps[self._step] = self._steps.get(self._step, 0.0) + present - self._since
        self._step, self._since = step, present

    def header(self) -> str:
        """The steps so far, in milliseconds, in the order in which they were entered."""
        self.enter(self._step)
        return ", ".join([f"{step};dur={seconds * 1000:.2f}" for step, seconds in self._steps.items()])


def timing_of(request: Request) -> Timing:
    """The request's own, made when it is first asked for: what is recalled from memory needs none."""
    context = request.ctx
    if not hasattr(context, "timing"):
        context.timing = Timing(getattr(context, "started_at", time.perf_counter()))
    timing: Timing = context.timing
    return timing
