"""What depends on how names and values are spelled, over a catalog that the corpus does not have."""

import pytest

import nlq
from tests.nlq.conftest import NOW

SERIES = (
    ("pipeline.run", "event", "branch:main result:failure"),
    ("pipeline.run", "event", "branch:develop result:success"),
    ("chargeback.amount_eur", "event", "scheme:visa"),
    ("pipeline.duration_s", "timer", "repo:web stage:build"),
    ("review.posted", "event", "sentiment:negative side:left"),
    ("review.posted", "event", "sentiment:typical side:right"),
    ("thing.created", "event", "site:vs"),
    ("crane.moves", "counter", "crane:c1"),
    ("crane.moves", "counter", "crane:c5"),
)


def ask(prompt: str) -> nlq.Interpretation | nlq.Refusal:
    catalog = nlq.Catalog()
    for name, kind, tags in SERIES:
        catalog.add(name, kind, tags.split())
    return nlq.interpret(prompt, nlq.Context(now=NOW, catalog=catalog))


@pytest.mark.parametrize(
    "prompt", ["how many pipelines failed today", "failed pipelines today", "pipelines with failures today"]
)
def test_outcome_is_said_as_a_verb(prompt: str) -> None:
    """`failed` is said of the value `failure`."""
    result = ask(prompt)
    assert isinstance(result, nlq.Interpretation), result
    assert result.question.names == ("pipeline.run",)
    assert [(tag.key, tag.values) for tag in result.question.tags] == [("result", ("failure",))]


def test_duration_is_never_dropped() -> None:
    """`pipeline duration` of a branch is refused: what lasts has no branch, and what has one lasts no time."""
    result = ask("p90 pipeline duration main vs develop")
    assert isinstance(result, nlq.Refusal)
    assert result.code == "unknown_value"
    assert "pipeline.duration_s has no tag branch" in result.detail


def test_event_with_a_unit_has_a_value() -> None:
    """Of `chargeback.amount_eur` an amount is of each, and a number of all."""
    result = ask("how many chargebacks over 500 eur today")
    assert isinstance(result, nlq.Interpretation), result
    assert [each.number for each in result.question.values] == [500]
    assert result.question.having == ()


@pytest.mark.parametrize(
    ("prompt", "reading"),
    [
        ("negative reviews", "count of review.posted where sentiment=negative"),
        ("typical reviews", "count of review.posted where sentiment=typical"),
        ("reviews left", "count of review.posted where side=left"),
        ("how many things", "count of thing.created"),
        ("moves of crane 5", "sum of crane.moves where crane=c5"),
    ],
)
def test_what_is_stored_comes_before_what_a_word_says_elsewhere(prompt: str, reading: str) -> None:
    """`negative` is below nought, `left` the latest, `things` nothing at all: where nothing stored is called so."""
    result = ask(f"{prompt} today")
    assert isinstance(result, nlq.Interpretation), result
    assert result.reading.startswith(f"{reading} from "), result.reading
