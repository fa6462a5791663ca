"""For everybody: screen readers, dark and light, narrow screens, hostile text, much of everything, and soon."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from tools.stack import Stack

from tests.browser.conftest import BOX, ask, seed, settled
from tests.conftest import StartServer, servers

OpenPage = Callable[..., Page]
AXE = Path(__file__).parent / "axe.min.js"
STATES = {
    "home": "#/",
    "lines": "#/?q=average+web.latency_ms+per+hour+by+host+over+the+last+24+hours",
    "bars": "#/?q=average+latency+by+host",
    "map": "#/?q=average+web.latency_ms+by+hour+of+day+and+weekday",
    "refusal": "#/?q=average+flobberwock",
    "board": "#/board?q=how+many+events+today&q=average+latency+by+host",
    "catalog": "#/catalog",
    "health": "#/health",
}
SETTLED = ".example, .card, .names .spark"
SCRIPT = "<script>alert(1)</script>"
HOSTILE = (
    SCRIPT,
    '"><img src=x onerror=alert(1)>',
    "\u202eright-to-left",
    "\u2066\u2067\u2068",
    "' OR 1=1 --",
    "w" * 200,
    "日本語のホスト名",
    "${7*7}{{7*7}}",
)


def _violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']} ({each['impact']}): {[node['html'][:160] for node in each['nodes'][:3]]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_serious(open_page: OpenPage, site: str, state: str, scheme: str) -> None:
    """axe-core finds nothing serious in any state, dark or light."""
    page = open_page(f"{site}/{STATES[state]}", color_scheme=scheme)
    expect(page.locator(SETTLED).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert _violations(page) == []


def test_axe_finds_nothing_serious_in_what_opens(open_page: OpenPage, site: str) -> None:
    """Nor in menus, completions, and how an answer was come by."""
    page = open_page(f"{site}/{STATES['lines']}")
    settled(page)
    page.get_by_role("button", name="How", exact=True).click()
    expect(page.locator(".trust dd").nth(2)).to_contain_text("name_1")
    page.locator(".chip.metric").click()
    expect(page.locator(".menu .item").first).to_be_visible()
    assert _violations(page) == []
    page.keyboard.press("Escape")
    page.locator("textarea").fill("average ")
    expect(page.get_by_role("listbox").get_by_role("option").first).to_be_visible()
    assert _violations(page) == []


def test_dark_and_light(open_page: OpenPage, site: str) -> None:
    """The page follows the system, and a button says otherwise, which the browser keeps."""
    page = open_page(site, color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    page.get_by_role("button", name="Colours: auto").click()
    assert page.evaluate(paper) != dark
    page.get_by_role("button", name="Colours: light").click()
    assert page.evaluate(paper) == dark
    page.get_by_role("button", name="Colours: dark").focus()
    page.reload()
    expect(page.get_by_role("button", name="Colours: dark")).to_be_visible()


@pytest.mark.parametrize("width", [320, 390, 768])
@pytest.mark.parametrize("state", STATES)
def test_narrow_screens(open_page: OpenPage, site: str, state: str, width: int) -> None:
    """The page itself is never wider than the screen."""
    page = open_page(f"{site}/{STATES[state]}", viewport={"width": width, "height": 800})
    expect(page.locator(SETTLED).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.fixture(scope="module")
def hostile_site(stack: Stack) -> Iterator[str]:
    """A server with tag values and names as nobody should choose them."""
    with servers(stack) as start:
        url = start().url
        metrics = [{"name": "hostile.hits", "value": 5, "tags": {"host": text}} for text in HOSTILE]
        metrics.append({"name": "n" * 200, "value": 1})
        metrics.append({"name": "constructor", "value": 1, "tags": {"__proto__": "toString"}})
        httpx.post(f"{url}/v1/metrics", json={"metrics": metrics}).raise_for_status()
        yield url


def test_hostile_text_is_text(open_page: OpenPage, hostile_site: str) -> None:
    """Script tags, marks of direction and very long values stand in the page as text, and break nothing."""
    page = open_page(hostile_site)
    ask(page, "average hostile.hits by host")
    expect(page.locator(".bars .row")).to_have_count(len(HOSTILE))
    shown = page.locator(".bars .label").all_text_contents()
    assert sorted(shown) == sorted(HOSTILE)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.locator(".chip.add").click()
    page.get_by_role("button", name="a filter …").click()
    page.locator(".menu .item", has_text="host").click()
    page.locator(".menu .item", has_text=SCRIPT).click()
    expect(page.locator(".chip.filter .text")).to_have_text(f"host = {SCRIPT}")
    for prompt in (*HOSTILE, "x" * 500):
        ask(page, prompt)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.get_by_role("link", name="Metrics").click()
    expect(page.get_by_role("link", name="n" * 200)).to_be_visible()
    assert page.locator("img, main script").count() == 0


def test_hostile_addresses(open_page: OpenPage, hostile_site: str) -> None:
    """Whatever stands in the address, the page stands."""
    for place in ("#/?q=%3Cscript%3E", "#/board?q=%00", "#/nowhere", "#%%%", "#/?q=x&tz=Nowhere/Land&now=never"):
        page = open_page(f"{hostile_site}/{place}")
        expect(page.get_by_role("navigation")).to_be_visible()


def test_much_is_thinned_and_said(open_page: OpenPage, start_server: StartServer) -> None:
    """A thousand groups are drawn in part, the page says so, and stays quick."""
    url = start_server(MAX_BODY_BYTES="10000000").url
    metrics = [{"name": "many.hits", "value": place, "tags": [f"host:h{place:04}"]} for place in range(1200)]
    httpx.post(f"{url}/v1/metrics", json={"metrics": metrics}, timeout=30).raise_for_status()
    page = open_page(url)
    ask(page, "average many.hits by host")
    expect(page.locator(".notes")).to_contain_text("40 of 1,000 bars are drawn; the table has all.")
    expect(page.locator(".notes")).to_contain_text("These are the first 1,000 rows; there are more.")
    expect(page.locator("tbody tr")).to_have_count(100)
    page.get_by_role("button", name="Show all 1,000 rows").click()
    expect(page.locator("tbody tr")).to_have_count(1000)
    ask(page, "average many.hits per hour by host over the last 6 hours")
    expect(page.locator(".notes")).to_contain_text("12 of")
    expect(page.locator(".legend .entry")).to_have_count(12)


def test_first_paint(open_page: OpenPage, site: str) -> None:
    """The page paints within half a second, of less than 200 kB."""
    seconds = []
    for _ in range(5):  # what else the machine does is no matter of the page
        page = open_page(site)
        expect(page.get_by_role("combobox", name=BOX)).to_be_visible()
        seconds.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000)
        parts = page.evaluate("performance.getEntriesByType('resource').map(each => [each.name, each.decodedBodySize])")
        assert sum(size for name, size in parts if "/console/" in name) < 200_000
    assert min(seconds) < 0.5


def test_keyboard_alone(open_page: OpenPage, site: str) -> None:
    """A slash comes to the box from anywhere; the first stop leads past the head of the page."""
    seed(site)
    page = open_page(f"{site}/#/catalog")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name=BOX)).to_be_focused()
