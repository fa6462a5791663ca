"""Other words for what is stored: the lines themselves, and what they are let do."""

import pytest

import nlq
from nlq import thesaurus
from tests.nlq.conftest import NOW

LINES = [line.split() for line in thesaurus._LINES.splitlines() if line]


def ask(prompt: str, *names: str) -> nlq.Interpretation | nlq.Refusal:
    catalog = nlq.Catalog()
    for name in names:
        catalog.add(name, "event", ["site:north"])
    return nlq.interpret(prompt, nlq.Context(now=NOW, catalog=catalog))


def test_lines_hold_words_that_can_be_reached() -> None:
    """Letters alone, folded; at least two a line, and none twice in it."""
    for line in LINES:
        assert len(set(line)) == len(line) > 1, line
        assert all(word.isalpha() and word == word.casefold() for word in line), line


@pytest.mark.parametrize(
    ("word", "others"),
    [("rides", {"trip", "journey"}), ("binned", {"wasted", "chucked"}), ("riding", {"trip"}), ("folks", {"player"})],
)
def test_forms_of_a_word_have_its_meaning(word: str, others: set[str]) -> None:
    """In the plural, and as verbs with an ending."""
    assert others <= set(thesaurus.alike(word))


def test_one_meaning_is_read_and_told() -> None:
    """Where one name has another word of the line."""
    result = ask("rides today", "trip.started")
    assert isinstance(result, nlq.Interpretation), result
    assert result.question.names == ("trip.started",)
    assert "'rides' read as 'trips'" in result.assumptions


def test_several_meanings_are_not_guessed() -> None:
    """Where two names have one each."""
    assert isinstance(ask("rides today", "trip.started", "journey.started"), nlq.Refusal)


def test_a_word_of_no_line_is_refused() -> None:
    """Nor is power energy, or a reservation an order."""
    for prompt, name in (("power today", "energy.used"), ("reservations today", "order.placed")):
        assert isinstance(ask(prompt, name), nlq.Refusal), prompt


def test_a_slip_for_another_word() -> None:
    """Of a word that is not stored, but that has the meaning of one that is; not of one that is neither."""
    result = ask("resevations today", "booking.made")
    assert isinstance(result, nlq.Interpretation), result
    assert result.question.names == ("booking.made",)
    assert "'resevations' read as 'bookings'" in result.assumptions
    assert isinstance(ask("resxvztions today", "booking.made"), nlq.Refusal)


def test_what_was_earned_of_something() -> None:
    """The money of orders, where a metric of orders tells it; and of nothing else."""
    catalog = nlq.Catalog()
    for name, type_ in (("order.value_eur", "histogram"), ("order.placed", "event"), ("coffee.sold_eur", "counter")):
        catalog.add(name, type_, ["channel:app"])
    context = nlq.Context(now=NOW, catalog=catalog)
    result = nlq.interpret("total revenue from app orders last week", context)
    assert isinstance(result, nlq.Interpretation), result
    assert result.question.names == ("order.value_eur",)
    assert [each.function for each in result.question.aggregations] == ["sum"]
    assert isinstance(nlq.interpret("total revenue from app parcels last week", context), nlq.Refusal)
