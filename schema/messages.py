"""What travels through queues: hints ("look at task 42"), never state. What buckets send is in `s3_events.py`."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Hint(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Message(_Hint):
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


class RightsMessage(_Message):
    """Decide anew who of an organisation may work in a project."""

    type: Literal["rights"] = "rights"
    project_id: int
    vendor_org: int


class ReleaseMessage(_Message):
    type: Literal["release"] = "release"
    release_id: int


class ImportMessage(_Message):
    type: Literal["import"] = "import"
    import_id: int


class ModelMessage(_Message):
    """Validate an uploaded model."""

    type: Literal["model"] = "model"
    model_version_id: int


class RunMessage(_Message):
    """Cut the next items of a run into chunks, or complete it when all of them are done."""

    type: Literal["run"] = "run"
    run_id: int


class ChunkMessage(_Message):
    """Run a run's model on one chunk of its items."""

    type: Literal["chunk"] = "chunk"
    chunk_id: int


class EventMessage(_Message):
    """Make a delivery of an event for each subscription that wants it."""

    type: Literal["event"] = "event"
    event_id: int


class DeliveryMessage(_Hint):
    """Deliver an event to a subscription of `organisation_id`, if that is still due."""

    type: Literal["delivery"] = "delivery"
    organisation_id: int
    delivery_id: int


Message = Annotated[
    ImageMessage
    | KeyMessage
    | FeedMessage
    | PrelabelMessage
    | DecideMessage
    | RightsMessage
    | ReleaseMessage
    | ImportMessage
    | ModelMessage
    | RunMessage
    | ChunkMessage
    | EventMessage
    | DeliveryMessage,
    Field(discriminator="type"),
]


ENVELOPE_VERSION: Final = 1


class Envelope(BaseModel):
    """A message with its identity and where it came from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: Literal[1] = 1
    occurred_at: datetime
    trace: str | None = None
    body: Message
