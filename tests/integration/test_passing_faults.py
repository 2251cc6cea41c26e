"""Faults that pass: what waits for them is tried again, and nobody else waits with it."""

import pytest

from domain.errors import BucketRefused, Unavailable
from domain.ports import BucketAccess
from runtime.source_buckets import SourceBuckets
from schema.enums import OrganisationKind, Role, Topic
from tests.harness import Stack, add_source, make_job
from tests.integration.pictures import disc_png

ROLE = "arn:aws:iam::111122223333:role/plumbline"


def test_task_whose_working_copy_is_away_waits_for_it(stack: Stack) -> None:
    job = make_job(stack, policy={"prelabeling": "plain_background", "prelabel_class_id": 1})
    stack.put(job.bucket, "a.png", disc_png())
    for body in stack.receive_all(Topic.IMAGES):
        stack.deliver(Topic.IMAGES, body)
    stack.relay()
    [body] = stack.receive_all(Topic.PRELABEL)
    own = stack.settings.bucket
    [key] = [o["Key"] for o in stack.s3.list_objects_v2(Bucket=own)["Contents"] if o["Key"].endswith("/working")]
    copy = stack.s3.get_object(Bucket=own, Key=key)["Body"].read()
    stack.s3.delete_object(Bucket=own, Key=key)
    with pytest.raises(Unavailable) as raised:
        stack.deliver(Topic.PRELABEL, body)
    assert raised.value.retryable
    assert [t["state"] for t in job.tasks()] == ["waiting"]
    stack.s3.put_object(Bucket=own, Key=key, Body=copy)
    stack.deliver(Topic.PRELABEL, body)
    assert [t["state"] for t in job.tasks()] == ["open"]


def test_client_whose_role_lets_us_in_no_more_holds_up_no_other_client_of_the_bucket(stack: Stack) -> None:
    first = make_job(stack)
    other = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    second = add_source(stack, other, first.bucket)
    path = f"/v1/sources/{first.source_id}"
    headers = {"Authorization": f"Bearer {first.client.token}", "If-Match": "*"}
    changed = first.client.client.patch(path, json={"role_arn": ROLE}, headers=headers)
    assert changed.status_code == 200, changed.text

    def refuse(access: BucketAccess) -> None:
        raise BucketRefused("the role does not let us in", bucket=access.bucket)

    object.__setattr__(stack.work, "sources", SourceBuckets(client=stack.s3, assume=refuse))
    stack.pump()
    stack.put(first.bucket, "a.png", disc_png())
    [body] = stack.receive_all(Topic.IMAGES)
    with pytest.raises(BucketRefused):
        stack.deliver(Topic.IMAGES, body)
    assert first.images() == []
    images = other.call("GET", f"/v1/images?source_id={second}")["items"]
    assert [i["state"] for i in images] == ["ready"]
