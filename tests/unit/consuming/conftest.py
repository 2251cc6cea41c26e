"""What all tests of consumers want."""

import pytest


@pytest.fixture(autouse=True)
def short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A consumer that stops waits for its poll to end."""
    monkeypatch.setattr("workers.loop.POLL_S", 0.05)
