"""What lies behind a result: answers, predictions, decisions."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from schema.bodies.base import Body
from schema.bodies.people import PersonBody
from schema.bodies.tasks import DecidedObjectBody, DecisionBody
from schema.enums import Stage
from schema.objects import LabelObject
from schema.projects import Policy


class ShownBody(Body):
    """What an author worked by: the project's versions, and the prediction that was shown, if any."""

    ontology_version: int | None
    guideline_version: int | None
    policy_version: int | None
    prediction_id: int | None


class PrelabelOutcomesBody(Body):
    """What became of the pre-labels that an author was shown, by their object ids; each is in one of the lists."""

    accepted: Annotated[tuple[UUID, ...], Field(description="kept with shape, class and attributes")]
    edited: tuple[UUID, ...]
    deleted: tuple[UUID, ...]


class SubmittedBody(Body):
    """One whole answer to a task, never changed; `version` grows when the same seat is answered again."""

    lease_id: int
    task_id: int
    author: PersonBody
    stage: Stage
    seat: int
    version: int
    counts: Annotated[bool, Field(description="false once it was taken back or sent back")]
    claimed_at: datetime
    submitted_at: datetime
    shown: ShownBody
    prelabels: Annotated[PrelabelOutcomesBody | None, Field(description="null when no prediction was shown")]
    objects: tuple[LabelObject, ...]


class PredictionBody(Body):
    """What a model version said of an image; `model` is null where it is the client's own and another reads."""

    id: int
    image_id: int
    model: Annotated[str | None, Field(examples=["plain_background"])]
    model_version: Annotated[str | None, Field(examples=["1"])]
    project_id: Annotated[int, Field(description="whose classes its objects have")]
    mapping_id: Annotated[int | None, Field(description="the class mapping, of a model that somebody uploaded")]
    objects: tuple[LabelObject, ...]
    created_at: datetime


class DecisionDetailBody(DecisionBody):
    """Why a task went where it went: the rule, what it was given, the policy, and each object with its causes."""

    project_id: int
    task_id: int
    parameters: Annotated[Policy, Field(description="the policy that it was decided by")]
    objects: tuple[DecidedObjectBody, ...]
