"""Uploaded again, delivered twice, delivered backwards, lost altogether: counts and labels at the end are the same."""

import json
from typing import Any

import pytest

from schema.enums import Topic
from tests.harness import ONTOLOGY, Job, Stack, add_source, box, make_job
from tests.integration.pictures import disc_box, disc_png
from workers.handlers import images

PICTURES = 3


def answer(_: dict[str, Any]) -> list[dict[str, Any]]:
    return [box(*disc_box(0)), box(*disc_box(1), class_id=2)]


def upload_all(job: Job) -> None:
    for i in range(PICTURES):
        job.stack.put(job.bucket, f"{i}.png", disc_png(i))


def finish(job: Job) -> None:
    for _ in range(3):
        job.stack.pump()
        for person in job.annotators[:2]:
            job.label(person, answer)
    job.stack.pump()


def outcome(job: Job) -> dict[str, Any]:
    """What may not change: states, votes and every label's geometry, by key."""
    found = {}
    for task in job.tasks():
        story = job.client.call("GET", f"/v1/tasks/{task['id']}")
        shapes = sorted(json.dumps([o["object"]["class_id"], o["object"]["shape"]]) for o in story["objects"])
        found[task["key"]] = (task["state"], task["round"], task["votes"], len(story["decisions"]), shapes)
    return {"images": sorted((i["key"], i["state"]) for i in job.images()), "tasks": found}


def plain_run(stack: Stack) -> dict[str, Any]:
    job = make_job(stack)
    upload_all(job)
    finish(job)
    return outcome(job)


def test_uploading_the_same_photograph_again_changes_nothing(stack: Stack) -> None:
    job = make_job(stack)
    upload_all(job)
    finish(job)
    before = outcome(job)
    upload_all(job)
    finish(job)
    assert outcome(job) == before
    assert len(before["tasks"]) == PICTURES


def test_every_message_twice_and_in_reverse_order_changes_nothing(stack: Stack) -> None:
    expected = plain_run(stack)
    job = make_job(stack)
    upload_all(job)
    finish(job)
    assert outcome(job) == expected
    for topic, body in reversed(stack.delivered):
        stack.deliver(topic, body)
        stack.deliver(topic, body)
    finish(job)
    assert outcome(job) == expected


def test_doubled_deliveries_while_work_goes_on_change_nothing(stack: Stack) -> None:
    expected = plain_run(stack)
    job = make_job(stack)
    upload_all(job)
    for _ in range(4):
        stack.relay()
        for topic in reversed(Topic):
            for body in reversed(stack.receive_all(topic)):
                stack.deliver(topic, body)
                stack.deliver(topic, body)
    for person in job.annotators[:2]:
        job.label(person, answer)
    stack.relay()
    for body in stack.receive_all(Topic.DECIDE):
        stack.deliver(Topic.DECIDE, body)
        stack.deliver(Topic.DECIDE, body)
    assert outcome(job) == expected


def test_with_every_queue_purged_at_every_step_all_work_still_ends(stack: Stack) -> None:
    expected = plain_run(stack)
    job = make_job(stack)

    def lose_everything() -> None:
        stack.relay()
        for topic in Topic:
            stack.receive_all(topic)

    def heal() -> None:
        stack.reconcile()
        stack.sweep()
        stack.relay()
        for topic in Topic:
            for body in stack.receive_all(topic):
                stack.deliver(topic, body)

    upload_all(job)
    lose_everything()
    assert job.images() == []
    heal()
    lose_everything()
    heal()
    for person in job.annotators[:2]:
        assert job.label(person, answer) == PICTURES
    lose_everything()
    assert {t["state"] for t in job.tasks()} == {"deciding"}
    heal()
    assert outcome(job) == expected


def test_delete_overtaken_by_its_upload_leaves_the_picture(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png())
    created = stack.receive_all(Topic.IMAGES)
    stack.s3.delete_object(Bucket=job.bucket, Key="a.png")
    removed = stack.receive_all(Topic.IMAGES)
    stack.put(job.bucket, "a.png", disc_png())
    again = stack.receive_all(Topic.IMAGES)
    for body in [*again, *removed, *created]:
        stack.deliver(Topic.IMAGES, body)
    stack.pump()
    assert [i["state"] for i in job.images()] == ["ready"]
    assert [t["state"] for t in job.tasks()] == ["open"]


def test_deleted_picture_cancels_its_task_and_keeps_the_draft(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    lease = job.claim(job.annotators[0])
    assert lease is not None
    path = f"/v1/leases/{lease['lease_id']}"
    job.annotators[0].call("PUT", f"{path}/draft", json={"sequence": 1, "objects": answer({})})
    stack.s3.delete_object(Bucket=job.bucket, Key="a.png")
    stack.pump()
    assert [i["state"] for i in job.images()] == ["deleted"]
    assert [t["state"] for t in job.tasks()] == ["cancelled"]
    refused = job.submit(job.annotators[0], lease, answer({}), expect=409)
    assert refused["code"] == "task_closed"
    assert len(job.annotators[0].call("GET", path)["draft"]["objects"]) == 2


def test_picture_put_back_after_deletion_is_labelled_in_a_new_round(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    stack.s3.delete_object(Bucket=job.bucket, Key="a.png")
    stack.pump()
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    assert [(t["state"], t["round"]) for t in job.tasks()] == [("cancelled", 1), ("open", 2)]
    assert job.claim(job.annotators[0]) is not None


def test_new_bytes_under_a_key_supersede_the_old_image(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png(1))
    stack.pump()
    stack.put(job.bucket, "a.png", disc_png(2))
    stack.pump()
    assert sorted(i["state"] for i in job.images()) == ["ready", "superseded"]
    assert sorted(t["state"] for t in job.tasks()) == ["cancelled", "open"]


def test_same_bytes_under_another_key_are_linked_and_labelled_once(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png(1))
    stack.put(job.bucket, "copy.png", disc_png(1))
    stack.pump()
    images = {i["key"]: i for i in job.images()}
    assert [i["state"] for i in images.values()] == ["ready", "ready"]
    assert len(job.tasks()) == 1
    linked = [i for i in images.values() if i["duplicate_of"] is not None]
    assert len(linked) == 1


def test_duplicate_takes_over_when_its_original_is_deleted(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png(1))
    stack.pump()
    stack.put(job.bucket, "copy.png", disc_png(1))
    stack.pump()
    stack.s3.delete_object(Bucket=job.bucket, Key="a.png")
    stack.pump()
    assert {t["key"]: t["state"] for t in job.tasks()} == {"a.png": "cancelled", "copy.png": "open"}


def test_project_that_labels_duplicates_gets_both(stack: Stack) -> None:
    job = make_job(stack, policy={"label_duplicates": True})
    stack.put(job.bucket, "a.png", disc_png(1))
    stack.put(job.bucket, "copy.png", disc_png(1))
    stack.pump()
    assert len(job.tasks()) == 2


def test_feed_connected_later_gets_the_pictures_that_are_there(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    upload_all(job)
    stack.pump()
    assert job.tasks() == []
    job.client.call("PUT", f"/v1/sources/{job.source_id}/feeds/{job.project_id}")
    stack.pump()
    assert len(job.tasks()) == PICTURES


def cancel_all(job: Job) -> None:
    for task in job.tasks():
        job.client.call("POST", f"/v1/tasks/{task['id']}/cancel", json={"reason": "not wanted"})
    job.stack.pump()


def test_cancelled_work_stays_cancelled_when_its_source_feeds_another_project(stack: Stack) -> None:
    job = make_job(stack)
    upload_all(job)
    stack.pump()
    cancel_all(job)
    other = job.client.call("POST", "/v1/projects", json={"name": "Other", "ontology": ONTOLOGY})
    job.client.call("PUT", f"/v1/sources/{job.source_id}/feeds/{other['id']}")
    stack.pump()
    assert [t["state"] for t in job.tasks()] == ["cancelled"] * PICTURES
    assert len(job.client.call("GET", f"/v1/projects/{other['id']}/tasks")["items"]) == PICTURES


def test_picture_that_came_back_while_its_feed_was_ended_is_labelled_when_it_goes_on(stack: Stack) -> None:
    job = make_job(stack)
    feed = f"/v1/sources/{job.source_id}/feeds/{job.project_id}"
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    stack.s3.delete_object(Bucket=job.bucket, Key="a.png")
    stack.pump()
    job.client.call("DELETE", feed)
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    assert [t["state"] for t in job.tasks()] == ["cancelled"]
    job.client.call("PUT", feed)
    stack.pump()
    assert [t["state"] for t in job.tasks()] == ["cancelled", "open"]


def test_worker_that_fills_a_feed_stops_when_another_was_faster(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_job(stack, connect=False)
    upload_all(job)
    stack.pump()
    job.client.call("PUT", f"/v1/sources/{job.source_id}/feeds/{job.project_id}")
    stack.relay()
    [body] = stack.receive_all(Topic.IMAGES)
    monkeypatch.setattr(images, "FEED_PAGE", 1)
    ingest, due, calls = images.ingest, [lambda: stack.deliver(Topic.IMAGES, body)], list[int]()

    def overtaken(*arguments: Any) -> None:
        ingest(*arguments)
        calls.append(1)
        if due:
            due.pop()()

    monkeypatch.setattr(images, "ingest", overtaken)
    stack.deliver(Topic.IMAGES, body)
    [feed] = job.client.call("GET", f"/v1/sources/{job.source_id}/feeds")["items"]
    assert feed["filled_at"] is not None
    assert len(job.tasks()) == PICTURES
    assert len(calls) == PICTURES + 1


def test_feed_whose_message_was_lost_is_filled_all_the_same(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    upload_all(job)
    stack.pump()
    job.client.call("PUT", f"/v1/sources/{job.source_id}/feeds/{job.project_id}")
    stack.relay()
    stack.receive_all(Topic.IMAGES)
    stack.sweep()
    stack.pump()
    assert len(job.tasks()) == PICTURES
    stack.sweep()
    assert stack.relay() == 0


def test_objects_there_before_the_source_are_found_by_reconcile(stack: Stack) -> None:
    job = make_job(stack)
    bucket = stack.new_bucket()
    stack.put(bucket, "old.png", disc_png(9))
    stack.pump()
    source = add_source(stack, job.client, bucket)
    job.client.call("PUT", f"/v1/sources/{source}/feeds/{job.project_id}")
    stack.receive_all(Topic.IMAGES)
    for _ in range(3):
        stack.reconcile()
        stack.pump()
    assert [t["key"] for t in job.tasks()] == ["old.png"]


def test_unverified_source_brings_nothing_in(stack: Stack) -> None:
    job = make_job(stack)
    bucket = stack.new_bucket()
    job.client.call("POST", "/v1/sources", json={"bucket": bucket})
    stack.put(bucket, "a.png", disc_png())
    stack.pump()
    assert job.images() == []


def test_source_in_our_own_bucket_is_refused(stack: Stack) -> None:
    job = make_job(stack)
    answer = job.client.call("POST", "/v1/sources", json={"bucket": stack.settings.bucket}, expect=422)
    assert answer["code"] == "source_refused"


def test_row_that_never_moves_is_given_up_after_five_announcements(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png())
    for body in stack.receive_all(Topic.IMAGES):
        stack.deliver(Topic.IMAGES, body)
    for _ in range(stack.settings.max_resends + 1):
        stack.sweep()
        stack.relay()
        stack.receive_all(Topic.PRELABEL)
    [task] = job.tasks()
    assert task["state"] == "cancelled"
    assert "stuck" in task["reason"]


def test_message_of_an_unknown_kind_goes_to_the_dead_letter_queue(stack: Stack) -> None:
    stack.deliver(Topic.DECIDE, json.dumps({"hello": "there"}))
    url = stack.queue_url(Topic.DECIDE, dead=True)
    assert len(stack.sqs.receive_message(QueueUrl=url)["Messages"]) == 1
