"""The desk through the API: what died, why, once more or out; each organisation its own."""

import csv
import io
import json
import threading
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from schema.enums import OrganisationKind, Role, Topic
from schema.messages import DecideMessage, DeliveryMessage, ImageMessage, PrelabelMessage
from tests.harness import Job, Person, Stack, make_job
from tests.integration.letters import bury, envelope, file_letters, rows_of, s3_event
from tests.integration.pictures import disc_png


@pytest.fixture
def manager(stack: Stack) -> Person:
    return stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)


def decide(person: Person, *, task_id: int = 7, id: str = "e-1") -> str:
    return envelope(DecideMessage(client_org=person.organisation_id, task_id=task_id, submits=1), id=id)


def died(
    stack: Stack, person: Person, count: int = 1, *, topic: Topic = Topic.DECIDE, reason: str = "conflict"
) -> None:
    """File letters about a person's organisation."""
    for number in range(count):
        bury(stack, topic, decide(person, task_id=number + 1, id=f"{reason}-{number}"), reason=reason, error="it broke")
    file_letters(stack)


def letters(person: Person, query: str = "") -> list[dict[str, Any]]:
    return list(person.call("GET", f"/v1/dead-letters?limit=500{query}")["items"])


def outbox(admin_url: str) -> list[tuple[str, float]]:
    """Return what is on its way back, and in how many whole seconds."""
    with psycopg.connect(admin_url) as admin:
        rows = admin.execute(
            "SELECT verbatim, round(extract(epoch FROM not_before - created_at), 3)::float FROM outbox "
            "WHERE verbatim IS NOT NULL ORDER BY id"
        )
        return [(text, seconds) for text, seconds in rows]


def actions(person: Person) -> list[tuple[str, str]]:
    return [(e["action"], e["subject"]) for e in person.call("GET", "/v1/audit?limit=500")["items"]]


def test_letters_are_listed_newest_first_with_reason_and_remedy(stack: Stack, manager: Person) -> None:
    died(stack, manager, 2)
    died(stack, manager, reason="worker_died")
    newest, *older = letters(manager)
    assert (newest["reason"], newest["queue"], newest["state"], newest["attempts"]) == (
        "worker_died",
        "decide",
        "dead",
        5,
    )
    assert "logs" in newest["remedy"]
    assert [x["error"] for x in older] == ["it broke", "it broke"]


def test_letters_are_found_by_queue_reason_and_state(stack: Stack, manager: Person) -> None:
    died(stack, manager, 2)
    died(stack, manager, 1, topic=Topic.RELEASE, reason="internal_error")
    first = letters(manager)[-1]["id"]
    manager.call("POST", f"/v1/dead-letters/{first}/discard", json={"reason": "old"})
    assert [x["queue"] for x in letters(manager, "&queue=release")] == ["release"]
    assert len(letters(manager, "&reason=conflict")) == 2
    assert len(letters(manager, "&reason=conflict&state=dead")) == 1
    assert [x["id"] for x in letters(manager, "&state=discarded")] == [first]


def test_pages_follow_each_other_without_gap(stack: Stack, manager: Person) -> None:
    died(stack, manager, 5)
    seen: list[int] = []
    after = ""
    while True:
        page = manager.call("GET", f"/v1/dead-letters?limit=2{after}")
        seen += [x["id"] for x in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 5


def test_letters_are_counted_by_queue_and_reason(stack: Stack, manager: Person) -> None:
    died(stack, manager, 2)
    died(stack, manager, topic=Topic.RELEASE, reason="worker_died")
    found = manager.call("GET", "/v1/dead-letters/summary")
    assert found["letters"] == 3
    assert [(r["queue"], r["reason"], r["letters"]) for r in found["reasons"]] == [
        ("decide", "conflict", 2),
        ("release", "worker_died", 1),
    ]


def test_letter_shows_its_message_and_its_times(stack: Stack, manager: Person) -> None:
    text = decide(manager)
    bury(stack, Topic.DECIDE, text, reason="conflict", error="it broke")
    file_letters(stack)
    [line] = letters(manager)
    story = manager.call("GET", f"/v1/dead-letters/{line['id']}")
    assert (story["text"], story["message"]) == (text, json.loads(text))
    assert story["letter"] == line
    assert line["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert line["sent_at"].startswith("2026-01-02T03:04:05")
    assert datetime.fromisoformat(line["died_at"]) <= datetime.now(UTC)
    assert json.loads(line["said"])["task_id"] == 7


@pytest.mark.parametrize("text", ['{"a": NaN, "body": {"client_org": %d}}', "no JSON", '{"a": "\\ud800"}'])
def test_message_that_is_no_json_is_shown_as_it_is(stack: Stack, manager: Person, admin_url: str, text: str) -> None:
    bury(stack, Topic.DECIDE, text)
    file_letters(stack)
    with psycopg.connect(admin_url) as admin:
        admin.execute("UPDATE dead_letter SET organisation_id = %s", [manager.organisation_id])
    [line] = letters(manager)
    story = manager.call("GET", f"/v1/dead-letters/{line['id']}")
    assert (story["text"], story["message"]) == (text, None)


def test_redriven_letter_is_handled_as_if_it_had_never_died(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png(1))
    [event] = [body for body in stack.receive_all(Topic.IMAGES) if "a.png" in body]  # the workers are away
    bury(stack, Topic.IMAGES, event, reason="internal_error", error="the disk was full")
    file_letters(stack)
    [line] = letters(job.client)
    assert (line["kind"], line["about"]["key"], line["about"]["image_id"]) == ("s3_event", "a.png", None)
    done = job.client.call("POST", f"/v1/dead-letters/{line['id']}/redrive")
    assert done["letter"]["state"] == "redriven"
    stack.pump()
    assert [t["state"] for t in job.tasks()] == ["open"]
    [after] = letters(job.client)
    assert after["about"]["image_id"] == job.images()[0]["id"]
    assert after["about"]["project_id"] == job.project_id
    assert after["about"]["thumbnail_url"]


def test_letter_goes_back_once(stack: Stack, manager: Person, admin_url: str) -> None:
    died(stack, manager)
    [line] = letters(manager)
    manager.call("POST", f"/v1/dead-letters/{line['id']}/redrive")
    problem = manager.call("POST", f"/v1/dead-letters/{line['id']}/redrive", expect=409)
    assert (problem["code"], problem["facts"]["state"]) == ("conflict", "redriven")
    manager.call("POST", f"/v1/dead-letters/{line['id']}/discard", json={"reason": "x"}, expect=409)
    assert len(outbox(admin_url)) == 1


def test_two_people_at_once_send_a_letter_once(stack: Stack, manager: Person, admin_url: str) -> None:
    died(stack, manager, 20)
    colleague = stack.add_person(manager.organisation_id, Role.MANAGER)
    people = [
        threading.Thread(target=p.call, args=("POST", "/v1/dead-letters/redrive"), kwargs={"json": {"filter": {}}})
        for p in (manager, colleague)
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert len(outbox(admin_url)) == 20
    assert {x["state"] for x in letters(manager)} == {"redriven"}


def test_many_leave_at_the_rate_that_was_asked_for(stack: Stack, manager: Person, admin_url: str) -> None:
    died(stack, manager, 4)
    ids = [x["id"] for x in letters(manager)]
    body = {"letter_ids": ids[:3], "rate_per_s": 0.5, "delay_s": 10}
    done = manager.call("POST", "/v1/dead-letters/redrive", json=body)
    assert (sorted(done["letter_ids"]), done["left"], done["until_s"]) == (sorted(ids[:3]), False, 16)
    assert [seconds for _, seconds in outbox(admin_url)] == [10, 12, 14]


def test_all_are_redriven_page_by_page_and_what_dies_meanwhile_is_left(
    stack: Stack, manager: Person, admin_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.dead_letters.service.MOST_AT_ONCE", 2)
    died(stack, manager, 3)
    body: dict[str, Any] = {"filter": {"reason": "conflict"}, "rate_per_s": 2}
    first = manager.call("POST", "/v1/dead-letters/redrive", json=body)
    assert (len(first["letter_ids"]), first["left"], first["until_s"]) == (2, True, 1)
    died(stack, manager, 1)  # one of them, again
    body["filter"]["up_to"], body["delay_s"] = first["up_to"], first["until_s"]
    last = manager.call("POST", "/v1/dead-letters/redrive", json=body)
    assert (len(last["letter_ids"]), last["left"]) == (1, False)
    assert [seconds for _, seconds in outbox(admin_url)] == [0, 0.5, 1]
    assert [x["state"] for x in letters(manager)] == ["dead", "redriven", "redriven", "redriven"]


def test_bulk_with_a_key_is_done_once(stack: Stack, manager: Person) -> None:
    died(stack, manager, 2)
    headers = {"Authorization": f"Bearer {manager.token}", "Idempotency-Key": "k"}
    answers = [
        stack.client.post("/v1/dead-letters/redrive", json={"filter": {}}, headers=headers).json() for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert len(answers[0]["letter_ids"]) == 2


def test_letter_that_dies_again_tells_of_the_time_before(stack: Stack, manager: Person) -> None:
    text = decide(manager)
    for number in range(2):
        bury(stack, Topic.DECIDE, text, reason="conflict", error=f"time {number}")
        file_letters(stack)
        manager.call("POST", "/v1/dead-letters/redrive", json={"filter": {}})
        stack.relay()
        assert stack.receive_all(Topic.DECIDE) == [text]
    bury(stack, Topic.DECIDE, text)
    file_letters(stack)
    assert [x["redriven_before"] for x in letters(manager)] == [2, 1, 0]
    history = manager.call("GET", f"/v1/dead-letters/{letters(manager)[0]['id']}")["history"]
    assert [(h["state"], h["settled_by"]) for h in history] == [
        ("dead", None),
        ("redriven", manager.email),
        ("redriven", manager.email),
    ]


def test_discarded_letter_keeps_why_and_is_sent_nowhere(stack: Stack, manager: Person, admin_url: str) -> None:
    died(stack, manager, 2)
    done = manager.call("POST", "/v1/dead-letters/discard", json={"filter": {"queue": "decide"}, "reason": "a test"})
    assert (len(done["letter_ids"]), done["left"]) == (2, False)
    assert [(x["state"], x["note"], x["settled_by"]) for x in letters(manager)] == [
        ("discarded", "a test", manager.member_id)
    ] * 2
    assert outbox(admin_url) == []


def test_each_decision_is_in_the_trail_of_its_letter(stack: Stack, manager: Person) -> None:
    died(stack, manager, 3)
    ids = [x["id"] for x in letters(manager)]
    manager.call("POST", f"/v1/dead-letters/{ids[0]}/redrive")
    manager.call("POST", "/v1/dead-letters/redrive", json={"letter_ids": [ids[1]]})
    manager.call("POST", "/v1/dead-letters/discard", json={"letter_ids": [ids[2]], "reason": "old"})
    trail = [x for x in actions(manager) if x[0].startswith("dead_letter")]
    assert trail == [
        ("dead_letter_discarded", f"dead_letter:{ids[2]}"),
        ("dead_letter_redriven", f"dead_letter:{ids[1]}"),
        ("dead_letter_redriven", f"dead_letter:{ids[0]}"),
    ]


def test_organisations_never_see_or_settle_each_others_letters(stack: Stack, manager: Person) -> None:
    died(stack, manager)
    [line] = letters(manager)
    other = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.ADMIN)
    vendor = stack.add_person(stack.add_organisation(OrganisationKind.VENDOR), Role.ADMIN)
    for stranger in (other, vendor):
        assert letters(stranger) == []
        assert stranger.call("GET", "/v1/dead-letters/summary")["letters"] == 0
        stranger.call("GET", f"/v1/dead-letters/{line['id']}", expect=404)
        stranger.call("POST", f"/v1/dead-letters/{line['id']}/redrive", expect=404)
        choices: list[dict[str, Any]] = [{"letter_ids": [line["id"]]}, {"filter": {}}]
        for body in choices:
            assert stranger.call("POST", "/v1/dead-letters/redrive", json=body)["letter_ids"] == []
            assert stranger.call("POST", "/v1/dead-letters/discard", json=body | {"reason": "x"})["letter_ids"] == []
    assert letters(manager)[0]["state"] == "dead"


def test_letter_of_nobody_is_seen_by_no_member(stack: Stack, manager: Person, admin_url: str) -> None:
    bury(stack, Topic.DECIDE, "whose is this?")
    file_letters(stack)
    assert letters(manager) == []
    assert rows_of(admin_url) == [(None,)]


def test_supervisors_look_and_annotators_do_not(stack: Stack, manager: Person) -> None:
    died(stack, manager)
    supervisor = stack.add_person(manager.organisation_id, Role.SUPERVISOR)
    annotator = stack.add_person(manager.organisation_id, Role.ANNOTATOR)
    assert len(letters(supervisor)) == 1
    supervisor.call("POST", "/v1/dead-letters/redrive", json={"filter": {}}, expect=403)
    annotator.call("GET", "/v1/dead-letters", expect=403)


def labelled(stack: Stack) -> Job:
    job = make_job(stack)
    stack.put(job.bucket, "in/a.png", disc_png(1))
    stack.pump()
    return job


def test_letters_show_what_they_are_about(stack: Stack) -> None:
    job = labelled(stack)
    client = job.client.organisation_id
    [image], [task] = job.images(), job.tasks()
    bury(stack, Topic.IMAGES, envelope(ImageMessage(client_org=client, image_id=image["id"])))
    bury(stack, Topic.PRELABEL, envelope(PrelabelMessage(client_org=client, task_id=task["id"])))
    bury(stack, Topic.DECIDE, envelope(DecideMessage(client_org=client, task_id=task["id"], submits=1)))
    bury(stack, Topic.IMAGES, s3_event(job.bucket, "in/a.png"))
    file_letters(stack)
    about = [x["about"] for x in letters(job.client)]
    assert {a["image_id"] for a in about} == {image["id"]}
    assert {a["key"] for a in about} == {"in/a.png"}
    assert {a["project_id"] for a in about} == {job.project_id}
    assert {a["task_id"] for a in about} == {task["id"], None}
    assert all(job.stack.client.get(a["thumbnail_url"]).status_code == 200 for a in about)


def test_letter_of_a_webhook_shows_it_to_its_own_organisation(stack: Stack, admin_url: str) -> None:
    job = labelled(stack)
    made = job.vendor.call("POST", "/v1/webhooks", json={"url": "http://127.0.0.1:9/x"})
    for person in job.annotators:
        job.label(person, lambda lease: [])
    stack.pump()
    with psycopg.connect(admin_url) as admin:
        [(delivery,)] = admin.execute("SELECT id FROM webhook_delivery").fetchall()
    message = DeliveryMessage(organisation_id=job.vendor.organisation_id, delivery_id=delivery)
    bury(stack, Topic.WEBHOOK, envelope(message))
    file_letters(stack)
    [line] = letters(job.vendor)
    assert (line["about"]["webhook_id"], line["about"]["delivery_id"]) == (made["id"], delivery)
    assert line["about"]["project_id"] == job.project_id
    assert letters(job.client) == []


def test_export_is_a_line_a_letter_and_no_formula(stack: Stack, manager: Person) -> None:
    died(stack, manager, 2)
    bury(stack, Topic.DECIDE, decide(manager), reason="conflict", error="=cmd")
    file_letters(stack)
    headers = {"Authorization": f"Bearer {manager.token}"}
    answer = stack.client.get("/v1/dead-letters.csv?queue=decide&state=dead", headers=headers)
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [r["error"] for r in rows] == ["'=cmd", "it broke", "it broke"]


@pytest.mark.parametrize("body", [{}, {"letter_ids": [1], "filter": {}}])
def test_decision_without_one_choice_names_what_is_missing(manager: Person, body: dict[str, Any]) -> None:
    problem = manager.call("POST", "/v1/dead-letters/redrive", json=body, expect=422)
    assert "letter_ids or filter" in problem["detail"]
