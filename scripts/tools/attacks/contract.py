"""schemathesis: requests made of /openapi.json, right and wrong ones, alone and one after the other."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.bench.stage import KEY
from tools.faults.ground import Ground
from tools.faults.row import Outcome, Row
from tools.terminal import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = 200
SEEDS = (1, 2, 3)
QUICK_EXAMPLES = 1
LIMIT_SECONDS = 3600
_COUNT = re.compile(r"(\d+) generated")
_FAULT = re.compile(
    r"^_+ (?P<operation>\S.*\S) _+$|^- (?P<fault>\S.*)$|^(?P<error>.*Error: .*)$|^ +(?P<request>curl .*)$", re.MULTILINE
)


def run(count: int) -> Outcome:
    """So many examples of each operation: each seed of SEEDS has its share, but one alone where they are few."""
    seeds = SEEDS if count >= EXAMPLES else SEEDS[:1]
    faults: list[str] = []
    generated = 0
    with Ground() as ground:
        server = ground.serve(RATE_LIMIT="0")
        for seed in seeds:
            told = test(server.url, ground.folder, count, seed)
            found = _COUNT.search(told)
            if found is None:
                raise Problem(f"schemathesis did not run: {told[-500:]}")
            generated += int(found[1])
            if "FAILURES" in told or "ERRORS" in told:
                faults += [f"seed {seed}: {fault}" for fault in _faults(told)] or [told[-500:]]
    return Outcome(generated, faults, 0, f"seeds {', '.join(map(str, seeds))}; {count} examples an operation")


def _faults(told: str) -> Iterator[str]:
    """Each, with its operation and the request that shows it; what schemathesis merely warns of comes behind them."""
    operation = ""
    for found in _FAULT.finditer(re.split(" (?:WARNINGS|SUMMARY) ", told)[0]):
        operation = found["operation"] or operation
        if said := found["fault"] or found["error"] or found["request"]:
            yield f"{operation}: {said}"


def test(url: str, folder: Path, examples: int, seed: int) -> str:
    """What schemathesis prints."""
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(SETTINGS), "run", f"{url}/openapi.json"]
    command += ["--header", f"Authorization: Bearer {KEY}", "--max-examples", str(examples), "--seed", str(seed)]
    ended = subprocess.run(
        [*command, "--no-color"], cwd=folder, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
    )
    (folder / f"schemathesis-{seed}.txt").write_text(ended.stdout)
    return ended.stdout + ended.stderr


ROW = Row(
    "contract",
    "schemathesis over /openapi.json: all checks, stateful, 3 seeds",
    "0 failures",
    "requests",
    QUICK_EXAMPLES,
    EXAMPLES,
    run,
)
