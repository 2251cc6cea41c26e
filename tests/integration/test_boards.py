"""Boards through the API: what people did, under names that each party may read, and how fresh it is."""

import csv
import io
from typing import Any

import pytest

from tests.harness import Job, Person, Stack, box, make_job
from tests.integration.pictures import disc_png
from tests.integration.timed import ONE_VOTE, answer, change, claim, job_with, skip

BOARD = "/v1/board"


@pytest.fixture
def job(stack: Stack, admin_url: str) -> Job:
    """A job whose first annotator answered twice and skipped once, whose second gave one back; nothing is folded."""
    job = job_with(stack, 6, policy=ONE_VOTE)
    first, second, _ = job.annotators
    for _ in range(2):
        lease = claim(job, first)
        change(admin_url, f"UPDATE lease_activity SET active_s = 30 WHERE lease_id = {lease['lease_id']}")
        job.submit(first, lease, answer())
    skip(first, claim(job, first), "others")
    second.call("DELETE", f"/v1/leases/{claim(job, second)['lease_id']}")
    return job


def board(person: Person, by: str, **query: Any) -> list[dict[str, Any]]:
    return list(person.call("GET", BOARD, params={"by": by} | query)["items"])


def test_board_shows_what_was_folded_and_how_fresh_that_is(stack: Stack, job: Job) -> None:
    assert board(job.vendor, "member") == []
    assert job.vendor.call("GET", f"{BOARD}?by=member")["folded_to"] is None
    stack.fold()
    assert job.vendor.call("GET", f"{BOARD}?by=member")["folded_to"] is not None
    lines = {line["member_id"]: line for line in board(job.vendor, "member", project_id=job.project_id)}
    assert lines.keys() == {p.member_id for p in job.annotators[:2]}
    line = lines[job.annotators[0].member_id]
    assert line["who"] == job.annotators[0].email
    assert (line["submits"], line["skips"], line["releases"], line["expiries"]) == (2, 1, 0, 0)
    assert (line["active_s"], line["seconds_per_answer"], line["answers_per_active_hour"]) == (60.0, 30.0, 120.0)
    assert line["skip_rate"] == pytest.approx(1 / 3)
    assert (line["new"], line["returned"], line["acceptance"], line["prelabels_accepted"]) == (2, 0, 1.0, None)
    idle = lines[job.annotators[1].member_id]
    assert (idle["submits"], idle["releases"], idle["seconds_per_answer"], idle["acceptance"]) == (0, 1, None, None)


@pytest.mark.parametrize("by", ["member", "team", "site", "project", "hour"])
def test_every_board_adds_up_to_the_same(stack: Stack, job: Job, by: str) -> None:
    stack.fold()
    for person in (job.vendor, job.client, job.supervisor):
        lines = board(person, by)
        assert [sum(line[name] for line in lines) for name in ("submits", "skips", "releases")] == [2, 1, 1]


def test_sites_and_teams_are_told_of_own_people(stack: Stack, job: Job, admin_url: str) -> None:
    change(admin_url, f"UPDATE member SET site = 'Kisumu', team = 'red' WHERE id = {job.annotators[0].member_id}")
    stack.fold()
    assert {line["site"]: line["submits"] for line in board(job.vendor, "site")} == {"Kisumu": 2, None: 0}
    assert [line["who"] for line in board(job.vendor, "team", sort="-submits")] == ["red", ""]
    [theirs] = board(job.client, "site")
    assert (theirs["site"], theirs["organisation_id"], theirs["submits"]) == (None, job.vendor.organisation_id, 2)


def test_client_reads_pseudonyms_that_differ_between_projects(stack: Stack, job: Job) -> None:
    other = job.client.call("POST", "/v1/projects", json={"name": "More", "ontology": job_ontology(job)} | POLICY)
    job.client.call("PUT", f"/v1/projects/{other['id']}/vendors/{job.vendor.organisation_id}")
    job.vendor.call("POST", f"/v1/projects/{other['id']}/workforce", json={})
    job.client.call("PUT", f"/v1/sources/{job.source_id}/feeds/{other['id']}")
    stack.pump()
    person = job.annotators[0]
    lease = person.call("POST", "/v1/leases", json={"project_id": other["id"]}, expect=201)
    job.submit(person, lease, answer())
    stack.fold()
    [mine] = [line for line in board(job.vendor, "member") if line["member_id"] == person.member_id]
    assert (mine["submits"], mine["project_id"]) == (3, None)
    theirs = board(job.client, "member", sort="-submits")
    assert [(line["submits"], line["member_id"]) for line in theirs] == [(2, None), (1, None), (0, None)]
    assert len({line["who"] for line in theirs}) == 3
    assert all(line["who"].startswith("W-") for line in theirs)
    assert {line["project_id"]: line["submits"] for line in board(job.vendor, "project")} == {
        job.project_id: 2,
        other["id"]: 1,
    }


POLICY = {"policy": {"undo_window_s": 0} | ONE_VOTE}


def job_ontology(job: Job) -> dict[str, Any]:
    return dict(job.client.call("GET", f"/v1/projects/{job.project_id}/ontology")["ontology"])


def test_annotator_sees_themselves_and_strangers_nothing(stack: Stack, job: Job) -> None:
    stack.fold()
    assert [line["member_id"] for line in board(job.annotators[0], "member")] == [job.annotators[0].member_id]
    assert [line["submits"] for line in board(job.annotators[1], "project")] == [0]
    stranger = make_job(stack, connect=False)
    for person in (stranger.client, stranger.vendor):
        assert board(person, "member") == []
        person.call("GET", BOARD, params={"by": "hour", "project_id": job.project_id}, expect=404)


def test_board_is_sorted_paged_and_limited_in_time_and_stage(stack: Stack, job: Job) -> None:
    stack.fold()
    ordered = board(job.vendor, "member", sort="-submits")
    assert [line["submits"] for line in ordered] == [2, 0]
    assert [line["submits"] for line in board(job.vendor, "member", sort="seconds_per_answer")] == [2, 0]
    first = job.vendor.call("GET", BOARD, params={"by": "member", "sort": "-submits", "limit": 1})
    assert first["items"] == ordered[:1]
    rest = job.vendor.call("GET", BOARD, params={"by": "member", "sort": "-submits", "after": first["next"]})
    assert (rest["items"], rest["next"]) == (ordered[1:], None)
    assert board(job.vendor, "member", stage="review") == []
    assert board(job.vendor, "member", until="2025-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "query",
    [
        {"since": "2020-01-01T00:00:00Z"},
        {"since": "2030-01-02T00:00:00Z", "until": "2030-01-01T00:00:00Z"},
        {"until": "0001-01-01T00:00:00Z"},
        {"by": "mood"},
        {"sort": "mood"},
    ],
)
def test_board_refuses_a_span_or_an_order_that_makes_no_sense(job: Job, query: dict[str, str]) -> None:
    told = job.vendor.call("GET", BOARD, params={"by": "member"} | query, expect=422)
    assert told["code"] == "invalid_request"


def test_board_as_csv_has_the_lines_of_the_board(stack: Stack, job: Job) -> None:
    stack.fold()
    answered = stack.client.get(
        f"{BOARD}.csv?by=member&sort=-submits", headers={"Authorization": f"Bearer {job.vendor.token}"}
    )
    lines = list(csv.DictReader(io.StringIO(answered.text)))
    assert [line["submits"] for line in lines] == ["2", "0"]
    assert list(lines[0]) == list(board(job.vendor, "member")[0])


def test_an_answer_that_goes_back_is_its_authors_and_lowers_the_acceptance(stack: Stack) -> None:
    job = make_job(stack, policy={"max_votes": 2})
    stack.put(job.bucket, "0.png", disc_png(0))
    stack.pump()
    leases = [claim(job, person) for person in job.annotators[:2]]
    job.submit(job.annotators[0], leases[0], answer())
    job.submit(job.annotators[1], leases[1], [box(200, 200, 230, 230)])
    stack.pump()
    review = claim(job, job.supervisor)
    body = {"send_back": [leases[0]["lease_id"]], "feedback": "look again"}
    job.supervisor.call("POST", f"/v1/leases/{review['lease_id']}/review", json=body, expect=201)
    stack.fold()
    lines = {line["member_id"]: line for line in board(job.vendor, "member")}
    figures = [(lines[p.member_id]["returned"], lines[p.member_id]["acceptance"]) for p in job.annotators[:2]]
    assert figures == [(1, 0.0), (0, 1.0)]
    assert [line["returned"] for line in board(job.client, "hour")] == [1]
    assert sum(line["returned"] for line in board(job.client, "member", stage="review")) == 0
