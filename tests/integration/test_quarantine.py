"""Pictures that do not come in: why, once more, or out for good."""

import csv
import io
from typing import Any

from schema.enums import OrganisationKind, Role, Topic
from tests.harness import Job, Stack, make_job
from tests.integration.pictures import disc_png
from workers.decoder import Decoder, _ChildDied

BROKEN = b"\x89PNG\r\n\x1a\n broken"


def quarantined(job: Job, *keys: str) -> dict[str, int]:
    """Put files in that are no pictures; return the ids of their images by key."""
    for key in keys:
        job.stack.put(job.bucket, key, BROKEN + key.encode())
    job.stack.pump()
    return {i["key"]: i["id"] for i in job.images() if i["state"] == "quarantined"}


def state_of(job: Job, image_id: int) -> tuple[str, str | None]:
    image = job.client.call("GET", f"/v1/images/{image_id}")
    return image["state"], image["reason"]


def actions(job: Job) -> list[str]:
    found = job.client.call("GET", "/v1/audit?limit=200")["items"]
    return [e["action"] for e in found]


def test_quarantine_is_counted_by_reason(stack: Stack) -> None:
    job = make_job(stack)
    quarantined(job, "a.png", "b.png")
    stack.put(job.bucket, "c.gif", b"GIF89a")
    stack.pump()
    found = job.client.call("GET", f"/v1/quarantine?project_id={job.project_id}")
    assert found["images"] == 3
    assert {r["reason"]: r["images"] for r in found["reasons"]} == {"unreadable": 2, "wrong_type": 1}


def test_images_are_found_by_reason_and_by_a_part_of_the_key(stack: Stack) -> None:
    job = make_job(stack)
    quarantined(job, "in/A_1.png", "in/b_1.png")
    stack.put(job.bucket, "in/a_2.gif", b"GIF89a")
    stack.pump()
    by_key = job.client.call("GET", "/v1/images", params={"key": "/a_", "state": "quarantined"})["items"]
    by_both = job.client.call("GET", "/v1/images", params={"key": "/a_", "reason": "wrong_type"})["items"]
    assert sorted(i["key"] for i in by_key) == ["in/A_1.png", "in/a_2.gif"]
    assert [i["key"] for i in by_both] == ["in/a_2.gif"]


def test_retried_picture_comes_in_once_it_can_be_read(stack: Stack) -> None:
    job = make_job(stack)
    object.__setattr__(stack.work, "decoder", Refusing(stack.work.decoder))
    stack.put(job.bucket, "a.png", disc_png(1))
    stack.pump()
    [image] = job.images()
    assert image["state"] == "quarantined"
    job.client.call("POST", f"/v1/images/{image['id']}/retry")
    stack.pump()
    assert state_of(job, image["id"]) == ("ready", None)
    assert [t["state"] for t in job.tasks()] == ["open"]


class Refusing:
    """A decoder whose children die at their first picture, twice."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._left = 2
        self.tries = 0
        inner = decoder._prepare

        def prepare(*arguments: Any) -> Any:
            self.tries += 1
            if self.tries <= self._left:
                raise _ChildDied
            return inner(*arguments)

        decoder._prepare = prepare  # type: ignore[method-assign, assignment]

    def prepare(self, *arguments: Any) -> Any:
        return self._decoder.prepare(*arguments)

    def close(self, *, wait: bool = True) -> None:
        self._decoder.close()


def test_ready_picture_is_not_retried(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png(1))
    stack.pump()
    [image] = job.images()
    problem = job.client.call("POST", f"/v1/images/{image['id']}/retry", expect=409)
    assert (problem["code"], problem["facts"]["state"]) == ("conflict", "ready")


def test_discarded_picture_keeps_its_reason_and_stays_out(stack: Stack) -> None:
    job = make_job(stack)
    ids = quarantined(job, "a.png")
    discarded = job.client.call("POST", f"/v1/images/{ids['a.png']}/discard", json={"reason": "a lens cap"})
    assert (discarded["state"], discarded["reason"], discarded["detail"]) == ("discarded", "unreadable", "a lens cap")
    stack.put(job.bucket, "a.png", BROKEN + b"a.png")  # the same revision once more
    stack.pump()
    stack.reconcile()
    stack.pump()
    stack.sweep()
    stack.pump()
    assert state_of(job, ids["a.png"]) == ("discarded", "unreadable")


def test_discarding_a_ready_picture_cancels_its_task_and_labels_its_copy_instead(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png(1))
    stack.pump()
    stack.put(job.bucket, "b.png", disc_png(1))
    stack.pump()
    [first] = [i for i in job.images() if i["key"] == "a.png"]
    job.client.call("POST", f"/v1/images/{first['id']}/discard", json={"reason": "not ours"})
    stack.pump()
    assert sorted((t["key"], t["state"]) for t in job.tasks()) == [("a.png", "cancelled"), ("b.png", "open")]
    assert job.progress()["images"]["discarded"] == 1


def test_new_revision_of_a_discarded_picture_comes_in(stack: Stack) -> None:
    job = make_job(stack)
    ids = quarantined(job, "a.png")
    job.client.call("POST", f"/v1/images/{ids['a.png']}/discard", json={"reason": "broken"})
    stack.put(job.bucket, "a.png", disc_png(1))
    stack.pump()
    assert sorted(i["state"] for i in job.images()) == ["discarded", "ready"]


def test_discarded_picture_can_be_retried(stack: Stack) -> None:
    job = make_job(stack)
    ids = quarantined(job, "a.png")
    job.client.call("POST", f"/v1/images/{ids['a.png']}/discard", json={"reason": "broken"})
    job.client.call("POST", f"/v1/images/{ids['a.png']}/retry")
    stack.pump()
    assert state_of(job, ids["a.png"]) == ("quarantined", "unreadable")


def test_many_are_discarded_by_a_filter_and_each_is_recorded(stack: Stack) -> None:
    job = make_job(stack)
    quarantined(job, "a.png", "b.png")
    stack.put(job.bucket, "c.gif", b"GIF89a")
    stack.pump()
    body = {"action": "discard", "filter": {"reason": "unreadable", "project_id": job.project_id}, "reason": "broken"}
    done = job.client.call("POST", "/v1/images/actions", json=body)
    assert (len(done["image_ids"]), done["left"]) == (2, False)
    assert sorted(i["state"] for i in job.images()) == ["discarded", "discarded", "quarantined"]
    assert actions(job).count("image_discarded") == 2


def test_action_without_a_choice_names_what_is_missing(stack: Stack) -> None:
    job = make_job(stack)
    problem = job.client.call("POST", "/v1/images/actions", json={"action": "retry"}, expect=422)
    assert "image_ids or filter" in problem["detail"]


def test_export_is_a_line_an_image_and_no_formula(stack: Stack) -> None:
    job = make_job(stack)
    quarantined(job, "=cmd.png", "b.png")
    headers = {"Authorization": f"Bearer {job.client.token}"}
    answer = stack.client.get(f"/v1/quarantine.csv?source_id={job.source_id}", headers=headers)
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(r["key"], r["reason"]) for r in rows] == [("'=cmd.png", "unreadable"), ("b.png", "unreadable")]


def test_export_refuses_what_cannot_be_looked_for_before_it_begins(stack: Stack) -> None:
    make_job(stack).client.call("GET", "/v1/quarantine.csv?reason=%00", expect=422)


def test_other_clients_and_vendors_decide_nothing_about_an_image(stack: Stack) -> None:
    job = make_job(stack)
    ids = quarantined(job, "a.png")
    other = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    for person in (other, job.vendor):
        person.call("POST", f"/v1/images/{ids['a.png']}/retry", expect=404)
        person.call("POST", f"/v1/images/{ids['a.png']}/discard", json={"reason": "x"}, expect=404)
        bulk = {"action": "retry", "image_ids": [ids["a.png"]]}
        assert person.call("POST", "/v1/images/actions", json=bulk)["image_ids"] == []
    assert state_of(job, ids["a.png"]) == ("quarantined", "unreadable")


def test_annotators_may_not_decide(stack: Stack) -> None:
    job = make_job(stack)
    job.annotators[0].call("POST", "/v1/images/actions", json={"action": "retry", "image_ids": [1]}, expect=403)


def test_retry_heals_when_its_message_is_lost(stack: Stack) -> None:
    job = make_job(stack)
    ids = quarantined(job, "a.png")
    job.client.call("POST", f"/v1/images/{ids['a.png']}/retry")
    stack.relay()
    stack.receive_all(Topic.IMAGES)
    assert state_of(job, ids["a.png"])[0] == "received"
    stack.sweep()
    stack.pump()
    assert state_of(job, ids["a.png"]) == ("quarantined", "unreadable")
