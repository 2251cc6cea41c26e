"""Keys that change while a worker looks at them: what the bucket shows last is what is labelled, once."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from domain.ingest import queries
from domain.ingest.pictures import Prepared
from domain.ingest.service import PictureFacts, accept_picture, record_key
from domain.ports import BucketAccess
from schema.enums import Topic
from tests.harness import Job, Stack, make_job
from tests.integration.pictures import disc_png
from workers.decoder import Decoder
from workers.work import client_scope

FACTS = {"width": 320, "height": 240, "turn": 1, "content_type": "image/png"}


class WatchedDecoder:
    """The real decoder, with something that happens before its n-th picture is read."""

    def __init__(self, decoder: Decoder, *before: Callable[[], None]) -> None:
        self._decoder = decoder
        self._before = list(before)

    def prepare(self, path: Path, out_dir: Path) -> Prepared:
        if self._before:
            self._before.pop(0)()
        return self._decoder.prepare(path, out_dir)

    def close(self, *, wait: bool = True) -> None:
        self._decoder.close()


def watch(stack: Stack, *before: Callable[[], None]) -> None:
    object.__setattr__(stack.work, "decoder", WatchedDecoder(stack.work.decoder, *before))


def deliver_images(stack: Stack) -> None:
    for body in stack.receive_all(Topic.IMAGES):
        stack.deliver(Topic.IMAGES, body)


def states(job: Job) -> list[str]:
    """The states of the images, in the order in which they came."""
    return [i["state"] for i in sorted(job.images(), key=lambda i: i["id"])]


def put_in_parts(stack: Stack, bucket: str, key: str, body: bytes) -> None:
    """Upload so that the same bytes get another ETag."""
    upload = stack.s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    place = {"Bucket": bucket, "Key": key, "UploadId": upload}
    part = stack.s3.upload_part(**place, PartNumber=1, Body=body)
    stack.s3.complete_multipart_upload(**place, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})


def receive(stack: Stack, job: Job, key: str) -> queries.ImageRow:
    """Note a key's revision as a worker does before it reads the picture."""
    scope = client_scope(job.client.organisation_id)
    head = stack.work.sources.head(BucketAccess(job.bucket), key)
    place: dict[str, Any] = {"source_id": job.source_id, "client_org": job.client.organisation_id, "key": key}
    with stack.database.begin(scope) as session:
        image_id = record_key(session, **place, sequencer="", seen=None, head=head)
        assert image_id is not None
        image = queries.find_image(session, image_id)
    assert image is not None
    return image


def test_older_revision_read_last_does_not_retire_the_newer_one(stack: Stack) -> None:
    job = make_job(stack)
    second_is_read, first_is_done = threading.Event(), threading.Event()
    other = threading.Thread(target=lambda: deliver_images(stack))

    def overtake() -> None:
        stack.put(job.bucket, "a.png", disc_png(2))
        other.start()
        assert second_is_read.wait(20)

    def wait_for_the_first() -> None:
        second_is_read.set()
        assert first_is_done.wait(20)

    watch(stack, overtake, wait_for_the_first)
    stack.put(job.bucket, "a.png", disc_png(1))
    deliver_images(stack)
    first_is_done.set()
    other.join()
    stack.pump()
    assert states(job) == ["superseded", "ready"]
    assert [t["state"] for t in job.tasks()] == ["open"]


def test_key_that_went_back_while_it_was_read_shows_its_first_picture(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png(1))
    stack.pump()

    def go_back() -> None:
        stack.put(job.bucket, "a.png", disc_png(1))
        deliver_images(stack)

    watch(stack, go_back)
    stack.put(job.bucket, "a.png", disc_png(2))
    stack.pump()
    assert states(job) == ["ready", "superseded"]
    assert [t["state"] for t in job.tasks()] == ["open"]


def test_repeated_bytes_under_another_etag_come_back_after_deletion(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png(1))
    stack.pump()
    put_in_parts(stack, job.bucket, "a.png", disc_png(1))
    stack.pump()
    assert states(job) == ["ready", "superseded"]
    stack.s3.delete_object(Bucket=job.bucket, Key="a.png")
    stack.pump()
    put_in_parts(stack, job.bucket, "a.png", disc_png(1))
    stack.pump()
    assert states(job) == ["deleted", "ready"]


def test_picture_that_was_given_up_as_stuck_comes_back_with_its_next_upload(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png(1))
    stack.receive_all(Topic.IMAGES)
    receive(stack, job, "a.png")
    for _ in range(stack.settings.max_resends + 1):
        stack.sweep()
        stack.relay()
        stack.receive_all(Topic.IMAGES)
    assert [i["reason"] for i in job.images()] == ["stuck"]
    stack.put(job.bucket, "a.png", disc_png(1))
    stack.pump()
    assert states(job) == ["ready"]


def test_copy_linked_while_its_original_goes_is_labelled_in_its_place(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png(1))
    stack.pump()
    stack.put(job.bucket, "copy.png", disc_png(1))
    stack.receive_all(Topic.IMAGES)
    copy = receive(stack, job, "copy.png")
    [original] = [i for i in job.images() if i["key"] == "a.png"]
    stack.s3.delete_object(Bucket=job.bucket, Key="a.png")
    deleting = threading.Thread(target=lambda: deliver_images(stack))
    with stack.database.begin(client_scope(job.client.organisation_id)) as session:
        sha256 = session_sha256(session, original["id"])
        accept_picture(session, copy, PictureFacts(sha256=sha256, **FACTS))  # type: ignore[arg-type]
        deleting.start()
        deleting.join(0.5)
        assert deleting.is_alive()
    deleting.join()
    stack.pump()
    assert {t["key"]: t["state"] for t in job.tasks()} == {"a.png": "cancelled", "copy.png": "open"}


def session_sha256(session: Any, image_id: int) -> str:
    image = queries.find_image(session, image_id)
    assert image is not None
    assert image.sha256 is not None
    return image.sha256


def test_picture_that_becomes_ready_while_a_feed_is_connected_gets_its_task(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    stack.put(job.bucket, "a.png", disc_png(1))
    stack.receive_all(Topic.IMAGES)
    image = receive(stack, job, "a.png")
    path = f"/v1/sources/{job.source_id}/feeds/{job.project_id}"
    connecting = threading.Thread(target=lambda: job.client.call("PUT", path))
    with stack.database.begin(client_scope(job.client.organisation_id)) as session:
        accept_picture(session, image, PictureFacts(sha256="5" * 64, **FACTS))  # type: ignore[arg-type]
        connecting.start()
        connecting.join(0.5)
        assert connecting.is_alive()
    connecting.join()
    stack.pump()
    assert len(job.tasks()) == 1
