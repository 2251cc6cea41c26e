"""A project's versions through the API: the next one of each body, what it may not do, and work that goes on."""

from typing import Any

import pytest

from schema.enums import OrganisationKind, Role
from tests.harness import ONTOLOGY, POLICY, Job, Person, Stack, box, make_job
from tests.integration.pictures import disc_box, disc_png

COIN, BUTTON = ({"class_id": 1, "name": "coin"}, {"class_id": 2, "name": "button"})


def call(stack: Stack, person: Person, method: str, path: str, *, seen: str | None = None, **options: Any) -> Any:
    headers = {"Authorization": f"Bearer {person.token}"} | ({} if seen is None else {"If-Match": seen})
    return stack.client.request(method, path, headers=headers, **options)


def publish(job: Job, kind: str, body: Any, *, seen: str = '"1"') -> Any:
    """Publish the next version as the client; return the answer."""
    path = f"/v1/projects/{job.project_id}/{kind}"
    return call(job.stack, job.client, "PUT", path, seen=seen, json=body)


def job_with(stack: Stack, pictures: int, **options: Any) -> Job:
    job = make_job(stack, **options)
    for i in range(pictures):
        stack.put(job.bucket, f"{i}.png", disc_png(i))
    stack.pump()
    return job


def coin(_: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return [box(*disc_box(0))]


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("ontology", {"classes": [COIN | {"name": "piece", "colour": "#ff0000"}, BUTTON]}, "ontology"),
        ("guidelines", {"markdown": "# Coins\nRound ones only."}, "guidelines"),
        ("policy", POLICY | {"max_votes": 5}, "policy"),
    ],
)
def test_next_version_is_current_and_the_one_before_is_kept(stack: Stack, kind: str, body: Any, field: str) -> None:
    job = make_job(stack, connect=False)
    path = f"/v1/projects/{job.project_id}/{kind}"
    before = job.client.call("GET", path)
    answer = publish(job, kind, body)
    assert (answer.status_code, answer.headers["ETag"], answer.json()["version"]) == (200, '"2"', 2)
    now = job.annotators[0].call("GET", path)
    assert body.items() <= now[field].items() or now[field]["classes"][0]["name"] == "piece"
    assert job.client.call("GET", f"{path}/versions/1")[field] == before[field]
    assert [v["version"] for v in job.client.call("GET", f"{path}/versions")["items"]] == [1, 2]
    job.client.call("GET", f"{path}/versions/3", expect=404)


def test_publishing_without_or_against_what_was_seen_is_refused(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    path = f"/v1/projects/{job.project_id}/guidelines"
    body = {"markdown": "new"}
    assert call(stack, job.client, "PUT", path, json=body).json()["code"] == "precondition_required"
    assert publish(job, "guidelines", body).status_code == 200
    stale = publish(job, "guidelines", {"markdown": "mine"})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")


def test_publishing_what_is_there_makes_no_version(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    assert publish(job, "ontology", ONTOLOGY).json()["version"] == 1


@pytest.mark.parametrize(
    ("classes", "named"),
    [([COIN], "class 2 is missing"), ([COIN, BUTTON | {"class_id": 3}], "class 2 is missing")],
)
def test_class_is_never_left_out(stack: Stack, classes: list[Any], named: str) -> None:
    job = make_job(stack, connect=False)
    problem = publish(job, "ontology", {"classes": classes}).json()
    assert problem["code"] == "version_refused"
    assert named in problem["detail"]


def test_retired_class_stays_retired(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    publish(job, "ontology", {"classes": [COIN, BUTTON | {"retired": True}]})
    again = publish(job, "ontology", {"classes": [COIN, BUTTON | {"name": "badge"}]}, seen='"2"')
    assert again.status_code == 422
    assert "class 2 (button) is retired" in again.json()["detail"]
    assert again.json()["facts"]["problems"][0]["field"] == "classes[1].class_id"


def test_retired_class_takes_no_new_objects_but_leases_keep_their_version(stack: Stack) -> None:
    job = job_with(stack, 1)
    early = job.claim(job.annotators[0])
    assert early is not None
    publish(job, "ontology", {"classes": [COIN | {"retired": True}, BUTTON]})
    job.submit(job.annotators[0], early, coin(), expect=201)
    late = job.claim(job.annotators[1])
    assert late is not None
    assert [c["retired"] for c in late["ontology"]["classes"]] == [True, False]
    problem = job.submit(job.annotators[1], late, coin(), expect=422)
    assert "'coin' is retired" in str(problem)


def test_review_may_keep_what_was_drawn_before_its_class_was_retired(stack: Stack) -> None:
    job = job_with(stack, 1, policy={"max_votes": 2})
    job.label(job.annotators[0], coin)
    job.label(job.annotators[1], lambda _: [])
    stack.pump()
    publish(job, "ontology", {"classes": [COIN | {"retired": True}, BUTTON]})
    lease = job.claim(job.supervisor)
    assert lease is not None
    path = f"/v1/leases/{lease['lease_id']}/review"
    [entry] = job.supervisor.call("GET", path)["objects"]
    added = {"added": [box(10, 10, 40, 40)]}
    verdicts = {"verdicts": [{"object_id": entry["object"]["id"], "choice": "merged"}]}
    job.supervisor.call("POST", path, json=verdicts | added, expect=422)
    job.supervisor.call("POST", path, json=verdicts, expect=201)


def test_policy_holds_for_tasks_that_are_opened_later(stack: Stack) -> None:
    job = job_with(stack, 1)
    publish(job, "policy", POLICY | {"min_votes": 3, "max_votes": 3})
    stack.put(job.bucket, "later.png", disc_png(5))
    stack.pump()
    assert [t["target"] for t in job.tasks()] == [2, 3]


def test_policy_that_prelabels_with_no_class_is_refused(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    problem = publish(job, "policy", POLICY | {"prelabeling": "plain_background", "prelabel_class_id": 9}).json()
    assert problem["facts"]["problems"] == [{"field": "prelabel_class_id", "problem": "class 9 is not in the ontology"}]


@pytest.mark.parametrize("who", ["vendor", "supervisor", "annotator", "stranger"])
def test_only_the_projects_client_changes_it(stack: Stack, who: str) -> None:
    job = make_job(stack, connect=False)
    stranger = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    people = {"vendor": job.vendor, "supervisor": job.supervisor, "annotator": job.annotators[0], "stranger": stranger}
    expect = 404 if who == "stranger" else 403
    path = f"/v1/projects/{job.project_id}"
    for method, rest, body in (
        ("PUT", "/guidelines", {"markdown": "x"}),
        ("PUT", "/ontology", ONTOLOGY),
        ("PUT", "/policy", POLICY),
        ("PATCH", "", {"name": "x"}),
        ("POST", "/archive", None),
        ("POST", "/unarchive", None),
    ):
        answer = call(stack, people[who], method, path + rest, seen="*", json=body)
        assert answer.status_code == expect, (method, rest)


def test_project_is_renamed_by_who_has_seen_it(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    path = f"/v1/projects/{job.project_id}"
    seen = call(stack, job.client, "GET", path).headers["ETag"]
    renamed = call(stack, job.client, "PATCH", path, seen=seen, json={"name": "Medals"})
    assert renamed.json()["name"] == "Medals"
    assert call(stack, job.client, "PATCH", path, seen=seen, json={"name": "Tokens"}).status_code == 412
    assert call(stack, job.client, "PATCH", path, json={"name": "Tokens"}).status_code == 428


def test_archived_project_takes_nothing_new_but_answers_of_who_holds_a_lease(stack: Stack) -> None:
    job = job_with(stack, 2)
    lease = job.claim(job.annotators[0])
    assert lease is not None
    path = f"/v1/projects/{job.project_id}"
    assert job.client.call("POST", f"{path}/archive")["archived_at"] is not None
    assert job.claim(job.annotators[1]) is None
    job.submit(job.annotators[0], lease, coin(), expect=201)
    refused = job.client.call("POST", "/v1/releases", json={"project_id": job.project_id}, expect=409)
    assert refused["code"] == "project_archived"
    assert publish(job, "guidelines", {"markdown": "x"}).json()["code"] == "project_archived"
    assert job.client.call("GET", "/v1/projects")["items"] == []
    assert len(job.client.call("GET", "/v1/projects?archived=true")["items"]) == 1


def test_project_that_comes_back_takes_in_what_arrived_in_between(stack: Stack) -> None:
    job = make_job(stack)
    path = f"/v1/projects/{job.project_id}"
    job.client.call("POST", f"{path}/archive")
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    assert job.tasks() == []
    assert job.client.call("POST", f"{path}/unarchive")["archived_at"] is None
    stack.pump()
    assert [t["state"] for t in job.tasks()] == ["open"]
    assert job.claim(job.annotators[0]) is not None


def test_project_created_twice_with_one_key_is_one(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    headers = {"Authorization": f"Bearer {job.client.token}", "Idempotency-Key": "a-project"}
    body = {"name": "Buttons", "ontology": ONTOLOGY}
    first, second = (stack.client.post("/v1/projects", json=body, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert first.headers["Location"] == second.headers["Location"]
    assert len(job.client.call("GET", "/v1/projects")["items"]) == 2
