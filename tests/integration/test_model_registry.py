"""Versions of models: their names, what is said of them, retirement, aliases. No model runs here."""

import threading
from typing import Any

import pytest

from schema.enums import OrganisationKind, Role
from tests.harness import Job, Stack, make_job
from tests.integration.modelled import add_model
from tests.integration.registered import upload_file


@pytest.fixture
def job(shared_stack: Stack) -> Job:
    return make_job(shared_stack, connect=False)


def ask(job: Job, name: str = "weeds", **more: Any) -> dict[str, Any]:
    """Ask for a version of an upload that nobody looks at."""
    wanted = {"upload_id": upload_file(job.client, b"x"), "name": name} | more
    return dict(job.client.call("POST", "/v1/models", json=wanted))


def show(job: Job, model_version_id: int) -> dict[str, Any]:
    return dict(job.client.call("GET", f"/v1/models/{model_version_id}"))


def actions(job: Job) -> list[str]:
    admin = job.stack.add_person(job.client.organisation_id, Role.ADMIN)
    return [e["action"] for e in admin.call("GET", "/v1/audit")["items"] if e["action"].startswith(("model", "class_"))]


def test_version_counts_on_from_the_newest_number(job: Job) -> None:
    given = [ask(job)["version"], ask(job, version="7")["version"], ask(job, version="beta")["version"]]
    assert given == ["1", "7", "beta"]
    assert (ask(job)["version"], ask(job, "others")["version"]) == ("8", "1")


def test_versions_asked_for_at_once_get_numbers_of_their_own(job: Job) -> None:
    uploads = [upload_file(job.client, b"x") for _ in range(6)]
    start, given = threading.Barrier(len(uploads)), list[str]()

    def take(upload_id: int) -> None:
        start.wait()
        given.append(job.client.call("POST", "/v1/models", json={"upload_id": upload_id, "name": "weeds"})["version"])

    threads = [threading.Thread(target=take, args=(upload_id,)) for upload_id in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == ["1", "2", "3", "4", "5", "6"]


def test_version_of_more_digits_than_are_counted_is_refused_with_the_remedy(job: Job) -> None:
    wanted = {"upload_id": upload_file(job.client, b"x"), "name": "weeds", "version": "9999999999"}
    [problem] = job.client.call("POST", "/v1/models", json=wanted, expect=422)["errors"]
    assert (problem["field"], "put a letter before it" in problem["problem"]) == ("version", True)
    assert job.client.call("POST", "/v1/models", json=wanted | {"version": "v9999999999"})["version"] == "v9999999999"


def test_counting_on_ends_where_no_number_is_left(job: Job) -> None:
    assert ask(job, version="999999999")["version"] == "999999999"
    assert ask(job)["version"] == "1000000000"
    wanted = {"upload_id": upload_file(job.client, b"x"), "name": "weeds"}
    assert "name one of your own" in job.client.call("POST", "/v1/models", json=wanted, expect=409)["detail"]
    assert job.client.call("POST", "/v1/models", json=wanted | {"version": "next"})["version"] == "next"


def test_version_that_is_there_is_refused_with_the_remedy_and_takes_no_upload(job: Job) -> None:
    ask(job, version="1")
    upload_id = upload_file(job.client, b"x")
    wanted = {"upload_id": upload_id, "name": "weeds", "version": "1"}
    problem = job.client.call("POST", "/v1/models", json=wanted, expect=409)
    assert (problem["code"], "leave the version out" in problem["detail"]) == ("conflict", True)
    del wanted["version"]
    assert job.client.call("POST", "/v1/models", json=wanted)["version"] == "2"


def test_another_client_may_use_the_same_name_and_version(job: Job) -> None:
    other = make_job(job.stack, connect=False)
    assert ask(job, version="1")["version"] == ask(other, version="1")["version"]


def test_name_of_imported_labels_is_kept_for_them(job: Job) -> None:
    wanted = {"upload_id": upload_file(job.client, b"x"), "name": "import"}
    assert "imported" in job.client.call("POST", "/v1/models", json=wanted, expect=409)["detail"]


def test_only_a_complete_upload_of_ones_own_and_of_a_model_becomes_a_version(job: Job) -> None:
    def refuse(upload_id: int, status: int) -> None:
        job.client.call("POST", "/v1/models", json={"upload_id": upload_id, "name": "m"}, expect=status)

    begun = {"name": "m.zip", "bytes": 3}
    refuse(job.client.call("POST", "/v1/uploads", json={"purpose": "model", **begun})["id"], 409)
    refuse(job.client.call("POST", "/v1/uploads", json={"purpose": "labels", **begun})["id"], 404)
    refuse(upload_file(make_job(job.stack, connect=False).client, b"x"), 404)


def test_overrides_that_are_none_are_refused_naming_the_field(job: Job) -> None:
    wanted = {"upload_id": 1, "name": "m", "overrides": {"family": "onnx_yolo", "thresholds": {"score": 3}}}
    problem = job.client.call("POST", "/v1/models", json=wanted, expect=422)
    assert [e["field"] for e in problem["errors"]] == ["overrides.thresholds.score"]


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("licence", {"licence": "M\x00IT"}),
        ("classes[0]", {"classes": ["so\x00il"]}),
        ("overrides.classes[1]", {"overrides": {"classes": ["soil", "we\ned"]}}),
        ("overrides.keypoints[0]", {"overrides": {"keypoints": ["\x00"]}}),
    ],
)
def test_control_characters_are_refused_naming_the_field(job: Job, field: str, more: dict[str, Any]) -> None:
    wanted = {"upload_id": 1, "name": "m"} | more
    [problem] = job.client.call("POST", "/v1/models", json=wanted, expect=422)["errors"]
    assert (problem["field"], "control characters" in problem["problem"]) == (field, True)


def test_retired_version_can_be_restored_and_nothing_new_uses_it_meanwhile(job: Job) -> None:
    version_id = add_model(job)
    path = f"/v1/models/{version_id}"
    for _ in range(2):
        assert job.client.call("POST", f"{path}/retire")["state"] == "retired"
    suggestion = f"/v1/projects/{job.project_id}/class-mappings/suggestion?model_version_id={version_id}"
    assert "restore it first" in job.client.call("GET", suggestion, expect=409)["detail"]
    alias = "/v1/models/made-up/aliases/champion"
    job.client.call("PUT", alias, json={"model_version_id": version_id}, expect=409)
    assert show(job, version_id)["card"] is not None
    for _ in range(2):
        assert job.client.call("POST", f"{path}/restore")["state"] == "ready"
    job.client.call("PUT", alias, json={"model_version_id": version_id})
    assert actions(job) == ["model_alias_set", "model_restored", "model_retired"]


@pytest.mark.parametrize("verb", ["retire", "restore"])
@pytest.mark.parametrize("state", ["validating", "refused"])
def test_version_that_never_was_ready_is_neither_retired_nor_restored(job: Job, state: str, verb: str) -> None:
    version_id = add_model(job, state=state)
    problem = job.client.call("POST", f"/v1/models/{version_id}/{verb}", expect=409)
    assert state in problem["detail"]
    assert show(job, version_id)["state"] == state


def test_what_is_said_of_a_version_may_be_said_anew(job: Job) -> None:
    version_id = add_model(job)
    job.client.call("PATCH", f"/v1/models/{version_id}", json={"licence": "MIT"})
    for _ in range(2):
        job.client.call("PATCH", f"/v1/models/{version_id}", json={"notes": "trained in July"})
    changed = show(job, version_id)
    assert (changed["licence"], changed["notes"]) == ("MIT", "trained in July")
    assert actions(job) == ["model_changed", "model_changed"]


def test_alias_stands_for_a_version_of_its_own_model_only(job: Job) -> None:
    version_id = add_model(job, name="weeds")
    path = "/v1/models/crops/aliases/champion"
    problem = job.client.call("PUT", path, json={"model_version_id": version_id}, expect=409)
    assert "one of weeds" in problem["detail"]
    job.client.call("DELETE", path, expect=404)


def test_alias_that_was_taken_away_can_be_given_again(job: Job) -> None:
    version_id = add_model(job)
    path = "/v1/models/made-up/aliases/champion"
    for _ in range(2):
        given = job.client.call("PUT", path, json={"model_version_id": version_id})
        assert given["aliases"] == ["champion"]
        job.client.call("DELETE", path)
        assert show(job, version_id)["aliases"] == []
    job.client.call("DELETE", path, expect=404)


def test_versions_are_listed_newest_first_by_name_and_state(job: Job) -> None:
    old, other, retired, new = (
        add_model(job, name=name, version=version, state=state)
        for name, version, state in [
            ("a", "1", "ready"),
            ("b", "1", "ready"),
            ("a", "2", "retired"),
            ("a", "3", "ready"),
        ]
    )

    def listed(query: str = "") -> list[int]:
        return [m["id"] for m in job.client.call("GET", f"/v1/models?limit=500{query}")["items"]]

    assert listed() == [new, retired, other, old]
    assert listed("&name=a") == [new, retired, old]
    assert listed("&name=a&state=ready") == [new, old]
    page = job.client.call("GET", "/v1/models?limit=2")
    following = job.client.call("GET", f"/v1/models?limit=2&after={page['next']}")
    assert [m["id"] for m in page["items"] + following["items"]] == [new, retired, other, old]
    assert following["next"] is None


def test_repeated_request_with_one_key_makes_one_version(job: Job) -> None:
    wanted = {"upload_id": upload_file(job.client, b"x"), "name": "weeds"}
    headers = {"Authorization": f"Bearer {job.client.token}", "Idempotency-Key": "one"}
    made = [job.client.client.post("/v1/models", json=wanted, headers=headers).json()["id"] for _ in range(2)]
    assert made[0] == made[1]


def test_annotators_of_the_client_see_no_models(job: Job) -> None:
    annotator = job.stack.add_person(job.client.organisation_id, Role.ANNOTATOR)
    annotator.call("GET", "/v1/models", expect=403)
    annotator.call("GET", f"/v1/models/{add_model(job)}", expect=403)


def test_vendor_that_is_engaged_maps_no_model_and_another_client_finds_none(job: Job) -> None:
    version_id = add_model(job)
    path = f"/v1/projects/{job.project_id}/class-mappings"
    job.vendor.call("GET", path, expect=403)
    other = job.stack.add_person(job.stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    other.call("GET", path, expect=404)
    for verb in ("retire", "restore"):
        other.call("POST", f"/v1/models/{version_id}/{verb}", expect=404)
    alias = "/v1/models/made-up/aliases/champion"
    other.call("PUT", alias, json={"model_version_id": version_id}, expect=404)
