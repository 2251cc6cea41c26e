"""How a model's classes become a project's: kept once, never changed, refused naming the field."""

from typing import Any

import pytest

from tests.harness import Job, Stack, make_job
from tests.integration.modelled import add_model


@pytest.fixture
def job(shared_stack: Stack) -> Job:
    return make_job(shared_stack, connect=False)


def keep(job: Job, model_version_id: int, classes: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    body = {"model_version_id": model_version_id, "classes": classes}
    return dict(job.client.call("POST", f"/v1/projects/{job.project_id}/class-mappings", json=body, **options))


def test_same_choice_is_the_same_mapping_and_another_is_another(job: Job) -> None:
    model = add_model(job)
    both = [{"index": 0, "class_id": 1}, {"index": 1, "class_id": 2, "threshold": 0.4}]
    first, again = keep(job, model, both), keep(job, model, both[::-1])
    other = keep(job, model, both[:1])
    assert first == again
    assert other["id"] != first["id"]
    path = f"/v1/projects/{job.project_id}/class-mappings"
    assert job.client.call("GET", path)["items"] == [first, other]
    assert job.client.call("GET", f"{path}/{first['id']}") == first
    assert (first["model"], first["version"], first["created_by"]) == ("made-up", "1", job.client.member_id)


def test_thresholds_and_classes_that_are_left_out_are_kept_as_said(job: Job) -> None:
    made = keep(job, add_model(job), [{"index": 1, "class_id": 2, "threshold": 0.4}, {"index": 0, "class_id": None}])
    assert made["mapping"]["classes"] == [{"index": 1, "class_id": 2, "threshold": 0.4}]


def test_class_that_is_not_the_models_or_not_the_projects_is_refused_by_field(job: Job) -> None:
    problem = keep(job, add_model(job), [{"index": 5, "class_id": 1}, {"index": 0, "class_id": 77}], expect=422)
    assert problem["code"] == "mapping_invalid"
    fields = [p["field"] for p in problem["facts"]["problems"]]
    assert fields == ["classes[0].index", "classes[1].class_id"]


def test_retired_class_is_neither_mapped_nor_suggested(job: Job) -> None:
    model = add_model(job)
    path = f"/v1/projects/{job.project_id}"
    ontology = job.client.call("GET", f"{path}/ontology")
    classes = [spec | {"retired": spec["class_id"] == 1} for spec in ontology["ontology"]["classes"]]
    kept = keep(job, model, [{"index": 0, "class_id": 1}])
    answer = job.client.client.put(
        f"{path}/ontology",
        json={"classes": classes},
        headers={"Authorization": f"Bearer {job.client.token}", "If-Match": "*"},
    )
    assert answer.is_success, answer.text
    problem = keep(job, model, [{"index": 0, "class_id": 1}], expect=422)
    assert "retired" in problem["detail"]
    suggested = job.client.call("GET", f"{path}/class-mappings/suggestion?model_version_id={model}")["classes"]
    assert [s["class_id"] for s in suggested] == [None, 2]
    assert job.client.call("GET", f"{path}/class-mappings/{kept['id']}") == kept


def test_model_that_is_not_ready_is_not_mapped(job: Job) -> None:
    for state in ("validating", "refused", "retired"):
        model = add_model(job, version=state, state=state)
        assert state in keep(job, model, [{"index": 0, "class_id": 1}], expect=409)["detail"]


def test_model_of_another_client_is_not_there(job: Job) -> None:
    other = make_job(job.stack, connect=False)
    keep(job, add_model(other), [{"index": 0, "class_id": 1}], expect=404)


def test_mapping_of_another_project_is_not_there(job: Job) -> None:
    other = make_job(job.stack, connect=False)
    made = keep(other, add_model(other), [{"index": 0, "class_id": 1}])
    job.client.call("GET", f"/v1/projects/{job.project_id}/class-mappings/{made['id']}", expect=404)


def test_archived_project_takes_no_mapping(job: Job) -> None:
    model = add_model(job)
    job.client.call("POST", f"/v1/projects/{job.project_id}/archive")
    assert keep(job, model, [{"index": 0, "class_id": 1}], expect=409)["code"] == "project_archived"
