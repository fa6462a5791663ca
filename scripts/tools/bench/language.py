"""How fast prompts are read, beside what a date parser and a tokenizer take alone; and what memory does meanwhile."""

from __future__ import annotations

import datetime as dt
import random
import statistics
import time
from typing import TYPE_CHECKING

import dateparser  # type: ignore[import-untyped]
import dateparser.search  # type: ignore[import-untyped]
import spacy
from rich.progress import track

import nlq
from nlq.rules import VOCABULARY
from tests.nlq.test_corpus import CASES, CONTEXT, READ, REFUSED
from tools.bench.figures import percentile, resident_mb, rounds, spread, table, whole_number
from tools.bench.stage import Verdict
from tools.terminal import say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

TITLE = "prompts, completions and memory, over the corpus of the tests"
READINGS = 20  # of the memory, evenly spread
FLAT_MB = 0.5  # of a line through the last half: what a few pages more or less come to
CLOCK_STEP = dt.timedelta(seconds=37)  # from one random prompt to the next
PROMPTS = [prompt for _, _, prompt in CASES]
MAX_PIPELINE_MS, MAX_COMPLETION_MS = 2, 5  # of the 99th percentile
PREFIXES = list(dict.fromkeys(prompt[:end] for prompt in PROMPTS for end in range(len(prompt) + 1)))


def options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--rounds", type=whole_number(100), default=3, metavar="N", help="rounds (default %(default)s)")
    parser.add_argument(
        "--sample",
        type=whole_number(len(PREFIXES)),
        default=2000,
        metavar="N",
        help=f"beginnings of prompts that are completed, of {len(PREFIXES):,} (default %(default)s)",
    )
    parser.add_argument(
        "--prompts",
        type=whole_number(10_000_000),
        default=50_000,
        metavar="N",
        help="random prompts that are read while memory is watched (default %(default)s)",
    )


def run(options: argparse.Namespace) -> bool:
    """Measure, and print two tables; whether every bar is met."""
    tokenizer = spacy.blank("en")
    settings = {"RELATIVE_BASE": CONTEXT.now.replace(tzinfo=None)}
    works: dict[str, Callable[[str], object]] = {
        "dateparser.parse": lambda text: dateparser.parse(text, languages=["en"], settings=settings),
        "dateparser search_dates": lambda text: dateparser.search.search_dates(
            text, languages=["en"], settings=settings
        ),
        "spaCy tokens": lambda text: _tokens(tokenizer, text),
    }
    measured = {
        "prompt to pipeline": spread(rounds(_answer, [prompt for _, prompt in READ], options.rounds)),
        "prompt to refusal": spread(rounds(_answer, [prompt for _, prompt in REFUSED], options.rounds)),
        **{name: spread(rounds(work, PROMPTS, options.rounds)) for name, work in works.items()},
    }
    chosen = random.Random(1).sample(PREFIXES, options.sample)  # noqa: S311  always the same ones
    completed = rounds(lambda text: nlq.complete(text, CONTEXT), chosen, options.rounds)
    measured["completion"] = spread(completed)
    own = measured["prompt to pipeline"][0]
    say(f"CPU ms over {len(PROMPTS):,} prompts and {len(chosen):,} beginnings, medians of {options.rounds} rounds")
    table(
        ("", "p50", "p99", "max", "p50 ratio"),
        [(name, *(f"{value:.2f}" for value in values), f"{values[0] / own:.2f}") for name, values in measured.items()],
    )
    found = [len(nlq.complete(text, CONTEXT)) for text in chosen]
    mean, median = sum(found) / len(found), percentile(found, 50)
    say(f"completions of a beginning: {mean:.1f} on average, {median} in the median")
    verdict = Verdict()
    verdict.below("prompt to pipeline: p99 ms", measured["prompt to pipeline"][1], MAX_PIPELINE_MS)
    verdict.below("completion: p99 ms", measured["completion"][1], MAX_COMPLETION_MS)
    _watch_memory(options.prompts)
    return verdict.met


def _answer(text: str) -> None:
    result = nlq.interpret(text, CONTEXT)
    if isinstance(result, nlq.Interpretation):
        nlq.compile_question(result.question)


def _tokens(tokenizer: spacy.language.Language, text: str) -> object:
    with tokenizer.memory_zone():
        return len(tokenizer.make_doc(text))


def _watch_memory(count: int) -> None:
    """Read so many random prompts, each at a later time than the one before, and print what memory did."""
    readings = [(0, resident_mb())]
    steps = max(1, count // READINGS)
    now, read = CONTEXT.now, 0
    started = time.process_time()
    for number, prompt in enumerate(track(random_prompts(count), "random prompts", count, transient=True), 1):
        now += CLOCK_STEP
        result = nlq.interpret(prompt, nlq.Context(now=now, catalog=CONTEXT.catalog))
        read += isinstance(result, nlq.Interpretation)
        if number % steps == 0:
            readings.append((number, resident_mb()))
    spent = (time.process_time() - started) * 1000 / count
    say(f"{count:,} random prompts with a moving clock: {spent:.2f} CPU ms each, {100 * read / count:.0f} % understood")
    table(("prompts", "MB"), [(f"{number:,}", f"{megabytes:.1f}") for number, megabytes in readings])
    half = readings[len(readings) // 2 :]  # what is filled once is full by then
    fit = statistics.linear_regression(*zip(*half, strict=True))
    grown = fit.slope * (half[-1][0] - half[0][0])
    verdict = "flat" if abs(grown) < FLAT_MB else "growing" if grown > 0 else "falling"
    say(f"{verdict}: over the last half, {fit.intercept:.1f} MB {fit.slope * 1e6:+.2f} MB a million prompts")


def random_prompts(count: int) -> Iterator[str]:
    """Words of the language and of the catalog, new words, numbers, and prompts of the corpus put together."""
    chance = random.Random(2)  # noqa: S311  no secret
    catalog = CONTEXT.catalog
    known = sorted(
        {*VOCABULARY, *catalog.names, *catalog.keys, *(v for values in catalog.keys.values() for v in values)}
    )
    for _ in range(count):
        words = chance.choices(known, k=chance.randint(1, 8))
        match chance.randrange(4):
            case 0:
                words = f"{chance.choice(PROMPTS)} {chance.choice(known)}".split()[:60]
            case 1:
                words.append(
                    "".join(chance.choices("abcdefghijklmnopqrstuvwxyzäöß0123456789-", k=chance.randint(3, 12)))
                )
            case 2:
                words.append(str(chance.randrange(10 ** chance.randint(1, 9))))
        yield " ".join(words)
