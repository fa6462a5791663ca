"""Whatever is typed is answered or refused: without an error, with a span inside it, soon, and always alike."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlq
from nlq.rules import VOCABULARY
from tests.nlq.naughty import NAUGHTY
from tests.nlq.test_corpus import CASES, CONTEXT

CATALOG = CONTEXT.catalog
VALUES = [value for values in CATALOG.keys.values() for value in values]
WORDS = sorted(
    {*VOCABULARY, *CATALOG.names, *CATALOG.keys, *VALUES, "web", "cpu", "-3", "2026-02-30", "25:00", "1e999"}
)
YARDSTICK = "p95 latency per service yesterday vs the day before"  # takes 1 ms where nothing else runs
LIMIT_MS = 20
FLOOD_LIMIT_MS = 400  # of what fills a prompt with one word said again and again
SHORT = [text for text in NAUGHTY if len(text) <= 100]
ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("COV")}  # they are not traced
ENVIRONMENT["PYTHONPATH"] = str(ROOT)
pytestmark = pytest.mark.usefixtures("untraced")


def assert_told(prompt: str) -> None:
    """A question whose words are all there, or a refusal that points into the prompt."""
    result = nlq.interpret(prompt, CONTEXT)
    for word in result.words:
        assert 0 <= word.start < word.end <= len(prompt)
        assert word.text == prompt[word.start : word.end]
    if isinstance(result, nlq.Refusal):
        assert 0 <= result.start <= result.end <= len(prompt)
        assert result.detail
    else:
        assert "unknown" not in {word.role for word in result.words}
        json.dumps(nlq.compile_question(result.question).stages, default=str)


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_naughty_text_is_told_apart(text: str) -> None:
    """Alone, behind and before a good prompt, and as a value; and who types it gets completions that are answered."""
    for prompt in (text, f"cpu usage {text}", f"{text} cpu usage today", f'errors where service is "{text}"'):
        assert_told(prompt)
    for completion in nlq.complete(f"cpu usage {text}", CONTEXT):
        assert isinstance(nlq.interpret(completion.text, CONTEXT), nlq.Interpretation)


@given(st.lists(st.sampled_from(WORDS), max_size=24).map(" ".join))
@settings(max_examples=600, deadline=None)
def test_random_words(prompt: str) -> None:
    """Words of the language and of the catalog, in no order."""
    assert_told(prompt)


@given(st.text(max_size=200))
@settings(max_examples=400, deadline=None)
def test_random_text(prompt: str) -> None:
    """Any characters there are."""
    assert_told(prompt)


@given(st.binary(max_size=200), st.sampled_from(["utf-8", "latin-1", "utf-16", "cp437"]))
@settings(max_examples=400, deadline=None)
def test_random_bytes(raw: bytes, encoding: str) -> None:
    """Bytes, decoded as may be."""
    assert_told(raw.decode(encoding, "replace"))


@given(st.sampled_from(NAUGHTY), st.lists(st.sampled_from(WORDS), max_size=8), st.integers(0, 8))
@settings(max_examples=400, deadline=None)
def test_naughty_text_among_words(text: str, words: list[str], place: int) -> None:
    """A naughty text between ordinary words, wherever it stands."""
    assert_told(" ".join((*words[:place], text, *words[place:])))


def random_prompts(count: int) -> list[str]:
    """Random words, naughty texts among them, and corpus prompts with words put in; always the same."""
    chance = random.Random(20261122)  # noqa: S311 - no secret
    made = []
    for number in range(count):
        words = chance.choices(WORDS, k=chance.randint(1, 14))
        if number % 3 == 0:
            words.insert(chance.randrange(len(words)), chance.choice(SHORT))
        elif number % 3 == 1:
            words = [*chance.choice(CASES)[2].split(), *words[:2]]
        made.append(" ".join(words)[:512])
    return made


def spent_ms(prompt: str) -> float:
    """CPU milliseconds from a prompt to its pipeline."""
    started = time.process_time()
    result = nlq.interpret(prompt, CONTEXT)
    if isinstance(result, nlq.Interpretation):
        nlq.compile_question(result.question)
    return (time.process_time() - started) * 1000


def is_slow(prompt: str, limit_ms: float) -> bool:
    """Whether it takes longer each time that it is read, however fast the machine is at that moment."""
    return all(spent_ms(prompt) > limit_ms * max(1.0, spent_ms(YARDSTICK)) for _ in range(4))


TIMING = """
from tests.nlq.test_any_text import LIMIT_MS, is_slow, random_prompts
for prompt in random_prompts(3000):
    if is_slow(prompt, LIMIT_MS):
        print(ascii(prompt))
"""


def test_all_but_one_in_a_thousand_take_little_time() -> None:
    """At most one of a thousand random prompts takes more than LIMIT_MS of CPU, each time that it is read."""
    done = subprocess.run(  # noqa: S603 - our own program, which nothing else measures
        [sys.executable, "-c", TIMING],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
        check=True,
    )
    assert len(done.stdout.splitlines()) <= 3, done.stdout


def test_floods_are_bounded() -> None:
    """The longest prompts, made to be read in as many ways as can be, cost little more than time to blink."""
    for text in set(NAUGHTY) - set(SHORT):
        assert not is_slow(text[:512], FLOOD_LIMIT_MS), text


PROGRAM = """
import nlq
from tests.nlq.test_any_text import random_prompts
from tests.nlq.test_corpus import CASES, CONTEXT
for prompt in [*(prompt for _, _, prompt in CASES), *random_prompts(300)]:
    result = nlq.interpret(prompt, CONTEXT)
    print(ascii(result), nlq.compile_question(result.question) if isinstance(result, nlq.Interpretation) else "")
    print(ascii(nlq.complete(prompt[: len(prompt) * 2 // 3], CONTEXT)) if len(prompt) % 5 == 0 else "")
"""


def test_same_prompt_and_clock_give_the_same_bytes() -> None:
    """In any process: readings, refusals, pipelines and completions do not depend on how Python hashes."""
    running = [
        subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            env={**ENVIRONMENT, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
        )
        for seed in ("1", "2")
    ]
    first, second = (process.communicate(timeout=600)[0] for process in running)
    assert [process.returncode for process in running] == [0, 0]
    assert first.splitlines() == second.splitlines()
    assert len(first) > 100_000
