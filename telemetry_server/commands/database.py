"""The database, for commands that work on it without a server."""

import contextlib
from typing import TYPE_CHECKING

from telemetry_server.commands.ending import MISUSE, REFUSED, fail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telemetry_server.config import Config


def settings() -> "Config":
    """The settings; what is wrong with them ends the program in a line for each problem."""
    from telemetry_server import config

    try:
        return config.load()
    except config.ConfigError as error:
        fail(MISUSE, *error.problems)


@contextlib.contextmanager
def database() -> "Iterator[Config]":
    """The settings, for work on the database; what is wrong with either ends the program in a line for each problem."""
    config = settings()
    from telemetry_server.errors import Problem
    from telemetry_server.stores import mongo

    try:
        mongo.check_uri(config.mongo_uri)
        yield config
    except ValueError as error:
        fail(MISUSE, f"MONGO_URI: (not shown) cannot be used: {error}")
    except Problem as problem:
        fail(REFUSED, problem.detail)
