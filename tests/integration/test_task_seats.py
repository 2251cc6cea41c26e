"""Seats that a supervisor takes back or gives to somebody."""

from typing import Any

from tests.harness import Job, Person, Stack
from tests.integration.timed import ONE_VOTE, answer, claim, ends, job_with, run_out


def take_back(person: Person, lease: dict[str, Any], *, seat: int = 1, expect: int = 200) -> Any:
    path = f"/v1/tasks/{lease['task_id']}/seats/{seat}/take-back"
    return person.call("POST", path, json={"reason": "needed elsewhere"}, expect=expect)


def assign(person: Person, task_id: int, member: Person, *, seat: int = 1, expect: int = 200) -> Any:
    path = f"/v1/tasks/{task_id}/seats/{seat}/assign"
    return person.call("POST", path, json={"member_id": member.member_id}, expect=expect)


def free_task(job: Job) -> int:
    return int(job.tasks()[0]["id"])


def test_seat_taken_back_is_free_at_once_and_its_lease_is_over(stack: Stack) -> None:
    job = job_with(stack, 1, policy=ONE_VOTE)
    first, second, _ = job.annotators
    lease = claim(job, first)
    path = f"/v1/leases/{lease['lease_id']}"
    first.call("PUT", f"{path}/draft", json={"sequence": 2, "objects": answer()})
    done = take_back(job.supervisor, lease)
    assert (done["ended_lease_id"], done["member_id"]) == (lease["lease_id"], None)
    assert first.call("POST", f"{path}/heartbeat", expect=409)["code"] == "seat_reissued"
    assert job.submit(first, lease, answer(), expect=409)["code"] == "seat_reissued"
    assert first.call("GET", path)["draft"]["sequence"] == 3
    assert claim(job, second)["task_id"] == lease["task_id"]


def test_taking_back_a_free_seat_changes_nothing(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    lease = claim(job, job.annotators[0])
    take_back(job.supervisor, lease)
    assert take_back(job.supervisor, lease)["ended_lease_id"] is None
    assert ends(admin_url) == {lease["lease_id"]: "taken_back"}


def test_lease_that_ran_out_can_be_taken_back_for_good(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    lease = claim(job, job.annotators[0])
    run_out(stack, admin_url)
    assert take_back(job.vendor, lease)["ended_lease_id"] == lease["lease_id"]
    job.submit(job.annotators[0], lease, answer(), expect=409)


def test_answered_seat_is_not_taken_back(stack: Stack) -> None:
    job = job_with(stack, 1)
    lease = claim(job, job.annotators[0])
    job.submit(job.annotators[0], lease, answer())
    assert take_back(job.supervisor, lease, expect=409)["code"] == "conflict"


def test_only_who_answers_for_the_holder_takes_back(stack: Stack) -> None:
    job = job_with(stack, 1)
    lease = claim(job, job.annotators[0])
    assert take_back(job.client, lease, expect=403)["code"] == "forbidden"
    assert take_back(job.annotators[0], lease, expect=403)["code"] == "forbidden"
    assert take_back(job.supervisor, lease, seat=7, expect=404)["code"] == "not_found"


def test_taking_back_and_assigning_are_in_the_audit_trail(stack: Stack) -> None:
    job = job_with(stack, 1)
    lease = claim(job, job.annotators[0])
    take_back(job.supervisor, lease)
    assign(job.supervisor, lease["task_id"], job.annotators[1])
    told = {e["action"]: e for e in job.vendor.call("GET", "/v1/audit")["items"]}
    assert told["seat_taken_back"]["detail"]["reason"] == "needed elsewhere"
    assert told["seat_assigned"]["detail"]["member_id"] == job.annotators[1].member_id


def test_assigned_seat_is_served_to_its_member_first_and_to_nobody_else(stack: Stack) -> None:
    job = job_with(stack, 2, policy=ONE_VOTE)
    first, second, _ = job.annotators
    last = max(t["id"] for t in job.tasks())
    assert assign(job.supervisor, last, first)["member_id"] == first.member_id
    assert claim(job, second)["task_id"] != last
    assert job.claim(second) is None
    assert claim(job, first)["task_id"] == last


def test_seat_goes_from_one_member_to_another(stack: Stack) -> None:
    job = job_with(stack, 1, policy=ONE_VOTE)
    first, second, _ = job.annotators
    lease = claim(job, first)
    assert assign(job.supervisor, lease["task_id"], second, expect=409)["code"] == "conflict"
    take_back(job.supervisor, lease)
    assign(job.supervisor, lease["task_id"], second)
    assert job.claim(first) is None
    assert claim(job, second)["task_id"] == lease["task_id"]


def test_who_skipped_work_to_others_can_be_given_it_all_the_same(stack: Stack) -> None:
    job = job_with(stack, 1, policy=ONE_VOTE)
    person = job.annotators[0]
    lease = claim(job, person)
    person.call("POST", f"/v1/leases/{lease['lease_id']}/skip", json={"kind": "others", "reason": "unsure"})
    assign(job.supervisor, lease["task_id"], person)
    assert claim(job, person)["task_id"] == lease["task_id"]


def test_seat_is_not_assigned_to_who_may_not_take_it(stack: Stack) -> None:
    job = job_with(stack, 1)
    first, second, third = job.annotators
    task = free_task(job)
    claim(job, first)  # seat 1; seat 2 opens
    assert "another seat" in assign(job.supervisor, task, first, seat=2, expect=409)["detail"]
    assert "not enrolled" in assign(job.supervisor, task, job.supervisor, seat=2, expect=409)["detail"]
    assert assign(job.supervisor, task, job.client, seat=2, expect=404)["code"] == "not_found"
    job.vendor.call("POST", f"/v1/members/{second.member_id}/pause", json={"reason": "training"})
    assert "paused" in assign(job.supervisor, task, second, seat=2, expect=409)["detail"]
    job.client.call("POST", f"/v1/tasks/{task}/freeze", json={"reason": "wait"})
    assert "frozen" in assign(job.supervisor, task, third, seat=2, expect=409)["detail"]
