"""Ways to make the producers of rules from plain functions."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from nlq.context import Context
from nlq.refusal import Problem

Producer = Callable[..., Any]


def sound(produce: Producer) -> Producer:
    """`produce`, for which a part that is a Problem makes the whole a Problem, and so do impossible times."""

    @wraps(produce)
    def sounded(context: Context, *values: Any) -> Any:
        for value in values:
            if isinstance(value, Problem):
                return value
        try:
            return produce(context, *values)
        except (OverflowError, ValueError):
            return Problem("impossible", "There is no such time.")

    return sounded


def swapped(produce: Producer) -> Producer:
    """`produce` for two parts that are said the other way round."""
    return sound(lambda context, first, second: produce(context, second, first))


def chained(first: Producer, *others: Producer) -> Producer:
    """One producer after another, each on what the one before made; None and a Problem end it."""

    def produce(context: Context, *values: Any) -> Any:
        value = first(context, *values)
        for other in others:
            if value is None or isinstance(value, Problem):
                break
            value = other(context, value)
        return value

    return sound(produce)


def constant(value: Any) -> Producer:
    """Always `value`."""
    return lambda _context: value


def _same(_context: Context, value: Any) -> Any:
    return value


same = sound(_same)
