"""marshmallow's nested messages as a flat list of faults."""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError

from telemetry_server.errors import Fault, Invalid

MAX_FIELDS = 100  # no form has as many, and to tell of each that is unknown would take long


def load(schema: Schema, raw: object) -> dict[str, Any]:
    """Validate one object. Raises Invalid."""
    if not isinstance(raw, dict):
        raise Invalid([Fault("", "Must be an object.")])
    if len(raw) > MAX_FIELDS:
        raise Invalid([Fault("", f"At most {MAX_FIELDS} fields.")])
    try:
        fields: dict[str, Any] = schema.load(raw)
    except ValidationError as error:
        error.__traceback__ = None  # marshmallow's frames hold the error, which holds `raw`: a circle
        raise Invalid(faults_of(error.messages)) from None
    return fields


def faults_of(messages: object, pointer: str = "") -> Iterator[Fault]:
    """Flatten `messages`; keys become JSON pointers."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from faults_of(inner, pointer if key == "_schema" else f"{pointer}/{escape(str(key))}")
    elif isinstance(messages, list):
        for message in messages:
            yield from faults_of(message, pointer)
    else:
        yield Fault(pointer, str(messages))


def escape(key: str) -> str:
    """A key as a part of a JSON pointer; long ones are cut."""
    return key[:100].replace("~", "~0").replace("/", "~1")
