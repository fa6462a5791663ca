"""The indexes of all collections: one table."""

from dataclasses import dataclass
from datetime import timedelta

SERIES_GRACE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Index:
    """An index, and after which time past its instant a document is deleted (None: never)."""

    collection: str
    keys: tuple[tuple[str, int], ...]
    expire_after: timedelta | None = None

    @property
    def name(self) -> str:
        return "_".join(f"{key}_{direction}" for key, direction in self.keys)


def indexes(retention: timedelta) -> tuple[Index, ...]:
    """All indexes beside `_id`."""
    return (
        Index("metrics", (("name", 1), ("timestamp", -1))),
        Index("metrics", (("tags", 1), ("timestamp", -1))),
        Index("metrics", (("timestamp", 1),), expire_after=retention),
        Index("series", (("seen_at", 1),), expire_after=retention + SERIES_GRACE),
        Index("misses", (("code", 1), ("count", -1), ("seen_at", -1))),
        Index("misses", (("seen_at", 1),), expire_after=retention),
    )
