"""The wire forms of API keys, and the parameters of the audit log."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from telemetry_server import instants
from telemetry_server.access.auth import ROLES
from telemetry_server.errors import Fault, Invalid
from telemetry_server.schemas import faults, parameters
from telemetry_server.schemas.fields import CONTROL, Instant
from telemetry_server.schemas.listing import DEFAULT_LIMIT, MAX_LIMIT, Position

MAX_RATE_LIMIT = 1_000_000
MAX_NOTE = 200
MAX_LIFE = timedelta(days=3650)
TENANT = r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?\Z"


def check_note(text: str) -> None:
    """Raise ValidationError for what is too long, or would spoil a list."""
    if len(text) > MAX_NOTE or CONTROL.search(text):
        raise ValidationError(f"Must be at most {MAX_NOTE} characters, none of them control characters.")


def check_end(at: datetime) -> None:
    """Raise ValidationError for an end that is no time in the future."""
    if not instants.now() < at <= instants.now() + MAX_LIFE:
        raise ValidationError(f"Must lie in the future, at most {MAX_LIFE.days} days from now.")


class KeySchema(Schema):
    """The body of POST /admin/keys."""

    class Meta:
        unknown = RAISE

    role = fields.String(required=True, validate=validate.OneOf(ROLES))
    tenant = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(TENANT, error="Must be 1 to 40 lower-case letters, digits and -; no - at its ends."),
    )
    rate_limit = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(0, MAX_RATE_LIMIT)
    )
    note = fields.String(load_default="", validate=check_note)
    expires_at = Instant(load_default=None, allow_none=True, validate=check_end)


class AuditSchema(Schema):
    """The parameters of GET /admin/audit."""

    class Meta:
        unknown = RAISE

    limit = parameters.Limit(MAX_LIMIT, load_default=DEFAULT_LIMIT)
    after = Position(data_key="cursor", load_default=None)


_LIFE = re.compile(r"([0-9]{1,5})([dhms])").fullmatch
_SECONDS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_KEY, _AUDIT = KeySchema(), AuditSchema()


def wanted(raw: object) -> dict[str, Any]:
    """Read the key that is to be made. Raises Invalid."""
    return faults.load(_KEY, raw)


def end_in(text: str | None) -> str | None:
    """The end of a key that is to stand so long, such as `90d`, for `wanted`. Raises Invalid."""
    if text is None:
        return None
    found = _LIFE(text)
    if found is None:
        raise Invalid([Fault("/expires-in", "Must be a whole number and d, h, m or s: 90d.")])
    return instants.render(instants.now() + timedelta(seconds=int(found[1]) * _SECONDS[found[2]]))


def auditing(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Read `limit` and `after`. Raises Invalid."""
    return faults.load(_AUDIT, parameters.once(pairs))
