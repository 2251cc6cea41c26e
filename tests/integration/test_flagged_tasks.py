"""What nobody can annotate goes to a supervisor, who ends it or has it go on."""

from typing import Any

from tests.harness import Job, Stack
from tests.integration.timed import ONE_VOTE, answer, claim, job_with, skip


def flag(stack: Stack, **options: Any) -> tuple[Job, dict[str, Any]]:
    """A job whose one task was flagged, and the lease that did."""
    job = job_with(stack, 1, **options)
    lease = claim(job, job.annotators[0])
    skip(job.annotators[0], lease, "unlabelable")
    stack.pump()
    return job, lease


def review(job: Job, body: dict[str, Any], expect: int = 201) -> Any:
    lease = claim(job, job.supervisor)
    return job.supervisor.call("POST", f"/v1/leases/{lease['lease_id']}/review", json=body, expect=expect)


def test_flagged_task_waits_for_a_supervisor_who_reads_why(stack: Stack) -> None:
    job, _ = flag(stack)
    assert [t["state"] for t in job.tasks()] == ["in_review"]
    found = job.client.call("GET", f"/v1/projects/{job.project_id}/tasks?cause=flagged")["items"]
    assert [t["id"] for t in found] == [t["id"] for t in job.tasks()]
    assert job.client.call("GET", f"/v1/projects/{job.project_id}/tasks?cause=extra")["items"] == []
    lease = claim(job, job.supervisor)
    shown = job.supervisor.call("GET", f"/v1/leases/{lease['lease_id']}/review")
    assert shown["reason"] == "cannot be annotated: too dark"


def test_nobody_is_served_a_flagged_task(stack: Stack) -> None:
    job, _ = flag(stack)
    assert [job.claim(person) for person in job.annotators] == [None, None, None]


def test_flagged_task_can_be_rejected(stack: Stack) -> None:
    job, _ = flag(stack)
    review(job, {"reject": True, "feedback": "nothing to see"})
    assert [t["state"] for t in job.tasks()] == ["rejected"]


def test_flagged_task_can_be_settled_by_the_supervisor(stack: Stack) -> None:
    job, _ = flag(stack)
    review(job, {"added": answer()})
    assert [t["state"] for t in job.tasks()] == ["accepted"]


def test_flagged_task_can_go_on_and_is_not_flagged_twice(stack: Stack) -> None:
    job, lease = flag(stack)
    review(job, {"go_on": True, "feedback": "the wheel is enough"})
    assert [t["state"] for t in job.tasks()] == ["open"]
    for person in job.annotators[1:]:
        job.submit(person, claim(job, person), answer())
    stack.pump()
    [task] = job.tasks()
    assert (task["id"], task["state"], task["votes"]) == (lease["task_id"], "accepted", 2)


def test_answers_of_a_flagged_task_stay_and_are_merged(stack: Stack) -> None:
    job = job_with(stack, 1)
    first = claim(job, job.annotators[0])
    job.submit(job.annotators[0], first, answer())
    skip(job.annotators[1], claim(job, job.annotators[1]), "unlabelable")
    stack.pump()
    lease = claim(job, job.supervisor)
    shown = job.supervisor.call("GET", f"/v1/leases/{lease['lease_id']}/review")
    assert len(shown["objects"]) == 1
    assert [a["lease_id"] for a in shown["answers"]] == [first["lease_id"]]


def test_who_works_on_a_task_while_it_is_flagged_keeps_the_work(stack: Stack) -> None:
    job = job_with(stack, 1)
    flagging, working, _ = job.annotators
    mine, theirs = claim(job, flagging), claim(job, working)
    skip(flagging, mine, "unlabelable")
    assert job.submit(working, theirs, answer(), expect=409)["code"] == "task_closed"
    kept = working.call("GET", f"/v1/leases/{theirs['lease_id']}")
    assert kept["draft"] is not None
    stack.pump()
    review(job, {"go_on": True, "feedback": "it can be seen"})
    job.submit(working, theirs, answer(), expect=201)


def test_answer_before_a_flag_cannot_be_undone_any_more(stack: Stack) -> None:
    job = job_with(stack, 1, policy={"undo_window_s": 30})
    first, second, _ = job.annotators
    lease = claim(job, first)
    job.submit(first, lease, answer())
    skip(second, claim(job, second), "unlabelable")
    refused = first.call("POST", f"/v1/leases/{lease['lease_id']}/undo", expect=409)
    assert refused["code"] == "undo_window_over"


def test_a_task_with_all_its_votes_cannot_go_on(stack: Stack) -> None:
    job = job_with(stack, 1, policy={"max_votes": 2})
    job.label(job.annotators[0], answer)
    job.label(job.annotators[1], lambda _: [])
    stack.pump()
    refused = review(job, {"go_on": True, "feedback": "?"}, expect=422)
    assert refused["code"] == "verdict_invalid"


def test_flag_on_a_cancelled_task_is_refused(stack: Stack) -> None:
    job = job_with(stack, 1, policy=ONE_VOTE)
    lease = claim(job, job.annotators[0])
    job.client.call("POST", f"/v1/tasks/{lease['task_id']}/cancel", json={"reason": "not wanted"})
    assert skip(job.annotators[0], lease, "unlabelable", expect=409)["code"] == "task_closed"
