"""What is filed of a dead letter, whatever its queue held."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.dead_letters.rules import (
    MAX_ID,
    DeadMessage,
    Reading,
    Target,
    parse_document,
    read_message,
    remedy_of,
    said_by,
    target_of,
)
from runtime.tracing import parse_traceparent
from schema.enums import Topic

NOW = datetime(2026, 1, 9, tzinfo=UTC)
SENT = datetime(2026, 1, 8, tzinfo=UTC)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
SAID = {"reason": "bucket_refused", "error": "no access", "attempts": "5"}
DECIDE = {
    "id": "e-1",
    "version": 1,
    "occurred_at": "2026-01-07T00:00:00Z",
    "trace": TRACE,
    "body": {"type": "decide", "client_org": 3, "task_id": 7, "submits": 2},
}


def read(body: object, said: Mapping[str, str] = SAID, *, receives: int = 1) -> Reading:
    text = body if isinstance(body, str) else json.dumps(body)
    message = DeadMessage(Topic.DECIDE, "m-1", text, said, receives, SENT)
    return read_message(message, now=NOW, max_receives=5, trace_of=parse_traceparent)


def test_letter_of_a_worker_is_read_whole() -> None:
    found = read(DECIDE)
    assert replace(found, body="") == Reading(
        queue=Topic.DECIDE,
        message_id="m-1",
        envelope_id="e-1",
        kind="decide",
        body="",
        reason="bucket_refused",
        error="no access",
        attempts=5,
        trace_id=UUID("4bf92f35-77b3-4da6-a3ce-929d0e0e4736"),
        sent_at=datetime(2026, 1, 7, tzinfo=UTC),
        died_at=SENT,
        organisations=(3,),
        keys=(),
    )


def test_letter_that_the_queue_moved_says_what_that_means() -> None:
    found = read(DECIDE, {}, receives=7)
    assert (found.reason, found.attempts, found.sent_at, found.died_at) == ("worker_died", 6, SENT, NOW)
    assert "6 times" in found.error
    assert "logs" in found.error


def test_queue_that_counts_anew_counts_at_least_its_own_limit() -> None:
    assert read(DECIDE, {}, receives=1).attempts == 5


def test_error_without_a_reason_is_of_a_worker_before_the_desk() -> None:
    assert read("x", {"error": "not JSON"}).reason == "message_unknown"


@pytest.mark.parametrize("reason", ["", "Not A Code", "x" * 80, "drop table"])
def test_reason_that_is_no_code_is_unknown(reason: str) -> None:
    assert read(DECIDE, {"reason": reason}).reason == "unknown"


@pytest.mark.parametrize("attempts", ["", "many", "-1", "9" * 40, "٣"])
def test_attempts_that_are_no_number_count_as_one(attempts: str) -> None:
    assert read(DECIDE, {"reason": "conflict", "attempts": attempts}).attempts == 1


@pytest.mark.parametrize("organisation", [True, 0, -1, MAX_ID + 1, "3", 3.0, None, {}])
def test_what_cannot_be_an_organisation_names_none(organisation: object) -> None:
    assert read(DECIDE | {"body": {"type": "decide", "client_org": organisation}}).organisations == ()


def test_delivery_is_about_the_organisation_of_its_webhook() -> None:
    delivery = {"type": "delivery", "organisation_id": 9, "delivery_id": 4}
    assert read(DECIDE | {"body": delivery}).organisations == (9,)


def test_what_has_no_envelope_is_known_again_by_its_text() -> None:
    assert read("plain").envelope_id == read("plain").envelope_id != read("other").envelope_id


def test_text_that_postgresql_cannot_hold_is_filed_without_that() -> None:
    assert read("a\x00b\ud800c").body == "a\ufffdb?c"


@pytest.mark.parametrize(
    "text", ["", "[1]", '{"body": 7}', "[" * 100_000, "NaN", '{"id": ["x"], "body": {}}', '{"client_org": 1e999}']
)
def test_strange_text_is_of_an_unknown_kind(text: str) -> None:
    found = read(text)
    assert (found.kind, found.organisations) == ("unknown", ())


def test_event_of_a_bucket_tells_its_keys() -> None:
    thing = {"bucket": {"name": "b"}, "object": {"key": "in/a+b.png", "sequencer": "1"}}
    event = {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": thing}]}
    found = read(event)
    assert (found.kind, [(k.bucket, k.key) for k in found.keys]) == ("s3_event", [("b", "in/a b.png")])
    assert target_of(json.dumps(event)) == Target(bucket="b", key="in/a b.png")


def test_event_that_sns_wrapped_too_deep_tells_none() -> None:
    assert read({"Type": "Notification", "Message": "[" * 100_000}).keys == ()


@given(st.text(), st.dictionaries(st.sampled_from(["reason", "error", "attempts"]), st.text()))
def test_any_text_can_be_filed(text: str, said: dict[str, str]) -> None:
    found = read(text, said)
    for written in (found.body, found.error, found.reason, found.kind, found.envelope_id):
        assert "\x00" not in written
        written.encode()
    assert 0 <= found.attempts <= 32_767


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "body", "type", "client_org", "x"]), inner),
)


@given(st.dictionaries(st.sampled_from(["id", "body", "Records", "Type", "trace", "occurred_at", "source"]), JSON))
def test_any_document_can_be_filed(document: dict[str, object]) -> None:
    text = json.dumps(document)
    assert read(text).sent_at <= SENT
    assert target_of(text).image_id is None
    assert "\n" not in said_by(text)


def test_what_a_message_names_is_found() -> None:
    assert target_of(json.dumps(DECIDE)) == Target(task_id=7)


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": "\\ud800"}', "[]", "x", '{"a": 1e999}'])
def test_document_that_could_not_be_written_again_is_none(text: str) -> None:
    assert parse_document(text) is None


def test_every_reason_has_a_remedy() -> None:
    assert all(remedy_of(reason).endswith(".") for reason in ("worker_died", "conflict", "never_heard_of"))
