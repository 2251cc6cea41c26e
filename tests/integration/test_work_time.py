"""Every lease leaves exactly one row that says how it ended, how long it was worked on, and what was done."""

from typing import Any

from tests.harness import Stack, box
from tests.integration.pictures import disc_box
from tests.integration.timed import (
    ONE_VOTE,
    answer,
    at_work,
    change,
    claim,
    ends,
    job_with,
    rows,
    run_out,
    skip,
    sweep,
)


def test_a_claim_opens_the_record_of_its_lease(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    lease = claim(job, job.annotators[0])
    [activity] = rows(admin_url, "SELECT * FROM lease_activity")
    assert (activity["lease_id"], activity["stage"], activity["active_s"]) == (lease["lease_id"], "label", 0)
    assert ends(admin_url) == {}


def test_each_way_to_end_a_lease_is_recorded_once(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 6, policy=ONE_VOTE)
    person = job.annotators[0]
    wanted = {}
    lease = claim(job, person)
    job.submit(person, lease, answer())
    job.submit(person, lease, answer())
    wanted[lease["lease_id"]] = "submitted"
    for kind in ("later", "others", "unlabelable"):
        lease = claim(job, person)
        skip(person, lease, kind)
        skip(person, lease, kind)
        wanted[lease["lease_id"]] = kind
    lease = claim(job, person)
    for _ in range(2):
        person.call("DELETE", f"/v1/leases/{lease['lease_id']}")
    wanted[lease["lease_id"]] = "released"
    lease = claim(job, person)
    for _ in range(2):
        path = f"/v1/tasks/{lease['task_id']}/seats/1/take-back"
        job.supervisor.call("POST", path, json={"reason": "needed elsewhere"}, expect=200)
    wanted[lease["lease_id"]] = "taken_back"
    assert ends(admin_url) == wanted
    assert at_work(admin_url) == set()


def test_a_lease_that_ran_out_ends_once_somebody_else_has_the_seat(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1, policy=ONE_VOTE)
    lease = claim(job, job.annotators[0])
    run_out(stack, admin_url)
    assert ends(admin_url) == {}
    assert at_work(admin_url) == {lease["lease_id"]}
    other = claim(job, job.annotators[1])
    sweep(stack)
    assert ends(admin_url) == {lease["lease_id"]: "expired"}
    assert at_work(admin_url) == {other["lease_id"]}


def test_a_lease_that_ran_out_ends_with_its_task(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    lease = claim(job, job.annotators[0])
    run_out(stack, admin_url)
    job.client.call("POST", f"/v1/tasks/{lease['task_id']}/cancel", json={"reason": "not wanted"})
    sweep(stack)
    assert ends(admin_url) == {lease["lease_id"]: "expired"}


def test_a_lease_that_ran_out_ends_after_a_day(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    lease = claim(job, job.annotators[0])
    run_out(stack, admin_url)
    change(admin_url, "UPDATE lease_activity SET expired_at = now() - interval '25 hours'")
    sweep(stack)
    assert ends(admin_url) == {lease["lease_id"]: "expired"}
    job.submit(job.annotators[0], lease, answer(), expect=201)
    assert ends(admin_url) == {lease["lease_id"]: "expired"}


def test_a_late_answer_is_an_answer(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    lease = claim(job, job.annotators[0])
    run_out(stack, admin_url)
    job.submit(job.annotators[0], lease, answer(), expect=201)
    sweep(stack)
    assert ends(admin_url) == {lease["lease_id"]: "submitted"}


def test_a_heartbeat_after_the_end_of_the_time_goes_on(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    lease = claim(job, job.annotators[0])
    run_out(stack, admin_url)
    job.annotators[0].call("POST", f"/v1/leases/{lease['lease_id']}/heartbeat", json={"active_s": 0})
    assert rows(admin_url, "SELECT expired_at FROM lease_activity") == [{"expired_at": None}]


def test_undone_answer_is_worked_on_under_a_new_lease(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1, policy={"undo_window_s": 30})
    person = job.annotators[0]
    lease = claim(job, person)
    job.submit(person, lease, answer())
    again = person.call("POST", f"/v1/leases/{lease['lease_id']}/undo")
    assert at_work(admin_url) == {again["lease_id"]}
    job.submit(person, again, answer())
    assert ends(admin_url) == {lease["lease_id"]: "submitted", again["lease_id"]: "submitted"}


def test_a_review_is_recorded_as_one(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1, policy={"max_votes": 2})
    job.label(job.annotators[0], answer)
    job.label(job.annotators[1], lambda _: [])
    stack.pump()
    lease = claim(job, job.supervisor)
    path, body = f"/v1/leases/{lease['lease_id']}/review", {"reject": True, "feedback": "blurred"}
    job.supervisor.call("POST", path, json=body)
    [row] = rows(admin_url, f"SELECT stage, end_reason FROM work_time WHERE lease_id = {lease['lease_id']}")
    assert row == {"stage": "review", "end_reason": "submitted"}


def test_leases_of_who_is_paused_end(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    lease = claim(job, job.annotators[0])
    job.vendor.call("POST", f"/v1/members/{job.annotators[0].member_id}/pause", json={"reason": "training"})
    assert ends(admin_url) == {lease["lease_id"]: "released"}


def test_leases_of_a_vendor_whose_engagement_ends_end_with_the_next_sweep(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    lease = claim(job, job.annotators[0])
    path = f"/v1/projects/{job.project_id}/vendors/{job.vendor.organisation_id}"
    job.client.call("DELETE", path)
    sweep(stack)
    assert ends(admin_url) == {lease["lease_id"]: "expired"}


def test_seconds_of_work_are_credited_up_to_what_the_clock_allows(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    person = job.annotators[0]
    lease = claim(job, person)
    path = f"/v1/leases/{lease['lease_id']}/heartbeat"

    def credited(active_s: float, ago_s: int, column: str) -> float:
        change(admin_url, f"UPDATE lease_activity SET {column} = now() - interval '{ago_s} seconds', active_s = 0")
        person.call("POST", path, json={"active_s": active_s})
        return float(rows(admin_url, "SELECT active_s FROM lease_activity")[0]["active_s"])

    assert credited(12, 20, "claimed_at") == 12
    assert 20 <= credited(45, 20, "beat_at") < 25
    assert credited(3_000, 3_000, "beat_at") == 60
    assert credited(0, 30, "beat_at") == 0
    draft: dict[str, Any] = {"sequence": 1, "objects": answer(), "active_s": 7}
    change(admin_url, "UPDATE lease_activity SET beat_at = now() - interval '30 seconds'")
    person.call("PUT", f"/v1/leases/{lease['lease_id']}/draft", json=draft)
    job.submit(person, lease, answer())
    assert [row["active_s"] for row in rows(admin_url, "SELECT active_s FROM work_time")] == [7]


def test_idle_heartbeats_leave_when_somebody_was_last_at_work(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1)
    lease = claim(job, job.annotators[0])
    job.annotators[0].call("POST", f"/v1/leases/{lease['lease_id']}/heartbeat", json={"active_s": 0})
    job.annotators[0].call("POST", f"/v1/leases/{lease['lease_id']}/heartbeat")
    assert rows(admin_url, "SELECT beat_at FROM lease_activity") == [{"beat_at": None}]


def test_objects_are_counted_against_the_pre_labels_that_were_shown(stack: Stack, admin_url: str) -> None:
    job = job_with(stack, 1, policy={"prelabeling": "plain_background", "prelabel_class_id": 1})
    lease = claim(job, job.annotators[0])
    shown = lease["prelabels"]
    assert shown
    kept, *others = shown
    changed = [o | {"class_id": 2} for o in others[:1]]
    drawn = [box(*disc_box(0)), box(*disc_box(1))]
    job.submit(job.annotators[0], lease, [kept, *changed, *drawn])
    [row] = rows(admin_url, "SELECT new, edited, accepted, deleted FROM work_time")
    assert row == {"new": 2, "edited": len(changed), "accepted": 1, "deleted": len(shown) - 1 - len(changed)}
