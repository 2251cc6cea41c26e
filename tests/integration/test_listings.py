"""Listings of real buckets: the order and the ETags of S3, progress as people see it, thousands of objects."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Event, Thread

import pytest
from boto3.s3.transfer import TransferConfig
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from domain.ports import BucketAccess
from domain.sources import service
from schema.enums import Topic
from tests.harness import Stack, add_source, make_job
from tests.integration.listed import Bucket, denying, numbered
from tests.integration.pictures import disc_png
from workers.reconciler import Turn, has_room_for_keys, reconcile_next, run_reconciles

PARTS = TransferConfig(multipart_threshold=1, multipart_chunksize=5 * 2**20, use_threads=False)
ODD = ["Z", "a", "a b+c%2F&=?", "é", "日本/語", "\uffee", "\U0001f600", "\x01", "a\nb", "a\tb", "<&>"]


def test_s3_lists_any_keys_in_the_order_of_their_bytes_after_each_of_them(stack: Stack) -> None:
    stack.s3.create_bucket(Bucket="odd-keys")
    for key in ODD:
        stack.put("odd-keys", key, b"x")
    access = BucketAccess("odd-keys")
    ordered = sorted(ODD, key=str.encode)
    for number in range(len(ODD) + 1):
        after = ordered[number - 1] if number else ""
        assert [e.key for e in stack.work.sources.list_keys(access, "", after=after)] == ordered[number:]


def test_object_of_several_parts_is_known_by_the_same_etag_in_event_and_listing(stack: Stack) -> None:
    job = make_job(stack)
    body = disc_png(1) + b"\0" * (5 * 2**20)
    stack.s3.upload_fileobj(BytesIO(body), job.bucket, "large.png", Config=PARTS)
    stack.pump()
    [image] = job.images()
    assert image["state"] == "ready"
    assert "-" in stack.s3.head_object(Bucket=job.bucket, Key="large.png")["ETag"]
    stack.reconcile(sources=1)
    assert stack.relay() == 0


def test_progress_of_a_listing_is_shown(stack: Stack) -> None:
    job = make_job(stack)
    asked = job.client.call("POST", f"/v1/sources/{job.source_id}/reconcile", expect=202)["progress"]
    assert (asked["listed_at"], asked["listing"]) == (None, None)
    bucket = Bucket(numbered(3))
    assert reconcile_next(stack.relay_database, stack.database, bucket, pause_s=0.0, turn_s=0.0, page=2) is Turn.LEFT
    shown = job.client.call("GET", f"/v1/sources/{job.source_id}")["progress"]
    assert (shown["listed_at"], shown["listing"]["after"]) == (None, "00000001.png")
    reconcile_next(stack.relay_database, stack.database, bucket, pause_s=0.0)
    shown = job.client.call("GET", f"/v1/sources/{job.source_id}")["progress"]
    assert (shown["listed_at"] is not None, shown["listing"]) == (True, None)


def test_failure_of_a_listing_is_shown_until_one_ends_well(stack: Stack) -> None:
    job = make_job(stack)
    path = f"/v1/sources/{job.source_id}"
    assert job.client.call("POST", f"{path}/reconcile", expect=202)["progress"]["failure"] is None
    assert reconcile_next(stack.relay_database, stack.database, denying(), pause_s=0.0) is Turn.FAILED
    failure = job.client.call("GET", path)["progress"]["failure"]
    assert "AccessDenied" in failure["error"]
    assert reconcile_next(stack.relay_database, stack.database, Bucket({}), pause_s=0.0) is Turn.ENDED
    assert job.client.call("GET", path)["progress"]["failure"] is None


def test_listing_is_asked_for_even_if_counting_takes_too_long(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_job(stack)
    stack.reconcile(sources=1)

    def count_source(session: object, source: object) -> None:
        raise OperationalError("SELECT count(*)", {}, Exception("canceling statement due to statement timeout"))

    path = f"/v1/sources/{job.source_id}"
    assert job.client.call("GET", path)["progress"]["listed_at"] is not None
    with monkeypatch.context() as patched:
        patched.setattr(service, "count_source", count_source)
        job.client.call("POST", f"{path}/reconcile", expect=503)
    assert job.client.call("GET", path)["progress"]["listed_at"] is None


def test_backlog_counts_what_is_unsent_and_what_is_queued(stack: Stack) -> None:
    job = make_job(stack)
    stack.pump()
    for number in range(3):
        stack.put(job.bucket, f"{number}.png", disc_png(number))
    stack.receive_all(Topic.IMAGES)
    stack.reconcile(sources=1)
    for _ in range(2):
        assert has_room_for_keys(stack.relay_database, stack.sender, most=3)
        assert not has_room_for_keys(stack.relay_database, stack.sender, most=2)
        stack.relay()


def test_relay_goes_on_with_a_listing_that_waited_once_there_is_room(stack: Stack) -> None:
    job = make_job(stack)
    stack.pump()
    stack.put(job.bucket, "a.png", disc_png(1))  # its event is in the queue: no room for anything
    changed = {"reconcile_backlog": 0, "reconcile_interval_s": 3600.0, "state_sweep_interval_s": 0.05}
    stop = Event()
    relay = Thread(
        target=run_reconciles,
        args=(
            *(stack.relay_database, stack.database, stack.work.sources, stack.sender),
            *(stack.settings.model_copy(update=changed), stop),
        ),
    )
    relay.start()
    try:
        wait_for(lambda: job.client.call("GET", f"/v1/sources/{job.source_id}")["progress"]["listing"] is not None)
        assert stack.relay() == 0
        stack.receive_all(Topic.IMAGES)
        wait_for(lambda: stack.relay() == 1)
    finally:
        stop.set()
        relay.join()


def wait_for(is_so: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + 30.0
    while not is_so():
        assert time.monotonic() < ends_at
        time.sleep(0.05)


@pytest.mark.slow
def test_five_thousand_objects_from_before_the_source_are_all_found(stack: Stack) -> None:
    job = make_job(stack)
    bucket = f"{stack.settings.queue_prefix}-old"
    stack.s3.create_bucket(Bucket=bucket)
    keys = [f"{number % 50:02d}/{number:05d}.png" for number in range(5_000)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda key: stack.put(bucket, key, b"x"), keys))
    source_id = add_source(stack, job.client, bucket)
    turns = []
    while turn := reconcile_next(stack.relay_database, stack.database, stack.work.sources, pause_s=3600.0, turn_s=0.0):
        turns.append(turn)
    assert turns.count(Turn.LEFT) >= 5
    with stack.relay_database.begin(None) as session:
        rows = session.execute(text("SELECT body->>'key' FROM outbox WHERE key = :id"), {"id": source_id})
        assert sorted(rows.scalars()) == sorted(keys)
