"""One world for all tests of this folder: nothing that they ask for stays."""

from collections.abc import Iterator

import pytest

from tests.integration.access.opened import Access, open_access
from tests.integration.conftest import Template


@pytest.fixture(scope="package")
def access(template: Template, emulator_url: str) -> Iterator[Access]:
    with open_access(template, emulator_url) as opened:
        yield opened
