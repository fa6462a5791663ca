"""Live questions, the board, keys, a first run, and a server that goes and comes."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect
from tools.processes import free_port
from tools.server import Server
from tools.stack import Stack

from tests.browser.conftest import BOX, ask, seed, settled
from tests.conftest import ROOT, StartServer

OpenPage = Callable[..., Page]
KEY = "an-admin-key-of-the-tests"
# What the line at the top has said, also if only for a moment.
WATCH = """() => {
  const line = document.querySelector(".connection");
  window.told = [];
  new MutationObserver(() => window.told.push(line.textContent)).observe(line, {childList: true});
}"""


def test_a_question_is_kept_live(open_page: OpenPage, site: str) -> None:
    """The picture moves as data arrives, and the address says that it is live."""
    httpx.post(f"{site}/metrics", json={"name": "live.sales", "type": "event"}).raise_for_status()
    page = open_page(site)
    ask(page, "how many live.sales today")
    number = page.locator(".figures .number")
    expect(number).to_have_text("1")
    page.get_by_role("button", name="Live", exact=True).click()
    expect(page.get_by_role("button", name="Live", exact=True)).to_have_attribute("aria-pressed", "true")
    httpx.post(f"{site}/metrics", json={"name": "live.sales", "type": "event"}).raise_for_status()
    expect(number).to_have_text("2")
    assert page.url.endswith("&live")
    page.reload()
    httpx.post(f"{site}/metrics", json={"name": "live.sales", "type": "event"}).raise_for_status()
    expect(number).to_have_text("3")


def test_pinned_questions_make_a_board(open_page: OpenPage, site: str) -> None:
    """Pins are kept by the browser and in the address, are refreshed, and are taken off again."""
    page = open_page(site)
    for prompt in ("average web.latency_ms by host over the last 24 hours", "how many board.sales today"):
        httpx.post(f"{site}/metrics", json={"name": "board.sales", "type": "event"}).raise_for_status()
        ask(page, prompt)
        page.get_by_role("button", name="Pin", exact=True).click()
    page.get_by_role("link", name="Board").click()
    tiles = page.locator(".tile")
    expect(tiles).to_have_count(2)
    expect(tiles.nth(0).locator(".bars .row")).to_have_count(3)
    expect(tiles.nth(1).locator(".number")).to_have_text("2")
    httpx.post(f"{site}/metrics", json={"name": "board.sales", "type": "event"}).raise_for_status()
    expect(tiles.nth(1).locator(".number")).to_have_text("3")
    other = open_page(page.url)
    expect(other.locator(".tile")).to_have_count(2)
    page.goto(f"{site}/#/board")
    page.reload()
    expect(tiles).to_have_count(2)
    page.get_by_role("button", name="Unpin").first.click()
    expect(tiles).to_have_count(1)
    page.reload()
    expect(tiles).to_have_count(1)


def test_the_board_fills_the_screen(open_page: OpenPage, site: str) -> None:
    """Full screen is for reading from across a room: large, and nothing but the tiles."""
    page = open_page(f"{site}/#/board?q=how+many+events+today")
    number = page.locator(".tile .number")
    small = float(number.evaluate("each => parseFloat(getComputedStyle(each).fontSize)"))
    page.get_by_role("button", name="Full screen").click()
    expect(page.locator("header.top")).to_be_hidden()
    assert float(number.evaluate("each => parseFloat(getComputedStyle(each).fontSize)")) > 1.5 * small


def test_signing_in(open_page: OpenPage, start_server: StartServer) -> None:
    """Where a key is needed it is asked for; it stays in the tab, out of addresses and off the disk; live works."""
    url = start_server(API_KEYS=KEY).url
    headers = {"Authorization": f"Bearer {KEY}"}
    httpx.post(f"{url}/metrics", headers=headers, json={"name": "keyed.sales", "type": "event"}).raise_for_status()
    page = open_page(url)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    field = page.get_by_label("API key")
    field.fill("a-key-that-nobody-knows")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("does not know that key")
    field.fill(KEY)
    page.get_by_role("button", name="Sign in").click()
    ask(page, "how many keyed.sales today")
    number = page.locator(".figures .number")
    expect(number).to_have_text("1")
    page.get_by_role("button", name="Live", exact=True).click()
    httpx.post(f"{url}/metrics", headers=headers, json={"name": "keyed.sales", "type": "event"}).raise_for_status()
    expect(number).to_have_text("2")
    assert not [each for each in [*requests, page.url] if KEY in each]
    assert KEY not in page.evaluate("JSON.stringify(localStorage)")
    assert KEY in page.evaluate("JSON.stringify(sessionStorage)")
    page.get_by_role("button", name="Sign out").click()
    expect(field).to_be_visible()


def test_first_run(open_page: OpenPage, start_server: StartServer) -> None:
    """With nothing stored the page shows three ways to send something, and notices when it comes."""
    url = start_server().url
    page = open_page(url)
    lines = page.locator(".first pre")
    expect(lines).to_have_count(3)
    for text in lines.all_inner_texts():
        assert url.removeprefix("http://") in text
    httpx.post(f"{url}/metrics", json={"name": "my.first", "value": 42}).raise_for_status()
    expect(page.locator(".arrived")).to_have_text("my.first = 42")
    page.get_by_role("button", name="Ask about my.first").click()
    settled(page)
    expect(page.locator(".figures .number")).to_have_text("42")


def test_first_run_with_keys(open_page: OpenPage, start_server: StartServer) -> None:
    """Where keys are on, a fresh one is made for the lines; with it the first metric is taken."""
    url = start_server(API_KEYS=KEY).url
    page = open_page(url)
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Make a key for it").click()
    line = page.locator(".first pre").first
    expect(line).to_contain_text("Bearer telemetry_")
    fresh = line.inner_text().split("Bearer ")[1].split('"')[0]
    assert KEY not in page.locator(".first").inner_text()
    sent = httpx.post(f"{url}/metrics", headers={"Authorization": f"Bearer {fresh}"}, json={"name": "a", "value": 1})
    assert sent.status_code == 201
    expect(page.locator(".arrived")).to_have_text("a = 1")


@contextlib.contextmanager
def _server(stack: Stack, app_env: str, folder: Path) -> Iterator[Callable[[], Server]]:
    """A server that can be started again where it was."""
    server, port = Server(folder), free_port()
    settings = {"ENVIRONMENT": "test", "APP_ENV": app_env, "MONGO_URI": stack.mongo_uri, "REDIS_URI": stack.redis_uri}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings, "RATE_LIMIT": "0", "COLLECT": "0"}

    def start() -> Server:
        server.start(environment, port=port, arguments=(), folder=folder)
        return server

    try:
        yield start
    finally:
        server.stop()


@pytest.mark.parametrize("live", [False, True])
def test_a_server_that_goes_and_comes(
    open_page: OpenPage, stack: Stack, app_env: str, scratch: Path, live: bool
) -> None:
    """Its absence is told, what is shown stays, and when it is back all goes on."""
    with _server(stack, app_env, scratch) as start:
        server = start()
        seed(server.url)
        page = open_page(server.url)
        ask(page, "how many events by host over the last 2 days" if not live else "how many web.requests today")
        if live:
            page.get_by_role("button", name="Live", exact=True).click()
        page.evaluate(WATCH)
        server.stop()
        if not live:
            page.get_by_role("combobox", name=BOX).press("Enter")
        line = page.locator(".connection")
        expect(line).to_have_text("The server does not answer. Trying again …")
        expect(page.locator(".card.answer")).to_be_visible()
        start()
        expect(line).to_have_text("")
        assert "The server is back." in page.evaluate("window.told")
        ask(page, "average web.latency_ms by host over the last 2 days")
        expect(page.locator(".bars .row")).to_have_count(3)


def test_pins_that_are_none(open_page: OpenPage, site: str) -> None:
    """What the browser kept may be anything: the page does without it."""
    page = open_page(site)
    for kept in ("{", json.dumps({"a": 1}), json.dumps([1])):
        page.evaluate(
            "kept => { localStorage['telemetry.board'] = kept; localStorage['telemetry.zone'] = kept; }", kept
        )
        page.reload()
        page.goto(f"{site}/#/board")
        expect(page.locator(".card.empty")).to_contain_text("Nothing is pinned.")
        page.goto(f"{site}/")
