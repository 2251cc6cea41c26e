"""What happened to a key, told in every order and twice: what the bucket shows last is what is labelled, once."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from schema.enums import Topic
from tests.harness import Job, Stack, add_source, make_job
from tests.integration.event_forms import FORMS, key_of
from tests.integration.pictures import disc_png, stamped

PICTURE = disc_png(1)
LIVE = ("waiting", "open", "deciding", "in_review")
Story = Callable[["Key"], None]


class Key:
    """One key of a bucket, and what is done to it."""

    def __init__(self, stack: Stack, bucket: str, name: str) -> None:
        self._s3 = stack.s3
        self._place = {"Bucket": bucket, "Key": name}

    def put(self, content: str) -> Any:
        answer = self._s3.put_object(**self._place, Body=stamped(PICTURE, f"{self._place['Key']} {content}"))
        return answer.get("VersionId")

    def delete(self, version: Any = None) -> Any:
        which = {"VersionId": version} if version else {}
        return self._s3.delete_object(**self._place, **which).get("VersionId")

    def shows(self) -> str | None:
        """Return the revision that the key shows: a version id or an ETag."""
        versions = self._s3.list_object_versions(Bucket=self._place["Bucket"], Prefix=self._place["Key"])
        for found in versions.get("Versions", ()):
            if found["Key"] == self._place["Key"] and found["IsLatest"]:
                return str(found["ETag"].strip('"') if found["VersionId"] == "null" else found["VersionId"])
        return None


def goes(key: Key) -> None:
    key.put("first")
    key.put("second")
    key.delete()


def comes_back(key: Key) -> None:
    key.put("first")
    key.delete()
    key.put("first")


def loses_a_version(key: Key) -> None:
    first = key.put("first")
    key.put("second")
    key.delete(first)


def loses_the_newest(key: Key) -> None:
    key.put("first")
    key.delete(key.put("second"))


def is_hidden_and_shown(key: Key) -> None:
    key.put("first")
    key.delete(key.delete())


STORIES: tuple[tuple[Story, bool], ...] = (
    (goes, False),
    (comes_back, False),
    (goes, True),
    (comes_back, True),
    (loses_a_version, True),
    (loses_the_newest, True),
    (is_hidden_and_shown, True),
)


@pytest.fixture(scope="module")
def job(shared_stack: Stack) -> Job:
    """A project that is fed from two buckets, the second with versions."""
    return make_job(shared_stack)


@pytest.fixture(scope="module")
def versioned(shared_stack: Stack, job: Job) -> tuple[int, str]:
    bucket = shared_stack.new_bucket()
    shared_stack.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    source_id = add_source(shared_stack, job.client, bucket)
    job.client.call("PUT", f"/v1/sources/{source_id}/feeds/{job.project_id}")
    return source_id, bucket


@pytest.mark.parametrize(("story", "with_versions"), STORIES, ids=lambda value: getattr(value, "__name__", str(value)))
def test_end_is_what_the_bucket_shows(job: Job, versioned: tuple[int, str], story: Story, with_versions: bool) -> None:
    stack = job.stack
    source_id, bucket = versioned if with_versions else (job.source_id, job.bucket)
    stack.pump()
    keys: dict[str, Key] = {}
    for number, _ in enumerate(itertools.permutations(range(3))):
        name = f"{story.__name__}/{number}.png"
        keys[name] = Key(stack, bucket, name)
        story(keys[name])
    told: dict[str, list[str]] = {name: [] for name in keys}
    for body in stack.receive_all(Topic.IMAGES):
        _, name = key_of(body) or ("", "")
        told[name].append(body)
    dresses = itertools.cycle(FORMS.values())
    for order, bodies in zip(itertools.permutations(range(3)), told.values(), strict=True):
        dress = next(dresses)
        for place in order:
            for _ in range(2):
                stack.deliver(Topic.IMAGES, dress(bodies[place]))
    stack.pump()
    images = job.client.call("GET", f"/v1/images?source_id={source_id}&limit=200")["items"]
    tasks = [t for t in job.tasks() if t["state"] in LIVE]
    for name, key in keys.items():
        shown = key.shows()
        live = [i["revision"] for i in images if i["key"] == name and i["state"] in ("received", "ready")]
        assert live == ([] if shown is None else [shown])
        assert len([t for t in tasks if t["key"] == name]) == len(live)
