"""A policy before it is published: what it would change, and that nothing is."""

from typing import Any

import pytest

from schema.enums import Role
from tests.harness import Job, Stack, box, make_job
from tests.integration.pictures import disc_box, disc_png


def preview(job: Job, **policy: Any) -> Any:
    current = job.client.call("GET", f"/v1/projects/{job.project_id}/policy")["policy"]
    return job.client.call("POST", f"/v1/projects/{job.project_id}/policy/preview", json=current | policy)


def test_changed_fields_and_work_under_way_are_told_and_nothing_is_saved(stack: Stack) -> None:
    job = make_job(stack)
    for number in range(3):
        stack.put(job.bucket, f"{number}.png", disc_png(number))
    stack.pump()
    assert job.claim(job.annotators[0]) is not None

    seen = preview(job, max_votes=5, workers={"languages": ["sw"]}, skips={"kinds": ["later"]})

    assert [(c["field"], c["before"], c["after"]) for c in seen["changes"]] == [
        ("max_votes", 3, 5),
        ("workers.languages", [], ["sw"]),
        ("skips.kinds", ["later", "others", "unlabelable"], ["later"]),
    ]
    assert (seen["open_tasks_keeping_votes"], seen["waiting_tasks_keeping_votes"]) == (3, 0)
    assert (seen["leases_keeping_rules"], seen["vendors_concerned"], seen["problems"]) == (1, 1, [])
    assert job.client.call("GET", f"/v1/projects/{job.project_id}/policy")["version"] == seen["version"] == 1


def test_what_publishing_would_be_refused_for_is_told(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    [problem] = preview(job, prelabeling="plain_background", prelabel_class_id=9)["problems"]
    assert problem == {"field": "prelabel_class_id", "problem": "class 9 is not in the ontology"}
    body = {"min_votes": 3, "max_votes": 2}
    job.client.call("POST", f"/v1/projects/{job.project_id}/policy/preview", json=body, expect=422)


def test_only_the_clients_own_people_are_counted(stack: Stack) -> None:
    job = make_job(stack, policy={"workers": {"teams": ["night"]}})
    team = {"night": "day", "day": "night"}
    for name in team:
        person = stack.add_person(job.client.organisation_id, Role.ANNOTATOR)
        job.client.call("PATCH", f"/v1/members/{person.member_id}", json={"team": name, "languages": ["sw"]})
    job.client.call("POST", f"/v1/projects/{job.project_id}/workforce", json={})

    def people(**workers: Any) -> tuple[int, int, int]:
        seen = preview(job, workers=workers)
        counts = ("own_members_working", "own_members_losing_access", "own_members_gaining_access")
        return tuple(seen[name] for name in counts)  # type: ignore[return-value]

    assert people(teams=["night"]) == (1, 0, 0)
    assert people(teams=["day"]) == (1, 1, 1)
    assert people(languages=["sw"]) == (1, 0, 1)
    assert people(languages=["pt"]) == (1, 1, 0)


def test_audits_a_day_follow_the_pace_of_the_last_days(stack: Stack) -> None:
    job = make_job(stack)
    assert preview(job, audit_share=0.5)["audits_per_day"] is None
    for number in range(2):
        stack.put(job.bucket, f"{number}.png", disc_png(number))
    stack.pump()
    for person in job.annotators[:2]:
        job.label(person, lambda _: [box(*disc_box(0))])
    stack.pump()
    assert preview(job, audit_share=0.5)["audits_per_day"] == pytest.approx(1)


def test_whoever_may_not_publish_is_shown_no_preview(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    for person in (job.vendor, job.annotators[0]):
        person.call("POST", f"/v1/projects/{job.project_id}/policy/preview", json={}, expect=403)
