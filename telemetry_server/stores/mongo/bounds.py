"""How long MongoDB may take, and what its errors mean here."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import pymongo
import structlog
from bson.errors import InvalidBSON
from pymongo import errors as driver

from telemetry_server.errors import Fault, Invalid, TimedOut, Unavailable

OPERATION_SECONDS = 1.7
DEADLINE_SECONDS = 1.9  # where the driver itself should hang; a request must be answered within 2 s
SLACK_SECONDS = 0.5  # for MongoDB to say that it has taken too long

RULE = "A rule of the database refuses this metric."

_UNKNOWN_ZONE = 40485
REFUSED = (121, 10334)  # a validator that an operator has set says no; it is over 16 MB. Again would be the same
_TOO_LARGE = (146, 292, 10334, 16819, 17280)  # memory limits, and results beyond 16 MB

log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def bounded(seconds: float = OPERATION_SECONDS, *, less_helps: bool = False) -> AsyncIterator[None]:
    """Run for at most so long; raises only errors of errors.py.

    less_helps: of a read whose time depends on how much is asked for, and which raises TimedOut where MongoDB says that
    it takes too long. All else is Unavailable then: of a write nobody knows whether it happened.
    """
    with _translated(less_helps=less_helps):
        async with asyncio.timeout(seconds + DEADLINE_SECONDS - OPERATION_SECONDS):
            with pymongo.timeout(seconds):
                yield


@contextlib.asynccontextmanager
async def answering(seconds: float) -> AsyncIterator[None]:
    """Run what MongoDB was told to end after so many seconds; raises TimedOut then, as `bounded` where less helps."""
    with _translated(less_helps=True):
        async with asyncio.timeout(seconds + SLACK_SECONDS):
            yield


@contextlib.contextmanager
def _translated(*, less_helps: bool) -> Iterator[None]:
    try:
        yield
    except driver.ExecutionTimeout as error:
        if less_helps and "codeName" in (
            error.details or {}
        ):  # MongoDB says so, and not the driver, which found a primary too late
            raise TimedOut("This takes MongoDB too long; ask for less.") from None
        raise Unavailable("MongoDB does not answer.") from None
    except TimeoutError:
        raise Unavailable("MongoDB does not answer.") from None
    except driver.OperationFailure as error:
        if error.code in _TOO_LARGE:
            raise TimedOut("This needs more memory than MongoDB may use; ask for less.") from None
        if error.code == _UNKNOWN_ZONE:  # its list of zones may be older than ours
            raise Invalid([Fault("/tz", "MongoDB does not know this time zone.")]) from None
        if error.code in REFUSED:
            raise Invalid([Fault("", RULE)]) from None
        log.warning("mongodb failed", error=type(error).__name__, code=error.code)
        raise Unavailable("MongoDB could not do this now.") from error
    except InvalidBSON:
        raise Invalid([Fault("/prompt", "A time in the answer lies outside the years 1 to 9999.")]) from None
    except driver.PyMongoError as error:
        log.warning("mongodb away", error=type(error).__name__)
        raise Unavailable("MongoDB cannot be reached.") from None
