"""Every word of a prompt is accounted for: taking one away, or putting one in, never goes unnoticed."""

import pytest

import nlq
from tests.nlq.test_corpus import CONTEXT, READ

# Roles whose clauses say something that no other clause says; words such as `did` or `how much` may repeat others.
SAYING = {"metric", "tag", "value", "grouping", "grain", "ranking", "share", "time", "condition"}
PROMPTS = [prompt for _, prompt in READ]


def read(prompt: str) -> nlq.Interpretation:
    result = nlq.interpret(prompt, CONTEXT)
    assert isinstance(result, nlq.Interpretation), result
    return result


def clauses(prompt: str) -> list[tuple[int, int]]:
    """The spans of words in a row that have the same role, where the role says something of its own."""
    spans: list[tuple[str, int, int]] = []
    for word in read(prompt).words:
        if spans and spans[-1][0] == word.role:
            spans[-1] = (word.role, spans[-1][1], word.end)
        else:
            spans.append((word.role, word.start, word.end))
    return [(start, end) for role, start, end in spans if role in SAYING]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_taking_a_clause_away_changes_the_question_or_is_told(prompt: str) -> None:
    """Without one of its clauses a prompt asks something else, is refused, or says what it now assumes."""
    whole = read(prompt)
    for start, end in clauses(prompt):
        rest = nlq.interpret(prompt[:start] + prompt[end:], CONTEXT)
        if isinstance(rest, nlq.Interpretation) and rest.question == whole.question:
            assert set(rest.assumptions) - set(whole.assumptions), prompt[start:end]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_word_of_no_meaning_is_refused_wherever_it_stands(prompt: str) -> None:
    """A made-up word in any place refuses the prompt, and the refusal names it."""
    words = prompt.split(" ")
    for place in range(len(words) + 1):
        changed = " ".join((*words[:place], "zorblax", *words[place:]))
        result = nlq.interpret(changed, CONTEXT)
        assert isinstance(result, nlq.Refusal), changed
        if result.code in ("not_understood", "unknown_value"):
            assert "zorblax" in result.detail, changed


@pytest.mark.parametrize("prompt", PROMPTS)
def test_case_and_white_space_do_not_matter(prompt: str) -> None:
    """Upper case, and any white space between words, ask the same question."""
    if '"' not in prompt:
        assert read(prompt.upper()).question == read(prompt).question
    assert read("  " + prompt.replace(" ", " \t ") + "\n").question == read(prompt).question
