"""What is stored, as tokens name it: tag keys and values, codes, countries; and verbs that say what a value does."""

import re
from collections.abc import Iterator, Sequence

from nlq.catalog import PARTICIPLE
from nlq.clauses import Codes, ErrorRate, KeyNoun
from nlq.context import Context
from nlq.fold import fold, runs_beyond
from nlq.lexicon import OUTCOMES, RESERVED
from nlq.particles import with_particles
from nlq.places import is_country, values_by_country
from nlq.plurals import singular
from nlq.question import GroupKey, TagFilter
from nlq.rule import Match, Scanner
from nlq.stems import stem
from nlq.tokens import Token
from nlq.verbs import PARTICLES

MAX_WORDS = 6  # tokens a value is typed as
CODES_COST = 0.9  # where nothing else says what is counted
AKIN_COST = 0.1
COUNTRY_COST = 0.1  # dearer than a name that is stored so
FAMILY_COST = 0.3  # dearer than a word of a metric's name
CODE = 3  # characters
_CLASS = re.compile(r"[1-9]xx$")
_OUTCOMES = frozenset({"error", "failure", "success"})
_OUTCOME_STEMS = frozenset(map(stem, OUTCOMES))
_SAID_OF_RATES = _OUTCOMES | OUTCOMES


def _scan(tokens: Sequence[Token], context: Context, since: int = 0) -> Iterator[Match]:
    folds = [fold(token.text) for token in tokens]
    for start in range(since, len(tokens)):
        yield from _alone(start, tokens[start], context)
    for start in range(max(0, since - 1), len(tokens)):
        if len(tokens[start].text) == CODE:
            yield from _codes(start, tokens, context)
    for start, begun in runs_beyond(folds, since, MAX_WORDS):
        folded = begun
        for end in range(max(start, since) + 1, min(start + MAX_WORDS, len(tokens)) + 1):
            if not folds[end - 1]:
                break
            folded += folds[end - 1]
            if context.catalog.may_tag(folded) or is_country(folded):
                yield from _named(start, end, folded, tokens, context)


def _alone(start: int, token: Token, context: Context) -> Iterator[Match]:
    """What the token says by itself."""
    if len(token.text) > 1 or token.text.isalnum():
        yield Match(start, start + 1, "word", token.text, 0.0, "word")
    if ":" in token.text:
        yield from _as_stored(start, token, context)
    if token.norm.endswith("xx"):
        yield from _class_of_codes(start, token, context)


def _named(start: int, end: int, folded: str, tokens: Sequence[Token], context: Context) -> Iterator[Match]:
    """The keys and values that a run of tokens may name."""
    for key in context.catalog.keys_like(folded):
        noun = KeyNoun(GroupKey("tag", key), plural=singular(tokens[end - 1].norm) != tokens[end - 1].norm)
        yield Match(start, end, "key", key, 0.0, "tag key")
        yield Match(start, end, "key-noun", noun, 0.0, "tag key")
    if not (pairs := context.catalog.values_like(folded)):
        yield from _not_as_stored(start, end, folded, tokens, context)
    else:
        said = " ".join(each.text for each in tokens[start:end])
        exact = [pair for pair in pairs if pair[1] == said]
        if said.startswith("-") and not exact:
            return  # `-auth` may well mean all but that
        for key, value in exact or pairs:
            choice = TagFilter(key, (value,))
            yield Match(start, end, "one-choice", choice, 0.0, "tag value")
            if end > start + 1 or not _is_grammar(tokens[start]):
                yield Match(start, end, "one-keyless", choice, 0.0, "tag value")
                if not exact and singular(tokens[end - 1].norm) != tokens[end - 1].norm:
                    yield Match(start, end, "one-plural", choice, 0.0, "tag value in the plural")


def _not_as_stored(start: int, end: int, folded: str, tokens: Sequence[Token], context: Context) -> Iterator[Match]:
    """Countries in full, and what values have in common that numbers tell apart: the `web` hosts."""
    countries = values_by_country(folded, context.catalog)
    found = [("country", COUNTRY_COST, TagFilter(key, (value,))) for key, value in countries]
    if end == start + 1 and not _is_grammar(tokens[start]):
        families = context.catalog.families_like(folded)
        found += [("family", FAMILY_COST, TagFilter(key, (begun,), match="prefix")) for key, begun in families]
    for rule, cost, choice in found:
        yield Match(start, end, "one-choice", choice, cost, rule)
        yield Match(start, end, "one-keyless", choice, cost, rule)


def strangers(known: frozenset[str]) -> Scanner:
    """Words that are none of the language's, `known`: where one stands behind a key, it is meant as a value."""

    def scan(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
        for index, token in enumerate(tokens):
            if token.text[0].isalnum() and (token.quoted or token.norm not in known):
                yield Match(index, index + 1, "stranger", token.text, 0.0, "stranger")

    return Scanner("stranger", scan, reach=1)


def may_be_verb(word: str, known: frozenset[str]) -> bool:
    """Whether the word is none of the language's, or one that says what came of something."""
    return word not in known or singular(word) in _OUTCOMES or stem(word) in _OUTCOME_STEMS


def akin(known: frozenset[str]) -> Scanner:
    """Verbs and nouns, none of the language's `known`, that say what a value does: `fail` is said of `failed`.

    Of a `rate` the value itself may be said too: a `participle`.
    """

    def scan(tokens: Sequence[Token], context: Context) -> Iterator[Match]:
        for index, token in enumerate(tokens):
            if token.quoted or not token.text.isalpha():
                continue
            after = tokens[index + 1].norm if index + 1 < len(tokens) else ""
            for key, value in context.catalog.values_akin(token.norm, after) if after in PARTICLES else ():
                choice = TagFilter(key, (value,))
                yield Match(index, index + 2, "one-choice", choice, AKIN_COST, "verb of a value")
                yield Match(index, index + 2, "one-keyless", choice, AKIN_COST, "verb of a value")
            like = token.norm in _SAID_OF_RATES or token.norm.endswith(PARTICIPLE)
            kin = context.catalog.values_akin(token.norm)
            exact = context.catalog.values_like(fold(token.text)) if like or kin else []
            for key, value in (exact if like else []) if exact else kin:
                choice = TagFilter(key, (value,))
                yield Match(index, index + 1, "participle", ErrorRate(token.norm, (choice,)), 0.0, "participle")
                if not exact and may_be_verb(token.norm, known):
                    yield Match(index, index + 1, "one-choice", choice, AKIN_COST, "verb of a value")
                    yield Match(index, index + 1, "one-keyless", choice, AKIN_COST, "verb of a value")

    return Scanner("verb of a value", scan, reach=2)


def _as_stored(start: int, token: Token, context: Context) -> Iterator[Match]:
    """`host:web-01`, typed as a tag is stored."""
    typed_key, colon, typed_value = token.text.partition(":")
    if colon and typed_value:
        keys = context.catalog.keys_like(fold(typed_key))
        for key, value in context.catalog.values_like(fold(typed_value)):
            if key in keys:
                yield Match(start, start + 1, "selection", TagFilter(key, (value,)), 0.0, "tag as stored")


def _class_of_codes(start: int, token: Token, context: Context) -> Iterator[Match]:
    """`5xx`: the codes of three digits that begin with 5, under whatever key they are stored."""
    if _CLASS.match(token.norm) and not token.quoted:
        for choice in codes_from(token.norm[0], context):
            yield Match(start, start + 1, "codes", Codes(choice), CODES_COST, "class of codes")
            yield Match(start, start + 1, "one-choice", choice, 0.0, "class of codes")
            yield Match(start, start + 1, "one-keyless", choice, 0.0, "class of codes")


def codes_from(digit: str, context: Context) -> list[TagFilter]:
    """For each key under which any are stored, that the code of three digits begins with this one; or is `5xx`."""
    classes = [TagFilter(key, (value,)) for key, value in context.catalog.values_like(f"{digit}xx")]
    codes = (f"{digit}{rest:02}" for rest in range(100))
    keys = {key for code in codes for key, _ in context.catalog.values_like(code)} - {each.key for each in classes}
    return [*classes, *(TagFilter(key, (digit,), match="prefix") for key in sorted(keys))]


def _codes(start: int, tokens: Sequence[Token], context: Context) -> Iterator[Match]:
    """`404s`, which is no time: a code of three digits, in the plural."""
    token, after = tokens[start], tokens[start + 1] if start + 1 < len(tokens) else None
    if after and after.norm == "s" and after.start == token.end:
        for key, value in context.catalog.values_like(token.text):
            yield Match(start, start + 2, "one-keyless", TagFilter(key, (value,)), 0.0, "codes")
            yield Match(start, start + 2, "codes", Codes(TagFilter(key, (value,))), CODES_COST, "codes")


def _is_grammar(token: Token) -> bool:
    return not token.quoted and singular(token.norm) in RESERVED


SCANNERS = (Scanner("tag", with_particles(_scan), skips=True),)
