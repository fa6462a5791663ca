"""`python -m telemetry_server.collector --url http://127.0.0.1:8080`"""

import argparse
import os
import random
import signal
import sys
import time
from typing import NoReturn

import structlog

from telemetry_server.collector.sampler import Sampler
from telemetry_server.collector.sender import Away, Metric, Rejected, Sender

DEFAULT_URL = "http://127.0.0.1:8080"
KEY_VARIABLE = "TELEMETRY_API_KEY"
MAX_WAIT_SECONDS = 15.0

log = structlog.get_logger("collector")


def deliver(sender: Sender, metrics: list[Metric]) -> None:
    """Send one batch until the server has it, however long that takes, with growing pauses.

    Nothing is sampled meanwhile: one batch is all that waits, and the counters of the next one span the gap.
    Raises Rejected where no later batch would fare better (a wrong key or address); drops any other that is
    rejected.
    """
    pause_seconds, away_since = 0.5, None
    while True:
        try:
            sender.send(metrics)
        except Away as error:
            if away_since is None:
                away_since = time.monotonic()
                log.warning("server away, waiting for it", reason=str(error))
            time.sleep(pause_seconds * random.uniform(0.5, 1.0))  # noqa: S311  # spreads many collectors out
            pause_seconds = min(2 * pause_seconds, MAX_WAIT_SECONDS)
        except Rejected as error:
            if error.status in {401, 403, 404, 405}:
                raise
            log.error("sample dropped: the server rejected it", reason=str(error))  # noqa: TRY400
            return
        else:
            if away_since is not None:
                log.info("server back", away_seconds=round(time.monotonic() - away_since, 1))
            return


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line, exit status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def seconds(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not within 0.1 to 3600 seconds")
    return value


def stop_on_signals() -> None:
    """Make SIGINT and SIGTERM end the program at once, whatever it is doing, with exit status 0."""

    def stop(*_: object) -> NoReturn:
        os._exit(0)  # an exception could be lost where it was interrupted; there is nothing to be left in order

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, stop)


def main(arguments: list[str] | None = None) -> None:
    stop_on_signals()
    parser = OneLineParser(prog="collector", description="Record this machine's own metrics.")
    parser.add_argument("--url", default=DEFAULT_URL, help="the server (default %(default)s)")
    parser.add_argument("--every", type=seconds, default=5.0, metavar="SECONDS", help="default %(default)s")
    parser.add_argument("--key", default=os.environ.get(KEY_VARIABLE), help=f"API key (default: ${KEY_VARIABLE})")
    options = parser.parse_args(arguments)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        sender = Sender(options.url, options.key)
    except ValueError as error:
        parser.error(str(error))

    sampler = Sampler()
    time.sleep(min(1.0, options.every))  # processor usage is a mean over time: let some pass
    while True:
        next_at = time.monotonic() + options.every
        try:
            deliver(sender, sampler.sample())
        except Rejected as error:
            parser.error(f"{options.url} refuses this machine's metrics: {error}")
        time.sleep(max(0.0, next_at - time.monotonic()))


if __name__ == "__main__":
    main()
