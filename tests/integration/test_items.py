"""Items through the API: what a project's readers see of each picture, and how they find one among many."""

from typing import Any

import pytest

from schema.enums import OrganisationKind, Role
from tests.harness import Job, Stack, box, make_job
from tests.integration.pictures import disc_box, disc_png, discs, png


def one_disc(_: dict[str, Any]) -> list[dict[str, Any]]:
    return [box(*disc_box(0))]


def job_with(stack: Stack, *keys: str, **options: Any) -> Job:
    job = make_job(stack, **options)
    for i, key in enumerate(keys):
        stack.put(job.bucket, key, disc_png(i))
        stack.pump()
    return job


def items(job: Job, query: str = "") -> list[dict[str, Any]]:
    return list(job.client.call("GET", f"/v1/projects/{job.project_id}/items?{query}")["items"])


def accept_first(job: Job) -> None:
    """Have two people agree on the first task."""
    for person in job.annotators[:2]:
        lease = job.claim(person)
        assert lease is not None
        job.submit(person, lease, one_disc(lease))
    job.stack.pump()


def test_item_shows_its_picture_and_its_open_task(stack: Stack) -> None:
    job = job_with(stack, "a.png")
    [item] = items(job)
    assert (item["key"], item["width"], item["height"]) == ("a.png", 320, 240)
    assert (item["task"]["state"], item["task"]["round"], item["task"]["frozen"]) == ("open", 1, False)
    assert (item["prelabels"], item["final"]) == (None, None)
    assert stack.client.get(item["thumbnail_url"]).status_code == 200


def test_item_of_an_accepted_task_has_its_final_labels(stack: Stack) -> None:
    job = job_with(stack, "a.png")
    accept_first(job)
    [item] = items(job)
    assert [o["shape"] for o in item["final"]] == [one_disc({})[0]["shape"]]
    assert item["task"]["outcome"] == "accept"
    assert job.client.call("GET", f"/v1/items/{item['id']}") | {"url": "", "thumbnail_url": ""} == item | {
        "url": "",
        "thumbnail_url": "",
    }


def test_item_has_the_prelabels_that_people_are_shown(stack: Stack) -> None:
    job = make_job(stack, policy={"prelabeling": "plain_background", "prelabel_class_id": 1})
    stack.put(job.bucket, "a.png", png(discs(count=3)))
    stack.pump()
    [item] = items(job, "has=prelabels")
    assert len(item["prelabels"]) == 3
    assert items(job, "has=prelabels&class_id=2") == []
    assert [i["id"] for i in items(job, "class_id=1")] == [item["id"]]


def test_items_are_found_by_state_class_and_finality(stack: Stack) -> None:
    job = job_with(stack, "a.png", "b.png")
    accept_first(job)
    assert [i["key"] for i in items(job, "state=accepted")] == ["a.png"]
    assert [i["key"] for i in items(job, "state=open")] == ["b.png"]
    assert [i["key"] for i in items(job, "has=final")] == ["a.png"]
    assert [i["key"] for i in items(job, "class_id=1")] == ["a.png"]
    assert items(job, "class_id=2") == items(job, "has=final&state=open") == items(job, "has=prelabels") == []


def test_items_are_found_by_a_part_of_their_key_in_any_case(stack: Stack) -> None:
    job = job_with(stack, "Spring_1/A.png", "spring%1/b.png", "autumn/c.png")
    assert [i["key"] for i in items(job, "key=SPRING")] == ["Spring_1/A.png", "spring%1/b.png"]
    assert [i["key"] for i in items(job, "key=g_1")] == ["Spring_1/A.png"]
    assert [i["key"] for i in items(job, "key=g%251")] == ["spring%1/b.png"]


def test_items_come_in_pages_by_id(stack: Stack) -> None:
    job = job_with(stack, "a.png", "b.png", "c.png")
    path = f"/v1/projects/{job.project_id}/items?key=png&limit=2"
    first = job.client.call("GET", path)
    second = job.client.call("GET", f"{path}&after={first['next']}")
    assert [i["key"] for i in first["items"] + second["items"]] == ["a.png", "b.png", "c.png"]
    assert second["next"] is None


@pytest.mark.parametrize("query", ["state=gone", "class_id=0", "has=ideas", "key=", "limit=0"])
def test_filter_that_means_nothing_is_refused_naming_its_field(stack: Stack, query: str) -> None:
    job = make_job(stack, connect=False)
    problem = job.client.call("GET", f"/v1/projects/{job.project_id}/items?{query}", expect=422)
    assert problem["errors"][0]["field"] == query.partition("=")[0]


def test_annotators_see_no_items(stack: Stack) -> None:
    job = job_with(stack, "a.png")
    [item] = items(job)
    for path in (f"/v1/projects/{job.project_id}/items", f"/v1/items/{item['id']}"):
        job.annotators[0].call("GET", path, expect=403)
        job.supervisor.call("GET", path, expect=200)


def test_items_of_another_client_do_not_exist(stack: Stack) -> None:
    job = job_with(stack, "a.png")
    [item] = items(job)
    stranger = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    for path in (f"/v1/projects/{job.project_id}/items", f"/v1/items/{item['id']}"):
        stranger.call("GET", path, expect=404)
