"""The audited share: work that nobody contests goes to a supervisor, with its cause."""

from typing import Any

from tests.harness import Stack, box
from tests.integration.pictures import disc_box
from tests.integration.test_versions import job_with


def two(_: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return [box(*disc_box(0)), box(*disc_box(1), class_id=2)]


def test_what_would_be_accepted_is_audited_and_ends_accepted(stack: Stack) -> None:
    job = job_with(stack, 1, policy={"audit_share": 1.0})
    for person in job.annotators[:2]:
        job.label(person, two)
    stack.pump()

    [task] = job.client.call("GET", f"/v1/projects/{job.project_id}/tasks?cause=audit")["items"]
    assert (task["state"], task["causes"]) == ("in_review", ["audit"])
    assert task["reason"] == "nothing contested among 2 objects; drawn for an audit"
    assert task["agreement"] == 1

    lease = job.claim(job.supervisor)
    assert lease is not None
    path = f"/v1/leases/{lease['lease_id']}/review"
    objects = job.supervisor.call("GET", path)["objects"]
    assert [o["causes"] for o in objects] == [["audit"], ["audit"]]
    job.supervisor.call("POST", path, json={"verdicts": []}, expect=422)
    verdicts = [{"object_id": o["object"]["id"], "choice": "merged"} for o in objects]
    job.supervisor.call("POST", path, json={"verdicts": verdicts})
    stack.pump()
    assert [t["state"] for t in job.tasks()] == ["accepted"]


def test_without_a_share_nothing_is_audited(stack: Stack) -> None:
    job = job_with(stack, 1)
    for person in job.annotators[:2]:
        job.label(person, two)
    stack.pump()
    assert [t["state"] for t in job.tasks()] == ["accepted"]


def test_an_audit_of_a_picture_without_objects_needs_no_verdict(stack: Stack) -> None:
    job = job_with(stack, 1, policy={"audit_share": 1.0})
    for person in job.annotators[:2]:
        job.label(person, lambda _: [])
    stack.pump()
    lease = job.claim(job.supervisor)
    assert lease is not None
    job.supervisor.call("POST", f"/v1/leases/{lease['lease_id']}/review", json={"verdicts": []})
    assert [t["state"] for t in job.tasks()] == ["accepted"]
