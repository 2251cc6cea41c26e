"""The state sweep: what waits too long is announced again in its own trace, given up with a reason that people learn,
in bounded steps, by any number of sweepers."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from prometheus_client import REGISTRY

from domain.sweeps.service import BATCH, FAR_BEHIND, STUCK_KINDS, sweep_rows
from schema.enums import Topic
from tests.harness import Job, Stack, make_job
from tests.integration.pictures import disc_png
from workers.sweeper import Traffic, sweep_once

TRACE = UUID("0af7651916cd43dd8448eb211c80319c")
IMAGES = next(kind for kind in STUCK_KINDS if kind.table == "image")


@pytest.fixture
def job(stack: Stack) -> Job:
    """A job whose feed is filled already."""
    job = make_job(stack)
    stack.pump()
    return job


@pytest.fixture
def admin(admin_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        yield connection


def receive(job: Job, count: int, admin: psycopg.Connection) -> None:
    """Write images that wait to be read, and were announced to nobody."""
    admin.execute(
        "INSERT INTO image (client_org, source_id, key, revision, state, state_since, trace_id) "
        "SELECT %s, %s, i || '.png', 'r', 'received', now() - interval '1 hour' + i * interval '1 second', %s "
        "FROM generate_series(1, %s) i",
        (job.client.organisation_id, job.source_id, TRACE, count),
    )


def announced(admin: psycopg.Connection, kind: str = "image") -> Counter[int]:
    rows = admin.execute("SELECT key FROM outbox WHERE body->>'type' = %s", [kind])
    return Counter(key for (key,) in rows)


def resent(state: str) -> float:
    return REGISTRY.get_sample_value("plumbline_resent_total", {"state": state}) or 0.0


def test_what_is_announced_again_goes_on_in_its_own_trace(job: Job, admin: psycopg.Connection) -> None:
    receive(job, 1, admin)
    job.stack.sweep()
    job.stack.relay()
    [envelope] = [json.loads(body) for body in job.stack.receive_all(Topic.IMAGES)]
    assert envelope["trace"].split("-")[1] == TRACE.hex


def test_waiting_task_is_announced_again_in_the_trace_of_its_image(job: Job, admin: psycopg.Connection) -> None:
    job.stack.put(job.bucket, "a.png", disc_png())
    for body in job.stack.receive_all(Topic.IMAGES):
        job.stack.deliver(Topic.IMAGES, body)
    admin.execute("DELETE FROM outbox")
    job.stack.sweep()
    traces = admin.execute("SELECT t.trace_id, o.trace_id FROM task t JOIN outbox o ON o.key = t.id").fetchall()
    assert len(traces) == 1
    assert traces[0][0] == traces[0][1] is not None


def test_a_step_takes_so_many_rows_and_the_oldest_first(job: Job, admin: psycopg.Connection) -> None:
    receive(job, BATCH + 1, admin)
    with job.stack.relay_database.begin(None) as session:
        swept = sweep_rows(session, IMAGES, on_the_way=0, deadline_s=0.0, max_resends=5)
    assert (swept.resent, swept.may_be_more) == (BATCH, True)
    row = admin.execute("SELECT key FROM image WHERE resent = 0").fetchone()
    assert row == (f"{BATCH + 1}.png",)


def test_two_sweepers_announce_every_row_once_a_deadline(job: Job, admin: psycopg.Connection) -> None:
    receive(job, 400, admin)
    settings = job.stack.settings.model_copy(update={"state_deadline_s": 600.0})
    before = resent("image.images")
    threads = [
        threading.Thread(target=sweep_once, args=(job.stack.relay_database, job.stack.sender, settings))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(announced(admin).values()) == [1] * 400
    assert resent("image.images") - before == 400


def test_workers_far_behind_get_no_more_of_the_same(job: Job, admin: psycopg.Connection) -> None:
    receive(job, 1, admin)
    with job.stack.relay_database.begin(None) as session:
        assert sweep_rows(session, IMAGES, on_the_way=FAR_BEHIND, deadline_s=60.0, max_resends=5).resent == 0
    admin.execute("UPDATE image SET state_since = now() - interval '2 hours'")
    with job.stack.relay_database.begin(None) as session:
        assert sweep_rows(session, IMAGES, on_the_way=FAR_BEHIND, deadline_s=60.0, max_resends=5).resent == 1


def give_up(job: Job, topic: Topic) -> None:
    """Sweep until it gives up, with each message of the topic lost."""
    for _ in range(job.stack.settings.max_resends + 1):
        job.stack.relay()
        job.stack.receive_all(topic)
        job.stack.sweep()
    job.stack.pump()


def test_stuck_image_is_quarantined_and_told_of_once(job: Job, admin: psycopg.Connection) -> None:
    receive(job, 1, admin)
    give_up(job, Topic.IMAGES)
    [image] = job.images()
    assert (image["state"], image["reason"]) == ("quarantined", "stuck")
    for topic, body in list(job.stack.delivered):
        job.stack.deliver(topic, body)
    events = admin.execute("SELECT kind, body->>'reason' FROM event WHERE kind = 'image.quarantined'").fetchall()
    assert events == [("image.quarantined", "stuck")]


def test_one_kind_that_fails_holds_up_no_other(job: Job, admin: psycopg.Connection) -> None:
    admin.execute(
        "INSERT INTO release (client_org, project_id, format, state, up_to_decision_id, requested_by, "
        "state_since) VALUES (%s, %s, 'coco', 'running', 0, %s, now() - interval '1 hour')",
        [job.client.organisation_id, job.project_id, job.client.member_id],
    )
    admin.execute("REVOKE SELECT (submits) ON task FROM plumbline_relay")
    job.stack.sweep()
    assert len(announced(admin, "release")) == 1


def test_ended_lease_of_a_cancelled_task_is_taken_back_and_its_seat_stays_out_of_the_queue(
    job: Job, admin: psycopg.Connection
) -> None:
    job.stack.put(job.bucket, "a.png", disc_png())
    job.stack.pump()
    assert job.claim(job.annotators[0]) is not None
    job.stack.s3.delete_object(Bucket=job.bucket, Key="a.png")
    job.stack.pump()
    admin.execute("UPDATE seat SET expires_at = now() - interval '1 second' WHERE state = 1")
    job.stack.sweep()
    assert admin.execute("SELECT count(*) FROM seat WHERE state = 1").fetchone() == (0,)
    assert admin.execute("SELECT count(*) FROM seat WHERE state = 0 AND queue_key > 0").fetchone() == (0,)


def test_while_the_outbox_stands_still_nothing_is_announced_or_counted(job: Job, admin: psycopg.Connection) -> None:
    receive(job, 1, admin)
    job.stack.sweep()
    admin.execute("UPDATE outbox SET not_before = now() - interval '1 minute'")
    for _ in range(job.stack.settings.max_resends + 1):
        job.stack.sweep()
    assert announced(admin).total() == 1
    assert admin.execute("SELECT state, resent FROM image").fetchall() == [("received", 1)]


def test_topic_is_quiet_only_some_time_after_its_last_message() -> None:
    traffic = Traffic(quiet_s=0.2)
    assert traffic.note(Topic.DECIDE, 0) == 0
    assert traffic.note(Topic.DECIDE, 3) == 3
    assert traffic.note(Topic.DECIDE, 0) == 1
    assert traffic.note(Topic.PRELABEL, 0) == 0
    time.sleep(0.25)
    assert traffic.note(Topic.DECIDE, 0) == 0


def test_row_is_not_given_up_while_its_queue_was_busy_a_moment_ago(job: Job, admin: psycopg.Connection) -> None:
    receive(job, 1, admin)
    admin.execute("UPDATE image SET resent = 5")
    traffic = Traffic(quiet_s=60.0)
    traffic.note(Topic.IMAGES, 1)
    sweep_once(job.stack.relay_database, job.stack.sender, job.stack.settings, traffic)
    assert admin.execute("SELECT state FROM image").fetchall() == [("received",)]
    sweep_once(job.stack.relay_database, job.stack.sender, job.stack.settings)
    assert admin.execute("SELECT state FROM image").fetchall() == [("quarantined",)]
