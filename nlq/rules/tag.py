"""Tag filters: `host web-01`, `host=web-01`, `on web-01`, `status 500 or 404`, `not`, `except`, `without`."""

import re
from itertools import islice
from typing import Literal

from msgspec.structs import replace

from nlq.clauses import Both, ErrorRate, Groups, ShareWhere
from nlq.context import Context
from nlq.fold import fold
from nlq.plurals import singular
from nlq.question import Comparison, GroupKey, TagFilter
from nlq.refusal import Problem
from nlq.rule import Producer, Rule
from nlq.rules.stored import codes_from

MAX_VALUES_TRIED = 10_000
MAX_NEAREST = 4
MAX_READ = 20  # values, to tell whether they are numbers
_NUMBER = re.compile(r"[^\W\d_]+[-_ ]?0*(\d{1,6})")  # of a value such as `c5` or `dock-05`
_ENDED = frozenset("result outcome status state verdict response disposition resolution decision".split())
_WHY = frozenset("reason cause error code fault kind type topic category".split())
KEYLESS_COST = 0.35  # a value that stands without its key
UNKNOWN_VALUE_COST = 30.0  # dearer than any other reading, cheaper than an unknown word


def either(_context: Context, first: TagFilter, second: TagFilter) -> TagFilter | None:
    """One value or the other; None where they are of different tags."""
    if first.key != second.key or first.match != second.match:
        return None
    return replace(first, values=tuple(sorted({*first.values, *second.values})))


def _in_a_row(context: Context, first: TagFilter, second: TagFilter) -> TagFilter | None:
    """`web-01 web-02 web-03`."""
    return None if set(second.values) <= set(first.values) else either(context, first, second)


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


def negated(_context: Context, wanted: TagFilter | Problem) -> TagFilter | Problem | None:
    """All but that; None where it is negated already."""
    if isinstance(wanted, Problem):
        return wanted
    return None if wanted.negated else replace(wanted, negated=True)


def _not_one(context: Context, wanted: TagFilter | Problem) -> TagFilter | Problem | None:
    """`checkout excluded`; of several before it, which?"""
    if isinstance(wanted, TagFilter) and len(wanted.values) > 1:
        return Problem("ambiguous", "Are all of these left out, or the last? Say 'except' before each.")
    return negated(context, wanted)


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
    return either(context, wanted, other) if isinstance(other, TagFilter) else None


def _part(match: str, value: str, text: str) -> str:
    """The part of the value that is `text` but for its case; empty where there is none."""
    at = value.casefold().rfind(text.casefold()) if match == "suffix" else value.casefold().find(text.casefold())
    found = at == 0 if match == "prefix" else at == len(value) - len(text) if match == "suffix" else at >= 0
    return value[at : at + len(text)] if found and at >= 0 else ""


def _neither(context: Context, first: TagFilter | Problem, second: TagFilter | Problem) -> Both | Problem | None:
    """`except checkout and prod`: neither."""
    if isinstance(first, Problem) or isinstance(second, Problem):
        return first if isinstance(first, Problem) else second if isinstance(second, Problem) else None
    left, right = negated(context, first), negated(context, second)
    return Both(left, right) if left and right and first.key != second.key else None


def _each_but(context: Context, key: str, wanted: TagFilter | Problem) -> Both | Problem | None:
    """`in every service except checkout`: each of the others."""
    meant = _not_of_key(context, key, wanted)
    return Both(meant, Groups((GroupKey("tag", key),))) if isinstance(meant, TagFilter) else meant


def _who_are(_context: Context, wanted: TagFilter | Problem) -> TagFilter | Problem | None:
    """`physics people`; but a server has none."""
    if isinstance(wanted, Problem):
        return wanted
    return wanted if all(value.isalpha() for value in wanted.values) else None


def _share_where(_context: Context, wanted: TagFilter | Problem) -> ShareWhere | Problem:
    return wanted if isinstance(wanted, Problem) else ShareWhere(wanted)


def _share_where_not(context: Context, wanted: TagFilter | Problem) -> ShareWhere | Problem | None:
    other = negated(context, wanted)
    return None if other is None else _share_where(context, other)


def _error_rate(word: str) -> Producer:
    def produce(context: Context) -> ErrorRate | None:
        failed = codes_from("5", context)
        return ErrorRate(word, tuple(failed)) if failed else None

    return produce


def _outcome_rate(_context: Context, wanted: TagFilter) -> ErrorRate | None:
    """`hit ratio`, of a tag that tells how something ended."""
    return ErrorRate(wanted.values[0], (wanted,)) if singular(wanted.key.casefold()) in _ENDED else None


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


def _not_of_key(context: Context, key: str, wanted: TagFilter | Problem) -> TagFilter | Problem | None:
    """`all shops except the mall`."""
    return negated(context, wanted) if isinstance(wanted, TagFilter) and wanted.key == key else None


_DOES = {"prefix": "starts with", "suffix": "ends with", "contains": "contains"}

# Nouns that people put behind a tag's key.
_HEADS = "method|type|types|code|codes|name|names|id|ids|kind|kinds"
_PREP = "on|in|from|for|at"
_RATES = "rate|rates|ratio|share|percentage|proportion|fraction"
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
    Rule("one value or another", "<choice> or|and|, <one-choice>", "choice", either),
    Rule("values, or the last", "<choice> , or|and <one-choice>", "choice", either),
    Rule("either value or another", "either <choice>", "choice", _same),
    Rule("keyless values", "<keyless> or|and|, <one-keyless>", "keyless", either),
    Rule("keyless values, or the last", "<keyless> , or|and <one-keyless>", "keyless", either),
    Rule(
        "keyless values in a row",
        "<keyless> <one-keyless>",
        "keyless",
        _in_a_row,
        cost=0.3,
    ),
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
    Rule("ones of a value", "<keyless> ones", "selection", _same, cost=0.1),
    Rule("people of a value", "<keyless> people", "selection", _who_are, cost=0.1),
    Rule("customers of a value", "<keyless> customers|users|clients|members|accounts", "selection", _who_are, cost=0.6),
    Rule("tag key = value", "tag|tagged <selection>", "selection", _same),
    Rule("selection", "only|just? where? on|from|in|at|to|for|with|into|onto|off? the? <selection>", "tag", _same),
    Rule("value only", "on|from|in|at|to|for? the? <selection> only|alone", "tag", _same),
    Rule("not because of value", "not caused|because|due by|of|to a|an|the? <selection>", "tag", negated),
    Rule("because of value", "because|cos|coz|cuz|due of|to a|an|the? <selection>", "tag", _same),
    Rule("caused by value", "caused by a|an|the? <selection>", "tag", _same),
    Rule(
        "through value", "via|through|using|during|under|within|inside|as the|our? <selection>", "tag", _same, cost=0.05
    ),
    Rule("share where", "share where <selection>", "share", _share_where),
    Rule("share where not", "share where not <selection>", "share", _share_where_not),
    Rule("error rate", "error|errors rate|rates|ratio", "error-rate", _error_rate("error"), cost=-0.05),
    Rule("failure rate", "failure|failures rate|rates|ratio", "error-rate", _error_rate("failure"), cost=-0.05),
    Rule("rate of a value", f"<participle> {_RATES}", "error-rate", lambda _context, rate: rate),
    Rule("ratio of a value", "<one-keyless> rate|rates|ratio|ratios", "error-rate", _outcome_rate, cost=0.1),
    Rule("by error rate", "by|in? the? <error-rate>", "share", lambda _context, rate: rate),
    Rule("by value", "by the? <keyless>", "tag", _same, cost=0.3),
    Rule("by people of a value", "by the? <keyless> customers|users|clients|members|people", "tag", _who_are, cost=0.4),
    Rule("value and value", "<choice> +|&|/ <one-choice>", "choice", either),
    Rule("keyless value and value", "<keyless> +|&|/ <one-keyless>", "keyless", either),
    Rule(
        "key != value",
        "<key> !=|<>|≠ <choice>",
        "tag",
        lambda c, key, choice: (w := _of_key(c, key, choice)) and negated(c, w),
    ),
    Rule(
        "key not value",
        "<key> not|except <choice>",
        "tag",
        lambda c, key, choice: (w := _of_key(c, key, choice)) and negated(c, w),
    ),
    Rule(
        "key is not value",
        "<key> is|are not <choice>",
        "tag",
        lambda c, key, choice: (w := _of_key(c, key, choice)) and negated(c, w),
    ),
    Rule(
        "not value",
        "not|except|excluding|without|besides on|in|from|for|via|through|by|at|about|regarding? the? <selection>",
        "tag",
        negated,
    ),
    Rule(
        "neither value",
        f"except|excluding|without|besides {_PREP}? the? <selection> and|or|nor {_PREP}? the? <selection>",
        "tag",
        _neither,
    ),
    Rule("outside of value", "outside of? the? <selection>", "tag", negated, cost=0.1),
    Rule("leaving out value", "leaving|leave out the? <selection>", "tag", negated),
    Rule("value not counted", "with? <selection> not counted|included", "tag", _not_one),
    Rule("value excluded", "with? <selection> excluded|omitted|ignored|removed|excepted", "tag", _not_one),
    Rule("value left aside", "<selection> left|put aside|out", "tag", negated, cost=0.1),
    Rule(
        "all of a key but a value",
        "on|from|in|at|for|by? all|any of? the? <key> but|except|excluding|besides for? the? <selection>",
        "tag",
        _not_of_key,
    ),
    Rule(
        "each of a key but a value",
        "on|from|in|at|for|by? every|each of? the? <key> but|except|excluding|besides for? the? <selection>",
        "tag",
        _each_but,
    ),
    Rule("with the exception of value", "with the? exception of the? <selection>", "tag", negated, cost=-0.3),
    Rule("apart from value", "apart|aside from the? <selection>", "tag", negated),
    Rule("not counting value", "not counting|including the? <selection>", "tag", negated),
    Rule(
        "everything but value",
        "on|from|in|at|for? everything|everywhere|everyone|all except|but <selection>",
        "tag",
        negated,
    ),
    Rule("out of value", "out of the? <selection>", "tag", _same, cost=0.05),
    Rule("except for value", "but|and not|except|without on|in|from|for? the? <selection>", "tag", negated),
    Rule("other than value", "other than <selection>", "tag", negated),
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
