"""An organisation, its people, the vendors it works with, and the trail of changes."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from schema.bodies.auth import Email
from schema.bodies.base import Body
from schema.enums import OrganisationKind, Role
from schema.projects import Language
from schema.skills import Skill

PersonName = Annotated[str, Field(min_length=1, max_length=200, examples=["Ada Lovelace"])]
Place = Annotated[str, Field(min_length=1, max_length=100, examples=["Nairobi"])]
Languages = Annotated[tuple[Language, ...], Field(max_length=50, examples=[["sw", "pt-br"]])]
MemberState = Literal["active", "paused", "invited", "left"]


class NewMemberBody(Body):
    """A person to invite."""

    email: Email
    role: Annotated[Role, Field(examples=["annotator"])]
    name: PersonName | None = None
    site: Place | None = None
    team: Place | None = None
    languages: Languages = ()


class MemberChangesBody(Body):
    """What to change; a field that is left out stays, null empties it."""

    role: Annotated[Role, Field(examples=["supervisor"])] = Role.ANNOTATOR
    name: PersonName | None = None
    site: Place | None = None
    team: Place | None = None
    languages: Annotated[Languages, Field(description="what they speak and read; an empty list takes it back")] = ()


class MemberBody(Body):
    """A person in an organisation. `invited` until the link is used."""

    id: int
    email: str
    name: str | None
    role: Role
    site: str | None
    team: str | None
    languages: tuple[str, ...]
    state: MemberState
    reason: Annotated[str | None, Field(description="why the member is paused or left")]
    created_at: datetime
    joined_at: datetime | None


class InvitationLinkBody(Body):
    """A link to hand to a person, shown this once; it works for seven days and one time."""

    path: Annotated[str, Field(description="a path of these pages", examples=["/invitation/pli_…"])]
    token: Annotated[str, Field(examples=["pli_…"])]


class InvitedMemberBody(MemberBody):
    """A member with the link that lets them in."""

    invitation: InvitationLinkBody


class ReasonBody(Body):
    """Why something is done; the person concerned and the trail of changes show it."""

    reason: Annotated[str, Field(min_length=1, max_length=1000, examples=["on leave until May"])]


class ImportedMemberBody(Body):
    """One line of a file: invited with a link, or refused for a reason."""

    line: Annotated[int, Field(description="1 is the line of names")]
    email: str
    member_id: int | None = None
    path: Annotated[str | None, Field(examples=["/invitation/pli_…"])] = None
    problem: str | None = None


class MemberImportBody(Body):
    """What became of a file; without `partial` one refused line leaves out all of them."""

    invited: int
    refused: int
    lines: tuple[ImportedMemberBody, ...]


class SkillsBody(Body):
    """All that a member was measured in."""

    skills: Annotated[tuple[Skill, ...], Field(max_length=200)]

    @model_validator(mode="after")
    def _each_stands_once(self) -> "SkillsBody":
        if len({skill.skill for skill in self.skills}) < len(self.skills):
            raise ValueError("a skill stands more than once")
        return self


class NotedSkillBody(Skill):
    """A skill and since when its figures are these."""

    noted_at: datetime


class MemberSkillsBody(Body):
    member_id: int
    skills: tuple[NotedSkillBody, ...]


class SkillImportBody(Body):
    """How many skills of how many members a file noted."""

    members: int
    skills: int


class OrganisationBody(Body):
    id: int
    kind: OrganisationKind
    name: str
    created_at: datetime


class OrganisationChangesBody(Body):
    name: Annotated[str, Field(min_length=1, max_length=200, examples=["Careful Cells"])]


class EngagementBody(Body):
    """A vendor's access to a project. Names are null where you do not see them."""

    project_id: int
    project: str | None
    vendor_org: int
    vendor: str | None
    client_org: int
    client: str | None
    since: datetime
    ended_at: datetime | None


class AuditEventBody(Body):
    """Who changed what, when; `detail` has what was there before and after."""

    id: int
    at: datetime
    member_id: int | None
    action: Annotated[str, Field(examples=["member_paused"])]
    subject: Annotated[str, Field(examples=["member:12"])]
    project_id: int | None
    request_id: str | None
    detail: dict[str, Any] | None
