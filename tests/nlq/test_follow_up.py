"""Follow-ups change the question before; without one they are refused as incomplete."""

import pytest
from msgspec.structs import replace

import nlq
from tests.nlq.test_corpus import CONTEXT

FIRST = "average cpu usage by host today"
TODAY = "from 2026-11-22T00:00Z to 2026-11-22T10:30Z"
YESTERDAY = "from 2026-11-21T00:00Z to 2026-11-22T00:00Z"
SATURDAY = "from 2026-11-14T00:00Z to 2026-11-15T00:00Z"
FOLLOW_UPS = {
    "and yesterday?": f"avg of cpu.usage by host {YESTERDAY}",
    "what about yesterday": f"avg of cpu.usage by host {YESTERDAY}",
    "the day before": f"avg of cpu.usage by host {YESTERDAY}",
    "and the day before?": f"avg of cpu.usage by host {YESTERDAY}",
    "vs the day before": f"avg of cpu.usage by host {TODAY} vs {YESTERDAY}",
    "vs last saturday": f"avg of cpu.usage by host {TODAY} vs {YESTERDAY}",
    "and last saturday vs this saturday": f"avg of cpu.usage by host {SATURDAY} vs {YESTERDAY}",
    "split that by region": f"avg of cpu.usage by region {TODAY}",
    "by region instead": f"avg of cpu.usage by region {TODAY}",
    "by region": f"avg of cpu.usage by region {TODAY}",
    "just eu-west": f"avg of cpu.usage where region=eu-west by host {TODAY}",
    "only eu-west": f"avg of cpu.usage where region=eu-west by host {TODAY}",
    "only on web-01": f"avg of cpu.usage where host=web-01 by host {TODAY}",
    "as a daily series": f"avg of cpu.usage by host per day {TODAY}",
    "per hour": f"avg of cpu.usage by host per hour {TODAY}",
    "max": f"max of cpu.usage by host {TODAY}",
    "p95 instead": f"p95 of cpu.usage by host {TODAY}",
    "and memory used?": f"avg of memory.used by host {TODAY}",
    "over 80": f"avg of cpu.usage where value > 80 by host {TODAY}",
    "vs yesterday": f"avg of cpu.usage by host {TODAY} vs {YESTERDAY}",
    "and the top 3?": f"avg of cpu.usage by host, top 3, {TODAY}",
    "and not web-01": f"avg of cpu.usage where not host=web-01 by host {TODAY}",
}


def question_of(prompt: str, previous: nlq.Question | None = None) -> nlq.Question:
    result = nlq.interpret(prompt, replace(CONTEXT, previous=previous))
    assert isinstance(result, nlq.Interpretation), result
    return result.question


@pytest.mark.parametrize("prompt", FOLLOW_UPS)
def test_follow_up_changes_the_question_before(prompt: str) -> None:
    """What is said replaces its part, all else stays; and the question survives its way through JSON."""
    previous = nlq.question_from(question_of(FIRST).to_builtins())
    question = question_of(prompt, previous)
    assert nlq.describe(question) == FOLLOW_UPS[prompt]
    assert question_of(FOLLOW_UPS[prompt]) == question


CONTRASTED = "ratio of failed to passed builds by branch today"
RATIO = "ratio of result=failed to result=passed"
AFTER_A_RATIO = {
    "and yesterday?": f"count of build by branch, {RATIO}, {YESTERDAY}",
    "only on main": f"count of build where branch=main by branch, {RATIO}, {TODAY}",
    "per hour": f"count of build by branch per hour, {RATIO}, {TODAY}",
    "top 3": f"count of build by branch, {RATIO}, top 3, {TODAY}",
}


@pytest.mark.parametrize("prompt", AFTER_A_RATIO)
def test_follow_up_keeps_the_two_values_of_a_ratio(prompt: str) -> None:
    """What is said narrows both sides; the values that are put beside each other stay."""
    question = question_of(prompt, question_of(CONTRASTED))
    assert nlq.describe(question) == AFTER_A_RATIO[prompt]
    assert question_of(AFTER_A_RATIO[prompt]) == question


def test_a_ratio_of_two_values_takes_no_third() -> None:
    """`only failed` after `ratio of failed to passed` would leave one side."""
    result = nlq.interpret("only failed", replace(CONTEXT, previous=question_of(CONTRASTED)))
    assert isinstance(result, nlq.Refusal), result
    assert result.code == "conflict"


def test_a_tag_said_again_replaces_its_condition() -> None:
    """`only web-02` after `web-01` means web-02 alone."""
    second = question_of("only web-01", question_of(FIRST))
    assert "where host=web-02 by host" in nlq.describe(question_of("only web-02", second))


def test_another_value_is_put_beside_the_one_before() -> None:
    """`vs web-02` after `only web-01` shows both; after all hosts, it is beside none in particular."""
    one = question_of("by region", question_of("only web-01", question_of(FIRST)))
    assert nlq.describe(question_of("vs web-02", one)) == (
        f"avg of cpu.usage where host=web-01 or web-02 by region and host {TODAY}"
    )
    refused = nlq.interpret("vs web-02", replace(CONTEXT, previous=question_of(FIRST)))
    assert isinstance(refused, nlq.Refusal)
    assert refused.code == "incomplete"


def test_shares_are_of_what_adds_up() -> None:
    """`as percentages` is each group's part of a sum; averages have none."""
    errors = question_of("errors by service today")
    assert question_of("as percentages", errors) == question_of("in percent", errors) == replace(errors, share=True)
    refused = nlq.interpret("as percentages", replace(CONTEXT, previous=question_of(FIRST)))
    assert isinstance(refused, nlq.Refusal)
    assert refused.code == "unsupported"


def test_a_grouping_ends_the_condition_on_one_value_of_its_tag() -> None:
    """`by host` after `only web-01` is about all hosts; after two of them, about those."""
    one = question_of("by region", question_of("only web-01", question_of(FIRST)))
    assert question_of("for all hosts", one) == replace(question_of("by host", one), tags=())
    two = question_of("by region", question_of("only web-01 or web-02", question_of(FIRST)))
    assert question_of("by host", two).tags == two.tags


@pytest.mark.parametrize("prompt", FOLLOW_UPS)
def test_follow_up_without_a_question_before_is_incomplete(prompt: str) -> None:
    """It is refused, not guessed."""
    if prompt not in ("and memory used?", "and the top 3?"):
        result = nlq.interpret(prompt, CONTEXT)
        assert isinstance(result, nlq.Refusal)
        assert result.code == "incomplete"


LONG = "from 2026-11-16T00:00Z to 2026-11-22T10:30Z"
RECURRING = {
    "and at night?": f"sum of errors between 00:00 and 06:00 each day {LONG}",
    "what about at night": f"sum of errors between 00:00 and 06:00 each day {LONG}",
    "and between 22:00 and 02:00?": f"sum of errors between 22:00 and 02:00 each day {LONG}",
    "and on weekends?": f"sum of errors on weekends {LONG}",
    "outside business hours": f"sum of errors not between 09:00 and 17:00 on weekdays {LONG}",
    "and last week?": "sum of errors on weekdays from 2026-11-09T00:00Z to 2026-11-16T00:00Z",
    "by service": f"sum of errors by service on weekdays {LONG}",
    "and the last 3 Mondays?": "sum of errors on Mondays from 2026-11-02T00:00Z to 2026-11-17T00:00Z",
}


@pytest.mark.parametrize("prompt", RECURRING)
def test_recurring_time_replaces_that_of_the_question_before(prompt: str) -> None:
    """A time of day is then one of every day of the range; a new range keeps what recurs in it."""
    question = question_of(prompt, nlq.question_from(question_of("errors on weekdays this week").to_builtins()))
    assert nlq.describe(question) == RECURRING[prompt]


def test_a_time_of_day_after_a_single_day_is_the_latest() -> None:
    """There is no other in it that could be meant."""
    question = question_of("and at night?", question_of("errors today"))
    assert nlq.describe(question) == "sum of errors from 2026-11-22T00:00Z to 2026-11-22T06:00Z"


def test_recurring_time_that_the_new_range_has_not_is_refused() -> None:
    """Nothing would be counted."""
    result = nlq.interpret("and yesterday?", replace(CONTEXT, previous=question_of("errors on weekdays this week")))
    assert isinstance(result, nlq.Refusal)
    assert result.code == "conflict"


UNITS = {
    "in seconds": f"avg of api.latency_ms in s by service {TODAY}",
    "in seconds and over 2": f"avg of api.latency_ms in s where value > 2000 ms by service {TODAY}",
    "over 2 s": f"avg of api.latency_ms where value > 2000 by service {TODAY}",
}


@pytest.mark.parametrize("prompt", UNITS)
def test_follow_up_says_the_unit(prompt: str) -> None:
    """Of the results, and with them of bare numbers."""
    question = question_of(prompt, question_of("average api latency by service today"))
    assert nlq.describe(question) == UNITS[prompt]
    assert question_of(UNITS[prompt]) == question


def test_follow_up_asks_for_shares() -> None:
    """`in percent`, of what adds up."""
    question = question_of("in percent", question_of("signups by region today"))
    assert nlq.describe(question) == f"count of user.signup by region, share, {TODAY}"


PARTS = {
    "only 404": f"count of http.request.duration_ms, share where status=404, {TODAY}",
    "and not POST": f"count of http.request.duration_ms where not method=POST, share where status=500, {TODAY}",
    "over 20 ms": f"count of http.request.duration_ms where value > 20, share where status=500, {TODAY}",
    "by route": f"count of http.request.duration_ms by route, share where status=500, {TODAY}",
}


@pytest.mark.parametrize("prompt", PARTS)
def test_follow_up_of_a_part_narrows_the_whole_too(prompt: str) -> None:
    """Unless it is about the tag that makes the part: then it changes that."""
    question = question_of(prompt, question_of("what percentage of requests had status 500 today"))
    assert nlq.describe(question) == PARTS[prompt]
    assert question_of(PARTS[prompt]) == question


def test_a_condition_of_the_whole_is_replaced_in_both() -> None:
    """Said again, a condition on a tag is another one, not one more."""
    second = question_of("and not POST", question_of("what percentage of requests had status 500 today"))
    third = question_of("only GET", second)
    assert nlq.describe(third) == f"count of http.request.duration_ms where method=GET, share where status=500, {TODAY}"


def test_a_ratio_is_narrowed_on_both_sides() -> None:
    """What divides and what is divided have the same conditions."""
    question = question_of("and not 404", question_of("api latency per request today"))
    assert question.over is not None
    assert question.over.tags == question.tags != ()


@pytest.mark.parametrize("prompt", ["and the worst 3?", "and others", "as shares", "what about per second on average"])
def test_what_a_follow_up_does_not_change_is_refused(prompt: str) -> None:
    """It is not dropped."""
    result = nlq.interpret(prompt, replace(CONTEXT, previous=question_of(FIRST)))
    assert isinstance(result, nlq.Refusal)


def test_a_whole_prompt_is_a_new_question() -> None:
    """Nothing of the question before is left in it."""
    assert question_of("errors today", question_of(FIRST)) == question_of("errors today")


def test_a_follow_up_that_changes_nothing_is_refused() -> None:
    """It would seem to be understood."""
    result = nlq.interpret("today", replace(CONTEXT, previous=question_of(FIRST)))
    assert isinstance(result, nlq.Refusal)
