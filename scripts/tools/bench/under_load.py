"""The load test at half its limits, with reads and questions that go past the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.bench.figures import whole_number

if TYPE_CHECKING:
    import argparse

TITLE = "five kinds of requests at once, uncached, each at 50 a second, at half the limits of scripts/load"
LIMITS = 0.5


def options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--seconds", type=whole_number(600), default=60, metavar="N", help="default %(default)s")


def run(options: argparse.Namespace) -> bool:
    """Measure; whether every limit is kept."""
    from loadtests import headless  # noqa: PLC0415  servers of the other benchmarks need not find it

    arguments = ("--limits", str(LIMITS), "--uncached", "--duration", str(options.seconds))
    return headless.main(arguments) == 0
