"""Attributes -> tags: those of a data point, and, as far as there is room, those of its resource."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from telemetry_server.dialects.fitting import fit_tags
from telemetry_server.schemas.fields import MAX_TAGS

# The first of a resource's attributes; the others follow by their keys.
_FIRST = ("service.", "deployment.", "host.name", "k8s.", "container.", "cloud.", "host.")
_LEFT_OUT = ("telemetry.", "process.")  # of the client's library, and of one of its many runs


def of_resource(attributes: Iterable[KeyValue], told: set[str]) -> dict[str, str]:
    """The tags of a resource by their keys, the weightier first."""
    pairs = [(each.key, text(each.value)) for each in attributes if not each.key.startswith(_LEFT_OUT)]
    return fit_tags(sorted(pairs, key=_weight), told)


def of_point(attributes: Iterable[KeyValue], resource: Mapping[str, str], told: set[str]) -> list[str]:
    """The tags of a data point, all of them; then of its resource those whose key it has not, while there is room."""
    tags = fit_tags(((each.key, text(each.value)) for each in attributes), told)
    for key, tag in resource.items():
        if len(tags) >= MAX_TAGS:
            break
        tags.setdefault(key, tag)
    return list(tags.values())


def text(value: AnyValue) -> str:
    """A value as text: lists and objects as JSON, bytes in base64."""
    plain = _plain(value)
    return plain if isinstance(plain, str) else msgspec.json.encode(plain).decode()


def _plain(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind is None:
        return ""
    if kind == "array_value":
        return [_plain(each) for each in value.array_value.values]
    if kind == "kvlist_value":
        return {each.key: _plain(each.value) for each in value.kvlist_value.values}
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return getattr(value, kind)


def _weight(pair: tuple[str, str]) -> tuple[int, str]:
    key = pair[0]
    return next((place for place, first in enumerate(_FIRST) if key.startswith(first)), len(_FIRST)), key
