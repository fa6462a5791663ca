"""Ask: the box, the words, the chips, what was taken for granted, refusals, follow-ups."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import BOX, ask, prompt_of, settled

OpenPage = Callable[..., Page]
PER_HOUR = "p95 web.latency_ms per hour by host over the last 24 hours"


@pytest.fixture
def page(open_page: OpenPage, site: str) -> Page:
    return open_page(site)


def test_asking_shows_picture_rows_and_reading(page: Page) -> None:
    """A prompt gives a chart with a line for each group, its rows, and a sentence of chips; the address holds it."""
    ask(page, PER_HOUR)
    expect(page.locator(".plot canvas")).to_be_visible()
    expect(page.locator(".legend .entry .name")).to_have_text(["alpha", "beta", "gamma"])
    expect(page.locator("thead th")).to_have_text(["host", "time", "p95"])
    assert page.locator(".sentence .chip .text").all_inner_texts() == [
        *("p95", "web.latency_ms", "host", "per hour", "over the last 24 hours")
    ]
    assert "q=p95+web.latency_ms+per+hour" in page.url
    page.reload()
    settled(page)
    assert prompt_of(page) == PER_HOUR


def test_words_are_underlined_by_what_they_were_read_as(page: Page) -> None:
    """Each word shows its role by its line, and says it on hover and to screen readers."""
    ask(page, "p95 latency per hour over the last 24 hours")
    expect(page.locator(".word.role-aggregation")).to_have_text("p95")
    expect(page.locator(".word.assumed")).to_have_text("latency")
    expect(page.locator(".word.role-grain")).to_have_text(["per", "hour"])
    box = page.locator(".word.role-aggregation").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    expect(page.get_by_role("tooltip")).to_have_text("how values are combined")
    expect(page.locator("#ask-words")).to_contain_text("p95: how values are combined")


def test_completion_by_keyboard(page: Page) -> None:
    """What is typed is completed from grammar and catalog; arrows choose, Tab takes over, Enter asks."""
    box = page.get_by_role("combobox", name=BOX)
    box.press_sequentially("average web.lat")
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options.first.locator(".typed")).to_have_text("average web.lat")
    expect(options.first).to_contain_text("web.latency_ms")
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "completion-0")
    expect(options.first).to_have_attribute("aria-selected", "true")
    box.press("Tab")
    assert prompt_of(page) == "average web.latency_ms"
    box.press_sequentially(" by hos")
    expect(options.first.locator(".typed")).to_have_text("average web.latency_ms by hos")
    box.press("ArrowDown")
    box.press("Enter")
    settled(page)
    expect(page.locator(".bars .row")).to_have_count(3)


def test_a_chip_is_changed(page: Page) -> None:
    """Another aggregation is chosen by keyboard; the prompt is written anew, and keeps the words for its time."""
    ask(page, PER_HOUR)
    page.locator(".chip.aggregation").press("Enter")
    expect(page.locator(".item.checked")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".chip.aggregation")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="highest", exact=True).press("Enter")
    expect(page.locator("thead th").last).to_have_text("max")
    assert prompt_of(page) == "max of web.latency_ms by host per hour over the last 24 hours"


@pytest.mark.parametrize(
    ("kind", "choice", "prompt"),
    [
        ("metric", "web.requests", "p95 of web.requests by host per hour over the last 24 hours"),
        ("group", "hour of day", "p95 of web.latency_ms by hour of day per hour over the last 24 hours"),
        ("group", "Leave out", "p95 of web.latency_ms per hour over the last 24 hours"),
        ("grain", "6 hours", "p95 of web.latency_ms by host per 6 hours over the last 24 hours"),
        ("grain", "Leave out", "p95 of web.latency_ms by host over the last 24 hours"),
        ("range", "over the last 6 hours", "p95 of web.latency_ms by host per hour over the last 6 hours"),
    ],
)
def test_each_part_is_a_chip(page: Page, kind: str, choice: str, prompt: str) -> None:
    """Metric, group, grain and range are changed, or left out, by a choice."""
    ask(page, PER_HOUR)
    page.locator(f".chip.{kind}").click()
    page.get_by_role("button", name=choice, exact=True).click()
    if prompt.startswith("p95 of web.latency_ms by hour of day"):
        expect(page.locator(".chip.group .text")).to_have_text("hour of day")
    expect(page.get_by_role("combobox", name=BOX)).to_have_value(prompt)


def test_parts_are_added(page: Page) -> None:
    """A filter, and a comparison, are added to a question that has none, and the filter is taken away again."""
    ask(page, "average web.latency_ms over the last 6 hours")
    page.get_by_role("button", name="Add a part").click()
    page.get_by_role("button", name="a filter …").click()
    page.get_by_role("button", name="host", exact=True).click()
    page.get_by_role("button", name="beta", exact=True).click()
    box = page.get_by_role("combobox", name=BOX)
    expect(box).to_have_value("avg of web.latency_ms where host=beta over the last 6 hours")
    page.get_by_role("button", name="Add a part").click()
    page.get_by_role("button", name="a comparison …").click()
    page.get_by_role("button", name="the period before").click()
    expect(page.locator(".chip.compared")).to_be_visible()
    expect(page.locator(".against")).to_contain_text("before:")
    page.locator(".chip.filter").click()
    page.get_by_role("button", name="Leave out").click()
    expect(page.locator(".chip.filter")).to_have_count(0)


def test_what_was_assumed_is_changed_by_one_click(page: Page) -> None:
    """What nobody said is told, with what may be meant instead."""
    ask(page, "web.requests by host")
    expect(page.locator(".chip.assumed .text")).to_have_text(["sum", re.compile("until")])
    page.get_by_role("button", name="last 7 days").click()
    box = page.get_by_role("combobox", name=BOX)
    expect(box).to_have_value("sum of web.requests by host over the last 7 days")
    expect(page.locator(".chip.assumed")).to_have_count(0)


def test_a_refusal_shows_why_and_what_instead(page: Page) -> None:
    """The word in the way is marked; a suggestion is one click away, and is answered."""
    ask(page, "average web.latency_ms flobberwock by host")
    expect(page.locator(".word.unknown")).to_have_text("flobberwock")
    expect(page.locator(".refusal .lead")).to_contain_text("flobberwock")
    page.locator(".suggestions button").first.click()
    expect(page.locator(".card.answer")).to_be_visible()
    expect(page.locator(".word.unknown")).to_have_count(0)


def test_a_follow_up_keeps_the_context(page: Page) -> None:
    """What follows is read after the question before, and becomes a prompt that stands by itself."""
    ask(page, "p95 web.latency_ms over the last 24 hours")
    ask(page, "by host instead")
    box = page.get_by_role("combobox", name=BOX)
    expect(box).to_have_value("p95 of web.latency_ms by host over the last 24 hours")
    ask(page, "and over the last 6 hours?")
    expect(box).to_have_value("p95 of web.latency_ms by host over the last 6 hours")
    ask(page, "web.requests over the last 24 hours")
    expect(box).to_have_value("web.requests over the last 24 hours")


@pytest.mark.parametrize(
    "prompt",
    [
        "average web.latency_ms by host",
        "p95 and max of web.latency_ms where host is alpha or beta per 6 hours over the last 2 days",
        "how many events per day on weekdays in the last 7 days",
        "average web.latency_ms by host, top 2, in the last 12 hours in Berlin time",
        "average web.latency_ms over 150 by host",
        "last 5 web.requests",
        "silent hosts today",
        "how long since web.requests by host",
        "what metrics are there",
    ],
)
def test_the_sentence_says_what_the_reading_says(page: Page, site: str, prompt: str) -> None:
    """Whatever stands in the question stands in the sentence: names, keys, values and numbers."""
    ask(page, prompt)
    told = page.locator(".sentence").inner_text().replace("\n", " ")
    question = httpx.get(f"{site}/query", params={"prompt": prompt}).json()["question"]
    said = [*question["names"], *(tag["key"] for tag in question["tags"])]
    said += [value for tag in question["tags"] for value in tag["values"]]
    said += [key["key"] for key in question["groups"] if key["kind"] == "tag" and question["form"] != "catalog"]
    said += [str(round(value["number"])) for value in question["values"]]
    said += [str(question["rank"]["count"])] if question["rank"] else []
    said += [question["grain"]["unit"]] if question["grain"] else []
    assert [text for text in said if text not in told] == []


def test_back_goes_to_the_question_before(page: Page) -> None:
    """Each question is a place of its own in the browser's history."""
    ask(page, "web.requests by host over the last 24 hours")
    ask(page, PER_HOUR)
    page.go_back()
    expect(page.get_by_role("combobox", name=BOX)).to_have_value("web.requests by host over the last 24 hours")
    expect(page.locator(".bars .row")).to_have_count(1)
