"""The catalog: what is named, by what, and that its size does not tell."""

import pytest

import nlq
from nlq.catalog import MAX_MEASURING
from nlq.fold import words_of
from nlq.name_words import MAX_PARTIAL_NAMES
from nlq.spelling import edits
from tests.nlq.conftest import NOW, read_catalog
from tests.nlq.scale import PREFIXES, PROMPTS, grown, percentile, spent

pytestmark = pytest.mark.usefixtures("untraced")


@pytest.fixture(scope="module")
def large() -> nlq.Context:
    """A tenth of what must be borne: 10,000 names and 100,000 tag values."""
    return nlq.Context(now=NOW, catalog=grown(10_000, 100_000))


def read(prompt: str, catalog: nlq.Catalog) -> nlq.Interpretation:
    result = nlq.interpret(prompt, nlq.Context(now=NOW, catalog=catalog))
    assert isinstance(result, nlq.Interpretation), result
    return result


def test_a_large_catalog_is_read_as_fast(large: nlq.Context) -> None:
    """The 99th percentile of reading, and of completing, is not beyond twice that of a small catalog."""
    small = nlq.Context(now=NOW, catalog=read_catalog())
    for work, texts in ((nlq.interpret, PROMPTS[::4]), (nlq.complete, PREFIXES[::8])):
        few = spent(lambda text, work=work: work(text, small), texts)
        many = spent(lambda text, work=work: work(text, large), texts)
        assert percentile(many, 99) < 2 * percentile(few, 99) + 2, "2 ms are allowed for what else the machine does"


def test_many_durations_are_cut(large: nlq.Context) -> None:
    """Of thousands of names that measure a duration the first are told."""
    found = large.catalog.measuring("duration", "host")
    assert len(found) == MAX_MEASURING
    assert found == sorted(found)
    result = nlq.interpret("slowest hosts", large)
    assert isinstance(result, nlq.Refusal)
    assert result.code == "ambiguous"


def test_word_of_very_many_names_is_asked_back(large: nlq.Context) -> None:
    """A word, or several, that thousands of names have is ambiguous, with names that have it as suggestions."""
    for prompt in ("average depth", "p95 latency", "average size bytes"):
        result = nlq.interpret(prompt, large)
        assert isinstance(result, nlq.Refusal), prompt
        assert result.code == "ambiguous"
        assert all(prompt.split()[1] in suggestion for suggestion in result.suggestions)
    assert read("average svc7 pool0", large.catalog).question.names == ("svc7.pool0.rate",)


def test_names_that_have_tags_are_all_of_them() -> None:
    """However many have one of the keys; of very many none is told."""
    catalog = nlq.Catalog()
    every = {"host": 1, "region": 2, "disk": 150, "rare": 333}
    for number in range(1000):
        keys = [key for key, step in every.items() if number % step == 0]
        catalog.add(f"metric{number}.value", "gauge", [f"{key}:x" for key in keys])
    for keys in (
        ["host"],
        ["region"],
        ["disk"],
        ["rare"],
        ["host", "region"],
        ["region", "disk"],
        ["disk", "rare"],
        ["no"],
    ):
        having = {name for name, entry in catalog.names.items() if entry.keys.issuperset(keys)}
        assert set(catalog.names_tagged(keys)) == (having if len(having) < MAX_PARTIAL_NAMES else set()), keys


def test_names_that_begin_so_are_all_of_them(large: nlq.Context) -> None:
    """Whatever the case; and where they are more than one question may have, none is left out in silence."""
    catalog = nlq.Catalog()
    for name in ("API.latency", "api.errors", "cpu.api"):
        catalog.add(name, "gauge", ["host:web-1"])
    assert set(read("metrics that start with api", catalog).question.names) == {"API.latency", "api.errors"}
    result = nlq.interpret("metrics that start with svc7", large)
    assert isinstance(result, nlq.Refusal)
    assert result.code == "too_many"


def test_catalog_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many names and values none is added, and the catalog says so."""
    monkeypatch.setattr("nlq.catalog.MAX_NAMES", 3)
    monkeypatch.setattr("nlq.catalog.MAX_VALUES", 5)
    catalog = nlq.Catalog()
    assert not catalog.is_full
    for number in range(10):
        catalog.add(f"name{number}", "gauge", [f"key{number}:{value}" for value in range(3)])
    assert list(catalog.names) == ["name0", "name1", "name2"]
    assert [len(values) for values in catalog.keys.values()] == [3, 2, 0]
    assert catalog.is_full


@pytest.mark.parametrize("unit", ["404s ", "1h ", "500 or ", "min, ", "p95 ", "host web-01 or ", "monday to ", "eror "])
def test_long_prompts_of_repeats_are_bounded(unit: str) -> None:
    """A prompt of one thing over and over costs no more than a few of the dear ones, whatever becomes of it."""
    context = nlq.Context(now=NOW, catalog=read_catalog())
    dear = percentile(spent(lambda text: nlq.interpret(text, context), PROMPTS[::8]), 99)
    repeats = spent(lambda text: nlq.interpret(text, context), [(unit * 512)[:length] for length in (128, 256, 512)])
    assert repeats[-1] < 15 * dear


def test_values_of_a_large_key_are_found(large: nlq.Context) -> None:
    """One of many thousand values is found, completed, and put right where it is misspelt."""
    assert read("http sessions customer cust-0000007", large.catalog).reading.count("cust-0000007") == 1
    assert large.catalog.values_from("customer", "cust-00000", 2) == ["cust-0000001", "cust-0000003"]
    assert large.catalog.nearest("custt-0000007") == ["cust-0000007"]
    assert large.catalog.nearest("cust-0000008") == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("memroy", "memory"), ("usedd", "used"), ("chekout", "checkout"), ("queu.depth", "queue.depth"),
        ("servce", "service"), ("wbe-01", "web-01"),
    ],
)  # fmt: skip
def test_what_is_one_letter_off_is_found(typed: str, meant: str) -> None:
    """One letter missing, too many, wrong, or swapped: names, their words, keys and values."""
    assert meant in read_catalog().nearest(typed)


@pytest.mark.parametrize("typed", ["web-03", "cpu", "zzzz", "x" * 60, "", "web-10"])
def test_what_is_no_typo_is_not_found(typed: str) -> None:
    """Digits are never a typo; short words and long ones are not put right."""
    assert read_catalog().nearest(typed) == []


def test_edits_are_one_letter_away() -> None:
    """Every kind of edit is made, none touches a digit, and the word is none of them."""
    found = edits("ab-01")
    assert {"b-01", "aab-01", "av-01", "a-01", "ba-01", "ab01", "ab-0x1"} <= found
    assert "ab-01" not in found
    assert not found & {"ab-02", "ab-10", "ab-1", "ab-001"}


def test_alias_is_a_name_or_a_key() -> None:
    """An alias is read as what it stands for, in the singular and plural, by itself and misspelt, and that is said."""
    catalog = read_catalog()
    catalog.add_alias("response time", "api.latency_ms")
    catalog.add_alias("box", "host")
    result = read("response times by service", catalog)
    assert result.question.names == ("api.latency_ms",)
    assert "'response times' read as api.latency_ms" in result.assumptions
    result = read("top 3 boxes by cpu.usage", catalog)
    assert result.question.groups[0].key == "host"
    assert "'boxes' read as host" in result.assumptions
    assert "'box' read as host" in read("cpu usage where box is web-01", catalog).assumptions


def test_stored_name_comes_before_an_alias() -> None:
    """What is stored under its own name is never read as something else."""
    catalog = read_catalog()
    catalog.add_alias("cpu.usage", "memory.used")
    assert read("cpu.usage", catalog).question.names == ("cpu.usage",)


def test_alias_of_nothing_is_not_understood() -> None:
    """An alias means something only once what it stands for is stored."""
    catalog = read_catalog()
    catalog.add_alias("ghost", "not.there")
    context = nlq.Context(now=NOW, catalog=catalog)
    assert isinstance(nlq.interpret("average ghost", context), nlq.Refusal)
    catalog.add("not.there", "gauge", ["host:web-01"])
    assert read("average ghost", catalog).question.names == ("not.there",)


def test_words_of_a_name_are_told_apart_by_case_and_written_in_full() -> None:
    """`pH` is one word, `playersInQueue` are three; a short form is the word that it stands for."""
    assert words_of("bioreactor.pH") == ("bioreactor", "ph")
    assert words_of("playersInQueue") == ("player", "in", "queue")
    assert words_of("room_temps") == words_of("room.temperature")
