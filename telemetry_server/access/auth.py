"""Who may: a bearer key, known by its digest alone, and the role that it has."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from telemetry_server.config import key_digest
from telemetry_server.errors import Forbidden, Unauthorized

Role = Literal["reader", "writer", "admin"]
ROLES: tuple[Role, ...] = ("reader", "writer", "admin")  # each may do what those before it may
ANYBODY = "anybody"  # may call a route that says so in the place of a role, and as often as they like

_RANKS = {role: rank for rank, role in enumerate(ROLES)}
_SCHEMES = ("bearer", "token")  # the second is what clients of Influx say
_PLACE_BYTES = 8
_CHALLENGE = 'Bearer realm="telemetry"'


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key; never the key.

    tenant: whose metrics it sees and touches; None: those of no tenant.
    rate_limit: requests a second that are counted for this key, 0 for no limit; None: those of its client are counted.
    made_at: None for those that no store keeps. expires_at: from when on it does not stand; None: no end is set.
    """

    id: str
    role: Role
    tenant: str | None = None
    rate_limit: int | None = None
    note: str = ""
    made_at: datetime | None = None
    revoked_at: datetime | None = None
    expires_at: datetime | None = None

    def has_expired(self) -> bool:
        """Whether its end has come."""
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)

    def counted_as(self, address: str) -> tuple[str, int | None]:
        """By which name its requests from `address` are counted, and up to how many a second; None: as all others."""
        return (address, None) if self.rate_limit is None else (f"key:{self.id}", self.rate_limit)


EVERYBODY = Key(ANYBODY, "admin")  # where there are no keys


class Keyhole:
    """Finds a key by its digest. To which place it looks is no secret, and what then decides takes always as long."""

    def __init__(self, keys: Iterable[tuple[bytes, Key]] = ()) -> None:
        self._keys = {digest[:_PLACE_BYTES]: (digest, key) for digest, key in keys}

    def find(self, digest: bytes) -> Key | None:
        held = self._keys.get(digest[:_PLACE_BYTES])
        return held[1] if held is not None and hmac.compare_digest(held[0], digest) else None

    def put(self, digest: bytes, key: Key) -> None:
        self._keys[digest[:_PLACE_BYTES]] = (digest, key)

    def drop(self, digest: bytes) -> None:
        self._keys.pop(digest[:_PLACE_BYTES], None)


def digest_of(authorization: str | None) -> bytes | None:
    """The digest of the key in an Authorization header; None where there is none."""
    scheme, _, key = (authorization or "").partition(" ")
    key = key.strip()
    return key_digest(key) if key and scheme.lower() in _SCHEMES else None


def check(key: Key | None, role: Role, *, is_shared: bool = False) -> Key:
    """The key, where it is enough. Raises Unauthorized where none is known, Forbidden where it has a smaller role.

    is_shared: what is asked for tells of all tenants, and so is for none of them.
    """
    if key is None:
        detail = "A known API key is needed: Authorization: Bearer <key>."
        raise Unauthorized(detail, headers={"WWW-Authenticate": _CHALLENGE})
    if _RANKS[key.role] < _RANKS[role]:
        detail = f"This needs a key with the role {role}; this one has the role {key.role}."
        challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{role}"'
        raise Forbidden(detail, headers={"WWW-Authenticate": challenge})
    if is_shared and key.tenant is not None:
        raise Forbidden("This tells of all tenants; it needs a key without a tenant.")
    return key
