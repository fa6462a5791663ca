"""Look and trust: the pictures, the rows, zooming, downloads, zones, how an answer was come by."""

import re
import urllib.parse
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import BOX, ask, prompt_of, settled

OpenPage = Callable[..., Page]
PER_HOUR = "average web.latency_ms per hour by host over the last 24 hours"


@pytest.fixture
def page(open_page: OpenPage, site: str) -> Page:
    return open_page(site)


def test_a_number_has_its_course(page: Page) -> None:
    """One row is shown large, with its unit and a small line."""
    ask(page, "average web.latency_ms over the last 24 hours")
    expect(page.locator(".figures .number")).to_have_text(re.compile(r"^20\d(\.\d)? ms$"))
    expect(page.locator(".history .spark")).to_be_visible()


def test_a_comparison_shows_both_periods(page: Page) -> None:
    """Both periods stand in one picture: as bars beside each other, and as two lines."""
    ask(page, "average web.latency_ms by host over the last 12 hours vs the 12 hours before")
    expect(page.locator(".bars .row")).to_have_count(3)
    expect(page.locator(".bars .row").first.locator(".bar")).to_have_count(2)
    expect(page.locator(".bars .change").first).to_contain_text("%")
    ask(page, "average web.latency_ms over the last 12 hours vs the 12 hours before")
    expect(page.locator(".history .spark path")).to_have_count(2)
    ask(page, "average web.latency_ms per hour over the last 12 hours vs the 12 hours before")
    expect(page.locator(".legend .entry")).to_have_count(2)
    expect(page.locator(".swatch.dashed")).to_have_count(1)


def test_hours_by_weekdays_are_a_map(page: Page) -> None:
    """Hour of day by weekday is a map of 7 by 24."""
    ask(page, "average web.latency_ms by hour of day and weekday")
    expect(page.locator(".heatmap rect")).to_have_count(7 * 24)
    expect(page.locator(".heatmap rect.heat title").first).to_contain_text("ms")


def test_zooming_asks_for_that_range(page: Page) -> None:
    """Dragging over a part of the lines asks for it, in whole and finer buckets."""
    ask(page, PER_HOUR)
    box = page.locator(".u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 90, steps=5)
    page.mouse.up()
    field = page.get_by_role("combobox", name=BOX)
    expect(field).to_have_value(re.compile(r"per 15 minutes from \S+T\d\d:[0134][05]Z to \S+Z$"))
    settled(page)
    page.go_back()
    expect(field).to_have_value(PER_HOUR)


def test_rows_are_sorted(page: Page) -> None:
    """A press on a head sorts by it, another one the other way, a third as it was answered."""
    ask(page, "average web.latency_ms by host over the last 24 hours")
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("alpha")
    head = page.locator("thead button").last
    head.click()
    expect(first).to_contain_text("gamma")
    expect(page.locator("thead th").last).to_have_attribute("aria-sort", "descending")
    head.click()
    expect(first).to_contain_text("alpha")
    expect(page.locator("thead th").last).to_have_attribute("aria-sort", "ascending")


def test_downloads(page: Page) -> None:
    """The rows come as CSV, the picture as PNG."""
    ask(page, PER_HOUR)
    with page.expect_download() as csv:
        page.get_by_role("button", name="CSV").click()
    text = csv.value.path().read_text()
    assert text.splitlines()[0] == "host,time,avg"
    assert len(text.splitlines()) > 60
    with page.expect_download() as image:
        page.get_by_role("button", name="PNG").click()
    assert image.value.path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_how_an_answer_was_come_by(page: Page) -> None:
    """One click shows the reading, what was read by which index, the time of each step, and the pipeline."""
    ask(page, PER_HOUR)
    page.get_by_role("button", name="How", exact=True).click()
    trust = page.locator(".trust")
    expect(trust).to_contain_text("avg of web.latency_ms by host per hour from")
    expect(trust.locator("dd").nth(2)).to_contain_text("name_1")
    expect(trust).to_contain_text("worked out now")
    expect(trust.locator(".steps")).to_contain_text("in MongoDB")
    expect(trust.locator("pre")).to_contain_text("db.metrics.aggregate(EJSON.deserialize(")
    page.reload()
    settled(page)


def test_two_links(open_page: OpenPage, site: str) -> None:
    """One link gives the same answer for ever, the other is fresh each time."""
    page = open_page(site, permissions=["clipboard-read", "clipboard-write"])
    ask(page, "how many events over the last hour")
    before = page.locator(".figures .number").inner_text()
    page.get_by_role("button", name="How", exact=True).click()
    links = []
    for name in ("Same answer for ever", "Fresh each time"):
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        links.append(page.evaluate("navigator.clipboard.readText()"))
        expect(page.get_by_role("button", name="Copied")).to_have_count(0)
    assert "now=" in urllib.parse.unquote(links[0])
    assert "now=" not in links[1]
    httpx.post(f"{site}/metrics", json={"name": "links.event", "type": "event"}).raise_for_status()
    page.goto("about:blank")
    page.goto(links[1])
    settled(page)
    expect(page.locator(".figures .number")).not_to_have_text(before)
    page.goto("about:blank")
    page.goto(links[0])
    settled(page)
    expect(page.locator(".figures .number")).to_have_text(before)


def test_times_are_in_the_chosen_zone(page: Page) -> None:
    """The zone is chosen once; rows and days are in it."""
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    ask(page, "average web.latency_ms per hour over the last 6 hours")
    expect(page.locator("tbody td.time").first).to_have_text(re.compile(r":00$"))
    expect(page.locator(".chip.range")).to_have_attribute("title", re.compile(r"\(Asia/Tokyo\)"))


def test_an_empty_answer_says_why(page: Page) -> None:
    """Nothing is not shown as zero, nor as an empty picture."""
    ask(page, "average web.latency_ms where host is alpha from 2020-01-01 to 2020-01-02")
    expect(page.locator(".empty")).to_contain_text("Nothing to show.")
    expect(page.locator(".empty")).to_contain_text("No value of web.latency_ms was stored for 1 Jan 2020")


def test_catalog_lists_and_asks(page: Page) -> None:
    """Names have their types, tags, counts, last sight and course; a click asks."""
    page.get_by_role("link", name="Metrics").click()
    row = page.locator("tr", has_text="web.latency_ms")
    expect(row).to_contain_text("timer")
    expect(row.locator(".tags")).to_have_text("host")
    expect(row.locator(".last")).to_have_text(re.compile("ago|now"))
    expect(row.locator(".spark")).to_be_visible()
    expect(row.locator("[data-count-of]")).to_have_text(re.compile(r"^14\d$"))
    page.get_by_label("Find a metric").fill("requests")
    expect(row).to_have_count(0)
    page.get_by_role("link", name="web.requests").click()
    settled(page)
    assert prompt_of(page) == "web.requests per hour over the last 24 hours"


def test_health_tells_how_the_server_does(page: Page, site: str) -> None:
    """Ingestion, cache, slow questions and missed prompts stand on one page."""
    httpx.get(f"{site}/query", params={"prompt": "flobberwock by host"})
    page.get_by_role("link", name="Health").click()
    for title in ("Ingestion", "Cache hits", "Slow questions", "Asked in vain"):
        expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.locator(".figure-card").first).to_contain_text("since the start")
