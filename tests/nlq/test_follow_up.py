"""Follow-ups change the question before; without one they are refused as incomplete."""

from dataclasses import replace

import pytest

import nlq
from tests.nlq.test_corpus import CONTEXT

FIRST = "average cpu usage by host today"
TODAY = "from 2026-11-22T00:00Z to 2026-11-22T10:30Z"
YESTERDAY = "from 2026-11-21T00:00Z to 2026-11-22T00:00Z"
FOLLOW_UPS = {
    "and yesterday?": f"avg of cpu.usage by host {YESTERDAY}",
    "what about yesterday": f"avg of cpu.usage by host {YESTERDAY}",
    "by region instead": f"avg of cpu.usage by region {TODAY}",
    "by region": f"avg of cpu.usage by region {TODAY}",
    "only eu-west": f"avg of cpu.usage where region=eu-west by host {TODAY}",
    "only on web-01": f"avg of cpu.usage where host=web-01 by host {TODAY}",
    "as a daily series": f"avg of cpu.usage by host per day {TODAY}",
    "per hour": f"avg of cpu.usage by host per hour {TODAY}",
    "max": f"max of cpu.usage by host {TODAY}",
    "p95 instead": f"p95 of cpu.usage by host {TODAY}",
    "and memory used?": f"avg of memory.used by host {TODAY}",
    "over 80": f"avg of cpu.usage where value > 80 by host {TODAY}",
    "vs yesterday": f"avg of cpu.usage by host {TODAY} vs {YESTERDAY}",
    "and the top 3?": f"avg of cpu.usage by host, top 3, {TODAY}",
    "and not web-01": f"avg of cpu.usage where not host=web-01 by host {TODAY}",
}


def question_of(prompt: str, previous: nlq.Question | None = None) -> nlq.Question:
    result = nlq.interpret(prompt, replace(CONTEXT, previous=previous))
    assert isinstance(result, nlq.Interpretation), result
    return result.question


@pytest.mark.parametrize("prompt", FOLLOW_UPS)
def test_follow_up_changes_the_question_before(prompt: str) -> None:
    """What is said replaces its part, all else stays; and the question survives its way through JSON."""
    previous = nlq.question_from(question_of(FIRST).to_builtins())
    question = question_of(prompt, previous)
    assert nlq.describe(question) == FOLLOW_UPS[prompt]
    assert question_of(FOLLOW_UPS[prompt]) == question


def test_a_tag_said_again_replaces_its_condition() -> None:
    """`only web-02` after `web-01` means web-02 alone."""
    second = question_of("only web-01", question_of(FIRST))
    assert "where host=web-02 by host" in nlq.describe(question_of("only web-02", second))


@pytest.mark.parametrize("prompt", FOLLOW_UPS)
def test_follow_up_without_a_question_before_is_incomplete(prompt: str) -> None:
    """It is refused, not guessed."""
    if prompt not in ("and memory used?", "and the top 3?"):
        result = nlq.interpret(prompt, CONTEXT)
        assert isinstance(result, nlq.Refusal)
        assert result.code == "incomplete"


def test_a_whole_prompt_is_a_new_question() -> None:
    """Nothing of the question before is left in it."""
    assert question_of("errors today", question_of(FIRST)) == question_of("errors today")


def test_a_follow_up_that_changes_nothing_is_refused() -> None:
    """It would seem to be understood."""
    result = nlq.interpret("today", replace(CONTEXT, previous=question_of(FIRST)))
    assert isinstance(result, nlq.Refusal)
