"""Every word of a prompt is accounted for: asserted of the corpus' prompts, and of others made of their parts."""

from collections.abc import Iterable

import nlq
from tests.nlq.test_corpus import CONTEXT

# Roles whose clauses say something that no other clause says; words such as `did` or `how much` may repeat others.
SAYING = {"metric", "tag", "value", "grouping", "grain", "ranking", "share", "time", "condition"}


def read(prompt: str) -> nlq.Interpretation:
    """What is understood by a prompt that is understood."""
    result = nlq.interpret(prompt, CONTEXT)
    assert isinstance(result, nlq.Interpretation), (prompt, result)
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


def assert_each_counts(prompt: str, spans: Iterable[tuple[int, int]]) -> None:
    """Without one of the spans the prompt asks something else, is refused, or says what it now assumes."""
    whole = read(prompt)
    for start, end in spans:
        rest = nlq.interpret(prompt[:start] + prompt[end:], CONTEXT)
        if isinstance(rest, nlq.Interpretation) and rest.question == whole.question:
            assert set(rest.assumptions) - set(whole.assumptions), prompt[start:end]


def assert_no_place_for_a_stranger(prompt: str) -> None:
    """A made-up word in any place refuses the prompt, and the refusal names it, unless it has more to say."""
    words = prompt.split(" ")
    for place in range(len(words) + 1):
        changed = " ".join((*words[:place], "zorblax", *words[place:]))
        result = nlq.interpret(changed, CONTEXT)
        assert isinstance(result, nlq.Refusal), changed
        if result.code in ("not_understood", "unknown_value"):
            assert "zorblax" in result.detail, changed
