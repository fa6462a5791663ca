"""How long metrics are kept, and how long the summaries of hours and days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from nlq.spans import DAY, HOUR, floor

GRACE = DAY  # MongoDB deletes so much later, which leaves time to summarise what was changed at the last moment


@dataclass(frozen=True, slots=True)
class Retention:
    """What is older does not exist: an hour of metrics goes as a whole, and so does a day of summaries."""

    metrics: timedelta
    hours: timedelta
    days: timedelta

    def metrics_since(self, now: datetime) -> datetime:
        """The first hour of which the metrics are kept."""
        return floor(now - self.metrics, HOUR)

    def hours_since(self, now: datetime) -> datetime:
        """The first day of which the summaries of hours are."""
        return floor(now - self.hours, DAY)

    def days_since(self, now: datetime) -> datetime:
        """The first day of which the summary is."""
        return floor(now - self.days, DAY)
