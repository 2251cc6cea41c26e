"""Tasks and why they stand where they stand."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from schema.bodies.base import Body, TraceId
from schema.enums import Cause, Outcome, Stage
from schema.objects import LabelObject

StateName = Annotated[str, Field(examples=["in_review"])]


class TaskBody(Body):
    """One stage of work on one image; the decision is the newest one."""

    id: int
    project_id: int
    item_id: int
    image_id: int
    key: str
    stage: Stage
    state: StateName
    round: Annotated[int, Field(description="grows when work on the item is opened again")]
    votes: int
    target: Annotated[int, Field(description="how many answers are asked for by now")]
    frozen: Annotated[bool, Field(description="nobody can claim it; who holds it already may go on")]
    frozen_reason: str | None
    agreement: Annotated[
        float | None,
        Field(description="of the newest quorum in [0, 1]: the least of its contested objects, or the item's match F1"),
    ]
    outcome: Outcome | None
    reason: str | None
    causes: Annotated[tuple[Cause, ...], Field(description="of the newest decision's objects, each once")]
    trace_id: TraceId | None
    state_since: datetime
    created_at: datetime


class DecisionBody(Body):
    """One round's outcome with its rule and inputs; decisions are never changed."""

    id: int
    submits: int
    rule: Annotated[str, Field(examples=["quorum-1"])]
    inputs: dict[str, Any]
    parameters_version: int
    outcome: Outcome
    reason: str
    created_at: datetime


class DecidedObjectBody(Body):
    """An object of the newest decision, and what its answers said of it. Shares and IoU in [0, 1]."""

    object: LabelObject
    causes: tuple[Cause, ...]
    vote_share: float
    class_share: float
    agreement_iou: float | None


class TaskStoryBody(Body):
    """A task, every decision about it in order, and the objects of the newest."""

    task: TaskBody
    decisions: tuple[DecisionBody, ...]
    objects: tuple[DecidedObjectBody, ...]
