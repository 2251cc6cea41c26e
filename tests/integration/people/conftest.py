"""One Plumbline for all tests of a module: each makes the organisations and people that it needs."""

from collections.abc import Iterator

import pytest

from tests.harness import Stack, open_stack
from tests.integration.conftest import Template


@pytest.fixture(scope="module")
def stack(template: Template, emulator_url: str) -> Iterator[Stack]:
    with (
        template.cloned() as urls,
        open_stack(app_url=urls.app, relay_url=urls.relay, endpoint_url=emulator_url) as opened,
    ):
        yield opened
