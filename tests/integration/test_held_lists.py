"""Who works on what now, and what people skipped: filters, orders, pages, CSV, and who may read whom."""

import csv
import io
from typing import Any

import pytest

from tests.harness import Job, Person, Stack, make_job
from tests.integration.timed import answer, change, claim, job_with, run_out, skip


@pytest.fixture
def job(stack: Stack) -> Job:
    return job_with(stack, 6)


def listed(job: Job, person: Person, what: str = "leases", **query: Any) -> list[dict[str, Any]]:
    return list(person.call("GET", f"/v1/projects/{job.project_id}/{what}", params=query)["items"])


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["lease_id"] for row in rows]


def read_csv(stack: Stack, person: Person, path: str) -> list[dict[str, str]]:
    answered = stack.client.get(path, headers={"Authorization": f"Bearer {person.token}"})
    return list(csv.DictReader(io.StringIO(answered.text)))


def test_list_tells_who_works_on_what(stack: Stack, job: Job, admin_url: str) -> None:
    person = job.annotators[0]
    lease = claim(job, person)
    change(admin_url, f"UPDATE member SET site = 'Kisumu', team = 'red' WHERE id = {person.member_id}")
    person.call("PUT", f"/v1/leases/{lease['lease_id']}/draft", json={"sequence": 1, "objects": answer()})
    [row] = listed(job, job.vendor)
    assert row["person"] == {"member_id": person.member_id, "name": person.email}
    assert (row["site"], row["team"], row["stage"]) == ("Kisumu", "red", "label")
    assert (row["task_id"], row["key"]) == (lease["task_id"], lease["image"]["key"])
    assert (row["has_draft"], row["expired"], row["expires_at"]) == (True, False, lease["expires_at"])
    [theirs] = listed(job, job.client)
    assert theirs["person"]["member_id"] is None
    assert theirs["person"]["name"].startswith("W-")
    assert (theirs["site"], theirs["team"]) == (None, None)
    job.submit(person, lease, answer())
    assert listed(job, job.vendor) == []


def test_annotators_see_their_own_and_strangers_nothing(stack: Stack, job: Job) -> None:
    held = {p.member_id: claim(job, p)["lease_id"] for p in job.annotators}
    for person in job.annotators:
        assert ids(listed(job, person)) == [held[person.member_id]]
    assert len(listed(job, job.supervisor)) == 3
    stranger = make_job(stack, connect=False)
    for what in ("leases", "skips", "leases.csv", "skips.csv"):
        for person in (stranger.client, stranger.vendor):
            person.call("GET", f"/v1/projects/{job.project_id}/{what}", expect=404)


def test_leases_are_filtered(stack: Stack, job: Job, admin_url: str) -> None:
    first, second, third = (claim(job, p)["lease_id"] for p in job.annotators)
    members = [p.member_id for p in job.annotators]
    change(admin_url, f"UPDATE member SET site = 'a', team = 'x' WHERE id = {members[0]}")
    change(admin_url, f"UPDATE lease_activity SET beat_at = now() - interval '300 s' WHERE lease_id = {second}")
    assert ids(listed(job, job.vendor, member_id=members[2])) == [third]
    assert ids(listed(job, job.vendor, site="a")) == ids(listed(job, job.vendor, team="x")) == [first]
    assert ids(listed(job, job.vendor, idle_s=200)) == [second]
    assert ids(listed(job, job.client, idle_s=200)) == [second]
    assert listed(job, job.vendor, stage="review") == []
    run_out(stack, admin_url)
    assert len(listed(job, job.vendor, expired=True)) == 3
    assert listed(job, job.vendor, expired=False) == []
    assert all(row["expires_at"] for row in listed(job, job.vendor))


def test_a_member_id_does_not_tell_a_client_whose_pseudonym_is_whose(job: Job) -> None:
    lease = claim(job, job.annotators[0])
    assert listed(job, job.client, member_id=job.annotators[0].member_id) == []
    skip(job.annotators[0], lease, "others")
    assert listed(job, job.client, "skips", member_id=job.annotators[0].member_id) == []


@pytest.mark.parametrize("sort", ["claimed_at", "-claimed_at", "beat_at", "-beat_at", "active_s", "-active_s"])
def test_pages_in_any_order_hold_every_lease_once(stack: Stack, job: Job, admin_url: str, sort: str) -> None:
    held = [claim(job, p)["lease_id"] for p in job.annotators]
    for number, lease in enumerate(held):
        change(
            admin_url,
            f"UPDATE lease_activity SET active_s = {number // 2} + 0.1, "
            f"beat_at = date_trunc('hour', now()) + interval '{number // 2} s' WHERE lease_id = {lease}",
        )
    wanted = sorted(held, reverse=sort.startswith("-"))
    assert ids(listed(job, job.vendor, sort=sort)) == wanted
    paged: list[int] = []
    after = None
    while True:
        query = {"sort": sort, "limit": 1} | ({"after": after} if after else {})
        page = job.vendor.call("GET", f"/v1/projects/{job.project_id}/leases", params=query)
        paged += ids(page["items"])
        after = page["next"]
        if after is None:
            break
    assert paged == wanted
    path = f"/v1/projects/{job.project_id}/leases"
    other = "active_s" if sort != "active_s" else "beat_at"
    first = job.vendor.call("GET", path, params={"sort": sort, "limit": 1})
    job.vendor.call("GET", path, params={"sort": other, "after": first["next"]}, expect=422)
    rows = read_csv(stack, job.vendor, f"{path}.csv?sort={sort}")
    assert [int(row["lease_id"]) for row in rows] == wanted
    assert rows[0]["who"].endswith("@example.org")


def test_skips_are_listed_filtered_sorted_and_paged(stack: Stack, job: Job) -> None:
    first, second, _ = job.annotators
    leases = []
    for person, kind in ((first, "later"), (first, "others"), (second, "unlabelable"), (second, "others")):
        lease = claim(job, person)
        skip(person, lease, kind)
        leases.append(lease["lease_id"])
    rows = listed(job, job.vendor, "skips")
    assert ids(rows) == leases[::-1]
    assert ids(listed(job, job.vendor, "skips", sort="at")) == leases
    assert (rows[0]["reason"], rows[0]["person"]["member_id"]) == ("too dark", second.member_id)
    assert ids(listed(job, job.client, "skips", kind="others")) == [leases[3], leases[1]]
    assert ids(listed(job, job.vendor, "skips", member_id=first.member_id, sort="at")) == leases[:2]
    assert ids(listed(job, job.vendor, "skips", task_id=rows[0]["task_id"], limit=1)) == leases[3:]
    assert ids(listed(job, job.vendor, "skips", since=rows[1]["at"])) == [leases[3], leases[2]]
    assert ids(listed(job, job.vendor, "skips", until=rows[1]["at"])) == [leases[1], leases[0]]
    assert ids(listed(job, second, "skips")) == [leases[3], leases[2]]
    assert {row["person"]["member_id"] for row in listed(job, job.client, "skips")} == {None}
    path = f"/v1/projects/{job.project_id}/skips"
    page = job.vendor.call("GET", path, params={"limit": 3})
    rest = job.vendor.call("GET", path, params={"limit": 3, "after": page["next"]})
    assert ids(page["items"]) + ids(rest["items"]) == leases[::-1]
    assert rest["next"] is None
    exported = read_csv(stack, job.vendor, f"{path}.csv?kind=others")
    assert [int(row["lease_id"]) for row in exported] == [leases[3], leases[1]]
