"""Foreign names, labels and values, made to fit."""

import re
from collections.abc import Iterable
from typing import Any, ClassVar

from marshmallow import fields

from telemetry_server.schemas.fields import CONTROL, JsonSchema

MAX_KEY = 100
MAX_VALUE = 200
_NOT_NAME = re.compile(r"[^A-Za-z0-9_.:/-]+")
_NOT_KEY = re.compile(r"[^A-Za-z0-9_./-]+")
_WHOLE_BELOW = 2.0**53


def fit_name(text: str) -> str:
    """A metric's name: each run of other characters is a `_`; its length stays to check."""
    return _NOT_NAME.sub("_", text)


class FittedName(fields.Field[str]):
    """A metric's name. Each run of other characters than a name may have is read as a `_`."""

    json_schema: ClassVar[JsonSchema] = {"type": "string"}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        return fit_name(value)


def fit_key(text: str) -> str:
    """A tag's key: each run of other characters is a `_`; its length stays to check."""
    return _NOT_KEY.sub("_", text)


def fit_tags(labels: Iterable[tuple[str, str]], told: set[str]) -> dict[str, str]:
    """The tag of each key, none of which is refused for its characters or its length.

    Of keys that become equal the first wins; what is lost is added to `told`. Each control character of a value is a
    `_`; what is too long is cut; of an empty value the key alone is left.
    """
    tags: dict[str, str] = {}
    for label, text in labels:
        key = fit_key(label)[:MAX_KEY] or "_"
        if key in tags:
            told.add(f"The key {key} came twice; the first counts.")
            continue
        if len(text) > MAX_VALUE:
            told.add(f"A value of {key} was cut to {MAX_VALUE} characters.")
        value = CONTROL.sub("_", text[:MAX_VALUE])
        tags[key] = f"{key}:{value}" if value else key
    return tags


def text_of(value: object) -> str | None:
    """A scalar as a tag's value: `true`, `5`, `0.25`; None for what is no scalar."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE_BELOW:
        return str(int(value))
    return str(value) if isinstance(value, int | float) else None
