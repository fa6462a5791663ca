"""Whatever is typed, for however long: memory does not grow."""

import gc
import random
import sys
import tracemalloc
from datetime import timedelta
from functools import _lru_cache_wrapper

import nlq
from nlq.tokens import MAX_REMEMBERED, tokenize
from tests.nlq.test_corpus import CONTEXT, READ

CACHES = {
    each
    for name, module in sys.modules.items()
    if name.startswith("nlq.")
    for each in vars(module).values()
    if isinstance(each, _lru_cache_wrapper) and each.__module__.startswith("nlq.")
}
MAX_CACHED = 2048
ROUNDS = 5
MARGIN_BYTES = 20_000


def new_words(chance: random.Random, count: int) -> str:
    return " ".join(f"{chance.getrandbits(40):x}" for _ in range(count))


def strange_prompts(chance: random.Random, count: int) -> list[str]:
    """Corpus prompts, with words, numbers, dates, times and values that no other has."""
    made = []
    for _ in range(count):
        time = f"{chance.randint(1, 28):02}/Nov/2025:{chance.randrange(10, 24)}:10:{chance.randrange(10, 60)}"
        number, prompt = chance.getrandbits(20), chance.choice(READ)[1]
        made += [f"{prompt} {new_words(chance, 2)} {number}", f'cpu usage since {time} on "{new_words(chance, 2)}"']
    return made


def left_behind(prompts: list[str], later: timedelta) -> int:
    """The bytes in use once the prompts are read, but for the caches and for words that are still remembered."""
    for number, prompt in enumerate(prompts):
        now = CONTEXT.now + later + timedelta(seconds=number)
        context = nlq.Context(now=now, catalog=CONTEXT.catalog)
        nlq.interpret(prompt, context)
        if number % 5 == 0:
            nlq.complete(prompt[:12], context)
    for cache in CACHES:
        cache.cache_clear()
    CONTEXT.catalog.words.forget()
    tokenize(new_words(random.Random(len(prompts)), MAX_REMEMBERED + 1))  # noqa: S311 - no secret
    tokenize("")
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def test_caches_are_small() -> None:
    """Each has room for so many texts, and no more."""
    assert len(CACHES) > 4
    assert all((cache.cache_info().maxsize or sys.maxsize) <= MAX_CACHED for cache in CACHES)


def test_new_prompts_and_a_moving_clock_leave_nothing_behind() -> None:
    """Beside what caches may hold, nothing is kept of a prompt."""
    chance = random.Random(5)  # noqa: S311 - no secret
    tracemalloc.start()
    left = [left_behind(strange_prompts(chance, 10), timedelta(hours=number)) for number in range(ROUNDS)]
    tracemalloc.stop()
    assert left[-1] - left[2] < MARGIN_BYTES, left


def test_new_words_are_forgotten() -> None:
    """However many words there have been, no more memory is in use at any time than after the first of them."""
    chance = random.Random(6)  # noqa: S311 - no secret
    peaks = []
    tracemalloc.start()
    for _ in range(ROUNDS):
        tracemalloc.reset_peak()
        for _ in range(200):
            tokenize(new_words(chance, 50))
        peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert max(peaks[1:]) - peaks[0] < MARGIN_BYTES, peaks
