"""Who may work in a project, in which order its organisation's projects come, and what a policy would change."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from schema.bodies.base import Body, Id
from schema.enums import Role, Stage


class WorkerBody(Body):
    """A member of your organisation, whether they may work in a project, and what keeps them from it."""

    member_id: int
    email: str
    name: str | None
    role: Role
    stage: Annotated[Stage, Field(description="the work of their role")]
    site: str | None
    team: str | None
    languages: tuple[str, ...]
    active: Annotated[bool, Field(description="may claim work; when the day's cap is reached, after `capped_until`")]
    reason: Annotated[
        str | None,
        Field(
            description="the first condition that is not met; null for who may work",
            examples=["skill polygons: 0.71 [0.52, 0.86], needs low ≥ 0.60"],
        ),
    ]
    capped_until: Annotated[datetime | None, Field(description="the day's cap is reached: no more work until then")]


class OrderedProjectBody(Body):
    project_id: int
    name: str
    position: Annotated[int | None, Field(description="from 1 on; null: after all that have one")]


class WorkOrderBody(Body):
    """The active projects that your people work on, in the order in which they are served from them."""

    projects: tuple[OrderedProjectBody, ...]


class NewWorkOrderBody(Body):
    """Which projects come first, in this order; all others follow them."""

    project_ids: Annotated[tuple[Id, ...], Field(max_length=99, examples=[[7, 3]])]


class PolicyChangeBody(Body):
    """A field that would have another value."""

    field: Annotated[str, Field(examples=["workers.languages"])]
    before: Any
    after: Any


class PolicyProblemBody(Body):
    """Why the policy would be refused."""

    field: str
    problem: str


class PolicyPreviewBody(Body):
    """What a policy would change if it was published now; nothing was saved.

    Tasks that are there keep the number of votes they were made for, and leases the rules they were claimed by.
    Of a vendor's people only the vendor learns who gains or loses access: they are not in these counts.
    """

    version: Annotated[int, Field(description="the policy that it is compared with")]
    problems: tuple[PolicyProblemBody, ...]
    changes: tuple[PolicyChangeBody, ...]
    waiting_tasks_keeping_votes: int
    open_tasks_keeping_votes: int
    leases_keeping_rules: int
    own_members_working: Annotated[int, Field(description="of your own organisation, now")]
    own_members_losing_access: int
    own_members_gaining_access: int
    vendors_concerned: Annotated[int, Field(description="engaged vendors; who of their people is theirs to know")]
    gold_tasks_per_day: Annotated[
        float | None, Field(description="at the pace of the last seven days; null without one")
    ]
    audits_per_day: Annotated[float | None, Field(description="at the pace of the last seven days; null without one")]
