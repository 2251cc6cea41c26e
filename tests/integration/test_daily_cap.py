"""The daily cap of a policy: who reached it draws no more until midnight (UTC), and the list of people says so."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from tests.harness import Job, Person, Stack, box
from tests.integration.conftest import Template
from tests.integration.pictures import disc_box, disc_png
from tests.integration.test_versions import job_with, publish


def coin(_: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return [box(*disc_box(0))]


def capped_until(job: Job, person: Person) -> datetime | None:
    rows = job.vendor.call("GET", f"/v1/projects/{job.project_id}/workers")["items"]
    [found] = [w["capped_until"] for w in rows if w["member_id"] == person.member_id]
    return None if found is None else datetime.fromisoformat(found)


def test_who_answered_as_many_as_a_day_allows_waits_for_midnight(stack: Stack) -> None:
    job = job_with(stack, 3, policy={"daily_cap": 2})
    ann, ben, _ = job.annotators
    lease = job.claim(ann)
    assert lease is not None
    job.submit(ann, lease, coin())
    assert capped_until(job, ann) is None

    assert job.label(ann, coin) == 1
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert capped_until(job, ann) == midnight
    assert job.claim(ann) is None
    assert capped_until(job, ben) is None
    assert job.label(ben, coin) == 2


def test_an_answer_that_is_taken_back_and_given_again_counts_once(stack: Stack) -> None:
    job = job_with(stack, 3, policy={"daily_cap": 2, "undo_window_s": 60})
    ann = job.annotators[0]
    lease = job.claim(ann)
    assert lease is not None
    job.submit(ann, lease, [])
    again = ann.call("POST", f"/v1/leases/{lease['lease_id']}/undo")
    job.submit(ann, again, coin())
    assert capped_until(job, ann) is None
    assert job.label(ann, coin) == 1


def test_a_cap_that_grows_or_goes_lets_people_on_and_one_that_shrinks_holds_from_the_next_answer(stack: Stack) -> None:
    job = job_with(stack, 4, policy={"daily_cap": 1})
    ann = job.annotators[0]
    current = job.client.call("GET", f"/v1/projects/{job.project_id}/policy")["policy"]
    assert job.label(ann, coin) == 1

    publish(job, "policy", current | {"daily_cap": 3})
    stack.pump()
    assert job.label(ann, coin) == 2
    publish(job, "policy", current | {"daily_cap": 2}, seen='"2"')
    stack.pump()
    assert job.claim(ann) is None
    publish(job, "policy", current | {"daily_cap": None}, seen='"3"')
    stack.pump()
    assert job.label(ann, coin) == 1


def test_a_cap_ends_with_the_day_and_holds_back_no_work_that_came_back(
    template: Template, stack: Stack, database_urls: Any
) -> None:
    job = job_with(stack, 2, policy={"daily_cap": 1, "min_votes": 2, "max_votes": 2})
    ann, ben, _ = job.annotators
    first = job.claim(ann)
    assert first is not None
    job.submit(ann, first, coin())
    second = ben.call("POST", "/v1/leases", json={"project_id": job.project_id})
    while second["image"]["key"] != first["image"]["key"]:
        ben.call("DELETE", f"/v1/leases/{second['lease_id']}")
        second = ben.call("POST", "/v1/leases", json={"project_id": job.project_id})
    job.submit(ben, second, [*coin(), box(*disc_box(1))])
    stack.pump()
    review = job.claim(job.supervisor)
    assert review is not None
    job.supervisor.call(
        "POST",
        f"/v1/leases/{review['lease_id']}/review",
        json={"send_back": [first["lease_id"]], "feedback": "look again"},
    )
    back = job.claim(ann)
    assert back is not None
    job.submit(ann, back, coin())
    assert job.claim(ann) is None

    with psycopg.connect(template.admin_url(database_urls)) as admin:
        admin.execute("UPDATE lane_member SET capped_until = now() WHERE capped_until IS NOT NULL")
    stack.put(job.bucket, "more.png", disc_png(9))
    stack.pump()
    assert job.claim(ann) is not None
