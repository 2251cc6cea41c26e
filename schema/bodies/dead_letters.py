"""The dead-letter desk: messages that were given up, and what is decided about them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, model_validator

from schema.bodies.base import Body, Id, TraceId
from schema.bodies.images import ReasonText
from schema.enums import DeadLetterState, Topic

LONGEST_DELAY_S = 365 * 86_400
LetterIds = Annotated[tuple[Id, ...], Field(min_length=1, max_length=500, examples=[[7, 8]])]


class AboutBody(Body):
    """What a message names, and where that lies; null is what it does not name or you cannot see.

    `image_state`, `url` and `thumbnail_url` are those of its image, which may be found by the key alone.
    """

    project_id: int | None
    image_id: int | None
    task_id: int | None
    release_id: int | None
    import_id: int | None
    feed_id: int | None
    event_id: int | None
    webhook_id: int | None
    delivery_id: int | None
    source_id: int | None
    bucket: str | None
    key: Annotated[str | None, Field(examples=["2025/05/IMG_0042.jpg"])]
    image_state: str | None
    url: Annotated[str | None, Field(description="the upright picture, if there is one; same origin")]
    thumbnail_url: str | None


class DeadLetterBody(Body):
    """A message that was given up. `reason` is a stable code, `remedy` what helps against it."""

    id: int
    queue: Topic
    kind: Annotated[str, Field(description="the message's type, `s3_event` or `unknown`", examples=["decide"])]
    said: Annotated[str, Field(description="how the message begins, without its envelope")]
    reason: Annotated[str, Field(examples=["worker_died"])]
    error: str | None
    remedy: str
    attempts: Annotated[int, Field(description="how often it was tried")]
    state: DeadLetterState
    message_id: Annotated[str, Field(description="the queue's own, as logs name it")]
    envelope_id: Annotated[str | None, Field(description="the same each time the message dies")]
    trace_id: TraceId | None
    redriven_before: Annotated[int, Field(description="how often it was put back before it died this time")]
    sent_at: datetime
    died_at: datetime
    settled_at: datetime | None
    settled_by: Annotated[int | None, Field(description="a member; null: the operator, or nobody yet")]
    note: Annotated[str | None, Field(description="why it was discarded")]
    about: AboutBody


class DeathBody(Body):
    """One time that the message died, and what was done then; `settled_by` is a name."""

    id: int
    died_at: datetime
    reason: str
    state: DeadLetterState
    settled_at: datetime | None
    settled_by: Annotated[str | None, Field(description="null: the operator, or nobody yet")]
    note: str | None


class DeadLetterStoryBody(Body):
    """A letter with its whole text and each time that its message died, the newest first."""

    letter: DeadLetterBody
    text: Annotated[str, Field(description="the message as its queue held it")]
    message: Annotated[dict[str, Any] | None, Field(description="the text as JSON, null when it is no JSON object")]
    history: tuple[DeathBody, ...]


class DeadReasonBody(Body):
    queue: Topic
    reason: Annotated[str, Field(examples=["worker_died"])]
    letters: int
    oldest_at: datetime
    error: Annotated[str | None, Field(description="the sentence of the newest such letter")]
    remedy: str


class DeadSummaryBody(Body):
    """Letters that wait for somebody, by queue and reason."""

    letters: int
    reasons: tuple[DeadReasonBody, ...]


class LetterFilterBody(Body):
    """Which waiting letters; every field that is there must fit."""

    queue: Topic | None = None
    reason: Annotated[str | None, Field(max_length=64)] = None
    up_to: Annotated[
        Id | None, Field(description="`up_to` of the answer before: what died since then is left alone")
    ] = None


class _ChoiceBody(Body):
    letter_ids: LetterIds | None = None
    filter: LetterFilterBody | None = None

    @model_validator(mode="after")
    def _one_way_to_choose(self) -> "_ChoiceBody":
        if (self.letter_ids is None) == (self.filter is None):
            raise ValueError("give letter_ids or filter, one of them")
        return self


class RedriveBody(_ChoiceBody):
    """Which letters go back into their queues, those named or the oldest 500 that a filter finds, and how fast."""

    rate_per_s: Annotated[float, Field(gt=0.01, le=1_000, description="so many messages a second")] = 20.0
    delay_s: Annotated[
        float, Field(ge=0, le=LONGEST_DELAY_S, description="when the first leaves; `until_s` of the answer before")
    ] = 0.0


class DiscardLettersBody(_ChoiceBody):
    """Which letters go for good, those named or the oldest 500 that a filter finds, and why."""

    reason: ReasonText


class LettersDiscardedBody(Body):
    """What changed. `left`: more letters fit the filter; send it again with this `up_to`."""

    letter_ids: tuple[int, ...]
    left: bool
    up_to: Annotated[int, Field(description="the newest letter that this is about")]


class LettersRedrivenBody(LettersDiscardedBody):
    """What changed. `left`: more letters fit the filter; send it again with this `up_to`, and `until_s` as delay."""

    until_s: Annotated[float, Field(description="when the next could leave at the same rate, in seconds from now")]
