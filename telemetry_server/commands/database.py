"""The database, for commands that work on it without a server."""

import contextlib
import os
from typing import TYPE_CHECKING

from telemetry_server.commands.ending import MISUSE, REFUSED, fail

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from telemetry_server.config import Config


def settings(given: "Mapping[str, str] | None" = None) -> "Config":
    """The settings; what is wrong with them ends the program in a line for each problem.

    given: variables that stand before those of the environment.
    """
    from telemetry_server import config

    try:
        return config.load({**os.environ, **(given or {})})
    except config.ConfigError as error:
        fail(MISUSE, *error.problems)


@contextlib.contextmanager
def database(given: "Mapping[str, str] | None" = None) -> "Iterator[Config]":
    """The settings, for work on the database; what is wrong with either ends the program in a line for each problem."""
    config = settings(given)
    from telemetry_server.errors import Problem
    from telemetry_server.stores import mongo

    try:
        mongo.check_uri(config.mongo_uri)
        yield config
    except ValueError as error:
        fail(MISUSE, f"MONGO_URI: (not shown) cannot be used: {error}")
    except Problem as problem:
        fail(REFUSED, problem.detail)
