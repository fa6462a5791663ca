"""The indexes of all collections: one table."""

from dataclasses import dataclass
from datetime import timedelta

from telemetry_server.summaries.retention import GRACE, Retention

SERIES_GRACE = timedelta(days=2)
AUDIT_KEPT = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Index:
    """An index, and after which time past its instant a document is deleted (None: never).

    is_shared: its collection is one for all tenants.
    """

    collection: str
    keys: tuple[tuple[str, int], ...]
    expire_after: timedelta | None = None
    is_shared: bool = False

    @property
    def name(self) -> str:
        return "_".join(f"{key}_{direction}" for key, direction in self.keys)


def indexes(retention: Retention) -> tuple[Index, ...]:
    """All indexes beside `_id`."""
    return (
        Index("metrics", (("name", 1), ("timestamp", -1))),
        Index("metrics", (("tags", 1), ("timestamp", -1))),
        Index("metrics", (("timestamp", 1),), expire_after=retention.metrics + GRACE),
        *(
            index
            for collection, expire_after in (("hours", retention.hours), ("days", retention.days))
            for index in (
                Index(collection, (("name", 1), ("timestamp", -1))),
                Index(collection, (("tags", 1), ("timestamp", -1))),
                Index(collection, (("timestamp", 1), ("name", 1), ("count", 1))),  # alone tells how many of each name
                Index(collection, (("timestamp", 1),), expire_after=expire_after + GRACE),
            )
        ),
        Index("series", (("name", 1),)),
        Index("series", (("tags", 1),)),
        Index("series", (("seen_at", 1),), expire_after=retention.days + SERIES_GRACE),
        Index("totals", (("seen_at", 1),), expire_after=retention.metrics + GRACE),
        Index("misses", (("code", 1), ("count", -1), ("seen_at", -1))),
        Index("misses", (("seen_at", 1),), expire_after=retention.metrics),
        Index("keys", (("changed_at", 1),), is_shared=True),
        Index("keys", (("revoked_at", 1),), expire_after=AUDIT_KEPT, is_shared=True),
        Index("audit", (("at", 1),), expire_after=AUDIT_KEPT, is_shared=True),
    )
