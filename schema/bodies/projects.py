"""Projects: what a client wants labelled, and by whom."""

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
    """A project with its current versions."""

    id: Annotated[int, Field(examples=[7])]
    client_org: int
    name: str
    ontology_version: int
    guideline_version: int
    policy_version: int
    ontology: Ontology
    policy: Policy


class WorkforceBody(Body):
    """Whom to enrol: the members named, or with null everyone who is there now."""

    members: Annotated[tuple[Id, ...], Field(max_length=10_000)] | None = Field(default=None, examples=[[12, 13]])


class EnrolledBody(Body):
    """How many rights to draw from a lane are new; repeating an enrolment gives 0."""

    new_rights: int
