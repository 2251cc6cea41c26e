"""Pre-labels by a model that was brought, mapped and named by a policy: its numbers are those of a direct forward."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage import data

from domain.ingest.keys import working_key
from schema.enums import Topic
from schema.models import ModelCard
from tests.harness import Job, Stack, make_job
from tests.integration.pictures import png
from tests.integration.registered import bring, map_classes, pack
from tests.integration.test_versions import publish
from tests.unit.models import onnx_networks
from workers.inference.frames import fit
from workers.inference.predictions import objects_of
from workers.models.adapters.registry import load_adapter
from workers.pictures import decode_working_copy

NETWORK = onnx_networks.yolo_v8(height=320, width=320, colours=("bright", "dark"))
ARCHIVE = pack(model_onnx=NETWORK, classes_txt=b"bright\ndark\n")
MAPPING: dict[int, int | None] = {0: 1, 1: None}


@pytest.fixture
def job(stack: Stack) -> Job:
    return make_job(stack)


def use_model(stack: Stack, job: Job, **policy: Any) -> dict[str, Any]:
    """Have the project's new tasks pre-labelled by the model; return it."""
    model = bring(stack, job.client, ARCHIVE)
    assert model["state"] == "ready", model
    mapping_id = map_classes(job.client, job.project_id, model, MAPPING)
    answer = set_policy(job, prelabeling="model", prelabel_mapping_id=mapping_id, **policy)
    assert answer.status_code == 200, answer.text
    return model


def set_policy(job: Job, **changes: Any) -> Any:
    """Publish the next policy of the job's project; return the answer."""
    project = job.client.call("GET", f"/v1/projects/{job.project_id}")
    return publish(job, "policy", project["policy"] | changes, seen=f'"{project["policy_version"]}"')


def say_directly(stack: Stack, job: Job, model: dict[str, Any], image: dict[str, Any], folder: Path) -> list[Any]:
    """Return what the adapter says of an image in this process, mapped by hand: (class id, score, shape)."""
    card = ModelCard.model_validate(model["card"])
    for file in card.files:
        key = f"org/{job.client.organisation_id}/models/{model['id']}/{file.name}"
        (folder / file.name).write_bytes(stack.work.bucket.get_bytes(key))
    adapter: Any = load_adapter(folder, card, device="cpu", threads=1)
    body = stack.work.bucket.get_bytes(working_key(client_org=job.client.organisation_id, sha256=image["sha256"]))
    picture = decode_working_copy(body)
    pixels, frame = fit(picture, card.input)
    found = adapter.decode(adapter.forward(pixels[None], [frame]), 0, frame)
    height, width = picture.shape[:2]
    return [
        (MAPPING[o.class_id - 1], o.score, o.shape.model_dump(mode="json"))
        for o in objects_of(found, card, height=height, width=width)
        if MAPPING[o.class_id - 1] is not None and (o.score or 0) >= card.thresholds.score
    ]


@pytest.mark.parametrize("photograph", ["astronaut", "coffee"])
def test_prelabels_of_a_photograph_are_those_of_a_direct_forward(
    stack: Stack, job: Job, tmp_path: Path, photograph: str
) -> None:
    model = use_model(stack, job)
    stack.put(job.bucket, "in/photo.png", png(np.asarray(getattr(data, photograph)())))
    stack.pump()
    [image] = job.images()
    lease = job.claim(job.annotators[0])
    assert lease is not None
    shown = [(o["class_id"], o["score"], o["shape"]) for o in lease["prelabels"]]
    wanted = say_directly(stack, job, model, image, tmp_path)
    items = job.client.call("GET", f"/v1/projects/{job.project_id}/items")["items"]
    assert [item["prelabel_source"]["model"] for item in items] == ["colours"]
    assert len(shown) > 3
    assert {s[0] for s in shown} == {1}
    assert shown == wanted


def test_model_that_is_retired_keeps_no_task_from_opening(stack: Stack, job: Job) -> None:
    model = use_model(stack, job)
    job.client.call("POST", f"/v1/models/{model['id']}/retire")
    stack.put(job.bucket, "in/photo.png", png(np.asarray(data.coffee())))
    stack.pump()
    lease = job.claim(job.annotators[0])
    assert lease is not None and not lease["prelabels"]


def test_policy_names_a_mapping_of_its_own_project(stack: Stack, job: Job) -> None:
    model = bring(stack, job.client, ARCHIVE)
    other = job.client.call(
        "POST", "/v1/projects", json={"name": "Other", "ontology": {"classes": [{"class_id": 1, "name": "coin"}]}}
    )
    mapping_id = map_classes(job.client, other["id"], model, {0: 1})
    answer = set_policy(job, prelabeling="model", prelabel_mapping_id=mapping_id)
    assert answer.status_code in (404, 409, 422)
    assert str(mapping_id) in answer.json()["detail"]


def test_run_labels_what_a_filter_finds_once(stack: Stack, job: Job, tmp_path: Path) -> None:
    for name in ("coffee", "astronaut"):
        stack.put(job.bucket, f"in/{name}.png", png(np.asarray(getattr(data, name)())))
    stack.pump()
    model = bring(stack, job.client, ARCHIVE)
    mapping_id = map_classes(job.client, job.project_id, model, MAPPING)
    path = f"/v1/projects/{job.project_id}/runs"
    wanted = {"mapping_id": mapping_id, "filter": {"key": "coff"}, "show": True}
    estimate = job.client.call("POST", f"{path}/estimate", json=wanted)
    assert (estimate["items"], estimate["known_images"]) == (1, 0)
    run = job.client.call("POST", path, json=wanted)
    stack.pump()
    done = job.client.call("GET", f"{path}/{run['id']}")
    assert (done["state"], done["items"], done["done"], done["failed"]) == ("complete", 1, 1, 0), done
    [picture] = job.client.call("GET", f"{path}/{run['id']}/pictures")["items"]
    image = next(i for i in job.images() if i["key"].endswith("coffee.png"))
    said = [(o["class_id"], o["score"], o["shape"]) for o in picture["objects"]]
    assert picture["image_id"] == image["id"]
    assert said == say_directly(stack, job, model, image, tmp_path)
    for topic, body in [d for d in stack.delivered if d[0] is Topic.RUN]:
        stack.deliver(topic, body)
    assert job.client.call("GET", f"{path}/{run['id']}") == done
    predictions = job.client.call("GET", f"/v1/images/{image['id']}/predictions")["items"]
    assert len(predictions) == 1
    shown = {
        lease["image"]["key"]: len(lease["prelabels"] or ()) for a in job.annotators[:2] if (lease := job.claim(a))
    }
    assert set(shown.values()) <= {0, len(said)}
    assert job.client.call("POST", f"{path}/estimate", json=wanted)["known_images"] == 1
