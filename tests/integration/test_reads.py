"""What lies behind a result: answers, predictions and decisions, and who may see them."""

from typing import Any

import pytest

from schema.enums import OrganisationKind, Role
from tests.harness import Job, Person, Stack, box, make_job
from tests.integration.pictures import disc_box, disc_png


@pytest.fixture(scope="module")
def stack(shared_stack: Stack) -> Stack:
    return shared_stack


@pytest.fixture(scope="module")
def job(stack: Stack) -> Job:
    """A job with one accepted task, answered by two annotators who were shown a proposer's objects."""
    job = make_job(stack, policy={"prelabeling": "plain_background", "prelabel_class_id": 1})
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    for person in job.annotators[:2]:
        assert job.label(person, lambda _: [box(*disc_box(0)), box(*disc_box(1))]) == 1
    stack.pump()
    assert job.tasks()[0]["state"] == "accepted"
    return job


def annotations(job: Job, person: Person) -> list[dict[str, Any]]:
    return list(person.call("GET", f"/v1/tasks/{job.tasks()[0]['id']}/annotations")["items"])


def predictions(job: Job, person: Person) -> list[dict[str, Any]]:
    return list(person.call("GET", f"/v1/images/{job.images()[0]['id']}/predictions")["items"])


def second_vendor(stack: Stack, job: Job) -> Person:
    organisation = stack.add_organisation(OrganisationKind.VENDOR)
    job.client.call("PUT", f"/v1/projects/{job.project_id}/vendors/{organisation}")
    return stack.add_person(organisation, Role.SUPERVISOR)


def test_vendor_sees_its_own_people_by_name(job: Job) -> None:
    authors = [answer["author"]["member_id"] for answer in annotations(job, job.supervisor)]
    assert authors == [person.member_id for person in job.annotators[:2]]


def test_client_sees_authors_by_pseudonym(job: Job) -> None:
    authors = [answer["author"] for answer in annotations(job, job.client)]
    assert [author["member_id"] for author in authors] == [None, None]
    assert len({author["name"] for author in authors}) == 2
    assert all(author["name"].startswith("W-") for author in authors)


def test_other_vendor_of_the_project_sees_no_answer(stack: Stack, job: Job) -> None:
    assert annotations(job, second_vendor(stack, job)) == []


def test_answer_tells_what_its_author_was_shown(job: Job) -> None:
    [prediction] = predictions(job, job.client)
    answer = annotations(job, job.client)[0]
    assert answer["shown"] == {
        "ontology_version": 1,
        "guideline_version": 1,
        "policy_version": 1,
        "prediction_id": prediction["id"],
    }
    assert (answer["stage"], answer["version"], answer["counts"], len(answer["objects"])) == ("label", 1, True, 2)


def test_answer_that_was_taken_back_does_not_count(stack: Stack) -> None:
    job = make_job(stack, policy={"undo_window_s": 30})
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    person = job.annotators[0]
    lease = job.claim(person)
    assert lease
    job.submit(person, lease, [])
    again = person.call("POST", f"/v1/leases/{lease['lease_id']}/undo")
    job.submit(person, again, [])
    assert [(answer["version"], answer["counts"]) for answer in annotations(job, job.client)] == [(1, False), (2, True)]


def test_prediction_names_its_model(job: Job) -> None:
    [prediction] = predictions(job, job.vendor)
    assert (prediction["model"], prediction["model_version"]) == ("plain_background", "1")
    assert len(prediction["objects"]) >= 1


def test_decision_says_why(job: Job) -> None:
    task = job.tasks()[0]["id"]
    [line] = job.client.call("GET", f"/v1/tasks/{task}")["decisions"]
    decision = job.client.call("GET", f"/v1/decisions/{line['id']}")
    assert (decision["task_id"], decision["outcome"], decision["rule"]) == (task, "accept", line["rule"])
    assert decision["inputs"] == line["inputs"]
    assert decision["parameters"]["min_votes"] == 2
    assert [entry["causes"] for entry in decision["objects"]] == [[], []]


@pytest.mark.parametrize("what", ["annotations", "predictions", "decisions"])
def test_annotators_see_no_evidence(job: Job, what: str) -> None:
    assert job.annotators[0].call("GET", paths(job)[what], expect=403)["code"] == "forbidden"


@pytest.mark.parametrize("what", ["annotations", "predictions", "decisions"])
def test_evidence_of_another_client_is_not_found(stack: Stack, job: Job, what: str) -> None:
    stranger = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    assert stranger.call("GET", paths(job)[what], expect=404)["code"] == "not_found"


def paths(job: Job) -> dict[str, str]:
    task = job.tasks()[0]
    [decision] = job.client.call("GET", f"/v1/tasks/{task['id']}")["decisions"]
    return {
        "annotations": f"/v1/tasks/{task['id']}/annotations",
        "predictions": f"/v1/images/{task['image_id']}/predictions",
        "decisions": f"/v1/decisions/{decision['id']}",
    }
