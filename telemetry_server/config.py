"""Settings: one table, the only source of `.env.sample` and of the README's settings table.

A variable's value is taken from the real environment, else from `.env.<ENVIRONMENT>` where that file exists,
from `.env` where it does not, else from the table's default. An empty value counts as not given.
"""

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv.parser import parse_stream

from telemetry_server import aliases
from telemetry_server.summaries.retention import Retention

ENVIRONMENTS = ("local", "dev", "test", "staging", "prod")
GUARDED_ENVIRONMENTS = ("staging", "prod")
MIN_KEY_LENGTH = 16


class ConfigError(Exception):
    """Settings that cannot be used. `problems`: one line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _choice(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return parse


def _number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not least <= int(text) <= most:
            raise ValueError(text)
        return int(text)

    return parse


def _matching(pattern: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(text)
        return text

    return parse


def _uri(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if urlsplit(text).scheme not in schemes or not urlsplit(text).netloc:
            raise ValueError(text)
        return text

    return parse


def _url(text: str) -> str:
    return _uri("http", "https")(text) if text else text


def _flag(text: str) -> bool:
    return _choice("0", "1")(text) == "1"


def key_digest(key: str) -> bytes:
    """What is kept of an API key: its SHA-256."""
    return hashlib.sha256(key.encode(errors="surrogateescape")).digest()  # as HTTP headers are decoded


def _keys(text: str) -> tuple[bytes, ...]:
    keys = [key.strip() for key in text.split(",") if key.strip()]
    if not all(re.fullmatch(rf"[!-~]{{{MIN_KEY_LENGTH},}}", key) for key in keys):
        raise ValueError("a key")
    return tuple(key_digest(key) for key in keys)


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(each.strip() for each in text.split(",") if each.strip())
    if not all(re.fullmatch(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?", each) for each in origins):
        raise ValueError(text)
    return origins


def _aliases(text: str) -> aliases.Aliases:
    return aliases.read(text) if text else aliases.Aliases()


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable. `default` is text, as it would stand in a file; None: see `meaning`."""

    variable: str
    default: str | None
    parse: Callable[[str], Any]
    allowed: str
    meaning: str
    secret: bool = False

    @property
    def attribute(self) -> str:
        return self.variable.lower()


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "ENVIRONMENT",
        "local",
        _choice(*ENVIRONMENTS),
        "local, dev, test, staging or prod",
        "Picks the file `.env.<environment>`; staging and prod need API_KEYS.",
    ),
    Setting(
        "APP_ENV",
        None,
        _matching(r"[A-Za-z0-9_-]{1,38}"),
        "1 to 38 letters, digits, _ and -",
        "Names the database `telemetry_server_<APP_ENV>` and the Redis keys; default: ENVIRONMENT.",
    ),
    Setting("HOST", "127.0.0.1", _matching(r"[A-Za-z0-9.:-]{1,255}"), "an address", "Address to listen on."),
    Setting("PORT", "8080", _number(1, 65535), "1 to 65535", "Port to listen on."),
    Setting("STATSD_PORT", "0", _number(0, 65535), "0 to 65535", "UDP port for StatsD, on HOST; 0 is off."),
    Setting("WORKERS", "1", _number(1, 64), "1 to 64", "Worker processes."),
    Setting(
        "MONGO_URI",
        "mongodb://localhost:27017/?replicaSet=rs0",
        _uri("mongodb", "mongodb+srv"),
        "mongodb://... or mongodb+srv://...",
        "MongoDB, a replica set or a sharded cluster.",
        secret=True,
    ),
    Setting(
        "REDIS_URI",
        "redis://localhost:6379",
        _uri("redis", "rediss"),
        "redis://... or rediss://...",
        "Redis, the cache; the server stays right without it.",
        secret=True,
    ),
    Setting(
        "RETENTION_DAYS",
        "90",
        _number(1, 3650),
        "1 to 3650",
        "Metrics older than this are deleted and refused; a longer time than before brings none back.",
    ),
    Setting(
        "RETENTION_HOURLY_DAYS",
        "400",
        _number(1, 36_500),
        "1 to 36500, at least RETENTION_DAYS",
        "Summaries of hours, which answer for metrics that are gone, are kept so long.",
    ),
    Setting(
        "RETENTION_DAILY_DAYS",
        "1830",
        _number(1, 36_500),
        "1 to 36500, at least RETENTION_HOURLY_DAYS",
        "Summaries of days are kept so long.",
    ),
    Setting(
        "RATE_LIMIT",
        "1000",
        _number(0, 1_000_000),
        "0 to 1000000",
        "Requests per client and second, over all workers (through Redis; while it is away, in each); 0 is off.",
    ),
    Setting(
        "CACHE_STALENESS_MS",
        "1000",
        _number(0, 60_000),
        "0 to 60000",
        "How far behind another server's writes a cached answer may be; 0 switches the cache off.",
    ),
    Setting("MAX_BODY_BYTES", "1048576", _number(1024, 104_857_600), "1024 to 104857600", "Largest request body."),
    Setting(
        "MAX_CONNECTIONS",
        "1000",
        _number(0, 1_000_000),
        "0 to 1000000",
        "Connections of one address at a time, in each worker; more are closed. 0 is off.",
    ),
    Setting(
        "DRAIN_SECONDS",
        "0",
        _number(0, 300),
        "0 to 300",
        "After SIGTERM requests are still answered for so long, while `/health/ready` sends balancers elsewhere.",
    ),
    Setting(
        "LONG_ANSWERS",
        "1",
        _number(1, 1000),
        "1 to 1000",
        "Questions that take MongoDB more than 0.1 s are worked out so many at a time, in all workers together.",
    ),
    Setting(
        "MAX_LISTENERS",
        "1000",
        _number(0, 100_000),
        "0 to 100000",
        "Clients that may follow live updates at a time, in each worker.",
    ),
    Setting("COLLECT", "1", _flag, "0 or 1", "Whether the server records its own requests as metrics."),
    Setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "",
        _url,
        "http://... or https://...",
        "Where spans of requests are sent, OTLP over HTTP to `/v1/traces` below it; needs the extra `traces`.",
    ),
    Setting(
        "API_KEYS",
        "",
        _keys,
        f"keys of at least {MIN_KEY_LENGTH} printable ASCII characters, separated by commas",
        "Keys of admins. With any, or one made, all but pages and /health needs `Authorization: Bearer <key>`.",
        secret=True,
    ),
    Setting(
        "CORS_ORIGINS",
        "",
        _origins,
        "origins such as https://grafana.example.com, separated by commas; never *",
        "Whose web pages may call from a browser, beside the server's own.",
    ),
    Setting(
        "TLS_CERT_FILE",
        "",
        str,
        "a path",
        "PEM certificate, with those between it and the root: HTTPS instead of HTTP. SIGUSR1 reads it anew.",
    ),
    Setting("TLS_KEY_FILE", "", str, "a path", "PEM private key of that certificate, without a passphrase."),
    Setting(
        "ALIASES_FILE",
        "",
        _aliases,
        "a path",
        "File of aliases, a line `latency = api.latency_ms` for each: in prompts the first is read as the second.",
    ),
    Setting(
        "LOG_LEVEL",
        "info",
        _choice("debug", "info", "warning", "error"),
        "debug, info, warning or error",
        "Least level that is logged.",
    ),
)


@dataclass(frozen=True, slots=True)
class Config:
    """The settings as used. `api_keys` holds the keys' SHA-256 digests, never the keys."""

    environment: str
    app_env: str
    host: str
    port: int
    statsd_port: int
    workers: int
    mongo_uri: str = field(repr=False)
    redis_uri: str = field(repr=False)
    retention_days: int
    retention_hourly_days: int
    retention_daily_days: int
    rate_limit: int
    cache_staleness_ms: int
    max_body_bytes: int
    max_connections: int
    drain_seconds: int
    long_answers: int
    max_listeners: int
    collect: bool
    otel_exporter_otlp_endpoint: str
    api_keys: tuple[bytes, ...] = field(repr=False)
    cors_origins: tuple[str, ...]
    tls_cert_file: str
    tls_key_file: str
    aliases_file: aliases.Aliases
    log_level: str

    @property
    def retention(self) -> Retention:
        """How long metrics and summaries are kept."""
        days = (self.retention_days, self.retention_hourly_days, self.retention_daily_days)
        return Retention(*(timedelta(days=each) for each in days))


def load(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Config:
    """Read all settings. Raises ConfigError with one line for each wrong value."""
    environ = os.environ if environ is None else environ
    folder = Path.cwd() if folder is None else folder
    problems: list[str] = []
    values = gather(environ, folder, problems)
    parsed: dict[str, Any] = {}
    for setting in SETTINGS:
        text = values.get(setting.variable, "").strip() or setting.default
        if text is None:
            text = str(parsed.get("environment") or "local")
        try:
            parsed[setting.attribute] = setting.parse(text)
        except aliases.AliasError as error:
            problems += error.problems
        except ValueError:
            shown = "(not shown)" if setting.secret else repr(text)
            problems.append(f"{setting.variable}: {shown} cannot be used; allowed: {setting.allowed}")
    if parsed.get("environment") in GUARDED_ENVIRONMENTS and parsed.get("api_keys") == ():
        problems.append(f"API_KEYS: not set; ENVIRONMENT={parsed['environment']} needs at least one key")
    tiers = ("RETENTION_DAYS", "RETENTION_HOURLY_DAYS", "RETENTION_DAILY_DAYS")
    for shorter, longer in pairwise(tiers):
        least, given = parsed.get(shorter.lower()), parsed.get(longer.lower())
        if least is not None and given is not None and given < least:
            if values.get(longer, "").strip():
                problems.append(f"{longer}: {given} cannot be used; allowed: at least {shorter}, which is {least}")
            parsed[longer.lower()] = least
    if problems:
        raise ConfigError(problems)
    return Config(**parsed)


def sample() -> str:
    """The text of `.env.sample`."""
    lines = [
        "# Copy to .env, or to .env.<environment>, and change what you need.",
        "# The real environment wins over these files. `telemetry settings --env` prints this file.",
    ]
    for setting in SETTINGS:
        default = setting.default or ""
        lines += [
            "",
            f"# {setting.meaning}",
            f"# Allowed: {setting.allowed}.",
            # Given, an address means that no service of one's own is started: the default stays a comment.
            f"{'# ' if setting.secret and default else ''}{setting.variable}={default}",
        ]
    return "\n".join(lines) + "\n"


def markdown() -> str:
    """The README's settings table."""
    lines = ["| variable | default | allowed | meaning |", "|---|---|---|---|"]
    for setting in SETTINGS:
        default = f"`{setting.default}`" if setting.default else ""
        lines.append(f"| `{setting.variable}` | {default} | {setting.allowed} | {setting.meaning} |")
    return "\n".join(lines) + "\n"


def gather(environ: Mapping[str, str], folder: Path, problems: list[str]) -> dict[str, str]:
    """The text of each variable that is given, from the environment and the one file that counts."""
    common = folder / ".env"
    environment = environ.get("ENVIRONMENT", "").strip()
    if not environment and common.is_file():
        environment = _read(common, []).get("ENVIRONMENT", "").strip()
    special = folder / f".env.{environment or 'local'}"
    source = special if environment in ("", *ENVIRONMENTS) and special.is_file() else common
    values = _read(source, problems) if source.is_file() else {}
    if environment:
        values["ENVIRONMENT"] = environment
    for setting in SETTINGS:
        if environ.get(setting.variable, "").strip():
            values[setting.variable] = environ[setting.variable]
    return values


def _read(path: Path, problems: list[str]) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8") as stream:
            bindings = list(parse_stream(stream))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{path.name}: cannot be read ({type(error).__name__})")
        return {}
    problems += [
        f"{path.name}, line {binding.original.line}: not of the form VARIABLE=value"
        for binding in bindings
        if binding.error
    ]
    return {binding.key: binding.value or "" for binding in bindings if binding.key and not binding.error}
