"""Projects: what a client wants labelled, and by whom."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from schema.bodies.base import Body, Id
from schema.projects import Guidelines, Ontology, Policy

_CLASSES = {"classes": [{"class_id": 1, "name": "cell", "colour": "#4cc2ff"}]}
_POLICY = {"min_votes": 2, "max_votes": 3, "quorum": 0.6}


class NewProjectBody(Body):
    """A project to be, with version 1 of each of its bodies."""

    name: Annotated[str, Field(min_length=1, max_length=200, examples=["Cells of spring"])]
    ontology: Annotated[Ontology, Field(examples=[_CLASSES])]
    guidelines: Guidelines = Guidelines()
    policy: Annotated[Policy, Field(examples=[_POLICY])] = Policy()


class ProjectBody(Body):
    """A project with its current versions. An archived one takes no new pictures, claims, versions or releases."""

    id: Annotated[int, Field(examples=[7])]
    client_org: int
    name: str
    created_at: datetime
    archived_at: datetime | None
    ontology_version: int
    guideline_version: int
    policy_version: int
    ontology: Ontology
    policy: Policy


class ProjectChangeBody(Body):
    """What to change of a project; its bodies have versions of their own."""

    name: Annotated[str, Field(min_length=1, max_length=200, examples=["Cells of summer"])]


class VersionLineBody(Body):
    """One version of a body: when it was published, and by which member of the client."""

    version: Annotated[int, Field(examples=[3])]
    published_at: datetime
    published_by: int | None


class OntologyVersionBody(VersionLineBody):
    """A version of a project's classes. Retired classes stay in it: older labels carry them."""

    project_id: int
    ontology: Annotated[Ontology, Field(examples=[_CLASSES])]


class GuidelinesVersionBody(VersionLineBody):
    """A version of the text that people label by; `acknowledged` by whoever asks."""

    project_id: int
    guidelines: Guidelines
    acknowledged: bool


class PolicyVersionBody(VersionLineBody):
    """A version of the labelling rules. It holds for what is opened and claimed while it is the current one."""

    project_id: int
    policy: Annotated[Policy, Field(examples=[_POLICY])]


class WorkforceBody(Body):
    """Whom to enrol: the members named, or with null everyone who is there now."""

    members: Annotated[tuple[Id, ...], Field(max_length=10_000)] | None = Field(default=None, examples=[[12, 13]])


class EnrolledBody(Body):
    """How many rights to draw from a lane are new; repeating an enrolment gives 0."""

    new_rights: int
