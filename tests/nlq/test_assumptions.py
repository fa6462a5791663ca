"""What is taken for granted about time is told."""

import pytest

import nlq
from tests.nlq.test_corpus import CONTEXT

WITHIN = "a clock time beside a day read as within that day, not as all time before or after it"
UNEQUAL = "one range is not over, the other is: they are not cut to equal length"


@pytest.mark.parametrize(
    ("prompt", "assumption", "told"),
    [
        ("events before 6am yesterday", WITHIN, True),
        ("events after 5pm on Monday", WITHIN, True),
        ("events since 9am yesterday", WITHIN, False),
        ("events yesterday before 6am", WITHIN, False),
        ("signups this year vs last year", UNEQUAL, True),
        ("signups last year vs this year", UNEQUAL, True),
        ("signups yesterday vs the day before", UNEQUAL, False),
        ("signups in the last 7 days vs the previous 7 days", UNEQUAL, False),
        ("signups in october vs september", UNEQUAL, False),
    ],
)
def test_doubtful_reading_of_time_is_told(prompt: str, assumption: str, told: bool) -> None:
    """A reading that could have been another is told; one that could not, is not."""
    result = nlq.interpret(prompt, CONTEXT)
    assert isinstance(result, nlq.Interpretation), result
    assert (assumption in result.assumptions) is told


@pytest.mark.parametrize(
    ("prompt", "assumption"),
    [
        (
            "p99 api latency of auth and search",
            "auth and search taken together: 'by service' or 'versus' tells them apart",
        ),
        ("percentage of errors by service", "the share of each service in errors"),
        ("visits from germany", "'germany' read as DE"),
        ("builds that fail", "'fail' read as failed"),
        ("signups minus logins today", "user.login counted, and taken away"),
        ("errors on weekends and nights", "either of those times, not only what belongs to both"),
        ("average signups per day last month", "the average read as of all days of the range together"),
        ("how many people changed tools today", "'people' read as each operator once"),
    ],
)
def test_what_figures_are_made_of_is_told(prompt: str, assumption: str) -> None:
    """Values of one tag in one figure that is no sum, and the whole that a group's share is of."""
    result = nlq.interpret(prompt, CONTEXT)
    assert isinstance(result, nlq.Interpretation), result
    assert assumption in result.assumptions


def test_what_stands_apart_is_not_told_to_be_together() -> None:
    """Neither groups nor sums need a word about several values."""
    for prompt in ("p99 api latency of auth vs search", "errors of auth and search"):
        result = nlq.interpret(prompt, CONTEXT)
        assert isinstance(result, nlq.Interpretation), result
        assert not any("together" in told for told in result.assumptions), prompt


def test_error_rate_is_read_where_one_metric_tells_it() -> None:
    """Of what has codes such as 503; where a counter has, of that one; where several do, it is asked back."""
    catalog = nlq.Catalog()
    catalog.add("http.request.duration_ms", "timer", ["status:200"])
    catalog.add("http.requests", "counter", ["route:/query", "status:503"])
    context = nlq.Context(now=CONTEXT.now, catalog=catalog)
    result = nlq.interpret("error rate by route today", context)
    assert isinstance(result, nlq.Interpretation), result
    assert "'error rate' read of http.requests" in result.assumptions
    assert "'error rate' read as the share where status starts with 5" in result.assumptions
    assert result.reading.startswith("sum of http.requests where with status by route, share where status starts with")
    catalog.add("grpc.calls", "counter", ["status:500"])
    result = nlq.interpret("error rate by route today", context)
    assert isinstance(result, nlq.Refusal)
    assert result.code == "ambiguous"
    assert result.suggestions[0] == "error rate of http.requests by route today"


def test_what_is_counted_is_what_happened() -> None:
    """`trips` are those that were started, not the lengths of them; where these are asked for, it is asked back."""
    catalog = nlq.Catalog()
    for name, type_ in (("trip.started", "event"), ("trip.distance_km", "event"), ("trip.duration_min", "timer")):
        catalog.add(name, type_, ["vehicle:bike", "zone:harbor"])
    context = nlq.Context(now=CONTEXT.now, catalog=catalog)
    for prompt in ("trips today", "how many trips by zone today"):
        result = nlq.interpret(prompt, context)
        assert isinstance(result, nlq.Interpretation), result
        assert result.question.names == ("trip.started",)
        assert "'trips' read as trip.started" in result.assumptions
    result = nlq.interpret("average trips over 20 today", context)
    assert isinstance(result, nlq.Refusal)
    assert result.code == "ambiguous"


def test_slip_in_a_word_of_a_stem() -> None:
    """`dischages` is one letter from what `discharged` comes from; told."""
    catalog = nlq.Catalog()
    catalog.add("patient.discharged", "event", ["ward:icu"])
    result = nlq.interpret("dischages by ward today", nlq.Context(now=CONTEXT.now, catalog=catalog))
    assert isinstance(result, nlq.Interpretation), result
    assert result.question.names == ("patient.discharged",)
    assert "'dischages' read as 'discharged'" in result.assumptions
