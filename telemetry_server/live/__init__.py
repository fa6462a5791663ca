"""Live updates: metrics as they are stored, and questions that answer themselves again.

    MongoDB's change stream ──Feed──┬──▶ Follower ──▶ metrics(): each change that a filter lets through
                 (one a worker)     └──▶ Asked ─────▶ answers(): one computation for all who ask the same

Whoever listens gets events; the routes send them. Nothing here waits for a client: who is slower than the changes
reads them from MongoDB at their own pace, and who is slower than the answers gets the newest one.
"""

from telemetry_server.live.audience import Audience
from telemetry_server.live.events import RETRY_MS, Event
from telemetry_server.live.live import Live

__all__ = ["RETRY_MS", "Audience", "Event", "Live"]
