"""Live counts over a real server: what a stream tells, when it ends, and that it does not hold the process up."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from api.app import create_app
from api.live import Pace
from api.server import Server
from cli.launcher.bootstrap import DatabaseUrls
from schema.enums import OrganisationKind, Role
from tests.harness import Job, Person, Stack, make_job
from tests.integration.conftest import Template
from tests.integration.pictures import disc_png

QUICK = Pace(interval_s=0.05, keep_alive_s=0.2, recheck_s=0.3)
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Served:
    """A stack's API behind a port of its own."""

    url: str
    server: Server
    thread: threading.Thread

    def stop(self) -> float:
        """Stop the server; return how long that took."""
        start = time.monotonic()
        self.server.should_exit = True
        self.thread.join(PATIENCE_S)
        return time.monotonic() - start


@contextmanager
def serve(stack: Stack, pace: Pace = QUICK) -> Iterator[Served]:
    app = create_app(
        stack.settings, database=stack.database, buckets=stack.work.sources, own_bucket=stack.work.bucket, pace=pace
    )
    server = Server(app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + PATIENCE_S
    while not server.started and time.monotonic() < until:
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    served = Served(f"http://127.0.0.1:{port}", server, thread)
    yield served
    served.stop()


@contextmanager
def watch(served: Served, person: Person, project_id: int, **headers: str) -> Iterator[Iterator[dict[str, str]]]:
    """Open a stream; iterate over its blocks, each as its fields (a comment's name is empty)."""
    url = f"{served.url}/v1/projects/{project_id}/events"
    headers = {"Authorization": f"Bearer {person.token}", "Accept": "text/event-stream"} | headers
    with httpx2.stream("GET", url, headers=headers, timeout=PATIENCE_S, trust_env=False) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.headers["cache-control"] == "no-store"
        yield blocks(answer)


def blocks(answer: httpx2.Response) -> Iterator[dict[str, str]]:
    block: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            block[name] = value
        elif block:
            yield block
            block = {}


def next_counts(stream: Iterator[dict[str, str]]) -> dict[str, Any]:
    """Return the data of the next event, past comments."""
    counts: dict[str, Any] = json.loads(next(block["data"] for block in stream if block.get("event") == "progress"))
    return counts


def ends(stream: Iterator[dict[str, str]]) -> bool:
    """Say whether the stream ends while patience lasts."""
    until = time.monotonic() + PATIENCE_S
    return all(time.monotonic() < until for _ in stream)


@pytest.fixture(scope="module")
def stack(shared_stack: Stack) -> Stack:
    return shared_stack


@pytest.fixture(scope="module")
def admin_url(template: Template, shared_urls: DatabaseUrls) -> str:
    return template.admin_url(shared_urls)


@pytest.fixture
def job(stack: Stack) -> Job:
    return make_job(stack, annotators=1)


def test_stream_begins_with_the_counts_as_progress_tells_them(stack: Stack, job: Job) -> None:
    with serve(stack) as served, watch(served, job.client, job.project_id) as stream:
        assert next_counts(stream) == job.progress()


def test_stream_tells_when_work_arrives(stack: Stack, job: Job) -> None:
    with serve(stack) as served, watch(served, job.client, job.project_id) as stream:
        assert next_counts(stream)["tasks"]["open"] == 0
        stack.put(job.bucket, "a.png", disc_png())
        stack.pump()
        while next_counts(stream)["tasks"]["open"] != 1:
            pass


def test_quiet_stream_is_kept_alive(stack: Stack, job: Job) -> None:
    with serve(stack) as served, watch(served, job.client, job.project_id) as stream:
        next_counts(stream)
        assert next(stream) == {"": "still here"}


def test_stream_goes_on_wherever_its_reader_says_it_stopped(stack: Stack, job: Job) -> None:
    with serve(stack) as served, watch(served, job.client, job.project_id, **{"Last-Event-ID": "x" * 300}) as stream:
        assert next_counts(stream) == job.progress()


def test_stream_of_another_client_is_not_found(stack: Stack, job: Job) -> None:
    stranger = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    problem = stranger.call("GET", f"/v1/projects/{job.project_id}/events", expect=404)
    assert problem["code"] == "not_found"


def test_annotators_watch_no_counts(job: Job) -> None:
    problem = job.annotators[0].call("GET", f"/v1/projects/{job.project_id}/events", expect=403)
    assert problem["code"] == "forbidden"


def test_vendor_that_is_engaged_watches_too(stack: Stack, job: Job) -> None:
    with serve(stack) as served, watch(served, job.vendor, job.project_id) as stream:
        assert next_counts(stream)["project_id"] == job.project_id


def test_stream_ends_with_its_token(stack: Stack, job: Job, admin_url: str) -> None:
    with serve(stack) as served, watch(served, job.client, job.project_id) as stream:
        next_counts(stream)
        change(admin_url, f"UPDATE api_token SET expires_at = now() WHERE member_id = {job.client.member_id}")
        assert ends(stream)


def test_stream_ends_with_the_engagement(stack: Stack, job: Job, admin_url: str) -> None:
    with serve(stack) as served, watch(served, job.vendor, job.project_id) as stream:
        next_counts(stream)
        change(admin_url, f"UPDATE engagement SET ended_at = now() WHERE project_id = {job.project_id}")
        assert ends(stream)


def test_open_streams_do_not_hold_the_process_up(stack: Stack, job: Job) -> None:
    with serve(stack, Pace()) as served, watch(served, job.client, job.project_id) as stream:
        next_counts(stream)
        assert served.stop() < 3
        assert ends(stream)
        assert not served.thread.is_alive()


def test_waiting_streams_hold_no_connection(stack: Stack, job: Job) -> None:
    with serve(stack) as served:
        streams = [watch(served, job.client, job.project_id) for _ in range(2 * stack.settings.database_pool_size)]
        for stream in streams:
            next_counts(stream.__enter__())
        assert job.claim(job.annotators[0]) is None
        for stream in streams:
            stream.__exit__(None, None, None)


def change(admin_url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(statement.encode())
