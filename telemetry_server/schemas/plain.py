"""Metrics as most are sent, accepted at a fraction of what the schema takes: names and tags come again and again.

It only ever accepts, by the schema's own fields; what it does not accept is for the schema to judge.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from marshmallow import ValidationError

from telemetry_server import instants
from telemetry_server.metric import DEFAULT_TYPE
from telemetry_server.schemas.fields import MetricType, Name, Tags, check_number

MAX_AHEAD = timedelta(days=1)
_FIELDS = frozenset({"name", "type", "value", "tags", "timestamp"})
_NAME, _TYPE, _TAGS = Name(), MetricType(), Tags()


def accept(raw: object, now: datetime, retention: timedelta) -> dict[str, Any] | None:
    """What the schema makes of `raw`; None where the schema must look."""
    if not isinstance(raw, dict) or not raw.keys() <= _FIELDS:
        return None
    try:
        fields: dict[str, Any] = {
            "name": _name(raw["name"]),
            "type": _type(raw.get("type", DEFAULT_TYPE)),
            "value": check_number(raw["value"]),
            "tags": _tags(raw.get("tags", [])),
        }
        if "timestamp" in raw:
            fields["timestamp"] = instants.parse(raw["timestamp"])
            if not now - retention <= fields["timestamp"] <= now + MAX_AHEAD:
                return None
    except (KeyError, TypeError, ValueError, ValidationError):  # TypeError: what has no hash
        return None
    return fields


@lru_cache(maxsize=4096)
def _name(text: object) -> str:
    return _NAME.deserialize(text)


@lru_cache(maxsize=64)
def _type(text: object) -> str:
    return _TYPE.deserialize(text)


def _tags(value: object) -> tuple[str, ...]:
    if isinstance(value, Mapping):
        return _tags_of_object(tuple(value.items()))
    if isinstance(value, list):
        return _tags_of_list(tuple(value))
    raise ValidationError("Must be a list or an object.")


@lru_cache(maxsize=2048)
def _tags_of_list(tags: tuple[object, ...]) -> tuple[str, ...]:
    return _TAGS.deserialize(list(tags))


@lru_cache(maxsize=2048)
def _tags_of_object(tags: tuple[tuple[str, object], ...]) -> tuple[str, ...]:
    return _TAGS.deserialize(dict(tags))
