"""Deliveries that are worth killing: each scene makes as many of one kind as asked for, all alike but in name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from boto3.s3.transfer import TransferConfig

from domain.events.service import emit
from domain.scope import Scope
from runtime.blobs import OwnBucket
from schema.enums import EventKind, Topic
from tests.harness import Job, Stack, add_source, box, make_job
from tests.integration.pictures import disc_box, disc_png, stamped
from tests.integration.test_imports import coco, request
from tests.receiver import Receiver

PICTURE = disc_png(1)
BROKEN = b"\x89PNG\r\n\x1a\n broken"


@dataclass
class Stage:
    """What a scene is played on: a job of its own. Names never repeat."""

    stack: Stack
    job: Job
    receiver: Receiver
    admin_url: str
    versioned: str = ""
    count: int = 0

    def names(self, count: int) -> list[str]:
        self.count += count
        return [f"{self.count - i:05}.png" for i in range(count)]

    def put(self, names: list[str], *, content: str = "", bucket: str = "") -> list[str | None]:
        """Put a picture under each name; return their version ids."""
        made = []
        for name in names:
            body = stamped(PICTURE, f"{self.job.project_id:05} {content or name}")
            answer = self.stack.s3.put_object(Bucket=bucket or self.job.bucket, Key=name, Body=body)
            made.append(answer.get("VersionId"))
        return made

    def delete(self, names: list[str], versions: list[str | None] | None = None) -> None:
        for number, name in enumerate(names):
            which = {"VersionId": versions[number]} if versions else {}
            self.stack.s3.delete_object(Bucket=self.versioned if versions else self.job.bucket, Key=name, **which)

    def pump(self) -> None:
        self.stack.pump()

    def take(self, topic: Topic) -> list[str]:
        """Relay, and take what lies in a queue by now."""
        self.stack.relay()
        return self.stack.receive_all(topic)


@dataclass(frozen=True, slots=True)
class Scene:
    """`prepare` makes so many deliveries; `leave_out` are columns that a repeat may change, `heal` lets it happen."""

    name: str
    topic: Topic
    prepare: Callable[[Stage, int], list[str]]
    policy: dict[str, Any] | None = None
    leave_out: tuple[str, ...] = ()
    heal: Callable[[Stage], None] | None = None


def _new_picture(stage: Stage, count: int) -> list[str]:
    stage.put(stage.names(count))
    return stage.take(Topic.IMAGES)


def _unreadable(stage: Stage, count: int) -> list[str]:
    for name in stage.names(count):
        stage.stack.put(stage.job.bucket, name, BROKEN + name.encode())
    return stage.take(Topic.IMAGES)


def _overwrite(stage: Stage, count: int) -> list[str]:
    names = stage.names(count)
    stage.put(names)
    stage.pump()
    for name in names:
        stage.put([name], content=f"new {name}")
    return stage.take(Topic.IMAGES)


def _delete(stage: Stage, count: int) -> list[str]:
    names = stage.names(count)
    stage.put(names)
    stage.pump()
    stage.delete(names)
    return stage.take(Topic.IMAGES)


def _delete_version(stage: Stage, count: int) -> list[str]:
    """The newest version goes: its image is deleted, and the one before is labelled again."""
    stack = stage.stack
    if not stage.versioned:
        stage.versioned = stack.new_bucket()
        stack.s3.put_bucket_versioning(Bucket=stage.versioned, VersioningConfiguration={"Status": "Enabled"})
        source_id = add_source(stack, stage.job.client, stage.versioned)
        stage.job.client.call("PUT", f"/v1/sources/{source_id}/feeds/{stage.job.project_id}")
    names = stage.names(count)
    stage.put(names, bucket=stage.versioned)
    stage.pump()
    newest = [stage.put([name], content=f"new {name}", bucket=stage.versioned)[0] for name in names]
    stage.pump()
    stage.delete(names, newest)
    return stage.take(Topic.IMAGES)


def _duplicate(stage: Stage, count: int) -> list[str]:
    """The original goes: its copy is sent through ingest again."""
    names = stage.names(count)
    stage.put(names)
    stage.pump()
    for name in names:
        stage.put([f"copy {name}"], content=name)
    stage.pump()
    stage.delete(names)
    for body in stage.take(Topic.IMAGES):
        stage.stack.deliver(Topic.IMAGES, body)
    return stage.take(Topic.IMAGES)


def _feed(stage: Stage, count: int) -> list[str]:
    """A source with two pictures is connected to a project that comes later."""
    client, sources = stage.job.client, []
    for name in stage.names(count):
        bucket = stage.stack.new_bucket()
        sources.append(add_source(stage.stack, client, bucket))
        stage.put([name, f"second {name}"], bucket=bucket)
    stage.pump()
    for source_id in sources:
        client.call("PUT", f"/v1/sources/{source_id}/feeds/{stage.job.project_id}")
    return stage.take(Topic.IMAGES)


def _prelabel(stage: Stage, count: int) -> list[str]:
    for body in _new_picture(stage, count):
        stage.stack.deliver(Topic.IMAGES, body)
    return stage.take(Topic.PRELABEL)


Answer = list[dict[str, Any]]


def _two() -> Answer:
    return [box(*disc_box(0)), box(*disc_box(1), class_id=2)]


def _one() -> Answer:
    return [box(*disc_box(0))]


def _other() -> Answer:
    return [box(*disc_box(0)), box(*disc_box(1))]


def _ignoring(make: Callable[[], Answer]) -> Callable[[dict[str, Any]], Answer]:
    return lambda _: make()


def _decide(*answers: Callable[[], Answer]) -> Callable[[Stage, int], list[str]]:
    """Have people answer; the last answer leaves its task waiting for a decision."""

    def prepare(stage: Stage, count: int) -> list[str]:
        stage.put(stage.names(count))
        bodies: list[str] = []
        for person, make in zip(stage.job.annotators, answers, strict=False):
            for body in bodies:
                stage.stack.deliver(Topic.DECIDE, body)
            stage.pump()
            assert stage.job.label(person, _ignoring(make)) == count
            bodies = stage.take(Topic.DECIDE)
        return bodies

    return prepare


def _release(stage: Stage, count: int) -> list[str]:
    if not stage.count:
        for body in _decide(_two, _two)(stage, 2):
            stage.stack.deliver(Topic.DECIDE, body)
        stage.pump()
    for _ in range(count):
        stage.job.client.call("POST", "/v1/releases", json={"project_id": stage.job.project_id, "include": "votes"})
    return stage.take(Topic.RELEASE)


def _import(mode: str) -> Callable[[Stage, int], list[str]]:
    """A file of two pages with a picture each."""

    def prepare(stage: Stage, count: int) -> list[str]:
        names = stage.names(2 * count)
        stage.put(names)
        stage.pump()
        for pair in zip(names[::2], names[1::2], strict=True):
            request(stage.job, coco({name: [{}, {"category_id": 2}] for name in pair}), mode)
        return stage.take(Topic.IMPORT)

    return prepare


def _happen(stage: Stage, count: int) -> list[str]:
    """Something happened of which a client and a vendor want to be told."""
    client_org = stage.job.client.organisation_id
    for name in stage.names(count):
        with stage.stack.database.begin(Scope(client_org)) as session:
            facts: dict[str, Any] = {"client_org": client_org, "project_id": stage.job.project_id}
            # No task has such a number, and no other job's event.
            task_id = 10**9 + 10**5 * stage.job.project_id + int(name[:5])
            emit(session, EventKind.TASK_ACCEPTED, **facts, aggregate_id=task_id)
    return stage.take(Topic.WEBHOOK)


def _deliver(stage: Stage, count: int) -> list[str]:
    for body in _happen(stage, count):
        stage.stack.deliver(Topic.WEBHOOK, body)
    bodies = stage.take(Topic.WEBHOOK)
    for body in bodies[count:]:
        stage.stack.deliver(Topic.WEBHOOK, body)
    return bodies[:count]


def _let_attempts_end(stage: Stage) -> None:
    """An attempt that its worker did not survive holds its delivery for a while; then the state sweep announces it."""
    with psycopg.connect(stage.admin_url) as admin:
        admin.execute("UPDATE webhook_delivery SET next_at = now(), state_since = now() WHERE state = 'waiting'")
    stage.stack.sweep()


PRELABELLED = {"prelabeling": "plain_background", "prelabel_class_id": 1}
SCENES = (
    Scene("new picture", Topic.IMAGES, _new_picture),
    Scene("unreadable picture", Topic.IMAGES, _unreadable),
    Scene("overwritten picture", Topic.IMAGES, _overwrite),
    Scene("deleted picture", Topic.IMAGES, _delete),
    Scene("deleted version", Topic.IMAGES, _delete_version),
    Scene("copy in its place", Topic.IMAGES, _duplicate),
    Scene("feed", Topic.IMAGES, _feed),
    Scene("pre-label", Topic.PRELABEL, _prelabel, policy=PRELABELLED),
    Scene("opened plainly", Topic.PRELABEL, _prelabel),
    Scene("decided to accept", Topic.DECIDE, _decide(_two, _two)),
    Scene("decided on one more", Topic.DECIDE, _decide(_two, _one)),
    Scene("decided on review", Topic.DECIDE, _decide(_two, _other, _one)),
    Scene("release", Topic.RELEASE, _release),
    Scene("imported predictions", Topic.IMPORT, _import("predictions")),
    Scene("imported answers", Topic.IMPORT, _import("accepted")),
    Scene("fan-out", Topic.WEBHOOK, _happen),
    Scene("delivery", Topic.WEBHOOK, _deliver, leave_out=("attempts",), heal=_let_attempts_end),
)


def open_stage(scene: Scene, stack: Stack, receiver: Receiver, admin_url: str) -> Stage:
    """Set a job up for a scene, with a subscription of its client and of its vendor."""
    job = make_job(stack, policy=scene.policy)
    for person in (job.client, job.vendor):
        person.call("POST", "/v1/webhooks", json={"url": receiver.url, "project_id": job.project_id})
    stage = Stage(stack, job, receiver, admin_url)
    stage.pump()
    return stage


class OneThread:
    """A client of S3 that uploads in the thread that asks for it, where a tracer sees what it reads."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def upload_fileobj(self, *arguments: Any, **options: Any) -> None:
        self._s3.upload_fileobj(*arguments, **options, Config=TransferConfig(use_threads=False))

    def upload_file(self, *arguments: Any, **options: Any) -> None:
        self._s3.upload_file(*arguments, **options, Config=TransferConfig(use_threads=False))


def store_in_one_thread(stack: Stack) -> None:
    object.__setattr__(stack.work, "bucket", OwnBucket(stack.settings.bucket, client=OneThread(stack.s3)))
