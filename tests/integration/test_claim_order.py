"""In which order a claim serves a member's lanes."""

from typing import Any

from tests.harness import Job, Person, Stack, make_job
from tests.integration.pictures import disc_png
from tests.integration.timed import answer, change, claim, job_with, skip


def second_project(stack: Stack, job: Job) -> int:
    """Give the job's client another project, with the same source and the same vendor; return it."""
    body = job.client.call("GET", f"/v1/projects/{job.project_id}")
    made = job.client.call(
        "POST", "/v1/projects", json={"name": "Buttons", "ontology": body["ontology"], "policy": body["policy"]}
    )
    job.client.call("PUT", f"/v1/projects/{made['id']}/vendors/{job.vendor.organisation_id}")
    job.vendor.call("POST", f"/v1/projects/{made['id']}/workforce", json={})
    job.client.call("PUT", f"/v1/sources/{job.source_id}/feeds/{made['id']}")
    stack.pump()
    return int(made["id"])


def next_of(person: Person) -> dict[str, Any]:
    return dict(person.call("POST", "/v1/leases", json={}, expect=201))


def order(admin_url: str, job: Job, positions: dict[int, int]) -> None:
    for project, position in positions.items():
        change(
            admin_url,
            "INSERT INTO work_order (organisation_id, project_id, position) "
            f"VALUES ({job.vendor.organisation_id}, {project}, {position})",
        )


def test_projects_are_served_in_the_order_of_the_members_organisation(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 2)
    other = second_project(stack, job)
    assert next_of(job.annotators[0])["project_id"] == job.project_id
    order(admin_url, job, {other: 1})
    assert next_of(job.annotators[1])["project_id"] == other


def test_fresh_work_of_an_earlier_project_comes_before_started_work_of_a_later_one(
    stack: Stack, admin_url: str
) -> None:
    job = job_with(stack, 1)
    other = second_project(stack, job)
    claim(job, job.annotators[0])
    order(admin_url, job, {other: 1, job.project_id: 2})
    assert next_of(job.annotators[1])["project_id"] == other


def test_rework_comes_first_whatever_project_it_is_of(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1, policy={"max_votes": 2})
    job.label(job.annotators[0], answer)
    job.label(job.annotators[1], lambda _: [])
    stack.pump()
    other = second_project(stack, job)
    order(admin_url, job, {other: 1})
    lease = claim(job, job.supervisor)
    body = {"send_back": [s["lease_id"] for s in review_of(job, lease)["answers"]], "feedback": "again"}
    job.supervisor.call("POST", f"/v1/leases/{lease['lease_id']}/review", json=body)
    assert next_of(job.annotators[0])["project_id"] == job.project_id
    assert next_of(job.annotators[0])["project_id"] == other


def review_of(job: Job, lease: dict[str, Any]) -> dict[str, Any]:
    return dict(job.supervisor.call("GET", f"/v1/leases/{lease['lease_id']}/review"))


def test_work_left_for_later_comes_after_all_projects(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    person = job.annotators[0]
    left = claim(job, person)
    skip(person, left, "later")
    other = second_project(stack, job)
    order(admin_url, job, {job.project_id: 1})
    assert next_of(person)["project_id"] == other
    assert next_of(person)["task_id"] == left["task_id"]


def test_lane_whose_cap_is_reached_rests_until_its_time(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    person = job.annotators[0]
    of_person = f"WHERE member_id = {person.member_id}"
    change(admin_url, f"UPDATE lane_member SET capped_until = now() + interval '1 hour' {of_person}")
    assert job.claim(person) is None
    assert job.claim(job.annotators[1]) is not None
    change(admin_url, f"UPDATE lane_member SET capped_until = now() - interval '1 hour' {of_person}")
    assert job.claim(person) is not None


def test_label_seat_that_comes_back_while_its_task_is_in_review_is_not_served(stack: Stack, admin_url: str) -> None:
    job = make_job(stack, annotators=4)
    stack.put(job.bucket, "0.png", disc_png(0))
    stack.pump()
    flagging, holding = claim(job, job.annotators[0]), claim(job, job.annotators[1])
    skip(job.annotators[0], flagging, "unlabelable")
    stack.pump()
    job.annotators[1].call("DELETE", f"/v1/leases/{holding['lease_id']}")
    assert job.claim(job.annotators[2]) is None
