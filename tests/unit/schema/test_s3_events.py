"""What buckets send, in the three forms in which it reaches our queue."""

import json
from typing import Any

import pytest

from schema.s3_events import parse_s3_event


def record(name: str, key: str, **more: str) -> dict[str, Any]:
    thing = {"key": key, "sequencer": "0055AED6DCD90281E5", **more}
    return {"eventSource": "aws:s3", "eventName": name, "s3": {"bucket": {"name": "b"}, "object": thing}}


def bridged(kind: str, key: str, *, detail: dict[str, Any] | None = None, **more: str) -> dict[str, Any]:
    thing = {"key": key, "sequencer": "0055", **more}
    return {
        "source": "aws.s3",
        "detail-type": kind,
        "detail": {"bucket": {"name": "b"}, "object": thing, **(detail or {})},
    }


def notified(body: dict[str, Any]) -> dict[str, Any]:
    return {"Type": "Notification", "MessageId": "1", "Message": json.dumps(body)}


def test_keys_of_events_are_decoded_as_s3_encodes_them() -> None:
    body = {"Records": [record("ObjectCreated:Put", "a+folder/caf%C3%A9+%2B1.jpg")]}
    [event] = parse_s3_event(body) or []
    assert (event.key, event.removed) == ("a folder/café +1.jpg", False)


def test_keys_of_eventbridge_are_taken_as_they_are() -> None:
    [event] = parse_s3_event(bridged("Object Created", "a+b%20c.jpg")) or []
    assert (event.bucket, event.key, event.sequencer) == ("b", "a+b%20c.jpg", "0055")


def test_removal_is_told_from_creation() -> None:
    body = {"Records": [record("ObjectRemoved:DeleteMarkerCreated", "a"), record("ObjectCreated:Copy", "b")]}
    assert [e.removed for e in parse_s3_event(body) or []] == [True, False]


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("ObjectRemoved:Delete", "v1"),
        ("ObjectRemoved:DeleteMarkerCreated", None),
        ("LifecycleExpiration:Delete", "v1"),
        ("LifecycleExpiration:DeleteMarkerCreated", None),
        ("ObjectCreated:Put", None),
        ("s3:ObjectRemoved:Delete", "v1"),
    ],
)
def test_only_a_versioned_delete_names_a_version_that_is_gone(name: str, gone: str | None) -> None:
    [event] = parse_s3_event({"Records": [record(name, "a", versionId="v1")]}) or []
    assert (event.version_id, event.removed_version) == ("v1", gone)


@pytest.mark.parametrize(("how", "gone"), [("Permanently Deleted", "v1"), ("Delete Marker Created", None)])
def test_eventbridge_tells_a_marker_from_a_version_that_is_gone(how: str, gone: str | None) -> None:
    body = bridged("Object Deleted", "a", detail={"deletion-type": how}, **{"version-id": "v1"})
    [event] = parse_s3_event(body) or []
    assert (event.removed, event.removed_version) == (True, gone)


def test_other_kinds_of_eventbridge_tell_of_no_key() -> None:
    assert parse_s3_event(bridged("Object Tags Added", "a")) == []


@pytest.mark.parametrize("inner", [{"Records": [record("ObjectCreated:Put", "a")]}, bridged("Object Created", "a")])
def test_message_of_sns_is_what_it_holds(inner: dict[str, Any]) -> None:
    assert [e.key for e in parse_s3_event(notified(inner)) or []] == ["a"]


def test_test_event_has_no_records() -> None:
    test = {"Event": "s3:TestEvent", "Bucket": "b"}
    assert (parse_s3_event(test), parse_s3_event(notified(test))) == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"Records": "none"},
        {"Records": [{"eventSource": "aws:sns"}]},
        {"Records": ["a"]},
        {"Records": [{"eventSource": "aws:s3"}]},
        {"Type": "Notification", "Message": "hello"},
        {"Type": "SubscriptionConfirmation", "Message": "{}"},
        {"source": "aws.s3", "detail-type": "Object Created", "detail": {}},
        {"source": "aws.ec2", "detail-type": "Object Created", "detail": {}},
    ],
)
def test_other_documents_are_no_s3_event(body: dict[str, Any]) -> None:
    assert parse_s3_event(body) is None
