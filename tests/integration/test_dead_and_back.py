"""A handler that always fails: five tries, the desk, the fault mended, a re-drive, done; by loop, clerk and API."""

import threading
from typing import Any

import psycopg
import pytest

from schema.enums import Topic
from tests.harness import Stack, make_job
from tests.integration.letters import file_letters
from tests.integration.pictures import disc_png
from tests.integration.real_loop import consume, counts
from workers.handlers import prelabel
from workers.work import Work


class Mendable:
    """The handler of pre-labels, broken until it is mended."""

    def __init__(self) -> None:
        self.is_broken = True
        self.calls = 0
        self._lock = threading.Lock()

    def __call__(self, work: Work, body: dict[str, Any]) -> None:
        with self._lock:
            self.calls += 1
        if self.is_broken:
            raise RuntimeError("the model does not fit into memory")
        prelabel.handle(work, body)


@pytest.mark.usefixtures("aws")
def test_message_that_always_fails_reaches_the_desk_and_comes_back_by_a_re_drive(
    stack: Stack, admin_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.outcomes.RETRY_MAX_S", 1)
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png())
    for body in stack.receive_all(Topic.IMAGES):
        stack.deliver(Topic.IMAGES, body)
    stack.relay()
    handler = Mendable()
    consume(stack, Topic.PRELABEL, handler, until=lambda: counts(stack, Topic.PRELABEL, dead=True) == 1)
    assert handler.calls == stack.settings.max_receives == 5

    assert file_letters(stack) == 1
    [letter] = job.client.call("GET", "/v1/dead-letters")["items"]
    said = (letter["queue"], letter["reason"], letter["error"], letter["attempts"])
    assert said == ("prelabel", "internal_error", "RuntimeError: the model does not fit into memory", 5)
    assert [t["state"] for t in job.tasks()] == ["waiting"]

    handler.is_broken = False
    job.client.call("POST", f"/v1/dead-letters/{letter['id']}/redrive")
    stack.relay()
    consume(stack, Topic.PRELABEL, handler, until=lambda: counts(stack, Topic.PRELABEL) == 0)
    assert [t["state"] for t in job.tasks()] == ["open"]
    assert handler.calls == 6
    with psycopg.connect(admin_url) as admin:
        assert admin.execute("SELECT state FROM dead_letter").fetchall() == [("redriven",)]
