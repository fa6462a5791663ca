"""A real browser, and a server with something to look at."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tools import browser as chromium
from tools.stack import Stack

from tests.conftest import servers

BOX = "Ask about your metrics"
HOSTS = ("alpha", "beta", "gamma")
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium.require())
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`open_page(url, **options)` opens a page in a context of its own; an error in its script fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def start(url: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "timezone_id": "UTC", **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda told: _note(told, wrong))
        page.goto(url)
        return page

    yield start
    for context in contexts:
        context.close()
    assert wrong == []


def _note(told: Any, wrong: list[str]) -> None:
    refused = "Failed to load resource" in told.text  # 401, 422, and a server that is away: the page tells of them
    if told.type == "error" and not refused:
        wrong.append(told.text)


@pytest.fixture(scope="module")
def site(stack: Stack) -> Iterator[str]:
    """The URL of a server with two days of made-up metrics."""
    with servers(stack) as start:
        url = start().url
        seed(url)
        yield url


def seed(url: str) -> None:
    """Every half hour of the last two days: a latency of each host, and a counter."""
    now = datetime.now(UTC).replace(microsecond=0)
    metrics = []
    for step in range(96):
        at = (now - timedelta(minutes=30 * step)).isoformat()
        for place, host in enumerate(HOSTS):
            value = 100 * (place + 1) + step % 7
            metrics.append(
                {"name": "web.latency_ms", "type": "timer", "value": value, "tags": [f"host:{host}"], "timestamp": at}
            )
        metrics.append(
            {"name": "web.requests", "type": "counter", "value": 10, "tags": ["host:alpha"], "timestamp": at}
        )
    httpx.post(f"{url}/v1/metrics", json={"metrics": metrics}).raise_for_status()


def ask(page: Page, prompt: str) -> None:
    """Type a prompt, and wait for what comes of it."""
    box = page.get_by_role("combobox", name=BOX)
    box.fill(prompt)
    box.press("Enter")
    settled(page)


def settled(page: Page) -> None:
    """Wait until nothing is asked."""
    expect(page.locator(".view.ask.busy")).to_have_count(0)
    expect(page.locator(".card.answer, .card.refusal").first).to_be_visible()


def prompt_of(page: Page) -> str:
    return page.get_by_role("combobox", name=BOX).input_value()


def eventually(holds: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until something holds that no locator tells."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)
