"""One Chromium for the tests: headless, with a fresh profile each, and no way out of this machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
REQUIRED = "PLUMBLINE_REQUIRE_BROWSER"
PICTURES = "PLUMBLINE_FAILED_PAGES"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
WAIT_MS = 15_000
SETTLE_MS = 800
_numbers = count(1)
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}


def find_chromium() -> str:
    """Return the browser of this machine; without one the tests are skipped, or fail where one is required."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    if os.environ.get(REQUIRED):
        pytest.fail(f"no Chromium here, and {REQUIRED} is set")
    pytest.skip("no Chromium on this machine: install the package chromium to run the browser tests")


@dataclass
class Window:
    """A person's browser: one page, what it complained of, and where it tried to go."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    strayed: list[str] = field(default_factory=list)

    def list_barriers(self) -> list[str]:
        """Return what axe finds against WCAG 2.1 A and AA, and finds again a moment later: colours may be fading in."""
        found = self._run_axe()
        if found:
            self.page.wait_for_timeout(SETTLE_MS)
            found = self._run_axe()
        return [f"{v['id']}: {v['help']}: {[n['html'][:160] for n in v['nodes'][:3]]}" for v in found]

    def _run_axe(self) -> list[dict[str, Any]]:
        violations: list[dict[str, Any]] = Axe().run(self.page, options=RULES).response["violations"]
        return violations

    def check_calm(self) -> None:
        """Fail if the page logged an error or asked another machine for something."""
        assert self.complaints == []
        assert self.strayed == []


@contextmanager
def open_browser() -> Iterator[Browser]:
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_window(browser: Browser, base_url: str, *, dark: bool = True, width: int = 1440) -> Iterator[Window]:
    """Open a person's own window: cookies and storage are theirs alone."""
    context = browser.new_context(
        base_url=base_url,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(WAIT_MS)
    window = _watched(context)
    try:
        yield window
    except BaseException:
        _keep_picture(window)
        raise
    finally:
        context.close()


def _keep_picture(window: Window) -> None:
    """Keep what was on the screen when a test failed, where somebody asks for it."""
    if folder := os.environ.get(PICTURES):
        path = Path(folder) / f"{next(_numbers)}.png"
        window.page.screenshot(path=path)
        path.with_suffix(".txt").write_text("\n".join([window.page.url, *window.complaints, *window.strayed]))


def _watched(context: BrowserContext) -> Window:
    page = context.new_page()
    window = Window(page)

    def guard(route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            window.strayed.append(route.request.url)
            route.abort()

    def listen(message: ConsoleMessage) -> None:
        # A refused request is logged by the browser itself; what the page makes of it is for the test to see.
        if message.type == "error" and "Failed to load resource" not in message.text:
            window.complaints.append(message.text)

    context.route(lambda url: url.startswith(("http:", "https:")), guard)
    page.on("console", listen)
    page.on("pageerror", lambda error: window.complaints.append(str(error)))
    return window
