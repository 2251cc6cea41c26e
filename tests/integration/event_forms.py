"""What S3 tells of a key, in the three forms in which it may reach our queue."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

Dress = Callable[[str], str]


def as_it_is(body: str) -> str:
    return body


def in_sns(body: str) -> str:
    """The notification inside a message of SNS; what is none of S3's stays as it is."""
    return json.dumps({"Type": "Notification", "TopicArn": "t", "Message": body}) if is_of_s3(body) else body


def by_eventbridge(body: str) -> str:
    """The event of EventBridge that S3 sends beside this notification; what is none of S3's stays as it is."""
    if not is_of_s3(body):
        return body
    [record] = json.loads(body)["Records"]
    return json.dumps(_bridged(record))


FORMS: dict[str, Dress] = {"s3": as_it_is, "sns": in_sns, "eventbridge": by_eventbridge}


def is_of_s3(body: str) -> bool:
    return '"aws:s3"' in body


def describe(body: str) -> tuple[str, str] | None:
    """Return the form of an event and what it tells: created, deleted, version, marker or test; None for a message of
    ours."""
    found = json.loads(body)
    if found.get("Event") == "s3:TestEvent":
        return "s3", "test"
    if found.get("Type") == "Notification":
        return "sns", _told(json.loads(found["Message"])["Records"][0])
    if found.get("source") == "aws.s3":
        if found["detail-type"] == "Object Created":
            return "eventbridge", "created"
        if found["detail"]["deletion-type"] == "Delete Marker Created":
            return "eventbridge", "marker"
        return "eventbridge", "version" if "version-id" in found["detail"]["object"] else "deleted"
    return ("s3", _told(found["Records"][0])) if "Records" in found else None


def key_of(body: str) -> tuple[str, str] | None:
    """Return bucket and key of an event; None for our own messages."""
    found = json.loads(body)
    if found.get("Type") == "Notification":
        found = json.loads(found["Message"])
    if found.get("source") == "aws.s3":
        return found["detail"]["bucket"]["name"], found["detail"]["object"]["key"]
    if "Records" not in found:
        return None
    told = found["Records"][0]["s3"]
    return told["bucket"]["name"], unquote_plus(told["object"]["key"])


def _told(record: dict[str, Any]) -> str:
    name = record["eventName"]
    if "ObjectCreated" in name:
        return "created"
    if "DeleteMarkerCreated" in name:
        return "marker"
    return "version" if record["s3"]["object"].get("versionId") else "deleted"


def _bridged(record: dict[str, Any]) -> dict[str, Any]:
    told, thing = _told(record), record["s3"]["object"]
    detail: dict[str, Any] = {
        "bucket": {"name": record["s3"]["bucket"]["name"]},
        "object": {"key": unquote_plus(thing["key"]), "sequencer": thing.get("sequencer", "")},
    }
    if "versionId" in thing:
        detail["object"]["version-id"] = thing["versionId"]
    if told != "created":
        detail["deletion-type"] = "Delete Marker Created" if told == "marker" else "Permanently Deleted"
    return {
        "version": "0",
        "source": "aws.s3",
        "detail-type": "Object Created" if told == "created" else "Object Deleted",
        "detail": detail,
    }
