"""Every rule is needed: some prompt or reading of the corpus, or a follow-up, is read with it."""

from nlq.rules import GRAMMAR, RULES, time_range
from nlq.tokens import tokenize
from tests.nlq.test_corpus import CASES, CONTEXT


def test_every_rule_fires() -> None:
    """The rules of time words have a test of their own."""
    texts = {text for kind, expected, prompt in CASES for text in (prompt, *([expected] if kind == "=" else []))}
    fired = {match.rule for text in texts for match in GRAMMAR.matches(tokenize(text), CONTEXT)}
    assert [rule.name for rule in RULES if rule not in time_range.RULES and rule.name not in fired] == []
