"""The fields that several wire forms share.

`json_schema` says of a field what its `_deserialize` accepts, made of the same bounds.
"""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from marshmallow import ValidationError, fields

from telemetry_server import instants
from telemetry_server.metric import TYPES

NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,200}")
HEX_ID = re.compile(r"[0-9a-fA-F]{24}")
TAG_KEY = re.compile(r"[A-Za-z0-9_./-]{1,100}")
TAG_VALUE = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,200}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
MAX_TAGS = 32
MAX_MAGNITUDE = 1e308
JsonSchema = Mapping[str, Any]


class Flag(fields.Boolean):
    """true or false, and nothing that may stand for them."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


def whole(pattern: str) -> str:
    """A regular expression for a whole text, as JSON Schema has it."""
    return f"^(?:{pattern})$"


def check_tag(tag: object) -> str:
    """One tag, `key:value` or a bare key. Raises ValidationError."""
    if not isinstance(tag, str):
        raise ValidationError("Must be a string.")
    key, colon, value = tag.partition(":")
    if not TAG_KEY.fullmatch(key):
        raise ValidationError("The key must be 1 to 100 letters, digits, _ . / or -.")
    if colon and not TAG_VALUE.fullmatch(value):
        raise ValidationError("The value must be 1 to 200 characters, none of them control characters.")
    return tag


def check_number(value: object) -> float:
    """A finite number as a double; booleans are none. Raises ValidationError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValidationError("Must be a number.")
    if not -MAX_MAGNITUDE <= value <= MAX_MAGNITUDE or not math.isfinite(value):
        raise ValidationError("Must be a finite number, at most 1e308.")
    return float(value)


class Name(fields.Field[str]):
    """A metric's name."""

    json_schema: ClassVar[JsonSchema] = {"type": "string", "pattern": whole(NAME.pattern)}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("Must be a string.")
        if not NAME.fullmatch(value):
            raise ValidationError("Must be 1 to 200 letters, digits, _ . : / or -.")
        return value


class MetricType(fields.Field[str]):
    """One of the metric types, in any case."""

    json_schema: ClassVar[JsonSchema] = {"type": "string", "enum": list(TYPES)}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        lower = value.lower() if isinstance(value, str) else None
        if lower not in TYPES:
            raise ValidationError(f"Must be one of {', '.join(TYPES)}.")
        return str(lower)


class Number(fields.Field[float]):
    """A finite number."""

    json_schema: ClassVar[JsonSchema] = {"type": "number", "minimum": -MAX_MAGNITUDE, "maximum": MAX_MAGNITUDE}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> float:
        return check_number(value)


class Instant(fields.Field[datetime]):
    """RFC 3339 text or epoch milliseconds."""

    json_schema: ClassVar[JsonSchema] = {"type": ["string", "integer"], "format": "date-time"}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        try:
            return instants.parse(value)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class HexId(fields.Field[str]):
    """24 hex digits."""

    json_schema: ClassVar[JsonSchema] = {"type": "string", "pattern": whole(HEX_ID.pattern)}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str) or not HEX_ID.fullmatch(value):
            raise ValidationError("Must be 24 hex digits.")
        return value.lower()


class Tags(fields.Field[tuple[str, ...]]):
    """A list of tags, or an object of keys and values; sorted and distinct afterwards."""

    json_schema: ClassVar[JsonSchema] = {
        "type": ["array", "object"],
        "maxItems": MAX_TAGS,
        "items": {"type": "string", "pattern": whole(f"{TAG_KEY.pattern}(:{TAG_VALUE.pattern})?")},
        "maxProperties": MAX_TAGS,
        "propertyNames": {"pattern": whole(TAG_KEY.pattern)},
        "additionalProperties": {"type": "string", "pattern": whole(TAG_VALUE.pattern)},
    }

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...]:
        if not isinstance(value, list | Mapping):
            raise ValidationError("Must be a list of strings, or an object of strings.")
        if len(value) > MAX_TAGS:
            raise ValidationError(f"At most {MAX_TAGS} tags.")
        entries: list[tuple[Any, object]]
        if isinstance(value, list):
            entries = list(enumerate(value))
        else:
            entries = [(key, f"{key}:{item}" if isinstance(item, str) else None) for key, item in value.items()]
        seen: dict[str, str] = {}
        wrong: dict[Any, Any] = {}
        for place, entry in entries:
            try:
                tag = check_tag(entry)
                if isinstance(value, Mapping) and ":" in place:
                    raise ValidationError("The key must be 1 to 100 letters, digits, _ . / or -.")  # noqa: TRY301
            except ValidationError as error:
                wrong[place] = error.messages
                continue
            if seen.setdefault(tag.partition(":")[0], tag) != tag:
                wrong[place] = ["This key has another value already."]
        if wrong:
            raise ValidationError(wrong)
        return tuple(sorted(seen.values()))
