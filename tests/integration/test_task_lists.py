"""Lists of tasks through the API: filters, orders with their places, and the export."""

import csv
import io
from typing import Any

import pytest

from tests.harness import Job, Stack, box, make_job
from tests.integration.pictures import disc_box, disc_png


def job_with(stack: Stack, pictures: int, **options: Any) -> Job:
    job = make_job(stack, **options)
    for i in range(pictures):
        stack.put(job.bucket, f"{'ab'[i % 2]}/{i}.png", disc_png(i))
        stack.pump()
    return job


def tasks(job: Job, query: str = "") -> list[dict[str, Any]]:
    return list(job.client.call("GET", f"/v1/projects/{job.project_id}/tasks?{query}")["items"])


def walked(job: Job, query: str) -> list[dict[str, Any]]:
    """Read a list two tasks at a time."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = job.client.call("GET", f"/v1/projects/{job.project_id}/tasks?{query}&limit=2{after}")
        found += page["items"]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


def disagree(job: Job) -> None:
    """Have two people answer every task but the last: the further down, the less alike."""
    count = len(job.tasks())
    x0, y0, x1, y1 = disc_box(0)
    for i in range(count - 1):
        for person, shift in ((job.annotators[0], 0), (job.annotators[1], 2 * i)):
            lease = job.claim(person)
            assert lease is not None
            job.submit(person, lease, [box(x0 + shift, y0, x1 + shift, y1)])
    job.stack.pump()


@pytest.mark.parametrize(("sort", "ordered"), [("id", [0, 1, 2, 3, 4]), ("-id", [4, 3, 2, 1, 0])])
def test_tasks_come_in_either_order_of_ids(stack: Stack, sort: str, ordered: list[int]) -> None:
    job = job_with(stack, 5)
    ids = [t["id"] for t in tasks(job)]
    assert [t["id"] for t in walked(job, f"sort={sort}")] == [ids[i] for i in ordered]


def test_tasks_by_agreement_begin_with_the_least_and_end_with_the_unmeasured(stack: Stack) -> None:
    job = job_with(stack, 5, policy={"max_votes": 2, "boundary_iou": 0.9})
    disagree(job)
    found = walked(job, "sort=agreement")
    measured = [t["agreement"] for t in found[:-1]]
    assert measured == sorted(measured)
    assert (measured[-1], found[-1]["agreement"]) == (1.0, None)
    assert len({t["id"] for t in found}) == 5
    assert [t["agreement"] for t in walked(job, "sort=agreement&state=in_review")] == [a for a in measured if a < 0.9]


def test_tasks_by_age_begin_with_the_longest_in_its_state(stack: Stack) -> None:
    job = job_with(stack, 3, policy={"min_votes": 1, "max_votes": 1})
    lease = job.claim(job.annotators[0])
    assert lease is not None
    job.submit(job.annotators[0], lease, [])
    stack.pump()
    ids = [t["id"] for t in tasks(job)]
    assert [t["id"] for t in walked(job, "sort=age")] == [ids[1], ids[2], ids[0]]


def test_tasks_are_found_by_key_and_cause(stack: Stack) -> None:
    job = job_with(stack, 4, policy={"max_votes": 2, "boundary_iou": 0.9})
    disagree(job)
    assert [t["key"] for t in tasks(job, "key=A%2F")] == ["a/0.png", "a/2.png"]
    contested = tasks(job, "cause=boundary")
    assert contested
    assert all(t["causes"] == ["boundary"] for t in contested)
    assert tasks(job, "cause=class") == []
    assert tasks(job, "frozen=true") == []
    assert len(tasks(job, "frozen=false")) == 4


@pytest.mark.parametrize(
    "query", ["sort=agreement&after=12", "sort=age&after=e30", "after=WyJhZ2UiXQ", "sort=age&after=%"]
)
def test_place_of_another_order_is_refused(stack: Stack, query: str) -> None:
    job = make_job(stack, connect=False)
    problem = job.client.call("GET", f"/v1/projects/{job.project_id}/tasks?{query}", expect=422)
    assert problem["errors"][0]["field"] == "after"


def test_export_has_a_line_a_task_and_no_cell_that_a_spreadsheet_runs(stack: Stack) -> None:
    job = make_job(stack)
    for i, key in enumerate(("=1+1.png", 'b "quoted", é.png')):
        stack.put(job.bucket, key, disc_png(i))
        stack.pump()
    answer = stack.client.get(
        f"/v1/projects/{job.project_id}/tasks.csv", headers={"Authorization": f"Bearer {job.client.token}"}
    )
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert [(r["key"], r["state"], r["frozen"]) for r in rows] == [
        ("'=1+1.png", "open", "False"),
        ('b "quoted", é.png', "open", "False"),
    ]


def test_annotators_export_no_tasks(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    job.annotators[0].call("GET", f"/v1/projects/{job.project_id}/tasks.csv", expect=403)
