"""Webhooks from the event to a real receiver: signed, once, again after a fault, and to nobody else."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from domain.events.service import emit
from domain.scope import Scope
from domain.webhooks.rules import MOST_ATTEMPTS, MOST_FAILURES
from schema.enums import EventKind, OrganisationKind, Role, Topic
from tests.harness import ONTOLOGY, Person, Stack
from tests.receiver import Arrived, Receiver, open_receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as opened:
        yield opened


@pytest.fixture
def client(stack: Stack) -> Person:
    return stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)


@pytest.fixture
def project_id(client: Person) -> int:
    return make_project(client)


def make_project(client: Person) -> int:
    return int(client.call("POST", "/v1/projects", json={"name": "Coins", "ontology": ONTOLOGY})["id"])


def subscribe(person: Person, receiver: Receiver, **more: Any) -> dict[str, Any]:
    return dict(person.call("POST", "/v1/webhooks", json={"url": receiver.url} | more))


def happen(
    stack: Stack, client: Person, project_id: int, kind: EventKind = EventKind.TASK_ACCEPTED, **facts: object
) -> None:
    with stack.database.begin(Scope(client.organisation_id)) as session:
        emit(session, kind, client_org=client.organisation_id, project_id=project_id, aggregate_id=5, **facts)


def deliveries(person: Person, webhook: dict[str, Any]) -> list[dict[str, Any]]:
    return list(person.call("GET", f"/v1/webhooks/{webhook['id']}/deliveries")["items"])


def make_due(admin_url: str) -> None:
    """Let the pauses of all waiting deliveries be over."""
    with psycopg.connect(admin_url) as admin:
        admin.execute("UPDATE webhook_delivery SET next_at = now(), state_since = now() WHERE state = 'waiting'")
        admin.execute("UPDATE outbox SET not_before = now()")


def bodies(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in receiver.arrived]


def is_signed(one: Arrived, secret: str) -> bool:
    """Check a signature as the standard's own text describes it."""
    key = base64.b64decode(secret.split("_", 1)[1])
    signed = b".".join([one.headers["webhook-id"].encode(), one.headers["webhook-timestamp"].encode(), one.body])
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return f"v1,{expected}" in one.headers["webhook-signature"].split()


def test_event_is_delivered_once_and_signed(stack: Stack, client: Person, project_id: int, receiver: Receiver) -> None:
    webhook = subscribe(client, receiver)
    happen(stack, client, project_id, round=1)
    stack.pump()
    [one] = receiver.arrived
    assert is_signed(one, webhook["secret"])
    assert one.path == "/hook?from=plumbline"
    told = json.loads(one.body)
    assert one.headers["webhook-id"] == f"evt_{told['id']}"
    assert told["data"] == {"round": 1}
    assert (told["kind"], told["aggregate"], told["aggregate_id"], told["sequence"]) == ("task.accepted", "task", 5, 1)
    [delivery] = deliveries(client, webhook)
    assert (delivery["state"], delivery["status"], delivery["attempts"], delivery["next_at"]) == (
        "delivered",
        204,
        1,
        None,
    )


def test_repeated_messages_deliver_nothing_twice(
    stack: Stack, client: Person, project_id: int, receiver: Receiver
) -> None:
    subscribe(client, receiver)
    happen(stack, client, project_id)
    stack.pump()
    for topic, body in list(stack.delivered):
        stack.deliver(topic, body)
    stack.sweep()
    stack.pump()
    assert len(receiver.arrived) == 1


def test_event_that_was_announced_in_vain_is_fanned_out_by_the_sweep(
    stack: Stack, client: Person, project_id: int, receiver: Receiver
) -> None:
    subscribe(client, receiver)
    happen(stack, client, project_id)
    stack.relay()
    stack.receive_all(Topic.WEBHOOK)  # lost
    stack.sweep()
    stack.relay()
    [body] = stack.receive_all(Topic.WEBHOOK)
    stack.deliver(Topic.WEBHOOK, body)
    stack.relay()
    stack.receive_all(Topic.WEBHOOK)  # the delivery's message is lost too
    stack.sweep()
    stack.pump()
    assert len(receiver.arrived) == 1


def test_delivery_that_failed_is_tried_again_with_the_same_id(
    stack: Stack, client: Person, project_id: int, receiver: Receiver, admin_url: str
) -> None:
    webhook = subscribe(client, receiver)
    receiver.will_answer(500, 503, body=b"out of order")
    happen(stack, client, project_id)
    stack.pump()
    [failed] = deliveries(client, webhook)
    assert (failed["state"], failed["status"], failed["error"]) == ("waiting", 500, "out of order")
    for _ in range(2):
        make_due(admin_url)
        stack.pump()
    [delivery] = deliveries(client, webhook)
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 3)
    assert len({one.headers["webhook-id"] for one in receiver.arrived}) == 1


def test_delivery_that_is_not_due_is_not_sent(
    stack: Stack, client: Person, project_id: int, receiver: Receiver, admin_url: str
) -> None:
    subscribe(client, receiver)
    receiver.will_answer(500)
    happen(stack, client, project_id)
    stack.pump()
    with psycopg.connect(admin_url) as admin:
        admin.execute("UPDATE webhook_delivery SET next_at = now() + interval '1 hour'")
    topic, body = stack.delivered[-1]
    stack.deliver(topic, body)
    assert len(receiver.arrived) == 1


def test_subscription_stops_after_deliveries_that_failed_for_good(
    stack: Stack, client: Person, project_id: int, receiver: Receiver, admin_url: str
) -> None:
    webhook = subscribe(client, receiver)
    receiver.will_answer(*[500] * MOST_FAILURES)
    for _ in range(MOST_FAILURES + 1):
        happen(stack, client, project_id)
    stack.relay()
    for body in stack.receive_all(Topic.WEBHOOK):
        stack.deliver(Topic.WEBHOOK, body)
    with psycopg.connect(admin_url) as admin:
        admin.execute("UPDATE webhook_delivery SET attempts = %s", (MOST_ATTEMPTS - 1,))
    stack.pump()
    shown = client.call("GET", f"/v1/webhooks/{webhook['id']}")
    assert shown["active"] is False
    assert "deliveries in a row failed" in shown["stopped_reason"]
    assert len(receiver.arrived) == MOST_FAILURES  # the last was not sent to a stopped one
    resumed = client.call("PATCH", f"/v1/webhooks/{webhook['id']}", json={"active": True})
    assert (resumed["active"], resumed["stopped_reason"]) == (True, None)
    happen(stack, client, project_id)
    stack.pump()
    assert deliveries(client, webhook)[0]["state"] == "delivered"


def test_receiver_that_is_gone_stops_its_subscription(
    stack: Stack, client: Person, project_id: int, receiver: Receiver
) -> None:
    webhook = subscribe(client, receiver)
    receiver.will_answer(410)
    happen(stack, client, project_id)
    stack.pump()
    shown = client.call("GET", f"/v1/webhooks/{webhook['id']}")
    assert shown["active"] is False
    assert "410" in shown["stopped_reason"]
    assert deliveries(client, webhook)[0]["state"] == "failed"
    client.call("POST", f"/v1/webhooks/{webhook['id']}/deliveries/1/redeliver", expect=409)


def test_redirect_is_not_followed(stack: Stack, client: Person, project_id: int, receiver: Receiver) -> None:
    webhook = subscribe(client, receiver)
    receiver.will_answer(302, Location=receiver.url)
    happen(stack, client, project_id)
    stack.pump()
    [delivery] = deliveries(client, webhook)
    assert (delivery["state"], delivery["status"]) == ("waiting", 302)
    assert "not followed" in delivery["error"]
    assert len(receiver.arrived) == 1


def test_redelivery_is_sent_again(stack: Stack, client: Person, project_id: int, receiver: Receiver) -> None:
    webhook = subscribe(client, receiver)
    happen(stack, client, project_id)
    stack.pump()
    [delivery] = deliveries(client, webhook)
    path = f"/v1/webhooks/{webhook['id']}/deliveries/{delivery['id']}"
    client.call("POST", f"{path}/redeliver", expect=202)
    stack.pump()
    assert bodies(receiver)[0] == bodies(receiver)[1]
    assert client.call("GET", path)["event"] == bodies(receiver)[0]


def test_vendor_is_told_of_projects_it_is_engaged_for_alone(
    stack: Stack, client: Person, project_id: int, receiver: Receiver
) -> None:
    vendor = stack.add_person(stack.add_organisation(OrganisationKind.VENDOR), Role.MANAGER)
    other = make_project(client)
    webhook = subscribe(vendor, receiver)
    client.call("PUT", f"/v1/projects/{project_id}/vendors/{vendor.organisation_id}")
    happen(stack, client, other)
    happen(stack, client, project_id)
    stack.pump()
    assert [told["project_id"] for told in bodies(receiver)] == [project_id]
    assert len(deliveries(vendor, webhook)) == 1
    vendor.call("GET", f"/v1/events?project_id={other}", expect=404)


def test_what_concerns_one_vendor_is_kept_from_another(
    stack: Stack, client: Person, project_id: int, receiver: Receiver
) -> None:
    vendors = [stack.add_person(stack.add_organisation(OrganisationKind.VENDOR), Role.MANAGER) for _ in range(2)]
    for vendor in vendors:
        client.call("PUT", f"/v1/projects/{project_id}/vendors/{vendor.organisation_id}")
    webhooks = [subscribe(vendor, receiver) for vendor in vendors]
    happen(stack, client, project_id, EventKind.COMMENT_CREATED, vendor_org=vendors[0].organisation_id)
    stack.pump()
    assert [len(deliveries(v, w)) for v, w in zip(vendors, webhooks, strict=True)] == [1, 0]
    logs = [v.call("GET", f"/v1/events?project_id={project_id}")["items"] for v in vendors]
    assert [len(log) for log in logs] == [1, 0]


def test_engagement_that_ended_ends_what_waits(
    stack: Stack, client: Person, project_id: int, receiver: Receiver, admin_url: str
) -> None:
    vendor = stack.add_person(stack.add_organisation(OrganisationKind.VENDOR), Role.MANAGER)
    client.call("PUT", f"/v1/projects/{project_id}/vendors/{vendor.organisation_id}")
    webhook = subscribe(vendor, receiver)
    receiver.will_answer(500)
    happen(stack, client, project_id)
    stack.pump()
    with psycopg.connect(admin_url) as admin:
        admin.execute("UPDATE engagement SET ended_at = now()")
    make_due(admin_url)
    stack.pump()
    [delivery] = deliveries(vendor, webhook)
    assert (delivery["state"], delivery["kind"]) == ("failed", None)
    assert len(receiver.arrived) == 1


def test_subscription_gets_the_kinds_and_the_project_it_asked_for(
    stack: Stack, client: Person, project_id: int, receiver: Receiver
) -> None:
    other = make_project(client)
    subscribe(client, receiver, kinds=["release.complete"], project_id=project_id)
    happen(stack, client, project_id)
    happen(stack, client, other, EventKind.RELEASE_COMPLETE)
    happen(stack, client, project_id, EventKind.RELEASE_COMPLETE)
    stack.pump()
    assert [(told["kind"], told["project_id"]) for told in bodies(receiver)] == [("release.complete", project_id)]


def test_ping_tells_what_came_of_it(client: Person, receiver: Receiver) -> None:
    webhook = subscribe(client, receiver)
    assert client.call("POST", f"/v1/webhooks/{webhook['id']}/test")["delivered"] is True
    receiver.will_answer(400, body=b"bad signature")
    told = client.call("POST", f"/v1/webhooks/{webhook['id']}/test")
    assert (told["delivered"], told["status"], told["error"]) == (False, 400, "bad signature")
    assert bodies(receiver)[0]["kind"] == "ping"
    assert is_signed(receiver.arrived[0], webhook["secret"])


def test_new_secret_signs_from_now_on_and_is_not_shown_again(client: Person, receiver: Receiver) -> None:
    webhook = subscribe(client, receiver)
    path = f"/v1/webhooks/{webhook['id']}"
    secret = client.call("POST", f"{path}/secret")["secret"]
    client.call("POST", f"{path}/test")
    assert secret != webhook["secret"]
    assert is_signed(receiver.arrived[0], secret)
    assert "secret" not in client.call("GET", path)


def test_removed_webhook_is_gone(stack: Stack, client: Person, project_id: int, receiver: Receiver) -> None:
    webhook = subscribe(client, receiver)
    client.call("DELETE", f"/v1/webhooks/{webhook['id']}")
    happen(stack, client, project_id)
    stack.pump()
    client.call("GET", f"/v1/webhooks/{webhook['id']}", expect=404)
    assert client.call("GET", "/v1/webhooks")["items"] == []
    assert receiver.arrived == []


def test_webhooks_are_their_organisations_and_their_managers_alone(
    stack: Stack, client: Person, receiver: Receiver
) -> None:
    webhook = subscribe(client, receiver)
    stranger = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    annotator = stack.add_person(client.organisation_id, Role.ANNOTATOR)
    path = f"/v1/webhooks/{webhook['id']}"
    for method, place in (("GET", path), ("DELETE", path), ("POST", f"{path}/test"), ("GET", f"{path}/deliveries")):
        stranger.call(method, place, expect=404)
        annotator.call(method, place, expect=403)


def test_change_of_what_was_not_seen_is_refused(client: Person, receiver: Receiver) -> None:
    path = f"/v1/webhooks/{subscribe(client, receiver)['id']}"
    headers = {"Authorization": f"Bearer {client.token}"}
    seen = client.client.get(path, headers=headers).headers["ETag"]
    client.call("PATCH", path, json={"kinds": ["task.rejected"]})
    answer = client.client.patch(path, json={"active": False}, headers={**headers, "If-Match": seen})
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")


def test_audit_tells_who_did_what_without_the_secret(client: Person, receiver: Receiver, admin_url: str) -> None:
    webhook = subscribe(client, receiver)
    client.call("PATCH", f"/v1/webhooks/{webhook['id']}", json={"active": False})
    with psycopg.connect(admin_url) as admin:
        rows = admin.execute("SELECT action, member_id, detail::text FROM audit_event ORDER BY id").fetchall()
    told = [row for row in rows if row[0].startswith("webhook_")]
    assert [(row[0], row[1]) for row in told] == [
        ("webhook_created", client.member_id),
        ("webhook_changed", client.member_id),
    ]
    assert webhook["secret"] not in str(rows)
