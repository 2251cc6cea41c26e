"""Who is asking, and the secrets and settings of theirs."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from schema.bodies.base import Body
from schema.enums import OrganisationKind, Role, TokenScope

MAX_PREFERENCES_BYTES = 32_000
MOST_LEVELS = 32


class MembershipBody(Body):
    """One organisation that a person belongs to."""

    organisation_id: int
    organisation: str
    kind: OrganisationKind
    role: Role


class MeBody(Body):
    """The member behind a token or session; `projects` are those that a vendor is engaged for."""

    member_id: Annotated[int, Field(examples=[12])]
    organisation_id: Annotated[int, Field(examples=[2])]
    organisation: Annotated[str, Field(examples=["Careful Labels"])]
    kind: OrganisationKind
    role: Role
    name: str | None
    email: str
    projects: Annotated[tuple[int, ...], Field(examples=[[1, 7]])]
    memberships: Annotated[tuple[MembershipBody, ...], Field(description="every organisation of the same person")]
    unread: Annotated[int, Field(description="unread lines of the inbox, counted up to 100")]
    how: Literal["session", "token"]
    scopes: Annotated[tuple[TokenScope, ...], Field(description="what the token allows; a session allows everything")]
    pause: Annotated[str | None, Field(description="why the member is paused, null for who may work")]


class PasswordChangeBody(Body):
    """A new password; all other sessions of the person end."""

    old: Annotated[str, Field(min_length=1, max_length=1000, examples=["correct horse battery staple"])]
    new: Annotated[
        str, Field(max_length=1000, description="12 to 200 characters", examples=["eleven blue cranes over water"])
    ]


class PreferencesBody(Body):
    """What a member set in the pages; the server keeps it and reads nothing of it."""

    body: Annotated[dict[str, Any], Field(description="at most 32 kB of JSON", examples=[{"theme": "dark"}])]

    @field_validator("body")
    @classmethod
    def _is_small(cls, body: dict[str, Any]) -> dict[str, Any]:
        if _is_deeper(body, MOST_LEVELS):
            raise ValueError(f"more than {MOST_LEVELS} levels of JSON")
        if len(json.dumps(body, ensure_ascii=False).encode(errors="surrogatepass")) > MAX_PREFERENCES_BYTES:
            raise ValueError("more than 32 kB of JSON")
        return body


def _is_deeper(body: dict[str, Any], most: int) -> bool:
    """Say whether objects and lists lie in each other more than `most` levels deep."""
    level: list[Any] = [body]
    for _ in range(most):
        inside = [child for outer in level for child in (outer.values() if isinstance(outer, dict) else outer)]
        level = [child for child in inside if isinstance(child, dict | list)]
    return bool(level)


class NewTokenBody(Body):
    """A personal token to be."""

    name: Annotated[str, Field(min_length=1, max_length=100, examples=["nightly export"])]
    scopes: Annotated[tuple[TokenScope, ...], Field(min_length=1, max_length=3, examples=[["read"]])]
    expires_in_days: Annotated[int, Field(ge=1, le=3650, examples=[90])] | None = None


class TokenBody(Body):
    """A personal token; the secret itself is not kept."""

    id: int
    name: str | None
    scopes: tuple[TokenScope, ...]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


class CreatedTokenBody(TokenBody):
    """A new token with its secret, shown this once."""

    token: Annotated[str, Field(examples=["plb_…"])]
