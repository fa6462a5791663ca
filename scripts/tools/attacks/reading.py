"""Prompts of any kind, read in this process: words of the corpus and the catalog put together anew, and plain bytes.

What is understood becomes a pipeline, which may hold only stages that read, and only fields of the model: nothing that
somebody typed is a stage, an operator or a path.
"""

from __future__ import annotations

import os
import random
import re
import sys
import time
from array import array
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from tools.bench.figures import percentile, resident_mb
from tools.environment import ROOT
from tools.faults.row import Outcome

sys.path.append(str(ROOT))
import nlq
from nlq.rules import VOCABULARY
from tests.nlq.naughty import NAUGHTY
from tests.nlq.test_any_text import LIMIT_MS, is_slow
from tests.nlq.test_corpus import CASES, CONTEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SLOW_SHARE = 0.001
MAX_GROWN_MB = 8.0  # from the middle to the end
MAX_LENGTH = 512
TICK = timedelta(seconds=37)  # the clock goes on with each prompt, as nothing may be kept for the instants that were
COLLECTIONS: Final = ("metrics", "series", "summaries")
OPERATORS: Final = frozenset(
    "abs add addToSet and anyElementTrue arrayElemAt ceil concatArrays cond count dateAdd dateToString dateTrunc "
    "divide "
    "documents elemMatch eq expr filter first floor group gt gte hour ifNull in indexOfBytes indexOfCP isoDayOfWeek "
    "let limit "
    "literal ln lt lte map match max mergeObjects min mod multiply ne nin nor not or pow project push range reduce "
    "replaceWith set setDifference setWindowFields size skip slice sort sortArray split sqrt stdDevPop strLenCP "
    "substrBytes subtract sum switch toInt toLong toString type unionWith unwind".split()
)
FIELDS: Final = frozenset(  # of the model; of what is made on the way; and the variables of expressions
    "_id name type value tags timestamp distribution bounds counts ROOT all at bin bins change change_percent "
    "count day_part deviation distinct documents end field first found group groups hour index is key last "
    "latest left max middle min p place previous ratio ratio_change ratio_change_percent ratio_previous row seen "
    "series share share_change share_change_percent share_previous side sketch sum tag this time total types values "
    "week_part weekday whole whole_previous whole_value".split()
)
_PATH = re.compile(r"\${1,2}([A-Za-z_]+[0-9]*)(?:\.([A-Za-z_]+[0-9]*))*")
_CATALOG = CONTEXT.catalog
_SAID: Final = (*_CATALOG.names, *_CATALOG.keys, *(value for values in _CATALOG.keys.values() for value in values))
WORDS: Final = sorted({*VOCABULARY, *_SAID, "$where", "$value", "{$gt:1}", "1e999", "2026-02-30", "-3"})
PROMPTS: Final = [prompt for _, _, prompt in CASES]


def prompts(seed: int, count: int) -> Iterator[str]:
    """So many, always the same: half of them understood or nearly so, a quarter words, a quarter bytes."""
    chance = random.Random(20261127 + seed)  # noqa: S311  no secret
    for number in range(count):
        match number % 4:
            case 0:  # two prompts of the corpus, cut and put together
                first, second = (chance.choice(PROMPTS).split() for _ in range(2))
                words = first[: chance.randint(1, len(first))] + second[chance.randrange(len(second)) :]
                text = " ".join(words)
            case 1:  # one of them, with a word put in or exchanged
                words = chance.choice(PROMPTS).split()
                place = chance.randrange(len(words))
                words[place : place + chance.randint(0, 1)] = [chance.choice(WORDS)]
                text = " ".join(words)
            case 2:
                text = " ".join(chance.choices(WORDS, k=chance.randint(1, 12)))
                if chance.random() < 0.2:
                    text = f"{text} {chance.choice(NAUGHTY)}"
            case _:
                raw = chance.randbytes(chance.randint(1, 60))
                text = raw.decode(chance.choice(("utf-8", "latin-1", "utf-16", "cp437")), "replace")
        yield text[:MAX_LENGTH]


def strange(collection: str, stages: Any) -> list[str]:
    """What a pipeline must not hold."""
    wrong = [] if collection in COLLECTIONS else [f"collection {collection}"]
    for kind, text in _named(stages):
        if kind == "operator" and text[1:] not in OPERATORS:
            wrong.append(f"operator {text}")
        if kind == "path" and not (_PATH.fullmatch(text) and FIELDS.issuperset(_parts(text))):
            wrong.append(f"path {text}")
    return wrong


def _parts(path: str) -> list[str]:
    return [part.rstrip("0123456789") for part in path.lstrip("$").split(".")]


def _named(value: Any, *, is_compared: bool = False) -> Iterator[tuple[str, str]]:
    """Operators and field paths; in a `$match` a text is none."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key.startswith("$"):
                yield "operator", key
            if key != "$literal":
                yield from _named(item, is_compared=(is_compared or key == "$match") and key != "$expr")
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _named(item, is_compared=is_compared)
    elif isinstance(value, str) and value.startswith("$") and not is_compared:
        yield "path", value


@dataclass
class Share:
    """What one process has read: times in ms."""

    faults: list[str]
    times: array[float]
    understood: int = 0
    slow: int = 0
    grown_mb: float = 0.0


def read(seed: int, count: int) -> Share:
    """Read so many prompts, in the time that this process has used for each."""
    done, middle = Share([], array("d", bytes(8 * count))), 0.0  # in memory from the start, lest it be what grows
    read_whole = 0
    for number, prompt in enumerate(prompts(seed, count)):
        try:
            spent, result, pipeline = _timed(prompt, replace(CONTEXT, now=CONTEXT.now + number * TICK))
        except Exception as error:  # noqa: BLE001  any is a fault
            done.faults.append(f"{prompt!a}: {type(error).__name__}: {error}")
            continue
        done.times[read_whole] = spent
        read_whole += 1
        done.slow += spent > LIMIT_MS and is_slow(prompt, LIMIT_MS)  # by a yardstick: the machine may be busy
        if pipeline is not None:
            done.understood += 1
            done.faults += [f"{prompt!a}: {each}" for each in strange(pipeline.collection, pipeline.stages)]
        elif not result.detail or not 0 <= result.start <= result.end <= len(prompt):
            done.faults.append(f"{prompt!a}: refused without a reason or a place")
        if number == count // 2:
            middle = resident_mb()
    done.grown_mb = resident_mb() - middle
    del done.times[read_whole:]
    return done


def run(count: int) -> Outcome:
    """So many prompts, shared among the processors."""
    processes = os.cpu_count() or 1
    with ProcessPoolExecutor(processes) as pool:
        shares = list(pool.map(read, range(processes), [-(-count // processes)] * processes))
    faults = [fault for share in shares for fault in share.faults]
    times = [spent for share in shares for spent in share.times]
    slow, grown = sum(share.slow for share in shares), max(share.grown_mb for share in shares)
    if slow > count * MAX_SLOW_SHARE:
        faults.append(f"{slow} took more than {LIMIT_MS:g} ms of CPU")
    if grown > MAX_GROWN_MB:
        faults.append(f"memory grew by {grown:.1f} MB over the second half")
    told = f"{sum(share.understood for share in shares):,} understood; {slow} slow; CPU p50 {percentile(times, 50):.2f}"
    told += f" ms, p99.9 {percentile(times, 99.9):.2f} ms; memory {grown:+.1f} MB over the second half"
    return Outcome(len(times), faults, 0, told)


def _timed(prompt: str, context: nlq.Context) -> tuple[float, Any, nlq.Pipeline | None]:
    started = time.thread_time()
    result = nlq.interpret(prompt, context)
    pipeline = nlq.compile_question(result.question) if isinstance(result, nlq.Interpretation) else None
    return (time.thread_time() - started) * 1000, result, pipeline
