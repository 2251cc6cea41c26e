"""Signing in and out."""

from typing import Annotated

from pydantic import Field

from schema.bodies.base import Body, Id
from schema.enums import Role

Email = Annotated[
    str,
    Field(max_length=254, pattern=r"^\s*[^@\s]+@[^@\s]+\s*$", examples=["ada@example.org"]),
]
# Longer than a password may be: what cannot be one is simply wrong.
Password = Annotated[str, Field(min_length=1, max_length=1000, examples=["correct horse battery staple"])]
Secret = Annotated[str, Field(min_length=1, max_length=200, examples=["pli_…"])]


class ProviderBody(Body):
    """An OpenID provider that people can sign in with."""

    name: str


class SignInOptionsBody(Body):
    """The ways in."""

    password: bool
    oidc: ProviderBody | None


class SignInBody(Body):
    """An address and its password; without `organisation_id` the oldest membership is taken."""

    email: Email
    password: Password
    organisation_id: Id | None = None


class SwitchBody(Body):
    """Another organisation of the same person."""

    organisation_id: Id


class LinkBody(Body):
    """The secret of an invitation's link."""

    token: Secret


class InvitationBody(Body):
    """What an invitation is to. Without `needs_password` the person signs in as usual before accepting."""

    email: str
    organisation: str
    role: Role
    needs_password: bool


class AcceptanceBody(Body):
    """Joining, with the password to be where one is needed."""

    token: Secret
    password: Password | None = None
