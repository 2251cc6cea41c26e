"""Who may work: rights follow people at once and policies within a message, and say what keeps somebody out."""

import csv
import io
from typing import Any

import pytest

from schema.enums import OrganisationKind, Role
from tests.harness import Job, Person, Stack, box, make_job
from tests.integration.people.jobs import job_with_pictures
from tests.integration.pictures import disc_box


def publish(job: Job, **policy: Any) -> None:
    """Publish a policy as the client, and have its messages handled."""
    path = f"/v1/projects/{job.project_id}/policy"
    current = job.client.call("GET", path)
    headers = {"Authorization": f"Bearer {job.client.token}", "If-Match": f'"{current["version"]}"'}
    answer = job.stack.client.put(path, headers=headers, json=current["policy"] | policy)
    assert answer.status_code == 200, answer.text
    job.stack.pump()


def workers(job: Job, asker: Person | None = None, query: str = "") -> list[dict[str, Any]]:
    path = f"/v1/projects/{job.project_id}/workers?{query}"
    return list((asker or job.vendor).call("GET", path)["items"])


def reason(job: Job, person: Person) -> str | None:
    [row] = [w for w in workers(job) if w["member_id"] == person.member_id]
    assert row["active"] == (row["reason"] is None)
    found: str | None = row["reason"]
    return found


def change(job: Job, person: Person, **changes: Any) -> None:
    job.vendor.call("PATCH", f"/v1/members/{person.member_id}", json=changes)


def test_a_policy_keeps_out_whom_it_does_not_want_and_lets_in_whoever_meets_it(stack: Stack) -> None:
    job = job_with_pictures(stack)
    ann, ben, _ = job.annotators
    publish(job, workers={"languages": ["sw", "pt-br"]})

    assert reason(job, ann) == "language: needs sw or pt-br"
    assert job.claim(ann) is None

    change(job, ann, languages=["sw"])
    assert reason(job, ann) is None
    assert job.claim(ann) is not None
    assert job.claim(ben) is None

    publish(job, workers={})
    assert job.claim(ben) is not None


def test_a_policy_reaches_the_people_of_every_vendor_and_of_the_client_itself(stack: Stack) -> None:
    job = job_with_pictures(stack)
    other = stack.add_person(stack.add_organisation(OrganisationKind.VENDOR), Role.MANAGER)
    theirs = stack.add_person(other.organisation_id, Role.ANNOTATOR)
    own = stack.add_person(job.client.organisation_id, Role.ANNOTATOR)
    job.client.call("PUT", f"/v1/projects/{job.project_id}/vendors/{other.organisation_id}")
    for manager in (other, job.client):
        manager.call("POST", f"/v1/projects/{job.project_id}/workforce", json={})
    publish(job, workers={"teams": ["night"]})

    assert [job.claim(person) for person in (theirs, own, job.annotators[0])] == [None, None, None]
    assert [w["reason"] for w in workers(job, other)] == ["team: needs night"]
    assert [w["member_id"] for w in workers(job, job.client)] == [own.member_id]


def test_who_is_enrolled_or_engaged_after_the_policy_is_held_to_it(stack: Stack) -> None:
    job = make_job(stack, policy={"workers": {"sites": ["Nairobi"]}})
    assert {w["reason"] for w in workers(job)} == {"site: needs Nairobi"}

    job.client.call("DELETE", f"/v1/projects/{job.project_id}/vendors/{job.vendor.organisation_id}")
    change(job, job.annotators[0], site="Nairobi")
    job.client.call("PUT", f"/v1/projects/{job.project_id}/vendors/{job.vendor.organisation_id}")
    stack.pump()
    assert reason(job, job.annotators[0]) is None


def test_skills_decide_by_their_score_and_by_the_low_end_of_their_interval(stack: Stack) -> None:
    job = make_job(stack, policy={"workers": {"skills": [{"skill": "polygons", "min_low": 0.6}]}})
    ann = job.annotators[0]
    path = f"/v1/members/{ann.member_id}/skills"
    assert reason(job, ann) == "skill polygons: not measured"

    wide = {"skill": "polygons", "score": 0.71, "low": 0.52, "high": 0.86}
    job.vendor.call("PUT", path, json={"skills": [wide, wide | {"skill": "boxes"}]})
    assert reason(job, ann) == "skill polygons: 0.71 [0.52, 0.86], needs low ≥ 0.60"

    job.vendor.call("PUT", path, json={"skills": [wide | {"low": 0.6}]})
    assert reason(job, ann) is None
    assert [s["skill"] for s in ann.call("GET", path)["skills"]] == ["polygons"]


@pytest.mark.parametrize(
    "skill",
    [
        {"skill": "polygons", "score": 0.5, "low": 0.6, "high": 0.9},
        {"skill": "Polygons", "score": 0.5, "low": 0.4, "high": 0.9},
        {"skill": "polygons", "score": 1.5, "low": 0.4, "high": 1.9},
    ],
)
def test_a_skill_that_cannot_be_is_refused(stack: Stack, skill: dict[str, Any]) -> None:
    manager = stack.add_person(stack.add_organisation(OrganisationKind.VENDOR), Role.MANAGER)
    manager.call("PUT", f"/v1/members/{manager.member_id}/skills", json={"skills": [skill]}, expect=422)


def test_skills_are_for_managers_to_note_and_for_their_owners_to_see(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    ann, ben, _ = job.annotators
    stranger = stack.add_person(stack.add_organisation(OrganisationKind.VENDOR), Role.MANAGER)
    path = f"/v1/members/{ann.member_id}/skills"
    ann.call("PUT", path, json={"skills": []}, expect=403)
    ben.call("GET", path, expect=403)
    stranger.call("GET", path, expect=404)
    stranger.call("PUT", path, json={"skills": []}, expect=404)


def send_csv(person: Person, lines: list[str]) -> Any:
    content = "email,skill,score,low,high\n" + "\n".join(lines)
    headers = {"Authorization": f"Bearer {person.token}", "Content-Type": "text/csv"}
    return person.client.post("/v1/members/skills", headers=headers, content=content)


def test_a_file_of_skills_is_noted_whole_or_not_at_all(stack: Stack) -> None:
    job = make_job(stack, policy={"workers": {"skills": [{"skill": "polygons", "min_score": 0.7}]}})
    ann, ben, _ = job.annotators
    good = f"{ann.email.upper()},polygons,0.8,0.7,0.9"
    refused = send_csv(job.vendor, [good, "who@example.org,polygons,1,1,1", f"{ben.email},polygons,many,0,1", good])
    assert refused.status_code == 422
    assert [line["line"] for line in refused.json()["facts"]["lines"]] == [3, 4, 5]
    assert reason(job, ann) == "skill polygons: not measured"

    noted = send_csv(job.vendor, [good, f"{ben.email},boxes,0.8,0.7,0.9"])
    assert noted.json() == {"members": 2, "skills": 2}
    assert reason(job, ann) is None
    assert send_csv(ann, [good]).status_code == 403


def test_work_that_was_sent_back_stays_with_its_author_whom_a_policy_keeps_out(stack: Stack) -> None:
    job = job_with_pictures(stack, 1)
    ann, ben, _ = job.annotators
    for person, objects in ((ann, [box(*disc_box(0))]), (ben, [box(*disc_box(0)), box(*disc_box(1))])):
        lease = job.claim(person)
        assert lease is not None
        job.submit(person, lease, objects)
        stack.pump()
    review = job.claim(job.supervisor)
    assert review is not None
    path = f"/v1/leases/{review['lease_id']}/review"
    answers = job.supervisor.call("GET", path)["answers"]
    job.supervisor.call("POST", path, json={"send_back": [answers[0]["lease_id"]], "feedback": "look again"})
    publish(job, workers={"languages": ["sw"]})

    assert reason(job, ann) == "language: needs sw"
    assert job.claim(ann) is not None


def test_a_role_that_ends_and_begins_again_is_held_to_the_policy(stack: Stack) -> None:
    job = make_job(stack, policy={"workers": {"teams": ["night"]}})
    ann = job.annotators[0]
    change(job, ann, role="supervisor", team="night")
    assert reason(job, ann) == "not enrolled"

    change(job, ann, role="annotator", team=None)
    assert reason(job, ann) == "team: needs night"
    change(job, ann, team="night")
    assert reason(job, ann) is None


def test_the_list_has_filters_orders_pages_and_a_csv(stack: Stack) -> None:
    job = make_job(stack, policy={"workers": {"sites": ["Nairobi"]}})
    for number, person in enumerate(job.annotators):
        change(job, person, name=f"N{9 - number}", site="Nairobi" if number else "Lagos", team="=1+1")
    everybody = [p.member_id for p in (*job.annotators, job.supervisor)]

    def listed(query: str) -> list[int]:
        return [w["member_id"] for w in workers(job, query=query)]

    assert listed("") == everybody
    assert listed("state=active") == everybody[1:3]
    assert listed("state=barred&role=annotator") == everybody[:1]
    assert listed("stage=review") == everybody[3:]
    assert listed("site=Lagos&team=%3D1%2B1") == everybody[:1]
    assert listed("name=n8") == everybody[1:2]
    path = f"/v1/projects/{job.project_id}/workers"
    first = job.vendor.call("GET", f"{path}?sort=name&limit=2&role=annotator")
    rest = job.vendor.call("GET", f"{path}?sort=name&limit=2&role=annotator&after={first['next']}")
    assert [w["name"] for w in first["items"] + rest["items"]] == ["N7", "N8", "N9"]
    job.vendor.call("GET", f"{path}?sort=site&after={first['next']}", expect=422)
    job.annotators[0].call("GET", path, expect=403)
    answer = stack.client.get(f"{path}.csv?state=barred", headers={"Authorization": f"Bearer {job.vendor.token}"})
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [line["reason"] for line in lines] == ["site: needs Nairobi"] * 2
    assert lines[0]["team"] == "'=1+1"


def test_languages_come_with_an_invitation_and_stand_in_every_list(stack: Stack) -> None:
    manager = stack.add_person(stack.add_organisation(OrganisationKind.VENDOR), Role.MANAGER)
    body = {"email": "swahili@example.org", "role": "annotator", "languages": ["sw", "sw", "pt-br"]}
    invited = manager.call("POST", "/v1/members", json=body)
    assert invited["languages"] == ["sw", "pt-br"]
    headers = {"Authorization": f"Bearer {manager.token}"}
    assert "sw pt-br" in stack.client.get("/v1/members.csv", headers=headers).text
    manager.call("PATCH", f"/v1/members/{invited['id']}", json={"languages": ["Swahili"]}, expect=422)
    assert manager.call("PATCH", f"/v1/members/{invited['id']}", json={"languages": []})["languages"] == []
