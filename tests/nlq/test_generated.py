"""What holds of the corpus' prompts holds of others made of their clauses and the catalog: no word goes unnoticed."""

import random

import pytest

import nlq
from tests.nlq.accounting import SAYING, assert_each_counts, assert_no_place_for_a_stranger, clauses, read
from tests.nlq.conftest import without_tracing
from tests.nlq.test_corpus import CONTEXT, READ

CATALOG = CONTEXT.catalog


def parts() -> dict[str, list[str]]:
    """The clauses of the corpus' prompts, by role, and more of the kind with other names, keys and values."""
    found: dict[str, dict[str, None]] = {role: {} for role in SAYING | {"aggregation"}}
    for _, prompt in READ:
        words = [word for word in nlq.interpret(prompt, CONTEXT).words if word.role != "filler"]
        for role in {word.role for word in words} & set(found):
            spans = [(word.start, word.end) for word in words if word.role == role]
            found[role][prompt[spans[0][0] : spans[-1][1]]] = None
    found["metric"] |= dict.fromkeys(sorted(CATALOG.names))
    for key, values in CATALOG.keys.items():
        found["grouping"] |= {f"by {key}": None}
        found["tag"] |= {
            f"{how} {key} {value}": None for how in ("where", "not") for value in values if " " not in value
        }
    return {role: list(texts) for role, texts in found.items()}


def says_once(role: str, result: nlq.Interpretation) -> bool:
    """Whether the words of the role stand together: `hosts by cpu usage today cpu.usage` says its metric twice, and
    `slowest services today, top 3 by latency` which end of the order.
    """
    places = [place for place, word in enumerate(result.words) if word.role == role]
    if role == "share" and sum(word.text == "percentage" for word in result.words) > 1:  # `as a percentage of all` too
        return False
    return places == list(range(places[0], places[-1] + 1)) if places else True


def composed(count: int) -> list[str]:
    """Prompts that are understood, of clauses of different roles in any order; always the same."""
    chance, known = random.Random(20261122), parts()  # noqa: S311 - no secret
    made: dict[str, None] = {}
    for _ in range(count * 40):
        roles = chance.sample(sorted(set(known) - {"metric"}), chance.randint(1, 3))
        texts = [chance.choice(known[role]) for role in (*roles, "metric")]
        if chance.random() < 0.5:
            chance.shuffle(texts)
        prompt = " ".join(texts)
        result = nlq.interpret(prompt, CONTEXT)
        if isinstance(result, nlq.Interpretation) and all(
            says_once(role, result) for role in ("metric", "ranking", "share")
        ):
            made[prompt] = None
        if len(made) == count:
            return list(made)
    raise AssertionError(len(made))


with without_tracing():
    PROMPTS = composed(300)
pytestmark = pytest.mark.usefixtures("untraced")


@pytest.mark.parametrize("prompt", PROMPTS)
def test_reading_parses_back(prompt: str) -> None:
    """The reading of a prompt asks the same question, and its reading is itself."""
    whole = read(prompt)
    again = read(whole.reading)
    assert (again.question, again.reading) == (whole.question, whole.reading)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_taking_a_clause_away_changes_the_question_or_is_told(prompt: str) -> None:
    """Without one of its clauses a prompt asks something else, is refused, or says what it now assumes.

    But for what is said twice.
    """
    once = [(start, end) for start, end in clauses(prompt) if prompt.count(prompt[start:end].strip()) == 1]
    assert once
    assert_each_counts(prompt, once)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_word_of_no_meaning_is_refused_wherever_it_stands(prompt: str) -> None:
    """A made-up word in any place refuses the prompt, and the refusal names it."""
    assert_no_place_for_a_stranger(prompt)
