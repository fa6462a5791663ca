"""The wire forms of API keys, and the parameters of the audit log."""

from collections.abc import Iterable
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from telemetry_server.auth import ROLES
from telemetry_server.schemas import faults, parameters
from telemetry_server.schemas.fields import CONTROL
from telemetry_server.schemas.listing import DEFAULT_LIMIT, MAX_LIMIT, Position

MAX_RATE_LIMIT = 1_000_000
MAX_NOTE = 200
TENANT = r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?\Z"


def check_note(text: str) -> None:
    """Raise ValidationError for what is too long, or would spoil a list."""
    if len(text) > MAX_NOTE or CONTROL.search(text):
        raise ValidationError(f"Must be at most {MAX_NOTE} characters, none of them control characters.")


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


class AuditSchema(Schema):
    """The parameters of GET /admin/audit."""

    class Meta:
        unknown = RAISE

    limit = parameters.Limit(MAX_LIMIT, load_default=DEFAULT_LIMIT)
    after = Position(data_key="cursor", load_default=None)


_KEY, _AUDIT = KeySchema(), AuditSchema()


def wanted(raw: object) -> dict[str, Any]:
    """Read the key that is to be made. Raises Invalid."""
    return faults.load(_KEY, raw)


def auditing(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Read `limit` and `after`. Raises Invalid."""
    return faults.load(_AUDIT, parameters.once(pairs))
