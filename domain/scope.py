"""Whose rows a transaction may see, and who is asking. Values only."""

from dataclasses import dataclass

from domain.errors import Forbidden
from schema.enums import OrganisationKind, Role


@dataclass(frozen=True, slots=True)
class Scope:
    """The tenant settings of one transaction; `projects` are those a vendor is engaged for."""

    organisation_id: int
    projects: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Actor:
    """The member behind a request."""

    member_id: int
    organisation_id: int
    kind: str
    role: Role
    projects: tuple[int, ...] = ()

    @property
    def scope(self) -> Scope:
        return Scope(self.organisation_id, self.projects)

    def require_client(self, what: str) -> None:
        """Raise Forbidden for a vendor's people: `what` belongs to clients."""
        if self.kind != OrganisationKind.CLIENT:
            raise Forbidden(f"{what} belong to clients; a vendor is engaged for a client's project")

    def require(self, *roles: Role) -> None:
        """Raise Forbidden unless the member has one of the roles; an administrator has them all."""
        if self.role is not Role.ADMIN and self.role not in roles:
            needed = " or ".join(r.value for r in roles)
            raise Forbidden(f"this needs the role {needed}; yours is {self.role.value}", role=self.role.value)
