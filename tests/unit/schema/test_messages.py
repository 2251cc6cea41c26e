"""Envelopes, and the shapes of projects."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from schema.ids import new_object_id
from schema.messages import DecideMessage, Envelope, ImageMessage
from schema.objects import ObjectDocument
from schema.projects import Ontology, Policy
from workers.envelope import parse_message
from workers.errors import MessageUnknown


def envelope(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    made = {"id": "1", "version": 1, "occurred_at": datetime(2026, 1, 1, tzinfo=UTC).isoformat(), "body": body}
    return json.loads(json.dumps(made | changes))  # type: ignore[no-any-return]


def test_message_comes_out_of_its_envelope() -> None:
    message = parse_message(envelope({"type": "image", "client_org": 1, "image_id": 2}), ImageMessage)
    assert message == ImageMessage(client_org=1, image_id=2)


@pytest.mark.parametrize(
    "body",
    [
        envelope({"type": "image", "client_org": 1, "image_id": 2}, version=2),
        envelope({"type": "telegram", "client_org": 1}),
        envelope({"type": "image", "client_org": 1}),
        envelope({"type": "image", "client_org": 1, "image_id": 2}),
    ],
)
def test_message_of_another_version_type_or_queue_is_unknown(body: dict[str, Any]) -> None:
    with pytest.raises(MessageUnknown):
        parse_message(body, DecideMessage)


def test_newer_version_says_what_to_do() -> None:
    body = envelope({"type": "image", "client_org": 1, "image_id": 2}, version=2)
    with pytest.raises(MessageUnknown, match=r"version 2 .* bring these workers up to date"):
        parse_message(body, ImageMessage)


def test_envelope_survives_json() -> None:
    made = Envelope.model_validate(envelope({"type": "decide", "client_org": 1, "task_id": 2, "submits": 3}))
    assert Envelope.model_validate_json(made.model_dump_json()) == made


def test_object_ids_are_uuid7_and_grow_with_time() -> None:
    ids = [new_object_id() for _ in range(100)]
    assert {i.version for i in ids} == {7}
    assert [i.int >> 80 for i in ids] == sorted(i.int >> 80 for i in ids)
    assert len(set(ids)) == 100


def test_one_object_id_twice_in_a_document_is_refused() -> None:
    tag = {"id": str(new_object_id()), "class_id": 1, "shape": {"type": "tag"}}
    with pytest.raises(ValidationError, match="stands twice"):
        ObjectDocument.model_validate({"objects": [tag, tag]})


@pytest.mark.parametrize(
    ("classes", "problem"),
    [
        ([{"class_id": 1, "name": "a"}, {"class_id": 1, "name": "b"}], "share a class_id"),
        ([{"class_id": 1, "name": "Cat"}, {"class_id": 2, "name": "cat"}], "share a name"),
        ([], "at least 1 item"),
    ],
)
def test_ambiguous_ontology_is_refused(classes: list[dict[str, Any]], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Ontology.model_validate({"classes": classes})


@pytest.mark.parametrize(
    ("policy", "problem"),
    [
        ({"min_votes": 4, "max_votes": 3}, "max_votes"),
        ({"prelabeling": "plain_background"}, "prelabel_class_id"),
        ({"quorum": 0}, "greater than 0"),
    ],
)
def test_policy_that_cannot_work_is_refused(policy: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Policy.model_validate(policy)
