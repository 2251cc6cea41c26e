"""What a bucket tells of its keys, in the three forms in which it reaches our queue: S3's own notification, the same
inside a message of SNS, and an event of EventBridge. An event says where to look, never what is there."""

import json
from typing import Any
from urllib.parse import unquote_plus

from pydantic import BaseModel, ConfigDict

_CREATED, _DELETED = "Object Created", "Object Deleted"
_MARKER = "DeleteMarkerCreated"
_REMOVING = ("ObjectRemoved:", "LifecycleExpiration:")


class KeyEvent(BaseModel):
    """A key of a bucket that changed.

    `removed_version` names the one version that is gone for good; a delete marker, like a new object, is about the key.
    """

    model_config = ConfigDict(frozen=True)

    bucket: str
    key: str
    removed: bool
    sequencer: str
    version_id: str | None = None
    removed_version: str | None = None


def parse_s3_event(body: dict[str, Any]) -> list[KeyEvent] | None:
    """Return what a message tells of keys, [] for `s3:TestEvent`, None when it is none of the three forms."""
    try:
        if body.get("Type") == "Notification" and isinstance(body.get("Message"), str):
            inner = json.loads(body["Message"])
            return _parse(inner) if isinstance(inner, dict) else None
        return _parse(body)
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


def _parse(body: dict[str, Any]) -> list[KeyEvent] | None:
    if body.get("Event") == "s3:TestEvent":
        return []
    if body.get("source") == "aws.s3":
        return _parse_eventbridge(body)
    records = body.get("Records")
    if not isinstance(records, list) or any(r.get("eventSource") != "aws:s3" for r in records):
        return None
    return [_parse_record(record) for record in records]


def _parse_record(record: dict[str, Any]) -> KeyEvent:
    """Parse one record of S3; keys are form-encoded in it (`+` is a space)."""
    name = str(record["eventName"]).removeprefix("s3:")
    thing = record["s3"]["object"]
    removed = name.startswith(_REMOVING)
    version_id = thing.get("versionId")
    return KeyEvent(
        bucket=record["s3"]["bucket"]["name"],
        key=unquote_plus(thing["key"]),
        removed=removed,
        sequencer=thing.get("sequencer", ""),
        version_id=version_id,
        removed_version=version_id if removed and not name.endswith(_MARKER) else None,
    )


def _parse_eventbridge(body: dict[str, Any]) -> list[KeyEvent] | None:
    """Parse an event of EventBridge, which writes keys as they are. Other kinds (tags, restores) change no picture."""
    kind, detail = body["detail-type"], body["detail"]
    if kind not in (_CREATED, _DELETED):
        return []
    thing = detail["object"]
    version_id = thing.get("version-id")
    gone = kind == _DELETED and detail.get("deletion-type") != "Delete Marker Created"
    return [
        KeyEvent(
            bucket=detail["bucket"]["name"],
            key=thing["key"],
            removed=kind == _DELETED,
            sequencer=thing.get("sequencer", ""),
            version_id=version_id,
            removed_version=version_id if gone else None,
        )
    ]
