"""What the routes of foreign protocols do with what came: check it, store it, count it."""

from sanic import Request

from telemetry_server.dialects.translation import Translation
from telemetry_server.monitoring.timing import timing_of
from telemetry_server.parts import parts_of


async def take(request: Request, done: Translation) -> None:
    """What is not valid of it is added to `rejected`, all else is stored. Raises Unavailable."""
    parts, timing = parts_of(request), timing_of(request)
    parts.counters.add("total_metrics_received", done.points)
    accepted = await parts.intake.check(done)
    timing.enter("database")
    await parts.intake.store(accepted)
    timing.enter("encode")
    parts.counters.add("total_batches_processed")
    parts.counters.add("metrics_refused", len(done.rejected))
