"""How the size of the catalog tells on reading and completing: `python -m tests.nlq.scale [names] [values]`.

Prints CPU milliseconds over the corpus, best of three each, with the corpus's own catalog and with a large one, and
what the large one takes of memory. CPU time of this thread alone, so that other work on the machine counts little.
"""

import gc
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import nlq
from tests.nlq.conftest import NOW, read_catalog
from tests.nlq.test_corpus import CASES

PARTS = "cache worker index shard lock batch stream pool disk heap socket frame packet table".split()
MEASURES = "usage latency_ms errors depth duration_seconds size_bytes count rate".split()
PROMPTS = [prompt for _, _, prompt in CASES if len(prompt) <= 200]
PREFIXES = [prompt[: 1 + place * 7 % len(prompt)] for place, prompt in enumerate(PROMPTS)]


def grown(names: int, values: int) -> nlq.Catalog:
    """The corpus's catalog, with so many more names and tag values, of the kinds that fleets have."""
    catalog = read_catalog()
    for number in range(names):
        name = f"svc{number % 2000}.{PARTS[number % 14]}{number // 2000}.{MEASURES[number % 8]}"
        catalog.add(name, "gauge", [f"host:web-{number % 100:03d}", f"service:svc{number % 2000}"])
    chance = random.Random(1)  # noqa: S311 - no secret
    for number in range(values):
        tag = f"customer:cust-{number:07d}" if number % 2 else f"session:{chance.getrandbits(64):016x}"
        catalog.add("http.sessions", "counter", [tag])
    return catalog


def spent(work: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    """CPU milliseconds for each text, best of three, in rising order."""
    times = []
    for text in texts:
        best = float("inf")
        for _ in range(3):
            started = time.thread_time()
            work(text)
            best = min(best, time.thread_time() - started)
        times.append(best * 1000)
    return sorted(times)


def percentile(times: Sequence[float], percent: float) -> float:
    return times[min(len(times) - 1, int(len(times) * percent / 100))]


def resident_megabytes() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def main() -> None:
    """Measure and print."""
    names, values = (int(text) for text in (*sys.argv[1:], "100000", "1000000")[:2])
    before = resident_megabytes()
    catalog = grown(names, values)
    gc.collect()
    gc.freeze()
    print(f"{len(catalog.names)} names, {values} values more: {resident_megabytes() - before:.0f} MB")  # noqa: T201
    for label, known in (("corpus", read_catalog()), ("large", catalog)):
        context = nlq.Context(now=NOW, catalog=known)
        read = spent(lambda text, context=context: nlq.interpret(text, context), PROMPTS)
        typed = spent(lambda text, context=context: nlq.complete(text, context), PREFIXES)
        for what, times in (("interpret", read), ("complete", typed)):
            figures = "  ".join(f"p{percent} {percentile(times, percent):.2f}" for percent in (50, 99))
            print(f"{label:7} {what:10} {figures}  max {times[-1]:.2f} ms")  # noqa: T201


if __name__ == "__main__":
    main()
