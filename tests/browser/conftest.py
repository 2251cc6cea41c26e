"""Servers as for the integration tests, and one browser for all tests of this folder."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import open_browser
from tests.integration.conftest import database_urls, emulator_url, stack, template

__all__ = ["database_urls", "emulator_url", "stack", "template"]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened
