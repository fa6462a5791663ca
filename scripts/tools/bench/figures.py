"""What benchmarks have in common: times, percentiles, tables, memory."""

from __future__ import annotations

import argparse
import gc
import math
import statistics
import time
from typing import TYPE_CHECKING, TypeVar

import psutil

from tools.terminal import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


Number = TypeVar("Number", int, float)


def rounds(work: Callable[[str], object], texts: Sequence[str], count: int) -> list[list[float]]:
    """CPU milliseconds of this thread for each text, in each of so many rounds; one more round goes before."""
    for text in texts:
        work(text)
    gc.collect()
    measured = []
    for _ in range(count):
        times = []
        for text in texts:
            started = time.thread_time()
            work(text)
            times.append((time.thread_time() - started) * 1000)
        measured.append(times)
    return measured


def percentile(values: Sequence[Number], percent: float) -> Number:
    """The nearest rank."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def spread(measured: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    """p50, p99 and maximum: of each, the median over the rounds."""
    each = [(percentile(times, 50), percentile(times, 99), max(times)) for times in measured]
    p50, p99, most = (statistics.median(column) for column in zip(*each, strict=True))
    return p50, p99, most


def resident_mb() -> float:
    """The memory of this process."""
    gc.collect()
    resident: int = psutil.Process().memory_info().rss
    return resident / 1e6


def cpu_seconds(process: psutil.Process) -> float:
    """What a process has used since its start, for itself and in the system."""
    times = process.cpu_times()
    return float(times.user + times.system)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: the first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    for row in (header, *rows):
        first, *rest = [f"{cell:{'<' if not at else '>'}{widths[at]}}" for at, cell in enumerate(row)]
        say("  ".join((first, *rest)).rstrip())


def rounds_of_seconds(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a load that is put on in rounds."""
    parser.add_argument("--rounds", type=whole_number(100), default=5, metavar="N", help="rounds (default %(default)s)")
    parser.add_argument(
        "--seconds", type=whole_number(60), default=3, metavar="N", help="of each run (default %(default)s)"
    )


def whole_number(most: int) -> Callable[[str], int]:
    """The type of an argument that is a whole number from 1 to `most`."""

    def parse(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text} is not within 1 to {most:,}")
        return int(text)

    return parse
