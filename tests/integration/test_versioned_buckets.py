"""A bucket with versions: new bytes, markers and deletes of single versions, in whatever order they are told."""

import json
import random
from typing import Any

import pytest

from schema.enums import Topic
from tests.harness import Job, Stack, box, make_job
from tests.integration.pictures import disc_png


@pytest.fixture
def job(stack: Stack) -> Job:
    made = make_job(stack)
    stack.s3.put_bucket_versioning(Bucket=made.bucket, VersioningConfiguration={"Status": "Enabled"})
    return made


def put(job: Job, number: int, key: str = "a.png") -> str:
    """Put a picture and return its version id."""
    return str(job.stack.s3.put_object(Bucket=job.bucket, Key=key, Body=disc_png(number))["VersionId"])


def states(job: Job) -> dict[str, str]:
    """The images' states by version id."""
    return {i["revision"]: i["state"] for i in job.images()}


def tasks(job: Job) -> list[str]:
    return sorted(t["state"] for t in job.tasks())


def delete(job: Job, version: str | None = None) -> str:
    """Delete a version, or the key; return the version id of what S3 made or removed."""
    which = {"VersionId": version} if version else {}
    return str(job.stack.s3.delete_object(Bucket=job.bucket, Key="a.png", **which)["VersionId"])


def test_new_bytes_supersede_the_image_and_keep_the_draft(job: Job) -> None:
    first = put(job, 1)
    job.stack.pump()
    lease = job.claim(job.annotators[0])
    assert lease is not None
    draft = {"sequence": 1, "objects": [box(10, 10, 60, 60)]}
    job.annotators[0].call("PUT", f"/v1/leases/{lease['lease_id']}/draft", json=draft)
    second = put(job, 2)
    job.stack.pump()
    assert states(job) == {first: "superseded", second: "ready"}
    assert tasks(job) == ["cancelled", "open"]
    kept = job.annotators[0].call("GET", f"/v1/leases/{lease['lease_id']}", expect=(200, 409))
    assert kept.get("draft") is not None or kept.get("code") == "task_closed"


def test_delete_marker_takes_the_key_away(job: Job) -> None:
    first = put(job, 1)
    job.stack.pump()
    delete(job)
    job.stack.pump()
    assert (states(job), tasks(job)) == ({first: "deleted"}, ["cancelled"])


def test_deleting_the_marker_brings_the_image_back(job: Job) -> None:
    first = put(job, 1)
    marker = delete(job)
    job.stack.pump()
    delete(job, marker)
    job.stack.pump()
    assert states(job) == {first: "ready"}


def test_deleting_an_older_version_leaves_the_newest_alone(job: Job) -> None:
    first = put(job, 1)
    second = put(job, 2)
    job.stack.pump()
    delete(job, first)
    job.stack.pump()
    assert states(job).get(first, "deleted") == "deleted"
    assert states(job)[second] == "ready"
    assert tasks(job) == ["open"]


def test_deleting_the_newest_version_makes_the_one_before_the_head_again(job: Job) -> None:
    first = put(job, 1)
    job.stack.pump()
    second = put(job, 2)
    job.stack.pump()
    delete(job, second)
    job.stack.pump()
    assert states(job) == {first: "ready", second: "deleted"}
    assert tasks(job) == ["cancelled", "cancelled", "open"]


def test_deleting_the_only_version_takes_the_key_away(job: Job) -> None:
    first = put(job, 1)
    job.stack.pump()
    delete(job, first)
    job.stack.pump()
    assert states(job) == {first: "deleted"}


@pytest.mark.parametrize("name", ["LifecycleExpiration:Delete", "LifecycleExpiration:DeleteMarkerCreated"])
def test_expiry_by_a_lifecycle_rule_acts_on_the_key(job: Job, name: str) -> None:
    first = put(job, 1)
    job.stack.pump()
    removed = first if name.endswith(":Delete") else None
    marker = delete(job, removed)
    [body] = job.stack.receive_all(Topic.IMAGES)
    spelled = "ObjectRemoved:Delete" if removed else "ObjectRemoved:DeleteMarkerCreated"
    assert spelled in body
    assert marker in body
    job.stack.deliver(Topic.IMAGES, body.replace(f'"{spelled}"', f'"{name}"'))
    job.stack.pump()
    assert states(job) == {first: "deleted"}


@pytest.mark.parametrize("seed", range(4))
def test_events_in_any_order_and_twice_end_the_same(job: Job, seed: int) -> None:
    first = put(job, 1)
    second = put(job, 2)
    third = put(job, 3)
    delete(job, third)
    marker = delete(job)
    delete(job, marker)
    bodies = job.stack.receive_all(Topic.IMAGES) * 2
    random.Random(seed).shuffle(bodies)
    for body in bodies:
        job.stack.deliver(Topic.IMAGES, body)
    job.stack.pump()
    live = {version: state for version, state in states(job).items() if state not in ("superseded", "deleted")}
    assert live == {second: "ready"}
    assert first not in live
    assert tasks(job).count("open") == 1


def test_versions_that_went_while_nobody_listened_heal_by_a_listing(job: Job) -> None:
    first = put(job, 1)
    job.stack.pump()
    second = put(job, 2)
    job.stack.pump()
    delete(job, second)
    job.stack.receive_all(Topic.IMAGES)
    job.stack.reconcile()
    job.stack.pump()
    assert states(job)[first] == "ready"
    assert states(job)[second] in ("superseded", "deleted")


def bridged(event: dict[str, Any]) -> dict[str, Any]:
    """The event of EventBridge that S3 sends beside this notification."""
    record = event["Records"][0]
    thing = record["s3"]["object"]
    return {
        "version": "0",
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {
            "bucket": {"name": record["s3"]["bucket"]["name"]},
            "object": {"key": "a b+c.png", "sequencer": thing["sequencer"], "version-id": thing["versionId"]},
        },
    }


def test_event_of_eventbridge_brings_an_image_in(job: Job) -> None:
    version = put(job, 1, key="a b+c.png")
    body = job.stack.receive_all(Topic.IMAGES)[-1]
    job.stack.deliver(Topic.IMAGES, json.dumps(bridged(json.loads(body))))
    job.stack.pump()
    assert states(job) == {version: "ready"}


def test_notification_inside_a_message_of_sns_brings_an_image_in(job: Job) -> None:
    version = put(job, 1)
    body = job.stack.receive_all(Topic.IMAGES)[-1]
    job.stack.deliver(Topic.IMAGES, json.dumps({"Type": "Notification", "TopicArn": "t", "Message": body}))
    job.stack.pump()
    assert states(job) == {version: "ready"}
