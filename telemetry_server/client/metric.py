"""Metrics as they are sent and told, and what is stored by name."""

import hashlib
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

MAX_BATCH = 1000
MAX_BATCH_BYTES = 500_000  # well below what servers take by default

Tags = Mapping[str, str] | Iterable[str]


class Metric(msgspec.Struct, frozen=True):
    """One stored metric. tags: sorted `key:value`."""

    id: str
    name: str
    type: str
    value: float
    tags: tuple[str, ...]
    timestamp: datetime
    distribution: dict[str, Any] | None = None


class Event(msgspec.Struct, frozen=True):
    """A metric as it is stored, or, `changed`, as it was changed. id: where to go on after it."""

    id: str
    metric: Metric
    changed: bool


class Name(msgspec.Struct, frozen=True):
    """A name that is stored, its types, and of how many series it is."""

    name: str
    types: tuple[str, ...]
    series: int


class Catalog(msgspec.Struct, frozen=True):
    """The names that are stored, up to 1,000; truncated: there are more."""

    metrics: tuple[Name, ...]
    truncated: bool


class Batch(msgspec.Struct, frozen=True):
    """A request's worth of metrics, as the body of the request. first: how many came before."""

    body: bytes
    first: int
    count: int


def document(
    name: str, value: float | None, kind: str | None, tags: Tags | None, at: datetime | str | None
) -> dict[str, Any]:
    """A metric as the server takes it; what is not given is left out."""
    given = {"name": name, "value": value, "type": kind, "tags": tag_list(tags), "timestamp": at}
    return {field: each for field, each in given.items() if each is not None}


def tag_list(tags: Tags | None) -> list[str] | None:
    """`key:value` for each; None for none."""
    if isinstance(tags, str):
        raise TypeError("tags are a mapping, or a list of key:value")
    if isinstance(tags, Mapping):
        tags = [f"{key}:{value}" for key, value in tags.items()]
    return list(tags or ()) or None


def fresh_id() -> str:
    """24 hex digits that begin with the time, as the ids of the store do: close in time, close in its index."""
    return f"{int(time.time()):08x}{secrets.token_hex(8)}"


def identified(metric: Mapping[str, Any], idempotency_key: str | None, place: int) -> dict[str, Any]:
    """The metric with an id, so that it can be sent again and is stored once.

    With a key the id follows from key and place, and is the same in another run too.
    """
    if "id" in metric:
        return dict(metric)
    if idempotency_key is None:
        return {"id": fresh_id(), **metric}
    seed = f"{len(idempotency_key)}:{idempotency_key}{place}".encode()
    return {"id": hashlib.blake2b(seed, digest_size=12).hexdigest(), **metric}


def batches(metrics: Iterable[Mapping[str, Any]], idempotency_key: str | None) -> Iterator[Batch]:
    """The metrics, as many in each batch as a server takes well.

    Raises TypeError or ValueError for what is no JSON.
    """
    waiting: list[bytes] = []
    first = size = 0
    for place, metric in enumerate(metrics):
        raw = msgspec.json.encode(identified(metric, idempotency_key, place))
        if waiting and (len(waiting) == MAX_BATCH or size + len(raw) > MAX_BATCH_BYTES):
            yield _batch(waiting, first)
            first, size, waiting = place, 0, []
        waiting.append(raw)
        size += len(raw) + 1
    if waiting:
        yield _batch(waiting, first)


def _batch(raws: list[bytes], first: int) -> Batch:
    return Batch(b'{"metrics":[' + b",".join(raws) + b"]}", first, len(raws))
