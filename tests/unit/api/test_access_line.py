"""The line about each request in the log."""

import pytest
from fastapi.testclient import TestClient

from tests.unit.api.application import an_app


@pytest.mark.parametrize("path", ["/invitation/pli_secret", "/objects/secret.of.a.link"])
def test_what_opens_something_is_never_logged(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    with TestClient(an_app()) as client:
        client.get(path)
    lines = capsys.readouterr().out
    assert "request_served" in lines
    assert "secret" not in lines
