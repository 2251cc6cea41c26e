"""Webhooks: subscriptions, their deliveries, and the events that both are about."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from schema.bodies.base import Body, Id
from schema.enums import DeliveryState, EventKind

Url = Annotated[str, Field(min_length=1, max_length=2000, examples=["https://example.org/hooks/plumbline"])]
Kinds = Annotated[
    tuple[EventKind | Literal["*"], ...],
    Field(
        min_length=1, max_length=50, description="what to be told of; `*` is everything", examples=[["task.accepted"]]
    ),
]


class EventBody(Body):
    """Something that happened. `sequence` counts the events of one aggregate without a gap: order by it."""

    id: Annotated[int, Field(examples=[9001])]
    kind: Annotated[str, Field(examples=["task.accepted"])]
    aggregate: Annotated[str, Field(examples=["task"])]
    aggregate_id: Annotated[int, Field(examples=[42])]
    sequence: Annotated[int, Field(examples=[3])]
    project_id: Annotated[int | None, Field(description="null only in a test", examples=[7])]
    occurred_at: datetime
    data: Annotated[dict[str, Any], Field(description="facts of this kind", examples=[{"round": 1}])]


class NewWebhookBody(Body):
    """Where to and what about; with `project_id` only what happens in that project."""

    url: Url
    kinds: Kinds = ("*",)
    project_id: Annotated[Id | None, Field(examples=[7])] = None


class WebhookChangeBody(Body):
    """What is to change; the rest stays. `active: true` starts a stopped webhook again."""

    url: Url | None = None
    kinds: Kinds | None = None
    active: bool | None = None


class WebhookBody(Body):
    """A subscription. `stopped_reason` says why Plumbline stopped it, null when it did not."""

    id: int
    url: str
    kinds: Annotated[tuple[str, ...], Field(examples=[["*"]])]
    project_id: int | None
    active: bool
    stopped_reason: Annotated[str | None, Field(examples=["its receiver answered 410"])]
    created_at: datetime


class WebhookWithSecretBody(WebhookBody):
    secret: Annotated[
        str, Field(description="signs deliveries; shown this once", examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"])
    ]


class TestedBody(Body):
    """What came of a test: the receiver's status, or why there is none."""

    delivered: bool
    status: Annotated[int | None, Field(examples=[204])]
    error: str | None
    took_ms: int


class DeliveryBody(Body):
    """An event on its way to a subscription. `next_at` is the next attempt's time while it waits, else null."""

    id: int
    event_id: int
    kind: Annotated[str | None, Field(description="null when you cannot see the event any more")]
    state: DeliveryState
    attempts: int
    status: Annotated[int | None, Field(description="what the receiver answered last", examples=[500])]
    error: Annotated[str | None, Field(examples=["connection refused"])]
    took_ms: int | None
    last_at: datetime | None
    next_at: datetime | None
    delivered_at: datetime | None
    created_at: datetime


class DeliveryWithEventBody(DeliveryBody):
    event: Annotated[EventBody | None, Field(description="what is sent; null when you cannot see it any more")]
