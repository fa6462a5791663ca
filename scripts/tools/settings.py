"""The settings as the server will read them, for the programs that start it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from telemetry_server import config
from tools.environment import LOCAL, ROOT
from tools.terminal import Misuse

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """What the programs need. A URI is None where none is given: then the service is ours to start."""

    app_env: str
    host: str
    port: int
    mongo_uri: str | None
    redis_uri: str | None
    api_key: str | None
    tls_cert_file: str

    @property
    def folder(self) -> Path:
        """Where everything of this APP_ENV lies."""
        return LOCAL / self.app_env


def read(port: int | None = None) -> Settings:
    """Read the settings as `telemetry_server serve` does in the project's folder. Raises Misuse."""
    environ = {**os.environ, **({} if port is None else {"PORT": str(port)})}
    try:
        loaded = config.load(environ, ROOT)
    except config.ConfigError as error:
        raise Misuse("; ".join(error.problems)) from error
    given = config.gather(environ, ROOT, [])
    return Settings(
        app_env=loaded.app_env,
        host=loaded.host,
        port=loaded.port,
        mongo_uri=given.get("MONGO_URI") or None,
        redis_uri=given.get("REDIS_URI") or None,
        api_key=given.get("API_KEYS", "").split(",")[0].strip() or None,
        tls_cert_file=loaded.tls_cert_file,
    )
