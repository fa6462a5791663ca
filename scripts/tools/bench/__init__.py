"""scripts/bench: how fast the parts are, each measured by a module of this package.

A module has `TITLE`, one line; `options(parser)`, which adds its own arguments; and `run(options)`, which prints its
tables and says whether it met its bars. To add a benchmark, write such a module and add it to BENCHMARKS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tools.bench import language, layers, mixed, peers, questions, reads, soak, start, under_load, writes
from tools.terminal import Parser, say

if TYPE_CHECKING:
    import argparse


class Benchmark(Protocol):
    """What a module of a benchmark has."""

    TITLE: str

    def options(self, parser: argparse.ArgumentParser) -> None:
        """Add the arguments; each with a default, for the run of all benchmarks."""

    def run(self, options: argparse.Namespace) -> bool | None:
        """Measure, and print what was found; False where a bar is missed."""


BENCHMARKS: dict[str, Benchmark] = {
    "language": language,
    "reads": reads,
    "layers": layers,
    "cache": mixed,
    "writes": writes,
    "load": under_load,
    "start": start,
    "questions": questions,
    "soak": soak,
    "peers": peers,
}


def main() -> int:
    """Run the benchmark that is named, or all, one after the other; the exit status."""
    parser = Parser("scripts/bench", description="Measure how fast the parts are; without a name, all of them.")
    choices = parser.add_subparsers(dest="name", metavar="name", parser_class=Parser)
    defaults = {}
    for name, benchmark in BENCHMARKS.items():
        title = benchmark.TITLE.replace("%", "%%")  # argparse fills help in
        own = choices.add_parser(name, prog=f"scripts/bench {name}", help=title, description=title)
        benchmark.options(own)
        defaults[name] = own.parse_args([])
    options = parser.parse_args()
    missed = False
    for name in [options.name] if options.name else BENCHMARKS:
        say(f"== {name}: {BENCHMARKS[name].TITLE}")
        missed |= BENCHMARKS[name].run(options if options.name else defaults[name]) is False
    return int(missed)
