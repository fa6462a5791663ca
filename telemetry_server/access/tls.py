"""TLS, where TLS_CERT_FILE and TLS_KEY_FILE are given: 1.2 at least. Each worker reads the files when it starts."""

import ssl
from pathlib import Path
from typing import Final

from sanic.http.tls.context import create_context

HSTS: Final = {"Strict-Transport-Security": "max-age=31536000"}  # a year


def fault(certificate: str, key: str) -> str | None:
    """Why these files cannot be used, in a line; None where they can, or neither is given."""
    if not certificate and not key:
        return None
    if not certificate or not key:
        return "TLS_CERT_FILE, TLS_KEY_FILE: both are needed, or neither"
    for variable, path in (("TLS_CERT_FILE", certificate), ("TLS_KEY_FILE", key)):
        try:
            Path(path).read_bytes()
        except OSError as error:
            return f"{variable}: {path!r} cannot be read: {error.strerror}"
    try:
        create_context(certificate, key, password="")
    except (ssl.SSLError, ValueError, OSError):
        return f"TLS_CERT_FILE, TLS_KEY_FILE: {certificate!r} and {key!r} are no PEM certificate and its key"
    return None
