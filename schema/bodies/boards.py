"""Who works on what now, what people have done, what they skipped, and for how long they worked."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from schema.bodies.base import Body
from schema.bodies.people import PersonBody
from schema.enums import SkipKind, Stage

Rate = Annotated[float | None, Field(description="in [0, 1]; null where there is nothing to divide by")]


class LiveLeaseBody(Body):
    """A lease that has not ended. `site` and `team` are null for people of another organisation."""

    lease_id: int
    project_id: int
    person: PersonBody
    site: str | None
    team: str | None
    task_id: int
    image_id: int
    key: Annotated[str, Field(examples=["2025/05/IMG_0042.jpg"])]
    stage: Stage
    claimed_at: datetime
    beat_at: Annotated[datetime, Field(description="the last heartbeat; the claim before the first")]
    active_s: Annotated[float, Field(description="seconds of work so far")]
    expires_at: Annotated[datetime | None, Field(description="when others may take it; or could, since it ran out")]
    expired: bool
    has_draft: bool


class SkipLineBody(Body):
    """Work that a member would not do, and why."""

    lease_id: int
    project_id: int
    person: PersonBody
    site: str | None
    team: str | None
    task_id: int
    image_id: int
    key: str
    kind: SkipKind
    reason: str
    at: datetime


class BoardLineBody(Body):
    """What a person, team, site, project or hour did. `who` is its name; what it is not about is null.

    People of another organisation have a pseudonym, for each project one of its own: then `project_id` is that project.
    """

    who: Annotated[str, Field(examples=["W-B5RAYA"])]
    organisation_id: int | None
    member_id: int | None
    site: str | None
    team: str | None
    project_id: int | None
    hour: datetime | None
    submits: int
    skips: int
    skip_rate: Annotated[Rate, Field(description="of all leases that ended")]
    expiries: Annotated[int, Field(description="leases that ran out and went to others")]
    releases: Annotated[int, Field(description="leases that were given or taken back")]
    active_s: Annotated[float, Field(description="seconds of work, in leases however they ended")]
    answers_per_active_hour: float | None
    seconds_per_answer: Annotated[float | None, Field(description="active seconds ÷ answers")]
    new: Annotated[int, Field(description="objects drawn from nothing")]
    edited: Annotated[int, Field(description="pre-labels that were changed")]
    accepted: Annotated[int, Field(description="pre-labels that were kept as they were")]
    deleted: Annotated[int, Field(description="pre-labels that were removed")]
    prelabels_accepted: Annotated[Rate, Field(description="accepted ÷ (accepted + edited + deleted)")]
    returned: Annotated[
        int, Field(description="answers that a supervisor sent back, in the hour in which that happened")
    ]
    acceptance: Annotated[Rate, Field(description="the share of answers that was not sent back")]


class BoardBody(Body):
    """A board over whole hours, [since, until). What was recorded before `folded_to` is in it.

    `next` is the `after` of the next page, null on the last one.
    """

    since: datetime
    until: datetime
    folded_to: Annotated[datetime | None, Field(description="null before anything was ever summed")]
    items: tuple[BoardLineBody, ...]
    next: Annotated[int | None, Field(description="pass this as `after` to get the next page", examples=[50])]


class TimeLineBody(Body):
    """What one person did in one project in a month (UTC); a lease belongs to the month in which it ended.

    `member_id` and `name` are null for people of another organisation. `returned` (answers that a supervisor's review
    sent back) and `overturned` (objects of the person's answers that a review removed, redrew, or replaced by another's
    version) belong to the month in which the review ended; null where your engagement for the project has ended.
    """

    pseudonym: Annotated[str, Field(examples=["W-B5RAYA"])]
    member_id: int | None
    name: str | None
    project_id: int
    leases: int
    submitted: int
    active_s: Annotated[int, Field(description="the exact sum of all leases' seconds, rounded once")]
    new: int
    edited: int
    accepted: int
    deleted: int
    skipped: int
    returned: int | None
    overturned: int | None


class TimeReportBody(Body):
    """A month of measured time, by project and pseudonym. It is sent as it is read: a large one takes a while."""

    month: Annotated[str, Field(examples=["2026-11"])]
    items: tuple[TimeLineBody, ...]
