"""Guidelines that have to be read: who said so, and who may claim."""

from typing import Any

import pytest

from schema.enums import OrganisationKind, Role
from tests.harness import Job, Person, Stack, make_job
from tests.integration.pictures import disc_png


@pytest.fixture(scope="module")
def stack(shared_stack: Stack) -> Stack:
    return shared_stack


@pytest.fixture
def job(stack: Stack) -> Job:
    """A job that wants its guidelines acknowledged, with one open task."""
    job = make_job(stack, annotators=2, policy={"require_acknowledgement": True})
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    return job


def acknowledge(job: Job, person: Person, version: int = 1, *, expect: int = 200) -> dict[str, Any]:
    path = f"/v1/projects/{job.project_id}/guidelines/acknowledgement"
    return dict(person.call("PUT", path, json={"version": version}, expect=expect))


def readers(job: Job, person: Person, query: str = "") -> dict[str, Any]:
    return dict(person.call("GET", f"/v1/projects/{job.project_id}/guidelines/acknowledgements{query}"))


def publish(job: Job, markdown: str) -> None:
    person, path = job.client, f"/v1/projects/{job.project_id}/guidelines"
    headers = {"Authorization": f"Bearer {person.token}", "If-Match": "*"}
    answer = person.client.put(path, headers=headers, json={"markdown": markdown})
    assert answer.is_success, answer.text


@pytest.mark.parametrize("named", [True, False])
def test_nobody_claims_before_they_read_the_guidelines(job: Job, named: bool) -> None:
    body = {"project_id": job.project_id} if named else {}
    problem = job.annotators[0].call("POST", "/v1/leases", json=body, expect=409)
    assert problem["code"] == "guidelines_unread"
    assert problem["facts"] == {"project_id": job.project_id, "version": 1}


def test_who_read_the_guidelines_claims(job: Job) -> None:
    acknowledge(job, job.annotators[0])
    assert job.claim(job.annotators[0])


def test_next_version_has_to_be_read_again(job: Job) -> None:
    acknowledge(job, job.annotators[0])
    publish(job, "Label every coin.")
    job.annotators[0].call("POST", "/v1/leases", json={}, expect=409)
    acknowledge(job, job.annotators[0], 2)
    assert job.claim(job.annotators[0])


def test_unread_project_keeps_nobody_from_another(stack: Stack, job: Job) -> None:
    path = "/v1/projects"
    other = job.client.call(
        "POST", path, json={"name": "Free", "ontology": {"classes": [{"class_id": 1, "name": "a"}]}}
    )
    job.client.call("PUT", f"{path}/{other['id']}/vendors/{job.vendor.organisation_id}")
    job.vendor.call("POST", f"{path}/{other['id']}/workforce", json={})
    job.client.call("PUT", f"/v1/sources/{job.source_id}/feeds/{other['id']}")
    stack.pump()
    lease = job.annotators[0].call("POST", "/v1/leases", json={}, expect=201)
    assert lease["project_id"] == other["id"]


def test_projects_that_ask_for_nothing_are_claimed_from_unread(stack: Stack) -> None:
    job = make_job(stack, annotators=1)
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    assert job.claim(job.annotators[0])


def test_guidelines_tell_whether_the_reader_acknowledged_them(job: Job) -> None:
    path = f"/v1/projects/{job.project_id}/guidelines"
    acknowledge(job, job.annotators[0])
    told = [person.call("GET", path)["acknowledged"] for person in job.annotators]
    assert told == [True, False]


def test_acknowledging_twice_keeps_the_first_time(job: Job) -> None:
    assert acknowledge(job, job.annotators[0]) == acknowledge(job, job.annotators[0])


def test_only_the_current_version_can_be_acknowledged(job: Job) -> None:
    problem = acknowledge(job, job.annotators[0], 2, expect=409)
    assert (problem["code"], problem["facts"]["version"]) == ("conflict", 1)


def test_vendor_sees_which_of_its_people_read_them(job: Job) -> None:
    acknowledge(job, job.annotators[0])
    found = readers(job, job.vendor)
    assert found["counts"] == [{"organisation_id": job.vendor.organisation_id, "people": 3, "acknowledged": 1}]
    assert [r["member_id"] for r in found["items"] if r["at"]] == [job.annotators[0].member_id]
    missing = readers(job, job.vendor, "?acknowledged=false")["items"]
    assert [r["member_id"] for r in missing] == [job.annotators[1].member_id, job.supervisor.member_id]


def test_client_sees_counts_and_nobody_of_a_vendor(job: Job) -> None:
    acknowledge(job, job.annotators[0])
    found = readers(job, job.client)
    assert found["items"] == []
    assert found["counts"][1:] == [{"organisation_id": job.vendor.organisation_id, "people": 1, "acknowledged": 1}]


def test_annotators_do_not_list_readers(job: Job) -> None:
    path = f"/v1/projects/{job.project_id}/guidelines/acknowledgements"
    assert job.annotators[0].call("GET", path, expect=403)["code"] == "forbidden"


def test_guidelines_of_another_client_are_not_found(stack: Stack, job: Job) -> None:
    stranger = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    assert acknowledge(job, stranger, expect=404)["code"] == "not_found"
    stranger.call("GET", f"/v1/projects/{job.project_id}/guidelines/acknowledgements", expect=404)


def test_version_that_is_no_number_is_named(job: Job) -> None:
    path = f"/v1/projects/{job.project_id}/guidelines/acknowledgement"
    problem = job.annotators[0].call("PUT", path, json={"version": 0}, expect=422)
    assert [error["field"] for error in problem["errors"]] == ["version"]
