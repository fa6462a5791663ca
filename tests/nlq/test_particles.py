"""Nouns that are a verb and its particle find the names that write them otherwise."""

import pytest

import nlq
from tests.nlq.conftest import NOW

NAMES = {
    "guest.checkin": ("check-ins", "checkins"),
    "deploy.rolled_back": ("rollbacks", "roll-backs", "times rolled back"),
}


@pytest.mark.parametrize(("name", "noun"), [(name, noun) for name, nouns in NAMES.items() for noun in nouns])
def test_noun_is_said_of_the_verb(name: str, noun: str) -> None:
    """`rollbacks` are of `deploy.rolled_back`, `check-ins` of `guest.checkin`."""
    catalog = nlq.Catalog()
    for each in NAMES:
        catalog.add(each, "event", ["env:prod"])
    result = nlq.interpret(f"how many {noun} today", nlq.Context(now=NOW, catalog=catalog))
    assert isinstance(result, nlq.Interpretation), result
    assert result.question.names == (name,)


@pytest.mark.parametrize("prompt", ["did we roll back anything today", "deploys that were rolled back today"])
def test_verb_and_particle_are_said_of_a_value(prompt: str) -> None:
    """`roll back` is said of what is stored as `rolled_back`."""
    catalog = nlq.Catalog()
    for result in ("success", "rolled_back"):
        catalog.add("deploy.finished", "event", [f"result:{result}"])
    result = nlq.interpret(prompt, nlq.Context(now=NOW, catalog=catalog))
    assert isinstance(result, nlq.Interpretation), result
    assert [tag.values for tag in result.question.tags] == [("rolled_back",)]
