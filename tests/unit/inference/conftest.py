"""An engine with stub models, ended after each test."""

import pytest

from tests.unit.inference.stub_models import Bench


@pytest.fixture
def bench():
    made = Bench()
    yield made
    if made.engine is not None:
        made.engine.close()
