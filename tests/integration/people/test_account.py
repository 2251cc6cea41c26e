"""What is a member's own: tokens and what they may do, preferences, the password; and the organisation's name."""

import csv
import io
from dataclasses import replace
from typing import Any

import pytest

from schema.enums import OrganisationKind, Role
from tests.harness import PASSWORD, Person, Stack, make_job
from tests.integration.people.jobs import job_with_pictures


@pytest.fixture
def person(stack: Stack) -> Person:
    return stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)


def new_token(person: Person, *scopes: str, **more: Any) -> Person:
    made = person.call("POST", "/v1/me/tokens", json={"name": "for a test", "scopes": scopes} | more)
    return Person(person.organisation_id, person.member_id, made["token"], person.client)


@pytest.mark.parametrize(
    ("scope", "read", "manage", "work"), [("read", 200, 403, 403), ("manage", 403, 422, 403), ("work", 403, 403, 422)]
)
def test_a_token_does_what_its_scopes_say_and_no_more(
    stack: Stack, person: Person, scope: str, read: int, manage: int, work: int
) -> None:
    token = new_token(person, scope)

    token.call("GET", "/v1/projects", expect=read)
    token.call("POST", "/v1/projects", json={}, expect=manage)
    token.call("POST", "/v1/leases", json={"project_id": 0}, expect=work)


def test_a_token_shows_its_secret_once_and_can_be_withdrawn(stack: Stack, person: Person) -> None:
    made = person.call("POST", "/v1/me/tokens", json={"name": "export", "scopes": ["read"], "expires_in_days": 1})
    reader = Person(person.organisation_id, person.member_id, made["token"], person.client)
    reader.call("GET", "/v1/me")

    listed = {t["id"]: t for t in person.call("GET", "/v1/me/tokens")["items"]}
    person.call("DELETE", f"/v1/me/tokens/{made['id']}", expect=204)

    assert "token" not in listed[made["id"]]
    assert listed[made["id"]]["used_at"] is not None
    reader.call("GET", "/v1/me", expect=401)
    person.call("DELETE", f"/v1/me/tokens/{made['id']}", expect=404)


def test_a_token_makes_no_token_that_may_do_more(stack: Stack, person: Person) -> None:
    token = new_token(person, "manage")

    refused = token.call("POST", "/v1/me/tokens", json={"name": "more", "scopes": ["work"]}, expect=403)

    assert refused["code"] == "scope_missing"


def test_a_token_that_ends_makes_none_that_lasts_longer(stack: Stack, person: Person) -> None:
    body = {"name": "short", "scopes": ["read", "manage"], "expires_in_days": 1}
    short = person.call("POST", "/v1/me/tokens", json=body)
    holder = replace(person, token=short["token"])

    made = holder.call("POST", "/v1/me/tokens", json={"name": "for ever", "scopes": ["read"]})

    assert made["expires_at"] == short["expires_at"]


def test_nobody_sees_or_ends_the_tokens_of_others(stack: Stack, person: Person) -> None:
    colleague = stack.add_person(person.organisation_id, Role.MANAGER)
    (token,) = colleague.call("GET", "/v1/me/tokens")["items"]

    assert token["id"] not in {t["id"] for t in person.call("GET", "/v1/me/tokens")["items"]}
    person.call("DELETE", f"/v1/me/tokens/{token['id']}", expect=404)


def test_a_token_ends_when_its_time_is_over(stack: Stack, person: Person) -> None:
    token = new_token(person, "read", expires_in_days=1)
    with stack.database.begin(stack.actor(person).scope) as session:
        session.connection().exec_driver_sql("UPDATE api_token SET expires_at = now() WHERE name = 'for a test'")

    token.call("GET", "/v1/me", expect=401)


def test_preferences_are_kept_and_guarded_by_their_version(stack: Stack, person: Person) -> None:
    headers = {"Authorization": f"Bearer {person.token}"}
    first = person.client.get("/v1/me/preferences", headers=headers)
    path, body = "/v1/me/preferences", {"body": {"theme": "dark"}}
    kept = person.client.put(path, headers=headers | {"If-Match": first.headers["etag"]}, json=body)
    late = person.client.put(path, headers=headers | {"If-Match": first.headers["etag"]}, json={"body": {}})

    assert first.json() == {"body": {}}
    assert kept.status_code == 200
    assert late.status_code == 412
    assert person.call("GET", "/v1/me/preferences") == body


def test_preferences_have_a_deepest_level(stack: Stack, person: Person) -> None:
    deep: list[Any] = []
    for _ in range(400):
        deep = [deep]
    person.call("PUT", "/v1/me/preferences", json={"body": {"k": deep}}, expect=422)
    assert person.call("GET", "/v1/me/preferences") == {"body": {}}


def test_preferences_have_a_largest_size(stack: Stack, person: Person) -> None:
    refused = person.call("PUT", "/v1/me/preferences", json={"body": {"k": "x" * 32_000}}, expect=422)

    assert refused["errors"][0]["field"] == "body"


def test_a_new_password_ends_every_other_session(stack: Stack, person: Person) -> None:
    here, elsewhere = stack.sign_in(person), stack.open_browser()
    elsewhere.call("POST", "/v1/auth/sign-in", json={"email": person.email, "password": PASSWORD})

    here.call("PUT", "/v1/me/password", json={"old": PASSWORD, "new": "another password for tests"}, expect=204)

    here.call("GET", "/v1/me")
    elsewhere.call("GET", "/v1/me", expect=401)


def test_a_password_is_not_changed_without_the_old_one_nor_with_a_token(stack: Stack, person: Person) -> None:
    body = {"old": "not this one", "new": "another password for tests"}

    stack.sign_in(person).call("PUT", "/v1/me/password", json=body, expect=401)
    person.call("PUT", "/v1/me/password", json=body | {"old": PASSWORD}, expect=403)


def test_a_session_slides_while_it_is_used_but_not_for_ever(stack: Stack, person: Person) -> None:
    browser = stack.sign_in(person)
    scope = stack.actor(person).scope

    def age(hours: int) -> None:
        with stack.database.begin(scope) as session:
            session.connection().exec_driver_sql(
                "UPDATE api_token SET used_at = used_at - interval '2 minutes', "
                "expires_at = expires_at - make_interval(hours => %(h)s) WHERE kind = 'session'",
                {"h": hours},
            )

    browser.call("GET", "/v1/me")
    age(11)
    browser.call("GET", "/v1/me")
    age(11)
    browser.call("GET", "/v1/me")
    age(12)
    browser.call("GET", "/v1/me", expect=401)


def test_an_organisation_is_renamed_by_its_managers(stack: Stack, person: Person) -> None:
    annotator = stack.add_person(person.organisation_id, Role.ANNOTATOR)

    person.call("PATCH", "/v1/organisation", json={"name": "Careful Cells"})

    assert annotator.call("GET", "/v1/organisation")["name"] == "Careful Cells"
    annotator.call("PATCH", "/v1/organisation", json={"name": "Mine"}, expect=403)


def test_an_organisation_is_seen_by_whom_it_works_with_alone(stack: Stack, person: Person) -> None:
    job = make_job(stack)

    assert job.client.call("GET", f"/v1/organisations/{job.vendor.organisation_id}")["kind"] == "vendor"
    assert job.vendor.call("GET", f"/v1/organisations/{job.client.organisation_id}")["kind"] == "client"
    person.call("GET", f"/v1/organisations/{job.vendor.organisation_id}", expect=404)


def read_csv(person: Person, path: str) -> list[dict[str, str]]:
    answer = person.client.get(path, headers={"Authorization": f"Bearer {person.token}"})
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_people_are_exported_as_csv_without_formulas(stack: Stack, person: Person) -> None:
    person.call("PATCH", f"/v1/members/{person.member_id}", json={"name": "=1+1"})

    (row,) = read_csv(person, "/v1/members.csv")

    assert (row["email"], row["name"], row["state"]) == (person.email, "'=1+1", "active")


def test_the_trail_is_listed_by_page_filtered_and_exported(stack: Stack, person: Person) -> None:
    for name in ("One", "Two", "Three"):
        person.call("PATCH", "/v1/organisation", json={"name": name})
    new_token(person, "read")

    first = person.call("GET", "/v1/audit?action=organisation_renamed&limit=2")
    rest = person.call("GET", f"/v1/audit?action=organisation_renamed&limit=2&after={first['next']}")

    told = [e["detail"]["after"]["name"] for e in first["items"] + rest["items"]]
    assert told == ["Three", "Two", "One"]
    assert [r["action"] for r in read_csv(person, "/v1/audit.csv")] == ["token_created"] + ["organisation_renamed"] * 3
    since = first["items"][0]["at"].replace("+", "%2B")
    assert len(person.call("GET", f"/v1/audit?since={since}")["items"]) == 2
    assert person.call("GET", "/v1/audit?until=2020-01-01T00:00:00Z")["items"] == []


def import_people(person: Person, content: str, *, partial: bool = False) -> tuple[int, dict[str, Any]]:
    answer = person.client.post(
        f"/v1/members/import?partial={str(partial).lower()}",
        headers={"Authorization": f"Bearer {person.token}", "Content-Type": "text/csv"},
        content=content.encode(),
    )
    return answer.status_code, dict(answer.json())


WRONG = "email,name,role\nada@example.com,Ada,annotator\nno-address,Bob,annotator\ncy@example.com,Cy,king\n"


def test_people_of_a_file_are_invited_with_a_link_each(stack: Stack, person: Person) -> None:
    content = "\ufeffEmail;role\n".replace(";", ",") + "ada@example.net,annotator\nbob@example.net,Supervisor\n"

    status, answer = import_people(person, content)

    assert (status, answer["invited"], [line["line"] for line in answer["lines"]]) == (200, 2, [2, 3])
    token = answer["lines"][0]["path"].rpartition("/")[2]
    shown = stack.open_browser().call("POST", "/v1/auth/invitations/show", json={"token": token})
    assert (shown["email"], shown["role"]) == ("ada@example.net", "annotator")


def test_one_wrong_line_leaves_out_all(stack: Stack, person: Person) -> None:
    status, answer = import_people(person, WRONG)

    assert (status, answer["code"]) == (422, "file_refused")
    assert [line["line"] for line in answer["facts"]["lines"]] == [3, 4]
    assert len(person.call("GET", "/v1/members")["items"]) == 1


def test_the_right_lines_are_followed_when_asked_to(stack: Stack, person: Person) -> None:
    status, answer = import_people(person, WRONG + f"{person.email},Me,annotator\n", partial=True)

    assert (status, answer["invited"], answer["refused"]) == (200, 1, 3)
    assert [line["problem"] is None for line in answer["lines"]] == [True, False, False, False]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "email,role\n",
        "name,role\nAda,annotator\n",
        "email,role,salary\na@b.c,annotator,1\n",
        'email,role\n"a@b.c\n',
    ],
)
def test_a_file_that_is_none_is_refused(stack: Stack, person: Person, content: str) -> None:
    assert import_people(person, content)[0] == 422


def test_an_engagement_ends_with_its_leases_and_begins_again(stack: Stack) -> None:
    job = job_with_pictures(stack, 1)
    person, path = job.annotators[0], f"/v1/projects/{job.project_id}/vendors"
    lease = job.claim(person)
    assert lease is not None

    job.client.call("DELETE", f"{path}/{job.vendor.organisation_id}", expect=204)

    job.vendor.call("GET", f"/v1/projects/{job.project_id}", expect=404)
    assert job.progress()["leases_held"] == 0
    assert job.claim(person) is None
    (ended,) = job.vendor.call("GET", "/v1/engagements")["items"]
    assert (ended["project_id"], ended["ended_at"] is None) == (job.project_id, False)
    job.client.call("DELETE", f"{path}/{job.vendor.organisation_id}", expect=404)
    job.client.call("PUT", f"{path}/{job.vendor.organisation_id}")
    assert job.claim(person) is not None
    assert job.client.call("GET", path)["items"][0]["ended_at"] is None


def test_who_is_no_vendor_cannot_be_engaged_and_stays_unseen(stack: Stack) -> None:
    job, other = make_job(stack), stack.add_organisation(OrganisationKind.CLIENT)

    job.client.call("PUT", f"/v1/projects/{job.project_id}/vendors/{other}", expect=404)

    job.client.call("GET", f"/v1/organisations/{other}", expect=404)


def test_only_the_client_ends_an_engagement(stack: Stack, person: Person) -> None:
    job = make_job(stack)
    path = f"/v1/projects/{job.project_id}/vendors/{job.vendor.organisation_id}"

    job.vendor.call("DELETE", path, expect=403)
    person.call("DELETE", path, expect=404)
    assert job.vendor.call("GET", f"/v1/projects/{job.project_id}")["id"] == job.project_id
