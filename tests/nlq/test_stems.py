"""Stems bring the forms of a word together, and keep other words apart."""

import pytest

from nlq.stems import stem


@pytest.mark.parametrize(
    "forms",
    [
        "fail failed failure failures failing",
        "ban bans banned banning",
        "stop stops stopped stopping",
        "produce produced production producing",
        "reject rejected rejection rejections",
        "deploy deploys deployed deployment deployments",
        "cancel cancelled cancelling cancellation",
        "idle idling idled",
        "error errors erroring",
    ],
)
def test_forms_of_a_word_have_one_stem(forms: str) -> None:
    """Plurals, participles and nouns of deeds."""
    assert len({stem(form) for form in forms.split()}) == 1


def test_other_words_keep_apart() -> None:
    """Short words are left alone, and unlike words do not meet."""
    words = "cpu memory disk queue depth latency request error login signup order page load".split()
    assert len({stem(word) for word in words}) == len(words)
    assert stem("ms") == "ms"
    assert stem("") == ""
