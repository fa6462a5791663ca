"""What may stand in the place of {id} or {name} in a path, and in the headers about identity."""

import re

from telemetry_server.errors import Fault, Invalid
from telemetry_server.schemas.fields import HEX_ID, NAME

RESERVED_NAMES = ("aggregate", "export", "live", "query-performance")
IDEMPOTENCY_KEY = re.compile(r"[!-~]([ -~]{0,253}[!-~])?")


def is_id(text: str) -> bool:
    """24 hex digits are an id, anything else a name."""
    return HEX_ID.fullmatch(text) is not None


def check_id(text: str) -> str:
    """An id. Raises Invalid."""
    if not is_id(text):
        raise Invalid([Fault("/id", "Must be 24 hex digits.")])
    return text.lower()


def check_name(text: str) -> str:
    """A metric's name. Raises Invalid."""
    if not NAME.fullmatch(text):
        raise Invalid([Fault("/name", "Must be 1 to 200 letters, digits, _ . : / or -.")])
    if text in RESERVED_NAMES:
        raise Invalid([Fault("/name", "A reserved word; list such metrics with ?name=.")])
    return text


def check_idempotency_key(text: str | None) -> str | None:
    """An Idempotency-Key. Raises Invalid."""
    if text is not None and not IDEMPOTENCY_KEY.fullmatch(text):
        raise Invalid([Fault("/headers/Idempotency-Key", "Must be 1 to 255 printable ASCII characters.")])
    return text
