"""Freezing, cancelling and opening tasks again, one by one and many at once: what it does, and who may."""

from typing import Any

import pytest

from schema.enums import OrganisationKind, Role
from tests.harness import Job, Person, Stack, box, make_job
from tests.integration.pictures import disc_box, disc_png

WHY = {"reason": "the lens was dirty"}


def answer(_: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return [box(*disc_box(0))]


def job_with(stack: Stack, pictures: int, **options: Any) -> Job:
    job = make_job(stack, **options)
    for i in range(pictures):
        stack.put(job.bucket, f"{i}.png", disc_png(i))
    stack.pump()
    return job


def accepted_job(stack: Stack) -> tuple[Job, int]:
    """A job whose one task is accepted."""
    job = job_with(stack, 1, policy={"min_votes": 1, "max_votes": 1})
    job.label(job.annotators[0], answer)
    stack.pump()
    [task] = job.tasks()
    assert task["state"] == "accepted"
    return job, task["id"]


def act(person: Person, task_id: int, action: str, **options: Any) -> Any:
    body = None if action == "unfreeze" else WHY
    return person.call("POST", f"/v1/tasks/{task_id}/{action}", json=body, **options)


def audited(job: Job) -> list[str]:
    scope = job.stack.actor(job.client).scope
    with job.stack.database.begin(scope) as session:
        rows = session.connection().exec_driver_sql("SELECT action FROM audit_event ORDER BY id")
        return [str(action) for action in rows.scalars()]


def events(job: Job, kind: str) -> list[dict[str, Any]]:
    scope = job.stack.actor(job.client).scope
    with job.stack.database.begin(scope) as session:
        rows = session.connection().exec_driver_sql(
            "SELECT aggregate_id, body FROM event WHERE kind = %(kind)s ORDER BY id", {"kind": kind}
        )
        return [row.body | {"id": row.aggregate_id} for row in rows]


def test_frozen_task_is_claimed_by_nobody_and_says_why(stack: Stack) -> None:
    job = job_with(stack, 1)
    [task] = job.tasks()
    frozen = act(job.client, task["id"], "freeze")
    assert (frozen["frozen"], frozen["frozen_reason"]) == (True, WHY["reason"])
    assert job.claim(job.annotators[0]) is None
    assert "task_frozen" in audited(job)


def test_who_holds_a_task_when_it_is_frozen_may_submit(stack: Stack) -> None:
    job = job_with(stack, 1)
    lease = job.claim(job.annotators[0])
    assert lease is not None
    act(job.client, lease["task_id"], "freeze")
    job.submit(job.annotators[0], lease, answer(), expect=201)
    assert job.claim(job.annotators[1]) is None


def test_unfrozen_task_is_claimed_and_finished_as_ever(stack: Stack) -> None:
    job = job_with(stack, 1)
    [task] = job.tasks()
    act(job.client, task["id"], "freeze")
    act(job.client, task["id"], "unfreeze")
    for person in job.annotators[:2]:
        assert job.label(person, answer) == 1
    stack.pump()
    assert job.tasks()[0]["state"] == "accepted"


def test_task_in_review_is_frozen_for_supervisors_too(stack: Stack) -> None:
    job = job_with(stack, 1, policy={"max_votes": 2})
    job.label(job.annotators[0], answer)
    job.label(job.annotators[1], lambda _: [])
    stack.pump()
    [task] = job.tasks()
    assert task["state"] == "in_review"
    act(job.supervisor, task["id"], "freeze")
    assert job.claim(job.supervisor) is None
    act(job.supervisor, task["id"], "unfreeze")
    assert job.claim(job.supervisor) is not None


def test_repeated_freeze_changes_nothing(stack: Stack) -> None:
    job = job_with(stack, 1)
    [task] = job.tasks()
    first = act(job.client, task["id"], "freeze")
    assert act(job.client, task["id"], "freeze") == first
    assert audited(job).count("task_frozen") == 1


def test_cancelled_task_takes_no_answer_and_keeps_it_as_a_draft(stack: Stack) -> None:
    job = job_with(stack, 1)
    lease = job.claim(job.annotators[0])
    assert lease is not None
    assert act(job.client, lease["task_id"], "cancel")["state"] == "cancelled"
    assert job.submit(job.annotators[0], lease, answer(), expect=409)["code"] == "task_closed"
    assert job.annotators[0].call("GET", f"/v1/leases/{lease['lease_id']}")["draft"]["objects"]
    assert job.claim(job.annotators[1]) is None
    assert [e["reason"] for e in events(job, "task.cancelled")] == [WHY["reason"]]


def test_accepted_work_is_opened_again_as_the_next_round(stack: Stack) -> None:
    job, task_id = accepted_job(stack)
    opened = act(job.client, task_id, "reopen", expect=201)
    stack.pump()
    assert (opened["round"], opened["state"]) == (2, "waiting")
    assert [(t["id"], t["state"]) for t in job.tasks()] == [(task_id, "accepted"), (opened["id"], "open")]
    assert job.label(job.annotators[0], lambda _: []) == 1
    stack.pump()
    [item] = job.client.call("GET", f"/v1/projects/{job.project_id}/items")["items"]
    assert (item["task"]["round"], item["task"]["state"], item["final"]) == (2, "accepted", [])
    assert [e["previous_task_id"] for e in events(job, "task.reopened")] == [task_id]
    assert job.progress()["tasks"]["accepted"] == 1


def test_opened_again_work_is_in_no_release_until_it_is_accepted(stack: Stack) -> None:
    job, task_id = accepted_job(stack)
    act(job.client, task_id, "reopen")
    stack.pump()
    created = job.client.call("POST", "/v1/releases", json={"project_id": job.project_id})
    stack.pump()
    release = job.client.call("GET", f"/v1/releases/{created['id']}")
    assert (release["state"], release["images"]) == ("complete", 0)


def test_authors_are_told_that_their_work_is_opened_again(stack: Stack) -> None:
    job, task_id = accepted_job(stack)
    act(job.client, task_id, "reopen")
    found = job.annotators[0].call("GET", "/v1/me/notifications")["items"]
    assert [(n["kind"], n["task_id"]) for n in found] == [("reopened", task_id)]


def test_task_cancelled_as_stuck_comes_back(stack: Stack) -> None:
    job = job_with(stack, 1)
    [task] = job.tasks()
    act(job.client, task["id"], "cancel")
    act(job.client, task["id"], "reopen", expect=201)
    stack.pump()
    assert job.claim(job.annotators[0]) is not None


@pytest.mark.parametrize("action", ["freeze", "cancel"])
def test_finished_work_is_neither_frozen_nor_cancelled(stack: Stack, action: str) -> None:
    job, task_id = accepted_job(stack)
    assert act(job.client, task_id, action, expect=409)["code"] == "conflict"


def test_unfinished_or_overtaken_work_is_not_opened_again(stack: Stack) -> None:
    job, task_id = accepted_job(stack)
    opened = act(job.client, task_id, "reopen")
    assert act(job.client, opened["id"], "reopen", expect=409)["code"] == "conflict"
    assert "round 2" in act(job.client, task_id, "reopen", expect=409)["detail"]


def test_change_of_a_task_that_changed_since_it_was_read_is_refused(stack: Stack) -> None:
    job = job_with(stack, 1)
    [task] = job.tasks()
    path = f"/v1/tasks/{task['id']}"
    bearer = {"Authorization": f"Bearer {job.client.token}"}
    seen = stack.client.get(path, headers=bearer).headers["ETag"]
    job.label(job.annotators[0], answer)
    answered = stack.client.post(f"{path}/freeze", json=WHY, headers=bearer | {"If-Match": seen})
    assert (answered.status_code, answered.json()["code"]) == (412, "precondition_failed")


def test_freezing_is_for_both_sides_and_the_rest_for_the_client(stack: Stack) -> None:
    job = job_with(stack, 1)
    own = stack.add_person(job.client.organisation_id, Role.SUPERVISOR)
    [task] = job.tasks()
    for person in (job.client, own, job.vendor, job.supervisor):
        act(person, task["id"], "freeze", expect=200)
        act(person, task["id"], "unfreeze", expect=200)
    for action in ("freeze", "unfreeze", "cancel", "reopen"):
        act(job.annotators[0], task["id"], action, expect=403)
    for person in (job.vendor, job.supervisor):
        act(person, task["id"], "cancel", expect=403)
        act(person, task["id"], "reopen", expect=403)
    act(own, task["id"], "cancel", expect=200)
    act(own, task["id"], "reopen", expect=201)


@pytest.mark.parametrize("action", ["freeze", "unfreeze", "cancel", "reopen"])
def test_task_of_another_client_does_not_exist(stack: Stack, action: str) -> None:
    job = job_with(stack, 1)
    [task] = job.tasks()
    stranger = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    act(stranger, task["id"], action, expect=404)


def bulk(job: Job, action: str, **body: Any) -> dict[str, Any]:
    path = f"/v1/projects/{job.project_id}/tasks/actions"
    return dict(job.client.call("POST", path, json={"action": action, "reason": "a test"} | body))


def test_many_tasks_are_changed_at_once_each_with_its_outcome(stack: Stack) -> None:
    job = job_with(stack, 3)
    ids = [t["id"] for t in job.tasks()]
    act(job.client, ids[0], "freeze")
    act(job.client, ids[1], "cancel")
    done = bulk(job, "freeze", task_ids=[*ids, 10**9])
    assert [t["outcome"] for t in done["items"]] == ["unchanged", "refused", "changed", "refused"]
    assert (done["changed"], done["refused"], done["more"]) == (1, 2, False)


def test_all_that_fit_a_filter_are_opened_again(stack: Stack) -> None:
    job = job_with(stack, 3, policy={"min_votes": 1, "max_votes": 1})
    job.label(job.annotators[0], answer)
    stack.pump()
    done = bulk(job, "reopen", filter={"state": "accepted"})
    stack.pump()
    assert (done["changed"], len({t["opened_task_id"] for t in done["items"]})) == (3, 3)
    assert job.label(job.annotators[1], answer) == 3
    told = job.annotators[0].call("GET", "/v1/me/notifications")["items"]
    assert [(n["kind"], n["task_id"]) for n in told] == [("reopened", None)]


def test_bulk_action_sent_twice_with_its_key_is_done_once(stack: Stack) -> None:
    job = job_with(stack, 1, policy={"min_votes": 1, "max_votes": 1})
    job.label(job.annotators[0], answer)
    stack.pump()
    headers = {"Authorization": f"Bearer {job.client.token}", "Idempotency-Key": "once"}
    path = f"/v1/projects/{job.project_id}/tasks/actions"
    body = {"action": "reopen", "filter": {"state": "accepted"}, "reason": "again"}
    first, second = (stack.client.post(path, json=body, headers=headers) for _ in range(2))
    assert (first.status_code, second.json()) == (200, first.json())
    assert len(job.tasks()) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"action": "freeze"},
        {"action": "freeze", "task_ids": [1], "filter": {}},
        {"action": "freeze", "task_ids": [1], "reason": None},
        {"action": "burn", "task_ids": [1]},
        {"action": "freeze", "task_ids": []},
    ],
)
def test_bulk_action_that_says_too_little_or_too_much_is_refused(stack: Stack, body: dict[str, Any]) -> None:
    job = make_job(stack, connect=False)
    path = f"/v1/projects/{job.project_id}/tasks/actions"
    job.client.call("POST", path, json={"reason": "a test"} | body, expect=422)
