"""Gold: accepted items served blind between the others; their answers decide nothing and are in no list or release."""

from typing import Any

import pytest

from tests.harness import Job, Stack, box
from tests.integration.pictures import disc_box, disc_png
from tests.integration.test_versions import job_with, publish


def coin(_: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return [box(*disc_box(0))]


def job_with_gold(stack: Stack, *, gold: int = 1, more: int = 3, **policy: Any) -> Job:
    """Make a job with accepted items that serve as gold, then a policy that asks for it, then more pictures."""
    job = job_with(stack, gold, policy={"min_votes": 1, "max_votes": 1}, annotators=3)
    job.label(job.annotators[2], coin)
    stack.pump()
    for task in job.tasks():
        make(job, task["item_id"])
    publish(job, "policy", {"min_votes": 1, "max_votes": 1, "undo_window_s": 0} | policy)
    for number in range(more):
        stack.put(job.bucket, f"more{number}.png", disc_png(50 + number))
    stack.pump()
    return job


def make(job: Job, item_id: int, **options: Any) -> Any:
    return job.client.call("POST", f"/v1/projects/{job.project_id}/gold", json={"item_id": item_id}, **options)


def gold_of(job: Job) -> list[dict[str, Any]]:
    return list(job.client.call("GET", f"/v1/projects/{job.project_id}/gold")["items"])


def test_the_first_tasks_are_gold_that_nobody_can_tell_from_work(stack: Stack) -> None:
    job = job_with_gold(stack, gold=2, gold_first=2)
    ann, ben, author = job.annotators
    gold = {g["task_id"] for g in gold_of(job)}

    leases = []
    for _ in range(3):
        lease = job.claim(ann)
        assert lease is not None
        job.submit(ann, lease, coin())
        leases.append(lease)
    assert [lease["task_id"] in gold for lease in leases] == [True, True, False]
    assert {frozenset(lease) for lease in leases} == {frozenset(leases[2])}
    assert {key for key in leases[0] if (leases[0][key] is None) != (leases[2][key] is None)} == set()
    assert "gold" not in str(leases)

    mine = job.claim(ben)
    assert mine is not None
    assert mine["task_id"] in gold
    theirs = job.claim(author)
    assert theirs is not None
    assert theirs["task_id"] not in gold, "who labelled the item knows its answer"


def test_answers_to_gold_decide_nothing_and_stand_in_no_list_count_or_release(stack: Stack) -> None:
    job = job_with_gold(stack, gold_first=1, more=1)
    before = (job.progress()["tasks"], job.tasks(), job.client.call("GET", f"/v1/projects/{job.project_id}/items"))
    for person in job.annotators[:2]:
        lease = job.claim(person)
        assert lease is not None
        job.submit(person, lease, [])
        job.supervisor.call("GET", f"/v1/tasks/{lease['task_id']}", expect=404)
    stack.pump()

    [gold] = gold_of(job)
    assert (gold["served"], gold["answers"], gold["active"]) == (2, 2, True)
    after = (job.progress()["tasks"], job.tasks(), job.client.call("GET", f"/v1/projects/{job.project_id}/items"))
    assert after == before
    for content in ("accepted", "votes"):
        asked = {"project_id": job.project_id, "include": content}
        release = job.client.call("POST", "/v1/releases", json=asked)
        stack.pump()
        done = job.client.call("GET", f"/v1/releases/{release['id']}")
        assert (done["state"], done["images"], done["objects"]) == ("complete", 1, 1)


def test_a_share_of_later_tasks_is_gold_and_without_a_share_none_is(stack: Stack) -> None:
    job = job_with_gold(stack, gold=2, gold_share=0.5, more=12)
    gold = {g["task_id"] for g in gold_of(job)}
    seen = [lease["task_id"] in gold for lease in _label_all(job)]
    assert sum(seen) == 2
    assert len(seen) == 14

    other = job_with_gold(stack, more=2)
    assert len(_label_all(other)) == 2


def _label_all(job: Job) -> list[dict[str, Any]]:
    found = []
    while lease := job.claim(job.annotators[0]):
        job.submit(job.annotators[0], lease, coin())
        found.append(lease)
    return found


@pytest.mark.parametrize("kind", ["later", "others", "unlabelable"])
def test_gold_that_is_skipped_stays_open_and_is_not_served_to_the_same_member_anew(stack: Stack, kind: str) -> None:
    job = job_with_gold(stack, gold_first=1, more=1)
    ann = job.annotators[0]
    lease = job.claim(ann)
    assert lease is not None
    ann.call("POST", f"/v1/leases/{lease['lease_id']}/skip", json={"kind": kind, "reason": "blurred"})
    stack.pump()
    following = job.claim(ann)
    assert following is not None
    assert following["task_id"] != lease["task_id"]
    assert [g["active"] for g in gold_of(job)] == [True]


def test_only_an_accepted_item_becomes_gold_once_and_only_the_client_sees_it(stack: Stack) -> None:
    job = job_with(stack, 1, policy={"min_votes": 1, "max_votes": 1})
    [task] = job.tasks()
    make(job, task["item_id"], expect=409)
    make(job, 10**9, expect=404)
    job.label(job.annotators[0], coin)
    stack.pump()

    first = make(job, task["item_id"])
    assert make(job, task["item_id"]) == first
    [gold] = gold_of(job)
    assert gold == first
    path = f"/v1/projects/{job.project_id}/gold"
    for person in (job.vendor, job.supervisor, job.annotators[0]):
        person.call("GET", path, expect=403)
        person.call("POST", path, json={"item_id": task["item_id"]}, expect=403)
