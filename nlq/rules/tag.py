"""Tag filters: `host web-01`, `host=web-01`, `on web-01`, `status 500 or 404`, `not`, `except`, `without`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Literal

from nlq.catalog import PARTICIPLE, fold
from nlq.clauses import Codes, ErrorRate, KeyNoun, Part, ShareWhere
from nlq.context import Context
from nlq.engine import Match, Producer, Rule, Scanner
from nlq.lexicon import OUTCOMES, RESERVED
from nlq.particles import with_particles
from nlq.places import values_by_country
from nlq.plurals import singular
from nlq.question import Comparison, GroupKey, TagFilter
from nlq.refusal import Problem
from nlq.stems import stem
from nlq.tokens import Token
from nlq.verbs import LIGHT, PEOPLE

_CLASS = re.compile(r"[1-9]xx$")
MAX_VALUES_TRIED = 10_000
MAX_WORDS = 6  # tokens a value is typed as
MAX_NEAREST = 4
MAX_READ = 20  # values, to tell whether they are numbers
CODES_COST = 0.9  # where nothing else says what is counted
AKIN_COST = 0.1
_NUMBER = re.compile(r"[^\W\d_]+[-_ ]?0*(\d{1,6})")  # of a value such as `c5` or `dock-05`
_WHY = frozenset("reason cause error code fault kind type topic category".split())
_OUTCOMES = frozenset({"error", "failure", "success"})
COUNTRY_COST = 0.1  # dearer than a name that is stored so
KEYLESS_COST = 0.35  # a value that stands without its key
UNKNOWN_VALUE_COST = 30.0  # dearer than any other reading, cheaper than an unknown word


def _scan(tokens: Sequence[Token], context: Context, since: int = 0) -> Iterator[Match]:
    folds = [fold(token.text) for token in tokens]
    for start, token in enumerate(tokens):
        if start >= since:
            if len(token.text) > 1 or token.text.isalnum():
                yield Match(start, start + 1, "word", token.text, 0.0, "word")
            yield from _as_stored(start, token, context)
            yield from _class_of_codes(start, token, context)
        yield from _codes(start, tokens, context)
        first = max(start + 1, since + 1)
        if not all(folds[start : first - 1]):
            continue
        folded = "".join(folds[start : first - 1])
        for end in range(first, min(start + MAX_WORDS, len(tokens)) + 1):
            if not folds[end - 1]:
                break
            folded += folds[end - 1]
            yield from _named(start, end, folded, tokens, context)


def _named(start: int, end: int, folded: str, tokens: Sequence[Token], context: Context) -> Iterator[Match]:
    """The keys and values that a run of tokens may name."""
    for key in context.catalog.keys_like(folded):
        noun = KeyNoun(GroupKey("tag", key), plural=singular(tokens[end - 1].norm) != tokens[end - 1].norm)
        yield Match(start, end, "key", key, 0.0, "tag key")
        yield Match(start, end, "key-noun", noun, 0.0, "tag key")
    pairs = context.catalog.values_like(folded)
    if not pairs:
        for key, value in values_by_country(folded, context.catalog):
            choice = TagFilter(key, (value,))
            yield Match(start, end, "one-choice", choice, COUNTRY_COST, "country")
            yield Match(start, end, "one-keyless", choice, COUNTRY_COST, "country")
    if pairs:
        said = " ".join(each.text for each in tokens[start:end])
        exact = [pair for pair in pairs if pair[1] == said]
        if said.startswith("-") and not exact:
            return  # `-auth` may well mean all but that
        for key, value in exact or pairs:
            choice = TagFilter(key, (value,))
            yield Match(start, end, "one-choice", choice, 0.0, "tag value")
            if end > start + 1 or not _is_grammar(tokens[start]):
                yield Match(start, end, "one-keyless", choice, 0.0, "tag value")


def strangers(known: frozenset[str]) -> Scanner:
    """Words that are none of the language's, `known`: where one stands behind a key, it is meant as a value."""

    def scan(tokens: Sequence[Token], _context: Context) -> Iterator[Match]:
        for index, token in enumerate(tokens):
            if token.text[0].isalnum() and (token.quoted or token.norm not in known):
                yield Match(index, index + 1, "stranger", token.text, 0.0, "stranger")

    return Scanner("stranger", scan, reach=1)


def may_be_verb(word: str, known: frozenset[str]) -> bool:
    """Whether the word is none of the language's, or one that says what came of something."""
    return word not in known or singular(word) in _OUTCOMES


def akin(known: frozenset[str]) -> Scanner:
    """Verbs and nouns, none of the language's `known`, that say what a value does: `fail` is said of `failed`.

    Of a `rate` the value itself may be said too: a `participle`.
    """

    def scan(tokens: Sequence[Token], context: Context) -> Iterator[Match]:
        for index, token in enumerate(tokens):
            if token.quoted or not token.text.isalpha():
                continue
            like = token.norm in _OUTCOMES | OUTCOMES or token.norm.endswith(PARTICIPLE)
            kin = context.catalog.values_akin(token.norm)
            exact = context.catalog.values_like(fold(token.text)) if like or kin else []
            for key, value in (exact if like else []) if exact else kin:
                choice = TagFilter(key, (value,))
                yield Match(index, index + 1, "participle", ErrorRate(token.norm, (choice,)), 0.0, "participle")
                if not exact and may_be_verb(token.norm, known):
                    yield Match(index, index + 1, "one-choice", choice, AKIN_COST, "verb of a value")
                    yield Match(index, index + 1, "one-keyless", choice, AKIN_COST, "verb of a value")

    return Scanner("verb of a value", scan, reach=1)


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
        for choice in _codes_from(token.norm[0], context):
            yield Match(start, start + 1, "codes", Codes(choice), CODES_COST, "class of codes")
            yield Match(start, start + 1, "one-choice", choice, 0.0, "class of codes")
            yield Match(start, start + 1, "one-keyless", choice, 0.0, "class of codes")


def _codes_from(digit: str, context: Context) -> list[TagFilter]:
    """For each key under which any are stored, that the code of three digits begins with this one."""
    codes = (f"{digit}{rest:02}" for rest in range(100))
    keys = {key for code in codes for key, _ in context.catalog.values_like(code)}
    return [TagFilter(key, (digit,), match="prefix") for key in sorted(keys)]


def _codes(start: int, tokens: Sequence[Token], context: Context) -> Iterator[Match]:
    """`404s`, which is no time: a code of three digits, in the plural."""
    token, after = tokens[start], tokens[start + 1] if start + 1 < len(tokens) else None
    if after and after.norm == "s" and after.start == token.end and len(token.text) == 3:
        for key, value in context.catalog.values_like(token.text):
            yield Match(start, start + 2, "one-keyless", TagFilter(key, (value,)), 0.0, "codes")
            yield Match(start, start + 2, "codes", Codes(TagFilter(key, (value,))), CODES_COST, "codes")


def _is_grammar(token: Token) -> bool:
    return not token.quoted and singular(token.norm) in RESERVED


def _or(_context: Context, first: TagFilter, second: TagFilter) -> TagFilter | None:
    if first.key != second.key or first.match != second.match:
        return None
    return replace(first, values=tuple(sorted({*first.values, *second.values})))


def _of_key(_context: Context, key: str, choice: TagFilter) -> TagFilter | None:
    return choice if choice.key == key else None


def _numbered(context: Context, key: str, number: int) -> TagFilter | Problem | None:
    """`crane 5`: the one crane of that number, `c5`."""
    known = islice(context.catalog.keys[key], MAX_READ)
    found = [value for value in known if (told := _NUMBER.fullmatch(value)) and int(told[1]) == number]
    if len(found) > 1:
        choices = tuple(f"{key} {value}" for value in found)
        return Problem("ambiguous", f"{key} {number} may be any of: {', '.join(found)}.", choices)
    return TagFilter(key, (found[0],)) if found else None


def _what_is_wrong(_context: Context, wanted: TagFilter | Problem) -> TagFilter | Problem | None:
    """`network problems`, of a tag that says why."""
    return wanted if isinstance(wanted, Problem) or singular(wanted.key) in _WHY else None


def _not(_context: Context, wanted: TagFilter | Problem) -> TagFilter | Problem | None:
    if isinstance(wanted, Problem):
        return wanted
    return None if wanted.negated else replace(wanted, negated=True)


def _has(_context: Context, key: str) -> TagFilter:
    return TagFilter(key)


def _same(_context: Context, wanted: TagFilter) -> TagFilter:
    return wanted


def _partly(match: Literal["prefix", "suffix", "contains"]) -> Producer:
    def produce(context: Context, key: str, text: str) -> TagFilter | Problem:
        values = list(islice(context.catalog.keys[key], MAX_VALUES_TRIED))
        spelled = {part for value in values if (part := _part(match, value, text))}
        if len(spelled) == 1 or text in spelled:
            return TagFilter(key, (text if text in spelled else spelled.pop(),), match=match)
        known = ", ".join(sorted(values)[:5])
        nearest = tuple(f"{key} {value}" for value in context.catalog.values_near(key, text, MAX_NEAREST))
        return Problem("unknown_value", f"No {key} {_DOES[match]} {text!r}. Known values begin: {known}.", nearest)

    return produce


def _or_partly(context: Context, wanted: TagFilter | Problem, text: str) -> TagFilter | None:
    if isinstance(wanted, Problem) or wanted.match == "is":
        return None
    other = _partly(wanted.match)(context, wanted.key, text)
    return _or(context, wanted, other) if isinstance(other, TagFilter) else None


def _part(match: str, value: str, text: str) -> str:
    """The part of the value that is `text` but for its case; empty where there is none."""
    at = value.casefold().rfind(text.casefold()) if match == "suffix" else value.casefold().find(text.casefold())
    found = at == 0 if match == "prefix" else at == len(value) - len(text) if match == "suffix" else at >= 0
    return value[at : at + len(text)] if found and at >= 0 else ""


def _part_of(_context: Context, wanted: TagFilter | Problem) -> Part | Problem:
    return wanted if isinstance(wanted, Problem) else Part(wanted)


def _who_are(_context: Context, wanted: TagFilter | Problem) -> TagFilter | Problem | None:
    """`physics people`; but a server has none."""
    if isinstance(wanted, Problem):
        return wanted
    return wanted if all(value.isalpha() for value in wanted.values) else None


def _done_by(_context: Context, word: str, wanted: TagFilter | Problem) -> Part | None:
    """`paid in cash`, of the tag `payment`; `handled by kim`, of an `agent`: the verb says no more than the key."""
    if isinstance(wanted, Problem):
        return None
    agent = word in LIGHT and singular(wanted.key) in PEOPLE
    return Part(wanted) if agent or stem(word) == stem(wanted.key.casefold()) else None


def _share_where(_context: Context, wanted: TagFilter | Problem) -> ShareWhere | Problem:
    return wanted if isinstance(wanted, Problem) else ShareWhere(wanted)


def _error_rate(word: str) -> Producer:
    def produce(context: Context) -> ErrorRate | None:
        failed = _codes_from("5", context)
        return ErrorRate(word, tuple(failed)) if failed else None

    return produce


def _unknown_value(context: Context, key: str, word: str) -> Problem | None:
    if any(pair[0] == key for pair in context.catalog.values_like(fold(word))):
        return None
    known = ", ".join(context.catalog.values_from(key, "", 5))
    nearest = tuple(f"{key} {value}" for value in context.catalog.values_near(key, word, MAX_NEAREST))
    return Problem("unknown_value", f"No stored metric has {key} {word!r}. Known values begin: {known}.", nearest)


def _unread_comparison(context: Context, key: str, comparison: Comparison, _number: float) -> Problem | None:
    values = islice(context.catalog.keys[key], MAX_READ)
    if comparison in ("eq", "ne") or not any(value[:1].isdigit() for value in values):  # then it is about the metric
        return None
    return Problem("unsupported", f"The values of the tag {key} are text: they cannot be compared as numbers.")


_DOES = {"prefix": "starts with", "suffix": "ends with", "contains": "contains"}

SCANNERS = (Scanner("tag", with_particles(_scan), skips=True),)
# Nouns that people put behind a tag's key.
_HEADS = "method|type|types|code|codes|name|names|id|ids|kind|kinds"
RULES = (
    Rule("key and head", f"<key> {_HEADS}", "key", lambda _context, key: key, cost=0.1),
    Rule("prefix", "<key> starts|starting|begins|beginning with <word>", "affix", _partly("prefix")),
    Rule("suffix", "<key> ends|ending with|in|on <word>", "affix", _partly("suffix")),
    Rule("contains", "<key> contains|containing|includes|including|like <word>", "affix", _partly("contains")),
    Rule("part of a value", "<affix>", "selection", _same),
    Rule("one part or another", "<affix> or|and <word>", "affix", _or_partly),
    Rule(
        "unset", "<key> is|are? unset|missing|empty|absent", "tag", lambda _context, key: TagFilter(key, negated=True)
    ),
    Rule("not set", "<key> is|are? not set|present|given", "tag", lambda _context, key: TagFilter(key, negated=True)),
    Rule("set", "<key> is|are set|present|given", "tag", _has),
    # the right side is one value alone: else every split of a long list would be tried
    Rule("value of a key", "<one-choice>", "choice", _same),
    Rule("value without a key", "<one-keyless>", "keyless", _same),
    Rule("one value or another", "<choice> or|and|, <one-choice>", "choice", _or),
    Rule("values, or the last", "<choice> , or|and <one-choice>", "choice", _or),
    Rule("either value or another", "either <choice>", "choice", _same),
    Rule("keyless values", "<keyless> or|and|, <one-keyless>", "keyless", _or),
    Rule("keyless values, or the last", "<keyless> , or|and <one-keyless>", "keyless", _or),
    Rule("key value", "<key> <choice>", "selection", _of_key),
    Rule("key = value", "<key> =|==|:|is|are|in|equals <choice>", "selection", _of_key),
    Rule(
        "value key",
        "<keyless> <key>",
        "selection",
        lambda context, choice, key: _of_key(context, key, choice),
    ),
    Rule(
        "word for a value key",
        "<one-choice> <key>",
        "selection",
        lambda c, choice, key: _of_key(c, key, choice),
        cost=0.05,
    ),
    Rule("numbered value", "<key> <count>", "selection", _numbered),
    Rule(
        "problem of a value",
        "<keyless> problem|problems|issue|issues|trouble|damage|damages",
        "selection",
        _what_is_wrong,
        cost=0.1,
    ),
    Rule("value alone", "<keyless>", "selection", _same, cost=KEYLESS_COST),
    Rule("people of a value", "<keyless> people", "selection", _who_are, cost=0.1),
    Rule("customers of a value", "<keyless> customers|users|clients|members|accounts", "selection", _who_are, cost=0.6),
    Rule("tag key = value", "tag|tagged <selection>", "selection", _same),
    Rule("selection", "only|just? where? on|from|in|at|to|for|with|into|onto|off? the? <selection>", "tag", _same),
    Rule("value only", "on|from|in|at|to|for? the? <selection> only|alone", "tag", _same),
    Rule("had value", "that? had|has|have|having|with|were|was|are|is <selection>", "had", _part_of, cost=0.05),
    Rule("that was value", "that|who <selection>", "had", _part_of, cost=0.1),
    Rule("came from value", "that? come|comes|came|coming from|via|through the? <selection>", "had", _part_of),
    Rule(
        "came back as value",
        "that? come|comes|came|coming|turn|turned back|out as|with|to? be? the? <selection>",
        "had",
        _part_of,
    ),
    Rule(
        "came in by value", "that? come|comes|came|coming in by|through|via|over|on the? <selection>", "had", _part_of
    ),
    Rule("done by value", "that? <word> in|by|with|via|through|on|at a|an|the? <selection>", "had", _done_by, cost=0.2),
    Rule("was because of value", "was|were|is|are because|due of|to a|an|the? <selection>", "had", _part_of),
    Rule("down to value", "down to a|an|the? <selection>", "had", _part_of),
    Rule("not because of value", "not caused|because|due by|of|to a|an|the? <selection>", "tag", _not),
    Rule("because of value", "because|cos|coz|cuz|due of|to a|an|the? <selection>", "tag", _same),
    Rule("caused by value", "caused by a|an|the? <selection>", "tag", _same),
    Rule(
        "through value", "via|through|using|during|under|within|inside|as the|our? <selection>", "tag", _same, cost=0.05
    ),
    Rule("share where", "share where <selection>", "share", _share_where),
    Rule("error rate", "error|errors rate|rates|ratio", "error-rate", _error_rate("error"), cost=-0.05),
    Rule("failure rate", "failure|failures rate|rates|ratio", "error-rate", _error_rate("failure"), cost=-0.05),
    Rule("rate of a value", "<participle> rate|rates|ratio", "error-rate", lambda _context, rate: rate),
    Rule("by error rate", "by|in? the? <error-rate>", "share", lambda _context, rate: rate),
    Rule("by value", "by the? <keyless>", "tag", _same, cost=0.3),
    Rule("value and value", "<choice> +|&|/ <one-choice>", "choice", _or),
    Rule("keyless value and value", "<keyless> +|&|/ <one-keyless>", "keyless", _or),
    Rule(
        "key != value",
        "<key> !=|<>|≠ <choice>",
        "tag",
        lambda c, key, choice: (w := _of_key(c, key, choice)) and _not(c, w),
    ),
    Rule(
        "key is not value",
        "<key> is|are not <choice>",
        "tag",
        lambda c, key, choice: (w := _of_key(c, key, choice)) and _not(c, w),
    ),
    Rule("not value", "not|except|excluding|without|besides on|in|from|for? the? <selection>", "tag", _not),
    Rule("outside of value", "outside of? the? <selection>", "tag", _not, cost=0.1),
    Rule("leaving out value", "leaving|leave out <selection>", "tag", _not),
    Rule("apart from value", "apart|aside from the? <selection>", "tag", _not),
    Rule("not counting value", "not counting|including the? <selection>", "tag", _not),
    Rule(
        "everything but value",
        "on|from|in|at|for? everything|everywhere|everyone|all except|but <selection>",
        "tag",
        _not,
    ),
    Rule("out of value", "out of the? <selection>", "tag", _same, cost=0.05),
    Rule("except for value", "but|and not|except|without on|in|from|for? the? <selection>", "tag", _not),
    Rule("other than value", "other than <selection>", "tag", _not),
    Rule("has key", "with|having a|any? <key>", "tag", _has, cost=0.1),
    Rule("lacks key", "without|no a|any? <key>", "tag", lambda _context, key: TagFilter(key, negated=True)),
    Rule("unknown value", "<key> =|==|:|!= <word>", "selection", _unknown_value, cost=UNKNOWN_VALUE_COST),
    Rule(
        "key is unknown value",
        "<key> is|are|equals|in not|either? <stranger>",
        "selection",
        _unknown_value,
        cost=UNKNOWN_VALUE_COST,
    ),
    Rule("unknown value of key", "<key> <stranger>", "selection", _unknown_value, cost=UNKNOWN_VALUE_COST + 20),
    Rule("key over number", "<key> is|was? <comparator> <number>", "tag", _unread_comparison),
)
