"""Every word of a prompt is accounted for: taking one away, or putting one in, never goes unnoticed."""

import pytest

from tests.nlq.accounting import assert_each_counts, assert_no_place_for_a_stranger, clauses, read
from tests.nlq.test_corpus import READ

PROMPTS = [prompt for _, prompt in READ]
pytestmark = pytest.mark.usefixtures("untraced")


@pytest.mark.parametrize("prompt", PROMPTS)
def test_taking_a_clause_away_changes_the_question_or_is_told(prompt: str) -> None:
    """Without one of its clauses a prompt asks something else, is refused, or says what it now assumes."""
    assert_each_counts(prompt, clauses(prompt))


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_word_of_no_meaning_is_refused_wherever_it_stands(prompt: str) -> None:
    """A made-up word in any place refuses the prompt, and the refusal names it."""
    assert_no_place_for_a_stranger(prompt)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_case_and_white_space_do_not_matter(prompt: str) -> None:
    """Upper case, and any white space between words, ask the same question."""
    if '"' not in prompt:
        assert read(prompt.upper()).question == read(prompt).question
    assert read("  " + prompt.replace(" ", " \t ") + "\n").question == read(prompt).question
