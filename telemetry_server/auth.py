"""Who may call: a bearer key, where any key is configured."""

import hmac
from collections.abc import Sequence

from telemetry_server.config import key_digest
from telemetry_server.errors import Unauthorized

OPEN_PREFIX = "/health"
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="telemetry"'}


def check(digests: Sequence[bytes], path: str, authorization: str | None) -> None:
    """Raise Unauthorized where a key is needed and not given. Takes the same time for every wrong key."""
    if not digests or path == OPEN_PREFIX or path.startswith(f"{OPEN_PREFIX}/"):
        return
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthorized("An API key is needed: Authorization: Bearer <key>.", headers=_CHALLENGE)
    digest = key_digest(key.strip())
    if not any([hmac.compare_digest(digest, known) for known in digests]):  # noqa: C419 - look at all, always
        raise Unauthorized("This API key is not known.", headers=_CHALLENGE)
