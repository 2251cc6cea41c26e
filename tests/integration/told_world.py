"""A world in which everything has happened at least once: every message, every form of an event, every end of a task.

It comes to rest; what was delivered on the way is kept in `stack.delivered`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from schema.enums import Topic
from tests.harness import Job, Stack, add_source, box, make_job
from tests.integration.event_forms import FORMS, Dress, as_it_is
from tests.integration.pictures import disc_box, disc_png
from tests.integration.registered import map_classes, pack, upload_file
from tests.integration.test_imports import coco, request
from tests.receiver import Receiver
from tests.unit.models.onnx_networks import yolo_v8

BROKEN = b"\x89PNG\r\n\x1a\n broken"
MOST_TURNS = 50
WHY = {"reason": "the lens was dirty"}


@dataclass(frozen=True, slots=True)
class Mover:
    """How messages are carried: each once and in order, or each twice and the last first."""

    stack: Stack
    disturbed: bool = False

    def pump(self, dress: Dress = as_it_is) -> None:
        """Relay and deliver until nothing moves; events of S3 are dressed first."""
        for _ in range(MOST_TURNS):
            moved = self.stack.relay()
            for topic in Topic if moved else (Topic.IMAGES,):  # beside the relay only buckets send
                bodies = [dress(body) for body in self.stack.receive_all(topic)]
                self.stack.delivered.extend((topic, body) for body in bodies)
                for body in reversed(bodies) if self.disturbed else bodies:
                    for _ in range(1 + self.disturbed):
                        self.stack.deliver(topic, body)
                moved += len(bodies)
            if not moved:
                return
        raise AssertionError("messages go round in circles")


@dataclass(frozen=True, slots=True)
class World:
    jobs: list[Job]
    receiver: Receiver


def two_discs(_: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return [box(*disc_box(0)), box(*disc_box(1), class_id=2)]


def _first_vote(lease: dict[str, Any]) -> list[dict[str, Any]]:
    if lease["image"]["key"].startswith("contested"):
        return [box(*disc_box(0)), box(*disc_box(1), class_id=1)]
    return two_discs()


def _second_vote(lease: dict[str, Any]) -> list[dict[str, Any]]:
    return [box(*disc_box(0))] if lease["image"]["key"].startswith("one_more") else two_discs()


def _third_vote(lease: dict[str, Any]) -> list[dict[str, Any]]:
    return [box(*disc_box(0))] if lease["image"]["key"].startswith("contested") else two_discs()


def make_world(stack: Stack, receiver: Receiver, admin_url: str, *, disturbed: bool = False) -> World:
    """Tell the whole story and come to rest."""
    mover = Mover(stack, disturbed)
    jobs = [
        _decided(mover, receiver),
        _every_form(mover),
        _shown(mover),
        _modelled(mover),
        _taken_back(mover, admin_url),
        _imported(mover, receiver),
        _cancelled(mover),
        _kept_out(mover),
    ]
    mover.pump()
    stack.sweep()
    mover.pump()
    return World(jobs, receiver)


def _subscribe(job: Job, receiver: Receiver) -> None:
    for person in (job.client, job.vendor):
        person.call("POST", "/v1/webhooks", json={"url": receiver.url})


def _fill(mover: Mover, job: Job, keys: list[str], *, first_seed: int = 0) -> None:
    for seed, key in enumerate(keys, first_seed):
        mover.stack.put(job.bucket, key, disc_png(seed))
    mover.pump()


def _decided(mover: Mover, receiver: Receiver) -> Job:
    """Accepted at once, after one more vote, by a supervisor, after sending back; rejected; opened again; released."""
    job = make_job(mover.stack)
    _subscribe(job, receiver)
    _fill(mover, job, ["agreed", "one_more", "contested_a", "contested_b", "contested_c", "opened_again"])
    for person, vote in zip(job.annotators, (_first_vote, _second_vote, _third_vote), strict=True):
        job.label(person, vote)
        mover.pump()
    while lease := job.claim(job.supervisor):
        _review(job, lease)
    mover.pump()
    while lease := job.claim(job.annotators[2]):
        job.submit(job.annotators[2], lease, two_discs())
    mover.pump()
    _act(job, "opened_again", "reopen")
    mover.pump()
    for content in ("accepted", "votes"):
        job.client.call("POST", "/v1/releases", json={"project_id": job.project_id, "include": content})
    mover.pump()
    return job


def _review(job: Job, lease: dict[str, Any]) -> None:
    path = f"/v1/leases/{lease['lease_id']}/review"
    view = job.supervisor.call("GET", path)
    [contested] = [entry for entry in view["objects"] if entry["causes"]]
    last = max(answer["lease_id"] for answer in view["answers"])
    bodies: dict[str, dict[str, Any]] = {
        "contested_a": {"verdicts": [{"object_id": contested["object"]["id"], "choice": "merged"}]},
        "contested_b": {"send_back": [last], "feedback": "the second coin is missing"},
        "contested_c": {"reject": True, "feedback": "the picture is blurred"},
    }
    job.supervisor.call("POST", path, json=bodies[lease["image"]["key"]])


def _act(job: Job, key: str, action: str) -> None:
    [task] = [t for t in job.tasks() if t["key"] == key]
    job.client.call("POST", f"/v1/tasks/{task['id']}/{action}", json=WHY)


def _every_form(mover: Mover) -> Job:
    """Pictures that come, change and go, told in every form, in a bucket with versions and in one without; what no
    event told, a listing does. Then the source feeds a second project."""
    stack = mover.stack
    job = make_job(stack)
    versioned = stack.new_bucket()
    stack.s3.put_bucket_versioning(Bucket=versioned, VersioningConfiguration={"Status": "Enabled"})
    source_id = add_source(stack, job.client, versioned)
    job.client.call("PUT", f"/v1/sources/{source_id}/feeds/{job.project_id}")
    mover.pump()
    for number, (form, dress) in enumerate(FORMS.items()):
        for bucket in (job.bucket, versioned):
            _come_change_and_go(mover, bucket, f"{form}/", dress, seed=20 * (number + 1) + 10 * (bucket == versioned))
    stack.put(job.bucket, "broken.png", BROKEN)
    mover.pump()
    _lose_events(mover, job)
    second = job.client.call("POST", "/v1/projects", json={"name": "Again", "ontology": _ontology(job)})
    job.client.call("PUT", f"/v1/sources/{job.source_id}/feeds/{second['id']}")
    mover.pump()
    return job


def _ontology(job: Job) -> dict[str, Any]:
    return {"classes": [{"class_id": 1, "name": "coin"}]}


def _come_change_and_go(mover: Mover, bucket: str, folder: str, dress: Dress, *, seed: int) -> None:
    stack = mover.stack

    def put(name: str, number: int) -> Any:
        answer = stack.s3.put_object(Bucket=bucket, Key=folder + name, Body=disc_png(seed + number))
        return answer.get("VersionId")

    def step(*acts: Callable[[], object]) -> None:
        for act in acts:
            act()
        mover.pump(dress)

    first = put("a b+c.png", 0)
    gone = put("version.png", 3)
    step(lambda: put("changed.png", 1), lambda: put("gone.png", 2))
    step(
        lambda: put("changed.png", 5),
        lambda: put("version.png", 4),
        lambda: stack.s3.delete_object(Bucket=bucket, Key=folder + "gone.png"),
        lambda: put("back.png", 6),
        lambda: stack.s3.delete_object(Bucket=bucket, Key=folder + "back.png"),
        lambda: put("back.png", 6),
        lambda: put("copy of a.png", 0),
    )
    if first is not None:
        stack.s3.delete_object(Bucket=bucket, Key=folder + "version.png", VersionId=gone)
    # The original goes: its copy is labelled in its place.
    step(lambda: stack.s3.delete_object(Bucket=bucket, Key=folder + "a b+c.png"))


def _lose_events(mover: Mover, job: Job) -> None:
    """A picture that came and one that went unheard; the listing tells of both."""
    _fill(mover, job, ["unheard_gone"], first_seed=90)
    mover.stack.put(job.bucket, "unheard_come", disc_png(91))
    mover.stack.s3.delete_object(Bucket=job.bucket, Key="unheard_gone")
    mover.stack.receive_all(Topic.IMAGES)
    mover.stack.reconcile(sources=20)
    mover.pump()


def _shown(mover: Mover) -> Job:
    """Pictures with pre-labels, which nobody has begun but one: a seat that is held, with a draft."""
    job = make_job(mover.stack, policy={"prelabeling": "plain_background", "prelabel_class_id": 1})
    _fill(mover, job, ["0.png", "1.png"])
    lease = job.claim(job.annotators[0])
    assert lease is not None
    draft = {"sequence": 1, "objects": two_discs()}
    job.annotators[0].call("PUT", f"/v1/leases/{lease['lease_id']}/draft", json=draft)
    return job


def _modelled(mover: Mover) -> Job:
    """A model that is brought in, refused once, and run over pictures that nobody has begun."""
    job = make_job(mover.stack)
    _fill(mover, job, ["0.png", "1.png"])
    for name, body in (("coins", pack(m_onnx=yolo_v8(), classes_txt=b"coin\nshade\n")), ("none", pack(a_txt=b"none"))):
        wanted = {"upload_id": upload_file(job.client, body), "name": name}
        made = job.client.call("POST", "/v1/models", json=wanted)
        mover.pump()
        if name == "coins":
            mapping_id = map_classes(job.client, job.project_id, made, {0: 1})
            job.client.call(
                "POST", f"/v1/projects/{job.project_id}/runs", json={"mapping_id": mapping_id, "show": True}
            )
            mover.pump()
    return job


def _taken_back(mover: Mover, admin_url: str) -> Job:
    """An answer that was taken back after the last seat was filled, and given again: two decisions are announced."""
    job = make_job(mover.stack, policy={"undo_window_s": 60})
    _fill(mover, job, ["0.png"])
    job.label(job.annotators[0], two_discs)
    lease = job.claim(job.annotators[1])
    assert lease is not None
    job.submit(job.annotators[1], lease, [])
    again = job.annotators[1].call("POST", f"/v1/leases/{lease['lease_id']}/undo")
    job.submit(job.annotators[1], again, two_discs())
    with psycopg.connect(admin_url) as admin:
        admin.execute("UPDATE outbox SET not_before = now()")
    mover.pump()
    return job


def _imported(mover: Mover, receiver: Receiver) -> Job:
    """Labels of elsewhere: shown on one picture, accepted on another, and a file that cannot be read."""
    job = make_job(mover.stack)
    _subscribe(job, receiver)
    _fill(mover, job, ["0.png", "1.png", "2.png"])
    request(job, coco({"0.png": [{}, {"category_id": 2}]}))
    request(job, coco({"1.png": [{}], "unknown.png": [{}]}), "accepted")
    request(job, b"no json")
    mover.pump()
    return job


def _cancelled(mover: Mover) -> Job:
    """Work that a person gave up: a picture's, and that of a copy that had taken its original's place."""
    job = make_job(mover.stack)
    mover.stack.put(job.bucket, "original.png", disc_png(1))
    mover.pump()
    mover.stack.put(job.bucket, "copy.png", disc_png(1))
    mover.stack.put(job.bucket, "plain.png", disc_png(2))
    mover.pump()
    mover.stack.s3.delete_object(Bucket=job.bucket, Key="original.png")
    mover.pump()
    _act(job, "copy.png", "cancel")
    _act(job, "plain.png", "cancel")
    mover.pump()
    return job


def _kept_out(mover: Mover) -> Job:
    """People whom a policy keeps out, some of whom another one lets in again."""
    job = make_job(mover.stack)
    job.vendor.call("PATCH", f"/v1/members/{job.annotators[0].member_id}", json={"languages": ["sw"]})
    for version, workers in enumerate(({"languages": ["sw"], "teams": ["night"]}, {"languages": ["sw"]}), 1):
        headers = {"Authorization": f"Bearer {job.client.token}", "If-Match": f'"{version}"'}
        policy = {"workers": workers, "daily_cap": 10 * version}
        path = f"/v1/projects/{job.project_id}/policy"
        answer = mover.stack.client.put(path, headers=headers, json=policy)
        assert answer.status_code == 200, answer.text
        mover.pump()
    return job
