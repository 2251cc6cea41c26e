"""What travels through queues: hints ("look at task 42"), never state. S3's own event form is parsed here too."""

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import unquote_plus

from pydantic import BaseModel, ConfigDict, Field


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    client_org: int


class ImageMessage(_Message):
    type: Literal["image"] = "image"
    image_id: int


class KeyMessage(_Message):
    """Look at a key of a source, whatever its state is now."""

    type: Literal["key"] = "key"
    source_id: int
    key: str


class FeedMessage(_Message):
    """Give every image of a source that is ready its item in a project that the source feeds anew."""

    type: Literal["feed"] = "feed"
    feed_id: int


class PrelabelMessage(_Message):
    type: Literal["prelabel"] = "prelabel"
    task_id: int


class DecideMessage(_Message):
    type: Literal["decide"] = "decide"
    task_id: int
    submits: int


class ReleaseMessage(_Message):
    type: Literal["release"] = "release"
    release_id: int


class ImportMessage(_Message):
    type: Literal["import"] = "import"
    import_id: int


class EventMessage(_Message):
    """Make a delivery of an event for each subscription that wants it."""

    type: Literal["event"] = "event"
    event_id: int


class DeliveryMessage(_Message):
    """Deliver an event to a subscription of `organisation_id`, if it still waits."""

    type: Literal["delivery"] = "delivery"
    organisation_id: int
    delivery_id: int


Message = Annotated[
    ImageMessage
    | KeyMessage
    | FeedMessage
    | PrelabelMessage
    | DecideMessage
    | ReleaseMessage
    | ImportMessage
    | EventMessage
    | DeliveryMessage,
    Field(discriminator="type"),
]


class Envelope(BaseModel):
    """A message with its identity and where it came from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: Literal[1] = 1
    occurred_at: datetime
    trace: str | None = None
    body: Message


class KeyEvent(BaseModel):
    """One record of an S3 notification."""

    model_config = ConfigDict(frozen=True)

    bucket: str
    key: str
    removed: bool
    sequencer: str


def parse_s3_event(body: dict[str, Any]) -> list[KeyEvent] | None:
    """Return the records of an S3 notification, [] for `s3:TestEvent`, None when this is no S3 notification.

    Keys are decoded as S3 encodes them (form encoding: `+` is a space).
    """
    if body.get("Event") == "s3:TestEvent":
        return []
    records = body.get("Records")
    if not isinstance(records, list):
        return None
    events = []
    for record in records:
        if record.get("eventSource") != "aws:s3":
            return None
        name: str = record["eventName"]
        thing = record["s3"]["object"]
        events.append(
            KeyEvent(
                bucket=record["s3"]["bucket"]["name"],
                key=unquote_plus(thing["key"]),
                removed=name.startswith("ObjectRemoved:"),
                sequencer=thing.get("sequencer", ""),
            )
        )
    return events
