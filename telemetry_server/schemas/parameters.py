"""Query parameters as plain values, before a schema reads them."""

import re
from collections.abc import Iterable
from typing import Any

from marshmallow import ValidationError, fields

from telemetry_server.errors import Fault, Invalid
from telemetry_server.schemas.faults import escape

_WHOLE = re.compile(r"-?[0-9]{1,15}")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")


def once(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Parameters by name. Raises Invalid for one that is given more than once."""
    values: dict[str, Any] = {}
    wrong = []
    for name, value in pairs:
        if name in values:
            wrong.append(Fault(f"/{escape(name)}", "Given more than once."))
        values[name] = value
    if wrong:
        raise Invalid(wrong)
    return values


def nothing(pairs: Iterable[tuple[str, str]]) -> None:
    """Raise Invalid for any parameter, where there is none."""
    wrong = [Fault(f"/{escape(name)}", "Unknown field.") for name, _ in pairs]
    if wrong:
        raise Invalid(wrong)


class Limit(fields.Field[int]):
    """How many at most.

    A whole number from 1 to `most`; as text, or as a number where it comes from JSON.
    """

    def __init__(self, most: int, **options: Any) -> None:
        super().__init__(**options)
        self.most = most
        self.json_schema = {"type": "integer", "minimum": 1, "maximum": most}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= self.most:
            raise ValidationError(f"Must be a whole number from 1 to {self.most}.")
        return value


def number(text: str) -> float:
    """A decimal number written as text. Raises ValidationError."""
    if not _DECIMAL.fullmatch(text):
        raise ValidationError("Must be a number.")
    return float(text)
