"""Models on their way in: uploaded through the API, looked at by a real child of the worker, ready or refused."""

import hashlib
import pickle
from typing import Any

import pytest

from schema.enums import OrganisationKind, Role, Topic
from tests.harness import Job, Stack, make_job
from tests.integration.registered import bring, pack, upload_file
from tests.unit.models import onnx_networks

GOOD = pack(model_onnx=onnx_networks.yolo_v8(), classes_txt=b"bright\ndark\n")


@pytest.fixture
def job(stack: Stack) -> Job:
    return make_job(stack, connect=False)


def keys(stack: Stack, job: Job, folder: str) -> list[str]:
    org = job.client.organisation_id
    listed = stack.s3.list_objects_v2(Bucket=stack.work.bucket.bucket, Prefix=f"org/{org}/{folder}/")
    return [entry["Key"] for entry in listed.get("Contents", ())]


def told(job: Job) -> list[str]:
    return [line["kind"] for line in job.client.call("GET", "/v1/me/notifications")["items"]]


def test_upload_becomes_a_version_with_a_card_and_its_files(stack: Stack, job: Job) -> None:
    model = bring(stack, job.client, GOOD, licence="Apache-2.0")
    assert (model["state"], model["reason"], model["version"]) == ("ready", None, "1"), model
    assert [c["name"] for c in model["classes"]] == ["bright", "dark"]
    assert (model["card"]["family"], model["card"]["decoder"]) == ("onnx_yolo", "v8")
    files = {file["name"]: file["sha256"] for file in model["card"]["files"]}
    prefix = f"org/{job.client.organisation_id}/models/{model['id']}/"
    stored = {key.removeprefix(prefix): stack.work.bucket.get_bytes(key) for key in keys(stack, job, "models")}
    assert {name: hashlib.sha256(body).hexdigest() for name, body in stored.items()} == files
    assert keys(stack, job, "uploads") == []
    assert told(job) == ["model_ready"]


def test_versions_count_on_and_aliases_move(stack: Stack, job: Job) -> None:
    first, second = (bring(stack, job.client, GOOD) for _ in range(2))
    assert (first["version"], second["version"]) == ("1", "2")
    for model in (first, second):
        job.client.call("PUT", "/v1/models/colours/aliases/champion", json={"model_version_id": model["id"]})
    listed = {m["id"]: m["aliases"] for m in job.client.call("GET", "/v1/models")["items"]}
    assert listed == {first["id"]: [], second["id"]: ["champion"]}
    job.client.call("DELETE", "/v1/models/colours/aliases/champion")
    assert job.client.call("GET", f"/v1/models/{second['id']}")["aliases"] == []


def test_pickle_is_refused_with_the_way_to_convert_it_and_leaves_nothing(stack: Stack, job: Job) -> None:
    model = bring(stack, job.client, pack(best_pt=pickle.dumps({"weights": 1}), classes_txt=b"a\n"))
    assert (model["state"], model["reason"], model["card"]) == ("refused", "pickle", None)
    assert "onnx" in model["detail"].lower()
    assert keys(stack, job, "models") == keys(stack, job, "uploads") == []
    assert told(job) == ["model_refused"]


@pytest.mark.parametrize(
    ("reason", "more"),
    [
        ("overrides_damaged", {"plumbline_json": b'{"licence": "M\\u0000IT"}'}),
        ("document_damaged", {"plumbline_json": b'{"input": {"std": [1e999, 1, 1]}}'}),
        ("unsafe_name", {"x" * 260 + "_onnx": b""}),
    ],
)
def test_what_cannot_be_stored_is_the_uploads_fault_and_refused_at_once(
    stack: Stack, job: Job, reason: str, more: dict[str, bytes]
) -> None:
    upload = pack(model_onnx=onnx_networks.yolo_v8(), classes_txt=b"bright\ndark\n", **more)
    assert bring(stack, job.client, upload)["reason"] == reason
    assert told(job) == ["model_refused"]


def test_file_that_is_not_the_one_that_was_said_is_refused(stack: Stack, job: Job) -> None:
    assert bring(stack, job.client, GOOD, sha256=hashlib.sha256(b"another").hexdigest())["reason"] == "sha256_differs"
    assert bring(stack, job.client, GOOD, sha256=hashlib.sha256(GOOD).hexdigest())["state"] == "ready"


def test_names_of_classes_may_come_with_the_request(stack: Stack, job: Job) -> None:
    body = onnx_networks.yolo_v8()
    model = bring(stack, job.client, body, file_name="m.onnx", classes=["light", "shade"])
    assert [c["name"] for c in model["classes"]] == ["light", "shade"], model
    assert bring(stack, job.client, body, file_name="m.onnx", classes=["one"])["reason"] == "classes_differ"


def test_repeated_message_changes_nothing(stack: Stack, job: Job) -> None:
    model = bring(stack, job.client, GOOD)
    [message] = [body for topic, body in stack.delivered if topic is Topic.MODEL]
    stack.deliver(Topic.MODEL, message)
    assert job.client.call("GET", f"/v1/models/{model['id']}") == model
    assert told(job) == ["model_ready"]


def test_worker_that_dies_before_the_end_leaves_the_work_to_the_next(
    stack: Stack, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {"upload_id": upload_file(job.client, GOOD), "name": "colours"}
    asked = job.client.call("POST", "/v1/models", json=wanted)
    stack.relay()
    [message] = stack.receive_all(Topic.MODEL)

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("workers.handlers.models.mark_ready", die)
        with pytest.raises(KeyboardInterrupt):
            stack.deliver(Topic.MODEL, message)
    assert len(keys(stack, job, "uploads")) == 1
    stack.deliver(Topic.MODEL, message)
    assert job.client.call("GET", f"/v1/models/{asked['id']}")["state"] == "ready"
    assert len(keys(stack, job, "models")) == 2  # the network and the names of its classes


def test_models_are_their_clients_alone(stack: Stack, job: Job) -> None:
    model = bring(stack, job.client, GOOD)
    other = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    vendor = stack.add_person(stack.add_organisation(OrganisationKind.VENDOR), Role.MANAGER)
    other.call("GET", f"/v1/models/{model['id']}", expect=404)
    assert other.call("GET", "/v1/models")["items"] == []
    assert vendor.call("GET", "/v1/models", expect=403)["code"] == "forbidden"
    vendor.call("POST", "/v1/models", json={"upload_id": 1, "name": "x"}, expect=403)


def test_upload_becomes_one_version_only(stack: Stack, job: Job) -> None:
    upload_id = upload_file(job.client, GOOD)
    job.client.call("POST", "/v1/models", json={"upload_id": upload_id, "name": "a"})
    assert job.client.call("POST", "/v1/models", json={"upload_id": upload_id, "name": "b"}, expect=409)


def test_suggested_classes_are_those_of_alike_names(stack: Stack, job: Job) -> None:
    model = bring(stack, job.client, pack(model_onnx=onnx_networks.yolo_v8(), classes_txt=b"Coins\nzebra\n"))
    path = f"/v1/projects/{job.project_id}/class-mappings/suggestion?model_version_id={model['id']}"
    suggested = job.client.call("GET", path)["classes"]
    assert [s["class_id"] for s in suggested] == [1, None], suggested
