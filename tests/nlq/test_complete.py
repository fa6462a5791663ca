"""What is proposed to who is typing a prompt is answered, fits, and comes soon."""

import random
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlq
from nlq.complete import MAX_COMPLETIONS
from nlq.phrases import CONTINUATIONS, OPENINGS, STARTERS
from nlq.rules import GRAMMAR
from nlq.tokens import tokenize
from tests.nlq.conftest import NOW, read_catalog
from tests.nlq.test_corpus import CONTEXT, READ

EMPTY = nlq.Context(now=NOW, catalog=nlq.Catalog())


def prefixes(count: int) -> list[str]:
    """Beginnings of corpus prompts, of every length, always the same."""
    chance = random.Random(7)  # noqa: S311 - no secret
    return [prompt[: chance.randint(0, len(prompt))] for _, prompt in chance.sample(READ, count)]


def texts(prefix: str, context: nlq.Context = CONTEXT) -> list[str]:
    return [completion.text for completion in nlq.complete(prefix, context)]


@pytest.mark.parametrize("prefix", prefixes(120))
def test_each_completion_is_answered(prefix: str) -> None:
    """Every proposal begins as it was typed, is new, is answered as it stands, and tells its last word's role."""
    found = nlq.complete(prefix, CONTEXT)
    assert len(found) <= MAX_COMPLETIONS
    assert len({completion.text for completion in found}) == len(found)
    for completion in found:
        result = nlq.interpret(completion.text, CONTEXT)
        assert isinstance(result, nlq.Interpretation), completion
        assert result.words[-1].role == completion.role
        assert not any("read as '" in assumption for assumption in result.assumptions), "nothing is misspelt"
        assert completion.text.casefold().startswith(" ".join(prefix.split()[:-5]).casefold())
        assert completion.text != prefix.strip()


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("average cp", "average cpu.usage"),
        ("average cpu us", "average cpu.usage"),
        ("av", "average cpu.usage"),
        ("average cpu.usage ", "average cpu.usage today"),
        ("average cpu.usage", "average cpu.usage by host"),
        ("cpu usage by ", "cpu usage by host"),
        ("cpu usage by h", "cpu usage by host"),
        ("cpu usage by ho", "cpu usage by hour of day"),
        ("cpu usage host ", "cpu usage host web-01"),
        ("cpu usage host=w", "cpu usage host=web-02"),
        ("cpu usage on we", "cpu usage on web-01"),
        ("api latency status 5", "api latency status 500"),
        ("http request duration method g", "http request duration method GET"),
        ("page load time on che", 'page load time on "checkout page"'),
        ("events last w", "events last week"),
        ("events in the last 2", "events in the last 24 hours"),
        ("errors today vs ", "errors today vs yesterday"),
        ("errors tod", "errors today"),
        ("memory ", "memory.used"),
        ("what m", "what metrics are there"),
        ("top 5 ", "top 5 events"),
    ],
)
def test_what_is_likely_is_proposed(prefix: str, expected: str) -> None:
    """The half-typed word is completed; behind white space the next one is proposed."""
    assert expected in texts(prefix)


def test_a_word_that_means_something_alone_is_read_anew() -> None:
    """`MAY` alone is a month, and `MAY average deploy` is refused: so it is not proposed."""
    for text in texts("MAY"):
        assert isinstance(nlq.interpret(text, CONTEXT), nlq.Interpretation)


def test_nothing_typed_gives_starters() -> None:
    """Without a prefix there are good first prompts, about what is stored, and about nothing in particular."""
    assert len(texts("")) == MAX_COMPLETIONS
    assert texts("  ") == texts("")
    assert "what metrics are there" in texts("", EMPTY)
    assert "top 5 events today" in texts("", EMPTY)


def test_what_cannot_be_read_is_not_gone_on_with() -> None:
    """Behind words that nothing reads there is nothing to propose."""
    assert texts("frobnicate the flux of every moon by ho") == []
    assert texts("x" * 600) == []


def test_order_does_not_depend_on_the_catalogs() -> None:
    """The same names and values give the same proposals, in whatever order they came."""
    catalog = nlq.Catalog()
    for name in sorted(CONTEXT.catalog.names, reverse=True):
        entry = CONTEXT.catalog.names[name]
        for type_ in sorted(entry.types):
            catalog.add(name, type_, sorted(entry.keys, reverse=True))
    for key, values in reversed(CONTEXT.catalog.keys.items()):
        for name in (name for name, entry in CONTEXT.catalog.names.items() if key in entry.keys):
            catalog.add(name, next(iter(CONTEXT.catalog.names[name].types)), [f"{key}:{v}" for v in reversed(values)])
    for prefix in prefixes(40):
        assert texts(prefix, nlq.Context(now=NOW, catalog=catalog)) == texts(prefix)


@pytest.mark.parametrize("phrase", sorted({*OPENINGS, *(p for phrases in CONTINUATIONS.values() for p in phrases)}))
def test_every_phrase_leads_somewhere(phrase: str) -> None:
    """No phrase of the table is there in vain: typed to its first place, it is gone on with."""
    begun = phrase.partition("{")[0][:-1]
    heads = ("", "cpu usage ", "errors ", "errors today ", "top 5 hosts by cpu.usage ", "top 3 services by errors ")
    heads = (*heads, "when did cpu usage ", "what metrics ", "which services got slower ", "compare cpu usage ")
    if not begun:
        begun, heads = "cpu", ("",)
    literal = phrase.partition("{")[0].casefold()
    assert any(text[len(head) :].casefold().startswith(literal) for head in heads for text in texts(head + begun)), (
        phrase
    )


@pytest.mark.parametrize("starter", STARTERS)
def test_every_starter_is_used(starter: str) -> None:
    """Each starter stands in the table for a catalog in which it is answered."""
    slots = {"name": "cpu.usage", "duration": "api.latency_ms", "key": "host", "plural": "hosts"}
    if "{duration}" in starter:
        slots["key"] = "service"
    result = nlq.interpret(starter.format(**slots), CONTEXT)
    assert isinstance(result, nlq.Interpretation), result


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_no_text_raises(prefix: str) -> None:
    """Whatever is typed, there is an answer; each of its texts is a prompt that is answered."""
    for text in texts(prefix):
        assert isinstance(nlq.interpret(text, CONTEXT), nlq.Interpretation)


@pytest.mark.parametrize("year", [1, 9999])
def test_clock_at_the_end_of_the_calendar_is_no_error(year: int) -> None:
    """Where times lie outside the calendar there is less to propose, or nothing."""
    context = nlq.Context(now=datetime(year, 1, 1, tzinfo=UTC), catalog=CONTEXT.catalog, zone=ZoneInfo("Asia/Tokyo"))
    for prefix in ("", "cpu usage ", "cpu usage last w", "errors in the last 24 "):
        for text in texts(prefix, context):
            assert isinstance(nlq.interpret(text, context), nlq.Interpretation)


def test_going_on_is_reading_it_whole() -> None:
    """What a beginning, read once, and the words behind it are read as, is what the whole is read as."""
    for _, prompt in READ[::3]:
        tokens = tokenize(prompt)
        whole = [round(cover.cost, 6) for cover in GRAMMAR.parse(tokens, CONTEXT)]
        begun = GRAMMAR.begin(tokens, CONTEXT)
        for count in range(len(tokens) + 1):
            assert [round(cover.cost, 6) for cover in begun.covers(count, tokens[count:])] == whole, (prompt, count)


def test_proposals_come_soon() -> None:
    """Going on with a beginning takes no longer than reading the ten proposals: the median of corpus prompts."""
    context = nlq.Context(now=NOW, catalog=read_catalog())
    ratios = []
    for prefix in prefixes(100):
        started = time.thread_time()
        proposals = nlq.complete(prefix, context)
        proposed = time.thread_time()
        for proposal in proposals:
            nlq.interpret(proposal.text, context)
        ratios.append((proposed - started) / max(time.thread_time() - proposed, 1e-6))
    assert sorted(ratios)[len(ratios) // 2] < 2
