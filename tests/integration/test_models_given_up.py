"""Models whose worker dies, is overtaken or is given up: who asked is told once, and nothing is left behind."""

from collections.abc import Callable
from typing import Any

import pytest

from schema.enums import Topic
from tests.harness import Job, Stack, make_job
from tests.integration.registered import lose_hold, pack, upload_file
from tests.unit.models import onnx_networks
from workers.handlers import models
from workers.models.intake.refusals import ModelRefused, Reason

GOOD = pack(model_onnx=onnx_networks.yolo_v8(), classes_txt=b"bright\ndark\n")
TOO_LONG = ModelRefused(Reason.TOOK_TOO_LONG, "Looking at the model took too long.")


@pytest.fixture
def job(stack: Stack) -> Job:
    return make_job(stack, connect=False)


def ask(job: Job, body: bytes = GOOD) -> tuple[int, str]:
    """Ask for a version; return it and its message."""
    wanted = {"upload_id": upload_file(job.client, body), "name": "colours"}
    asked = job.client.call("POST", "/v1/models", json=wanted)
    job.stack.relay()
    [message] = job.stack.receive_all(Topic.MODEL)
    return int(asked["id"]), message


def state(job: Job, model_version_id: int) -> str:
    return str(job.client.call("GET", f"/v1/models/{model_version_id}")["state"])


def left(job: Job) -> set[str]:
    """Tell which folders of the client hold something."""
    bucket = job.stack.work.bucket.bucket
    listed = job.stack.s3.list_objects_v2(Bucket=bucket, Prefix=f"org/{job.client.organisation_id}/")
    return {entry["Key"].split("/")[2] for entry in listed.get("Contents", ())}


def told(job: Job) -> list[str]:
    return [line["kind"] for line in job.client.call("GET", "/v1/me/notifications")["items"]]


def give_up(job: Job) -> None:
    """Lose every message until the sweep gives the row up."""
    for _ in range(job.stack.settings.max_resends + 1):
        job.stack.sweep()
        job.stack.relay()
        if state(job, job.client.call("GET", "/v1/models")["items"][0]["id"]) == "validating":
            job.stack.receive_all(Topic.MODEL)


def during_validation(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], None]) -> None:
    """Have something happen once, after a model was looked at and before anything is stored of it."""
    look, done = models.validate_archive, list[int]()

    def slow(*arguments: Any, **options: Any) -> Any:
        card = look(*arguments, **options)
        if not done:
            done.append(1)
            meanwhile()
        return card

    monkeypatch.setattr(models, "validate_archive", slow)


def test_who_asked_is_told_once_when_a_model_is_given_up(job: Job) -> None:
    version_id, _ = ask(job)
    give_up(job)
    job.stack.pump()
    for topic, body in list(job.stack.delivered):
        job.stack.deliver(topic, body)
    given_up = job.client.call("GET", f"/v1/models/{version_id}")
    assert (given_up["state"], given_up["reason"]) == ("refused", "stuck")
    assert told(job) == ["model_refused"]
    assert left(job) == set()


def test_files_of_a_worker_that_died_go_when_the_model_is_given_up(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    _, message = ask(job)

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(models, "mark_ready", die)
        with pytest.raises(KeyboardInterrupt):
            job.stack.deliver(Topic.MODEL, message)
    assert left(job) == {"models", "uploads"}
    give_up(job)
    job.stack.pump()
    assert left(job) == set()


def test_worker_that_comes_after_the_model_was_given_up_leaves_nothing(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_id, message = ask(job)

    def meanwhile() -> None:
        lose_hold(job, version_id)
        give_up(job)
        job.stack.pump()

    during_validation(monkeypatch, meanwhile)
    job.stack.deliver(Topic.MODEL, message)
    assert (state(job, version_id), left(job), told(job)) == ("refused", set(), ["model_refused"])


def test_refusal_that_comes_after_another_worker_took_the_model_in_changes_nothing(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_id, message = ask(job)

    def meanwhile() -> None:
        lose_hold(job, version_id)
        job.stack.deliver(Topic.MODEL, message)
        raise TOO_LONG

    during_validation(monkeypatch, meanwhile)
    job.stack.deliver(Topic.MODEL, message)
    assert (state(job, version_id), left(job), told(job)) == ("ready", {"models"}, ["model_ready"])


def test_upload_goes_at_the_next_message_when_a_worker_died_before_deleting_it(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_id, message = ask(job)

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(job.stack.work.bucket), "delete_below", die)
        with pytest.raises(KeyboardInterrupt):
            job.stack.deliver(Topic.MODEL, message)
    assert (state(job, version_id), left(job)) == ("ready", {"models", "uploads"})
    job.stack.deliver(Topic.MODEL, message)
    assert (state(job, version_id), left(job)) == ("ready", {"models"})


def test_upload_that_is_not_stored_any_more_is_refused(job: Job) -> None:
    version_id, message = ask(job)
    job.stack.work.bucket.delete_below(f"org/{job.client.organisation_id}/uploads/", keep=None)
    job.stack.deliver(Topic.MODEL, message)
    refused = job.client.call("GET", f"/v1/models/{version_id}")
    assert (refused["state"], refused["reason"]) == ("refused", "upload_lost")
