"""Other systems of the kind in the same run: fed the same metrics, asked the same questions, each in its own language.

data.py has the metrics, questions.py what is asked, answers.py the common form in which the answers are compared before
anything is timed, systems.py each system; load.py sends what is timed.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import statistics
from itertools import product
from typing import TYPE_CHECKING

from tools import debian
from tools.bench.figures import table, whole_number
from tools.bench.peers import load
from tools.bench.peers.data import DAY, SERIES, samples
from tools.bench.peers.questions import QUESTIONS
from tools.bench.peers.systems import SYSTEMS
from tools.bench.stage import Stage
from tools.terminal import Problem, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tools.bench.peers.data import Sample
    from tools.bench.peers.load import Asked
    from tools.bench.peers.questions import Question
    from tools.bench.peers.systems import System

    Rounds = list[list[Asked]]  # of one system

TITLE = "VictoriaMetrics and InfluxDB beside it: writes, bytes on disk, five questions"
BATCH = 5000
SLICES = 8  # of the metrics: the systems are fed in turn
CLIENTS = (1, 4)


def options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    most = whole_number(10_000_000)
    parser.add_argument("--metrics", type=most, default=200_000, metavar="N", help="in all (default %(default)s)")
    parser.add_argument("--rounds", type=whole_number(100), default=7, metavar="N", help="rounds (default %(default)s)")
    parser.add_argument(
        "--asks", type=whole_number(1000), default=20, metavar="N", help="of each client a round (default %(default)s)"
    )


def run(options: argparse.Namespace) -> None:
    """Measure; there is no bar."""
    day = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0) - DAY
    with Stage() as stage:
        systems = [system for system in (_start(kind, stage, day) for kind in SYSTEMS) if system]
        names = [system.name for system in systems]
        say(f"{options.metrics:,} metrics of {SERIES:,} series over 24 hours, in batches of {BATCH:,}")
        rates = _feed(systems, list(samples(options.metrics, day)))
        for system in systems:
            system.settle()
        for question in QUESTIONS:
            say(f"{question.kind}: {_agreed(question, systems):,} equal values; {question.prompt}")
        times = _ask(systems, options.rounds, options.asks)
        stored = [system.stored_bytes() / options.metrics for system in systems]
        reads = {question.kind: _reads(systems[0], question) for question in QUESTIONS}
    say("")
    rows = [
        ("metrics a second", *(f"{rate:,.0f}" for rate in rates)),
        ("bytes on disk, each", *(f"{each:.1f}" for each in stored)),
    ]
    table(("", *names), rows)
    for clients in CLIENTS:
        say("")
        asked = [times[question.kind, clients] for question in QUESTIONS]
        rows = [(question.kind, *_compared(each)) for question, each in zip(QUESTIONS, asked, strict=True)]
        table((f"ms, clients: {clients}", *names, *(f"times {name}" for name in names[1:])), rows)
    say("")
    steps = {question.kind: _steps(times[question.kind, 1][0]) for question in QUESTIONS}
    known = list(dict.fromkeys(step for each in steps.values() for step in each))
    rows = [(kind, *(f"{each.get(step, 0):.2f}" for step in known), reads[kind]) for kind, each in steps.items()]
    table((f"ms of {names[0]}", *known, "days / hours / raw hours"), rows)


def _start(kind: type[System], stage: Stage, day: dt.datetime) -> System | None:
    try:
        return kind(stage, day)
    except debian.Missing as missing:
        say(f"without {kind.name}: {missing}")
        return None


def _feed(systems: Sequence[System], fed: Sequence[Sample]) -> list[float]:
    """Metrics a second that each stores, in slices by turns."""
    batches = [fed[start : start + BATCH] for start in range(0, len(fed), BATCH)]
    size = -(-len(batches) // SLICES)
    spent = [0.0] * len(systems)
    for start in range(0, len(batches), size):
        for at, system in enumerate(systems):
            requests = [system.write(batch) for batch in batches[start : start + size]]
            spent[at] += load.write(system, requests)
    return [len(fed) / seconds for seconds in spent]


def _agreed(question: Question, systems: Sequence[System]) -> int:
    """How many values each system answers, all alike. Raises Problem where two differ."""
    first, *others = [system.read(question, system.send(system.ask(question))) for system in systems]
    for system, other in zip(systems[1:], others, strict=True):
        for key in first.keys() | other.keys():
            own, beside = first.get(key, math.nan), other.get(key, math.nan)
            if not math.isclose(own, beside, rel_tol=1e-9):
                raise Problem(f"{question.kind}, {key}: {systems[0].name} says {own}, {system.name} {beside}")
    return len(first)


def _ask(systems: Sequence[System], rounds: int, count: int) -> dict[tuple[str, int], list[Rounds]]:
    """What each asking took, by question and clients: of each system, of each round."""
    found: dict[tuple[str, int], list[Rounds]] = {}
    for _ in range(rounds):
        for question, clients in product(QUESTIONS, CLIENTS):
            asked = [load.ask(system, system.ask(question), clients, count) for system in systems]
            found.setdefault((question.kind, clients), [[] for _ in systems])
            for of_system, of_round in zip(found[question.kind, clients], asked, strict=True):
                of_system.append(of_round)
    return found


def _compared(asked: Sequence[Rounds]) -> list[str]:
    """The median of each system, over the rounds; then those of the first as shares of those of the others."""
    medians = [[statistics.median(each.ms for each in of_round) for of_round in rounds] for rounds in asked]
    ratios = [statistics.median(own / peer for own, peer in zip(medians[0], beside, strict=True)) for beside in medians]
    return [*(f"{statistics.median(each):.2f}" for each in medians), *(f"{ratio:.2f}" for ratio in ratios[1:])]


def _steps(rounds: Rounds) -> dict[str, float]:
    """The median of each step that the server accounts for, and of all else: HTTP, its checks, and the client."""
    every = [each for of_round in rounds for each in of_round]
    steps = {step: statistics.median(each.steps.get(step, 0.0) for each in every) for step in every[0].steps}
    return {**steps, "else": statistics.median(each.ms - sum(each.steps.values()) for each in every)}


def _reads(system: System, question: Question) -> str:
    reads = json.loads(system.send(system.ask(question)))["reads"]
    return " / ".join(str(reads[each]) for each in ("days", "hours", "raw_hours"))
