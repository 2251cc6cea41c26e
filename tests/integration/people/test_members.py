"""People of an organisation: who sees and changes them, and what pausing and leaving do to their work."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from schema.enums import OrganisationKind, Role
from tests.harness import Job, Person, Stack, box
from tests.integration.people.jobs import job_with_pictures

VENDOR = OrganisationKind.VENDOR


@pytest.fixture
def manager(stack: Stack) -> Person:
    return stack.add_person(stack.add_organisation(VENDOR), Role.MANAGER)


def add(stack: Stack, manager: Person, role: Role = Role.ANNOTATOR) -> Person:
    return stack.add_person(manager.organisation_id, role)


def test_a_supervisor_sees_everybody_and_an_annotator_only_themselves(stack: Stack, manager: Person) -> None:
    supervisor, annotator = add(stack, manager, Role.SUPERVISOR), add(stack, manager)

    everybody = supervisor.call("GET", "/v1/members")["items"]
    themselves = annotator.call("GET", "/v1/members")["items"]

    assert [m["id"] for m in everybody] == [manager.member_id, supervisor.member_id, annotator.member_id]
    assert [m["id"] for m in themselves] == [annotator.member_id]
    annotator.call("GET", f"/v1/members/{supervisor.member_id}", expect=403)


def test_members_of_another_organisation_do_not_exist(stack: Stack, manager: Person) -> None:
    stranger = stack.add_person(stack.add_organisation(VENDOR), Role.MANAGER)

    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"site": "Nairobi"}),
        ("POST", "/pause", {"reason": "r"}),
        ("POST", "/deactivate", {"reason": "r"}),
        ("POST", "/invitation", None),
    ):
        manager.call(method, f"/v1/members/{stranger.member_id}{path}", json=body, expect=404)


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.SUPERVISOR])
def test_only_a_manager_changes_members(stack: Stack, manager: Person, role: Role) -> None:
    person = add(stack, manager, role)

    person.call("POST", "/v1/members", json={"email": "new@example.org", "role": "annotator"}, expect=403)
    person.call("PATCH", f"/v1/members/{person.member_id}", json={"role": "manager"}, expect=403)
    person.call("POST", f"/v1/members/{manager.member_id}/pause", json={"reason": "r"}, expect=403)
    person.call("GET", "/v1/audit", expect=403)


def test_a_list_has_pages_and_filters(stack: Stack, manager: Person) -> None:
    people = [add(stack, manager) for _ in range(3)]
    manager.call("POST", f"/v1/members/{people[0].member_id}/pause", json={"reason": "leave"})

    page = manager.call("GET", "/v1/members?role=annotator&limit=2")
    rest = manager.call("GET", f"/v1/members?role=annotator&limit=2&after={page['next']}")

    assert [m["id"] for m in page["items"] + rest["items"]] == [p.member_id for p in people]
    assert rest["next"] is None
    assert [m["reason"] for m in manager.call("GET", "/v1/members?state=paused")["items"]] == ["leave"]


def test_a_member_is_changed_in_the_fields_that_are_sent(stack: Stack, manager: Person) -> None:
    path = f"/v1/members/{add(stack, manager).member_id}"
    manager.call("PATCH", path, json={"name": "Ada", "site": "Nairobi", "team": "night"})

    changed = manager.call("PATCH", path, json={"site": None})

    assert (changed["name"], changed["site"], changed["team"]) == ("Ada", None, "night")


def test_a_change_of_what_somebody_else_changed_meanwhile_is_refused(stack: Stack, manager: Person) -> None:
    path = f"/v1/members/{add(stack, manager).member_id}"
    headers = {"Authorization": f"Bearer {manager.token}"}
    seen = manager.client.get(path, headers=headers).headers["etag"]
    manager.call("PATCH", path, json={"team": "day"})

    late = manager.client.patch(path, headers=headers | {"If-Match": seen}, json={"team": "night"})

    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")


def test_the_last_manager_cannot_step_down_or_leave(stack: Stack, manager: Person) -> None:
    path = f"/v1/members/{manager.member_id}"

    manager.call("PATCH", path, json={"role": "annotator"}, expect=409)
    manager.call("POST", f"{path}/pause", json={"reason": "holiday"}, expect=409)
    manager.call("POST", f"{path}/deactivate", json={"reason": "done"}, expect=409)


def test_a_manager_makes_no_administrators(stack: Stack, manager: Person) -> None:
    manager.call("POST", "/v1/members", json={"email": "root@example.org", "role": "admin"}, expect=403)
    manager.call("PATCH", f"/v1/members/{add(stack, manager).member_id}", json={"role": "admin"}, expect=403)


def test_a_manager_pauses_and_resumes_no_administrator(stack: Stack, manager: Person) -> None:
    admin = stack.add_person(manager.organisation_id, Role.ADMIN)
    path = f"/v1/members/{admin.member_id}"

    manager.call("POST", f"{path}/pause", json={"reason": "mine now"}, expect=403)
    stack.add_person(manager.organisation_id, Role.ADMIN).call("POST", f"{path}/pause", json={"reason": "holiday"})
    manager.call("POST", f"{path}/resume", expect=403)


def test_an_address_invited_twice_at_the_same_time_is_one_person(stack: Stack, manager: Person) -> None:
    managers = [manager, *(stack.add_person(stack.add_organisation(VENDOR), Role.MANAGER) for _ in "123")]

    for number in range(5):
        new = {"email": f"wanted-{number}@example.org", "role": "annotator"}
        with ThreadPoolExecutor(len(managers)) as crowd:
            list(crowd.map(lambda m, new=new: m.call("POST", "/v1/members", json=new, expect=201), managers))


def test_who_is_a_member_is_not_invited_again(stack: Stack, manager: Person) -> None:
    person = add(stack, manager)

    manager.call("POST", "/v1/members", json={"email": person.email.upper(), "role": "annotator"}, expect=409)


def test_a_paused_member_is_told_why_and_draws_nothing(stack: Stack) -> None:
    job = job_with_pictures(stack)
    person = job.annotators[0]
    held = job.claim(person)
    assert held is not None
    person.call("PUT", f"/v1/leases/{held['lease_id']}/draft", json={"sequence": 1, "objects": [box(1, 1, 9, 9)]})

    job.vendor.call("POST", f"/v1/members/{person.member_id}/pause", json={"reason": "calibration first"})

    refused = person.call("POST", "/v1/leases", json={}, expect=403)
    assert (refused["code"], refused["facts"]) == ("member_paused", {"reason": "calibration first"})
    assert person.call("GET", "/v1/me")["pause"] == "calibration first"
    assert job.progress()["leases_held"] == 0


def test_a_resumed_member_finds_the_draft_again(stack: Stack) -> None:
    job = job_with_pictures(stack, 1)
    person = job.annotators[0]
    held = job.claim(person)
    assert held is not None
    person.call("PUT", f"/v1/leases/{held['lease_id']}/draft", json={"sequence": 1, "objects": [box(1, 1, 9, 9)]})
    path = f"/v1/members/{person.member_id}"
    job.vendor.call("POST", f"{path}/pause", json={"reason": "leave"})

    job.vendor.call("POST", f"{path}/resume")

    again = job.claim(person)
    assert again is not None
    assert len(again["draft"]["objects"]) == 1


def test_who_leaves_loses_access_at_once_and_keeps_their_work_for_the_project(stack: Stack) -> None:
    job = job_with_pictures(stack, 2)
    person = job.annotators[0]
    browser = stack.sign_in(person)
    first = job.claim(person)
    assert first is not None
    job.submit(person, first, [box(1, 1, 9, 9)])
    job.claim(person)

    left = job.vendor.call("POST", f"/v1/members/{person.member_id}/deactivate", json={"reason": "contract ended"})

    assert (left["state"], left["reason"]) == ("left", "contract ended")
    person.call("GET", "/v1/me", expect=401)
    browser.call("GET", "/v1/me", expect=401)
    assert job.progress()["leases_held"] == 0
    assert sum(t["votes"] for t in job.tasks()) == 1


def test_work_sent_back_to_somebody_who_left_goes_to_everybody(stack: Stack) -> None:
    job = job_with_pictures(stack, 1)
    author, second, third = job.annotators
    send_back(job, disagree(job, author, second))
    assert job.claim(third) is None  # it waits for its author alone

    job.vendor.call("POST", f"/v1/members/{author.member_id}/deactivate", json={"reason": "contract ended"})

    assert job.claim(third) is not None


def test_work_is_not_sent_back_to_somebody_who_has_left_already(stack: Stack) -> None:
    job = job_with_pictures(stack, 1)
    author, second, third = job.annotators
    answer = disagree(job, author, second)
    job.vendor.call("POST", f"/v1/members/{author.member_id}/deactivate", json={"reason": "contract ended"})

    send_back(job, answer)

    assert job.claim(third) is not None


def test_who_comes_back_joins_by_a_link_and_draws_again(stack: Stack) -> None:
    job = job_with_pictures(stack, 1)
    person = job.annotators[0]
    path = f"/v1/members/{person.member_id}"
    job.vendor.call("POST", f"{path}/deactivate", json={"reason": "season over"})

    back = job.vendor.call("POST", f"{path}/reactivate")

    assert back["state"] == "invited"
    browser = stack.open_browser()
    browser.call(
        "POST",
        "/v1/auth/invitations/accept",
        json={"token": back["invitation"]["token"], "password": "back for another season"},
    )
    assert browser.call("POST", "/v1/leases", json={"project_id": job.project_id}) is not None


def test_a_new_role_ends_the_work_of_the_old_one(stack: Stack) -> None:
    job = job_with_pictures(stack, 1)
    person = job.annotators[0]
    job.claim(person)

    job.vendor.call("PATCH", f"/v1/members/{person.member_id}", json={"role": "supervisor"})

    assert job.progress()["leases_held"] == 0
    assert job.claim(person) is None
    enrolled = job.vendor.call("POST", f"/v1/projects/{job.project_id}/workforce", json={})
    assert enrolled["new_rights"] == 2


def test_every_change_of_a_member_is_on_the_trail(stack: Stack, manager: Person) -> None:
    path = f"/v1/members/{add(stack, manager).member_id}"
    manager.call("PATCH", path, json={"team": "night"})
    manager.call("POST", f"{path}/pause", json={"reason": "leave"})
    manager.call("POST", f"{path}/resume")
    manager.call("POST", f"{path}/deactivate", json={"reason": "done"})

    events = manager.call("GET", f"/v1/audit?subject=member:{path.rpartition('/')[2]}")["items"]

    assert [e["action"] for e in events] == [
        "member_deactivated",
        "member_resumed",
        "member_paused",
        "member_changed",
    ]
    assert events[-1]["detail"] == {"before": {"team": None}, "after": {"team": "night"}}
    assert {e["member_id"] for e in events} == {manager.member_id}


def disagree(job: Job, first: Person, second: Person) -> int:
    """Have two people answer so differently that a supervisor must look; return the first one's lease."""
    leases = []
    for person, drawn in ((first, box(1, 1, 60, 60)), (second, box(100, 100, 180, 180))):
        lease = job.claim(person)
        assert lease is not None
        job.submit(person, lease, [drawn])
        leases.append(lease["lease_id"])
    job.stack.pump()
    return int(leases[0])


def send_back(job: Job, lease_id: int) -> None:
    """Have the supervisor send an answer back."""
    review = job.claim(job.supervisor)
    assert review is not None
    body = {"send_back": [lease_id], "feedback": "look at the edge again"}
    job.supervisor.call("POST", f"/v1/leases/{review['lease_id']}/review", json=body)
