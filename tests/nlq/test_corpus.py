"""Every prompt of the corpus means what its block says, and every reading is a prompt for the same question."""

from collections.abc import Iterator

import pytest

import nlq
from tests.nlq.conftest import CORPUS, NOW, read_catalog


def cases() -> Iterator[tuple[str, str, str]]:
    """(`=` or `!`, what is expected, prompt) for each prompt."""
    for path in sorted(CORPUS.glob("*.corpus")):
        kind = expected = ""
        for line in path.read_text().splitlines():
            if line.startswith(("= ", "! ")):
                kind, expected = line[0], line[2:].strip()
            elif line.strip() and not line.startswith("#"):
                yield kind, expected, line


CASES = list(cases())
READ = [(expected, prompt) for kind, expected, prompt in CASES if kind == "="]
REFUSED = [(expected, prompt) for kind, expected, prompt in CASES if kind == "!"]
CONTEXT = nlq.Context(now=NOW, catalog=read_catalog())


@pytest.mark.parametrize(("reading", "prompt"), READ, ids=[prompt for _, prompt in READ])
def test_prompt_is_read_as_its_block_says(reading: str, prompt: str) -> None:
    """A prompt gets the reading of its block, and each of its words a role other than unknown."""
    result = nlq.interpret(prompt, CONTEXT)
    assert isinstance(result, nlq.Interpretation), result
    assert result.reading == reading
    assert "unknown" not in {word.role for word in result.words}
    assert [prompt[word.start : word.end] for word in result.words] == [word.text for word in result.words]


@pytest.mark.parametrize("reading", sorted({reading for reading, _ in READ}))
def test_reading_parses_back_to_the_same_question(reading: str) -> None:
    """The canonical sentence is itself a prompt, and its reading is itself."""
    result = nlq.interpret(reading, CONTEXT)
    assert isinstance(result, nlq.Interpretation), result
    assert result.reading == reading


@pytest.mark.parametrize(("code", "prompt"), REFUSED, ids=[prompt for _, prompt in REFUSED])
def test_refused_prompt_says_why_and_what_to_ask_instead(code: str, prompt: str) -> None:
    """A refusal has the code of its block, a span inside the prompt, and suggestions that are answered."""
    result = nlq.interpret(prompt, CONTEXT)
    assert isinstance(result, nlq.Refusal), result
    assert result.code == code, result
    assert 0 <= result.start < result.end <= len(prompt)
    assert 1 <= len(result.suggestions) <= 3
    for suggestion in result.suggestions:
        assert isinstance(nlq.interpret(suggestion, CONTEXT), nlq.Interpretation), suggestion


@pytest.mark.parametrize(("code", "prompt"), REFUSED, ids=[prompt for _, prompt in REFUSED])
def test_refusal_points_at_the_word_that_was_not_understood(code: str, prompt: str) -> None:
    """The span covers unknown words, and of one alone: some suggestion keeps every word beside it that is read."""
    result = nlq.interpret(prompt, CONTEXT)
    assert isinstance(result, nlq.Refusal)
    unknown = [word for word in result.words if word.role == "unknown"]
    if code == "not_understood":
        assert any(result.start <= word.start and word.end <= result.end for word in unknown)
    read = {word.text for word in result.words if word.role not in ("unknown", "filler", "zone")}
    if code == "not_understood" and len(unknown) == 1 and read:
        assert any(read <= set(suggestion.split()) for suggestion in result.suggestions), result.suggestions


def test_corpus_is_large_enough() -> None:
    """At least 200 prompts, 150 refusals among them, and none twice."""
    prompts = [prompt for _, _, prompt in CASES]
    assert len(prompts) >= 200
    assert len(REFUSED) >= 150
    assert len(set(prompts)) == len(prompts)
