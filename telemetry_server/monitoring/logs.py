"""Logging: one structured line an event; JSON outside of local and dev. No secrets, no bodies, no prompts."""

import contextlib
import logging
import sys
from typing import Any

import structlog
from sanic import Request
from sanic.exceptions import ServerError

from telemetry_server.config import Config

_READABLE = ("local", "dev")


def configure(config: Config) -> None:
    """Send all logs, ours and the libraries', to standard error."""
    level = logging.getLevelNamesMapping()[config.log_level.upper()]
    shared: list[Any] = [
        _add_request_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    final: list[Any]
    if config.environment in _READABLE:
        # A plain traceback: the default one shows local variables, and with them secrets.
        plain = structlog.dev.plain_traceback
        final = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
    else:
        final = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.INFO))
    logging.getLogger("telemetry_server").setLevel(level)
    for name in ("sanic", "pymongo", "redis", "asyncio"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _add_request_id(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Say which request it is that the line is about; looked up only when a line is logged."""
    with contextlib.suppress(ServerError, AttributeError):  # there is none, or it is not admitted yet
        event["request_id"] = Request.get_current().ctx.request_id
    return event
