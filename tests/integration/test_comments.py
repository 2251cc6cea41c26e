"""Comments: who reads whom, threads, points, resolving, and whom they are told to."""

from typing import Any

import pytest

from schema.enums import OrganisationKind, Role
from tests.harness import Job, Person, Stack, make_job
from tests.integration.pictures import disc_png


@pytest.fixture(scope="module")
def stack(shared_stack: Stack) -> Stack:
    return shared_stack


@pytest.fixture
def job(stack: Stack) -> Job:
    """One open task on a picture of 320 × 240 px, claimed by the first two annotators."""
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    for person in job.annotators[:2]:
        assert job.claim(person)
    return job


def task_id(job: Job) -> int:
    return int(job.tasks()[0]["id"])


def say(job: Job, person: Person, body: str = "look here", *, expect: int = 201, **more: Any) -> dict[str, Any]:
    path = f"/v1/tasks/{task_id(job)}/comments"
    return dict(person.call("POST", path, json={"body": body} | more, expect=expect))


def read(job: Job, person: Person) -> list[str]:
    page = person.call("GET", f"/v1/tasks/{task_id(job)}/comments")
    return [comment["body"] for comment in page["items"]]


def inbox(person: Person) -> list[dict[str, Any]]:
    return list(person.call("GET", "/v1/me/notifications")["items"])


def second_vendor(stack: Stack, job: Job) -> Person:
    organisation = stack.add_organisation(OrganisationKind.VENDOR)
    job.client.call("PUT", f"/v1/projects/{job.project_id}/vendors/{organisation}")
    return stack.add_person(organisation, Role.SUPERVISOR)


def test_comment_at_a_point_is_kept_as_it_was_said(job: Job) -> None:
    said = say(job, job.supervisor, "is this one coin?", point=[10.5, 20])
    [found] = job.supervisor.call("GET", f"/v1/tasks/{task_id(job)}/comments")["items"]
    assert (found["id"], found["body"], found["point"]) == (said["id"], "is this one coin?", [10.5, 20.0])
    assert found["author"] == {
        "member_id": job.supervisor.member_id,
        "name": found["author"]["name"],
        "role": "supervisor",
        "is_me": True,
    }


def test_point_outside_the_picture_is_refused(job: Job) -> None:
    assert say(job, job.supervisor, point=[321, 5], expect=422)["code"] == "points_outside"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"body": ""}, "body"),
        ({"body": "x" * 4001}, "body"),
        ({"body": "x", "point": [1]}, "point[1]"),
        ({"body": "x", "object_id": "7"}, "object_id"),
        ({"body": "x", "parent_id": 0}, "parent_id"),
    ],
)
def test_wrong_field_is_named(job: Job, body: dict[str, Any], field: str) -> None:
    problem = job.client.call("POST", f"/v1/tasks/{task_id(job)}/comments", json=body, expect=422)
    assert [error["field"] for error in problem["errors"]] == [field]


def test_reply_to_a_reply_belongs_to_the_thread(job: Job) -> None:
    first = say(job, job.supervisor)
    reply = say(job, job.vendor, parent_id=first["id"])
    again = say(job, job.supervisor, parent_id=reply["id"])
    assert reply["parent_id"] == again["parent_id"] == first["id"]


def test_reply_to_a_comment_of_another_task_is_not_found(stack: Stack, job: Job) -> None:
    first = say(job, job.supervisor)
    stack.put(job.bucket, "b.png", disc_png() + b"other")
    stack.pump()
    other = max(task["id"] for task in job.tasks())
    problem = job.supervisor.call(
        "POST", f"/v1/tasks/{other}/comments", json={"body": "x", "parent_id": first["id"]}, expect=404
    )
    assert problem["code"] == "not_found"


def test_vendor_and_client_know_each_other_by_pseudonym(job: Job) -> None:
    say(job, job.annotators[0])
    [seen] = job.client.call("GET", f"/v1/tasks/{task_id(job)}/comments")["items"]
    assert (seen["author"]["member_id"], seen["author"]["role"]) == (None, "annotator")
    assert seen["author"]["name"].startswith("W-")
    say(job, job.client)
    seen = job.vendor.call("GET", f"/v1/tasks/{task_id(job)}/comments")["items"][-1]
    assert (seen["author"]["member_id"], seen["author"]["name"][:2]) == (None, "W-")


def test_pseudonym_is_the_same_in_every_comment_of_a_project(job: Job) -> None:
    say(job, job.annotators[0])
    say(job, job.annotators[0])
    say(job, job.annotators[1])
    page = job.client.call("GET", f"/v1/tasks/{task_id(job)}/comments")["items"]
    one, same, other = (comment["author"]["name"] for comment in page)
    assert one == same != other


def test_one_vendor_does_not_read_the_other(stack: Stack, job: Job) -> None:
    second = second_vendor(stack, job)
    say(job, job.supervisor, "of the first")
    say(job, second, "of the second")
    assert read(job, second) == ["of the second"]
    assert read(job, job.client) == ["of the first", "of the second"]


def test_client_speaks_to_every_vendor_or_to_one(stack: Stack, job: Job) -> None:
    second = second_vendor(stack, job)
    say(job, job.client, "to all")
    say(job, job.client, "to one", vendor_org=second.organisation_id)
    say(job, job.client, "among us", vendor_org=job.client.organisation_id)
    assert read(job, second) == ["to all", "to one"]
    assert read(job, job.supervisor) == ["to all"]


def test_client_names_only_vendors_of_the_project(stack: Stack, job: Job) -> None:
    stranger = stack.add_organisation(OrganisationKind.VENDOR)
    assert say(job, job.client, vendor_org=stranger, expect=404)["code"] == "not_found"


def test_vendor_cannot_speak_for_another(stack: Stack, job: Job) -> None:
    assert say(job, job.supervisor, vendor_org=job.client.organisation_id, expect=409)["code"] == "conflict"


def test_reply_of_the_client_stays_with_the_vendor_of_its_thread(stack: Stack, job: Job) -> None:
    second = second_vendor(stack, job)
    first = say(job, job.supervisor)
    reply = say(job, job.client, parent_id=first["id"])
    assert reply["vendor_org"] == job.supervisor.organisation_id
    assert read(job, second) == []


def test_annotators_do_not_read_each_other(job: Job) -> None:
    say(job, job.annotators[0], "I count two")
    assert read(job, job.annotators[1]) == []
    assert read(job, job.annotators[0]) == ["I count two"]


def test_annotators_do_not_read_each_other_in_a_supervisors_thread(job: Job) -> None:
    first = say(job, job.supervisor, "how many?")
    say(job, job.annotators[0], "I count two", parent_id=first["id"])
    assert read(job, job.annotators[1]) == ["how many?"]


def test_annotators_do_not_read_what_a_supervisor_answers_another(job: Job) -> None:
    first = say(job, job.annotators[0], "I count two")
    say(job, job.supervisor, "two is right", parent_id=first["id"])
    assert read(job, job.annotators[1]) == []


def test_annotators_talk_only_about_tasks_they_had_in_hand(job: Job) -> None:
    say(job, job.supervisor)
    problem = job.annotators[2].call("GET", f"/v1/tasks/{task_id(job)}/comments", expect=404)
    assert problem["code"] == "not_found"
    assert say(job, job.annotators[2], expect=404)["code"] == "not_found"


def test_annotator_that_never_had_the_task_resolves_nothing_on_it(job: Job) -> None:
    said = say(job, job.supervisor)
    job.annotators[2].call("PATCH", f"/v1/comments/{said['id']}", json={"resolved": True}, expect=404)


def test_comment_of_another_client_is_not_found(stack: Stack, job: Job) -> None:
    said = say(job, job.client)
    stranger = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    stranger.call("PATCH", f"/v1/comments/{said['id']}", json={"resolved": True}, expect=404)
    stranger.call("GET", f"/v1/tasks/{task_id(job)}/comments", expect=404)
    stranger.call("GET", f"/v1/projects/{job.project_id}/comments", expect=404)


def test_resolving_a_reply_resolves_its_thread(job: Job) -> None:
    first = say(job, job.annotators[0])
    reply = say(job, job.supervisor, parent_id=first["id"])
    resolved = job.supervisor.call("PATCH", f"/v1/comments/{reply['id']}", json={"resolved": True})
    assert (resolved["id"], resolved["resolved_at"] is None, resolved["replies"]) == (first["id"], False, 1)
    assert job.supervisor.call("PATCH", f"/v1/comments/{first['id']}", json={"resolved": False})["resolved_at"] is None


def test_annotators_resolve_only_their_own_threads(job: Job) -> None:
    theirs, own = say(job, job.supervisor), say(job, job.annotators[0])
    path = "/v1/comments/{}"
    problem = job.annotators[0].call("PATCH", path.format(theirs["id"]), json={"resolved": True}, expect=403)
    assert problem["code"] == "forbidden"
    assert job.annotators[0].call("PATCH", path.format(own["id"]), json={"resolved": True})["resolved_at"]


def test_resolving_is_audited_once(stack: Stack, job: Job) -> None:
    first = say(job, job.supervisor)
    for _ in range(2):
        job.supervisor.call("PATCH", f"/v1/comments/{first['id']}", json={"resolved": True})
    with stack.database.begin(stack.actor(job.supervisor).scope) as session:
        rows = session.connection().exec_driver_sql(
            "SELECT detail FROM audit_event WHERE action = 'comment_resolved' AND subject = %s",
            (f"comment:{first['id']}",),
        )
        [detail] = rows.scalars()
    assert (detail["before"], detail["after"]) == ({"resolved": False}, {"resolved": True})


def test_open_threads_of_a_project_are_listed_newest_first(job: Job) -> None:
    first, second, third = (say(job, job.supervisor, body) for body in ("one", "two", "three"))
    say(job, job.supervisor, "a reply", parent_id=first["id"])
    job.supervisor.call("PATCH", f"/v1/comments/{second['id']}", json={"resolved": True})
    path = f"/v1/projects/{job.project_id}/comments"
    assert [c["id"] for c in job.client.call("GET", f"{path}?resolved=false")["items"]] == [third["id"], first["id"]]
    page = job.client.call("GET", f"{path}?limit=1")
    assert [c["id"] for c in job.client.call("GET", f"{path}?limit=1&after={page['next']}")["items"]] == [second["id"]]


def test_annotators_do_not_list_a_projects_threads(job: Job) -> None:
    assert job.annotators[0].call("GET", f"/v1/projects/{job.project_id}/comments", expect=403)["code"] == "forbidden"


def test_threads_are_counted_per_task(job: Job) -> None:
    first = say(job, job.supervisor)
    say(job, job.supervisor, parent_id=first["id"])
    say(job, job.client)
    job.client.call("PATCH", f"/v1/comments/{first['id']}", json={"resolved": True})
    counts = job.client.call(
        "GET", f"/v1/projects/{job.project_id}/comments/counts?task_id={task_id(job)}&task_id=9999"
    )
    assert counts["items"] == [{"task_id": task_id(job), "threads": 2, "unresolved": 1}]


def test_supervisors_remark_is_told_to_those_whose_work_it_is_about(job: Job) -> None:
    said = say(job, job.supervisor, "the tail is cut off")
    for person in job.annotators[:2]:
        [line] = inbox(person)
        assert (line["kind"], line["task_id"]) == ("comment", task_id(job))
        assert line["body"] == {"comment_id": said["id"], "thread_id": said["id"], "excerpt": "the tail is cut off"}
    assert inbox(job.annotators[2]) == inbox(job.supervisor) == []


def test_reply_is_told_across_organisations_without_a_name(job: Job) -> None:
    first = say(job, job.client)
    say(job, job.supervisor, "two coins", parent_id=first["id"])
    [line] = inbox(job.client)
    assert line["body"]["excerpt"] == "two coins"
    assert set(line["body"]) == {"comment_id", "thread_id", "excerpt"}


def test_annotators_words_are_told_to_no_annotator(job: Job) -> None:
    first = say(job, job.supervisor)
    before = inbox(job.annotators[1])
    say(job, job.annotators[0], "I count two", parent_id=first["id"])
    assert inbox(job.annotators[1]) == before
    assert [line["body"]["excerpt"] for line in inbox(job.supervisor)] == ["I count two"]


def test_same_key_comments_once(job: Job) -> None:
    path, body = f"/v1/tasks/{task_id(job)}/comments", {"body": "once"}
    headers = {"Authorization": f"Bearer {job.client.token}", "Idempotency-Key": "k1"}
    first, second = (job.stack.client.post(path, headers=headers, json=body) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert read(job, job.client) == ["once"]


def test_what_is_answered_to_an_annotator_is_told_to_no_other(job: Job) -> None:
    first = say(job, job.annotators[0], "I count two")
    said = say(job, job.supervisor, "yes, two", parent_id=first["id"])
    assert [line["body"]["comment_id"] for line in inbox(job.annotators[0])] == [said["id"]]
    assert inbox(job.annotators[1]) == []


def test_nothing_is_told_to_a_vendor_whose_engagement_ended(job: Job) -> None:
    [held] = job.annotators[0].call("GET", "/v1/leases")["items"]
    job.submit(job.annotators[0], held, [])
    vendor = f"/v1/projects/{job.project_id}/vendors/{job.vendor.organisation_id}"
    job.client.call("DELETE", vendor)
    say(job, job.client, "not for you any more")
    job.client.call("PUT", vendor)
    say(job, job.client, "welcome back")
    assert [line["body"]["excerpt"] for line in inbox(job.annotators[0])] == ["welcome back"]
