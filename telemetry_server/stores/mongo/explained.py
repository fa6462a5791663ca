"""What MongoDB says of how it would read."""

from collections.abc import Iterator
from typing import Any

WHOLE_COLLECTION = "COLLSCAN"


def indexes_of(explained: Any) -> list[str | None]:
    """The indexes of the plan that won, sorted; None first, where a whole collection would be read."""
    return sorted(set(_indexes(explained)), key=lambda index: index or "")


def _indexes(part: Any) -> Iterator[str | None]:
    if isinstance(part, list):
        for each in part:
            yield from _indexes(each)
    elif isinstance(part, dict):
        if part.get("stage") == WHOLE_COLLECTION:
            yield None
        elif "indexName" in part:
            yield part["indexName"]
        for key, each in part.items():
            if key not in ("rejectedPlans", "command"):
                yield from _indexes(each)
